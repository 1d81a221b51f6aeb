"""Where exported batches lie: a folder on this machine, or a bucket. Only what a manifest lists is read."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

_ROOT = "finance/v1/"


class Wrong(Exception):
    """The export cannot be taken home as it is; the text says what to do."""


class Place(Protocol):
    """What keys there are below a prefix, and what stands under one."""

    def keys(self, prefix: str) -> Sequence[str]: ...
    def read(self, key: str) -> bytes: ...


class Folder:
    """A folder that holds `finance/v1`, as a copy of the bucket does."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keys(self, prefix: str) -> Sequence[str]:
        below = self._path / prefix
        return sorted(path.relative_to(self._path).as_posix() for path in below.rglob("*") if path.is_file())

    def read(self, key: str) -> bytes:
        try:
            return (self._path / key).read_bytes()
        except FileNotFoundError as error:
            raise Wrong(f"{key} is listed in a manifest and is not there; copy the whole export") from error


class S3:
    """A bucket of this account."""

    def __init__(self, name: str, client: Any) -> None:
        self._name, self._client = name, client

    def keys(self, prefix: str) -> Sequence[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))

    def read(self, key: str) -> bytes:
        return bytes(self._client.get_object(Bucket=self._name, Key=key)["Body"].read())


def place(name: str) -> Place:
    """`s3://BUCKET`, or a folder; Wrong where there is none of that name."""
    if name.startswith("s3://"):
        import boto3

        return S3(name.removeprefix("s3://").rstrip("/"), boto3.client("s3"))
    if not Path(name).is_dir():
        raise Wrong(f"there is no folder {name}; a bucket is named s3://BUCKET")
    return Folder(Path(name))


def manifests(where: Place, entity: str, tenant: str | None) -> list[dict[str, Any]]:
    """The manifests of an entity in the order of their chain, which must have no gap and no changed link."""
    found = [key for key in where.keys(_ROOT) if f"/manifests/entity={quote(entity, safe='')}/" in key]
    tenants = sorted({key.split("/")[2] for key in found})
    if tenant is not None:
        tenants = [one for one in tenants if one == f"tenant={quote(tenant, safe='')}"]
    if not tenants:
        raise Wrong(f"there is no batch of entity {entity}{f' for tenant {tenant}' if tenant else ''}")
    if len(tenants) > 1:
        raise Wrong(f"there are batches of entity {entity} for {len(tenants)} tenants; name one (--tenant, TENANT=…)")
    contents = {key: where.read(key) for key in found if key.split("/")[2] == tenants[0]}
    chain = sorted(((json.loads(content), key) for key, content in contents.items()), key=lambda one: one[0]["number"])
    for position, (manifest, _) in enumerate(chain):
        previous = manifest["previous"]
        if manifest["number"] != position + 1 or (previous is None) != (position == 0):
            raise Wrong(f"batch {position + 1} of entity {entity} is missing; copy the whole export")
        if (
            previous is not None
            and hashlib.sha256(contents.get(previous["key"], b"")).hexdigest() != previous["sha256"]
        ):
            raise Wrong(f"{previous['key']} is not as it was when the next batch was written")
    return [manifest for manifest, _ in chain]


def rows(where: Place, manifest: Mapping[str, Any], dataset: str) -> Iterator[dict[str, str]]:
    """The rows of a dataset of one batch as text, without the guard against formulas; other bytes are refused."""
    for file in manifest["files"]:
        if (file["dataset"], file["format"]) != (dataset, "csv"):
            continue
        content = where.read(file["key"])
        if hashlib.sha256(content).hexdigest() != file["sha256"]:
            raise Wrong(f"{file['key']} is not as its manifest says; fetch it again")
        text = gzip.decompress(content).decode("utf-8")
        for row in csv.DictReader(io.StringIO(text, newline="")):
            yield {name: _plain(cell) for name, cell in row.items()}


def _plain(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell
