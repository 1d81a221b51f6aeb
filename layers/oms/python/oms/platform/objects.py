"""Buckets: objects that are written once and never changed, and read back to prove it."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from oms.platform.effects import Effect, Intent, NoTrace, Unknown, perform
from oms.platform.settings import setting

_CHUNK = 1024 * 1024
_LINK_SECONDS = 900


class ObjectDiffers(Exception):
    """An object that was written before has other bytes than ours. Nothing was overwritten; a person must look."""


@lru_cache(maxsize=1)
def _client() -> Any:
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 4},
        connect_timeout=2,
        read_timeout=60,
        signature_version="s3v4",
        # So that links name the region's own host, which a signature must; it also works on a plain local address.
        s3={"addressing_style": "path"},
    )
    return boto3.client("s3", config=config)


class Bucket:
    """A bucket that a function finds by an environment variable."""

    variable: str

    def __init__(self, client: Any = None) -> None:
        self._given = client

    @property
    def client(self) -> Any:
        return self._given if self._given is not None else _client()

    @property
    def name(self) -> str:
        return setting(self.variable)

    def write_once(self, key: str, content: Path | bytes, content_type: str) -> str:
        """Store an object unless it exists, and return the SHA-256 of what stands there.

        The object's key follows from what was planned before. Raises TransientFailure while nobody knows
        whether it stands there, and ObjectDiffers when what stands there is not this content, whoever wrote it.
        """
        wanted = _sha256(_stream(content))

        def prove(stored: str) -> str:
            if stored != wanted:
                raise ObjectDiffers(f"{key} holds {stored}, not {wanted}")
            return stored

        effect = Effect[str, str](
            ask=lambda: self._put(key, content, content_type),
            look_up=lambda: self._stored(key),
            # What it belongs to stays open until the object is noted, so that it is written again in any case.
            doubt=lambda reason: None,
            record=prove,
        )
        written = perform(Intent(key, key), effect)
        assert not isinstance(written, NoTrace), "an object that may be written is written"
        return written

    def _put(self, key: str, content: Path | bytes, content_type: str) -> str | Unknown:
        """Write the object; what it then holds, whether we wrote it or it stood there before, is read from it."""
        with _stream(content) as body:
            try:
                self.client.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*")
            except ClientError as error:
                code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
                if code != "PreconditionFailed" and status < 500:
                    raise
            except (ConnectionError, HTTPClientError) as error:
                return Unknown(type(error).__name__)
        found = self._stored(key)
        return Unknown("it does not stand there") if isinstance(found, NoTrace) else found

    def _stored(self, key: str) -> str | Unknown | NoTrace:
        """The SHA-256 of what stands under a key."""
        try:
            return _sha256(self.client.get_object(Bucket=self.name, Key=key)["Body"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return NoTrace()
            raise
        except (ConnectionError, HTTPClientError) as error:
            return Unknown(type(error).__name__)

    def read(self, key: str) -> bytes:
        """A small object whole."""
        return bytes(self.client.get_object(Bucket=self.name, Key=key)["Body"].read())

    def find(self, key: str) -> bytes | None:
        """A small object whole, or None where there is none."""
        try:
            return self.read(key)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise

    def link(self, key: str) -> str:
        """An address under which anybody may fetch the object for 15 minutes."""
        return str(
            self.client.generate_presigned_url(
                "get_object", Params={"Bucket": self.name, "Key": key}, ExpiresIn=_LINK_SECONDS
            )
        )


def sha256_of(content: bytes) -> str:
    """The SHA-256 of bytes, as hexadecimal text."""
    return hashlib.sha256(content).hexdigest()


def _stream(content: Path | bytes) -> IO[bytes]:
    return content.open("rb") if isinstance(content, Path) else BytesIO(content)


def _sha256(stream: Any) -> str:
    digest = hashlib.sha256()
    with stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
