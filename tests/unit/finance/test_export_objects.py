"""A file is an effect like any other: written once under its planned key, looked up when the answer is lost."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from oms.finance.adapters.export_bucket import ExportBucket
from oms.platform.effects import TransientFailure
from oms.platform.objects import ObjectDiffers, sha256_of

pytestmark = pytest.mark.capability("N7")

KEY = "finance/tenant=acme/manifest.json"


class Objects:
    """A bucket in memory; `script` says what happens to the next call of a kind."""

    def __init__(self, **script: list[str]) -> None:
        self.stored: dict[str, bytes] = {}
        self.script = script
        self.calls: list[str] = []

    def put_object(self, *, Key: str, Body: Any, IfNoneMatch: str, **_: Any) -> None:
        assert IfNoneMatch == "*"
        step = self._step("put")
        if step == "lost_before":
            raise ConnectionClosedError(endpoint_url="s3")
        if step == "refused":
            raise _error("AccessDenied", 403, "PutObject")
        if Key in self.stored:
            raise _error("PreconditionFailed", 412, "PutObject")
        self.stored[Key] = Body.read()
        if step == "lost_after":
            raise ConnectionClosedError(endpoint_url="s3")
        if step == "failed_after":
            raise _error("InternalError", 500, "PutObject")

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        if self._step("get") == "lost":
            raise ConnectionClosedError(endpoint_url="s3")
        if Key not in self.stored:
            raise _error("NoSuchKey", 404, "GetObject")
        return {"Body": BytesIO(self.stored[Key])}

    def _step(self, call: str) -> str:
        self.calls.append(call)
        steps = self.script.get(call, [])
        return steps.pop(0) if steps else ""


def _error(code: str, status: int, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)


@pytest.fixture(autouse=True)
def _bucket_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_BUCKET", "exports")


def write(objects: Objects, content: bytes = b"{}") -> str:
    return ExportBucket(objects).write_once(KEY, content, "application/json")


@pytest.mark.parametrize("step", ["", "lost_after", "failed_after"])
def test_an_object_is_written_once_whatever_becomes_of_the_answer(step: str):
    objects = Objects(put=[step])
    assert write(objects) == sha256_of(b"{}")
    assert write(objects) == sha256_of(b"{}")
    assert objects.stored == {KEY: b"{}"}


def test_what_never_arrived_is_left_in_doubt_and_written_by_the_next_run():
    objects = Objects(put=["lost_before"])
    with pytest.raises(TransientFailure, match="ConnectionClosedError"):
        write(objects)
    assert objects.stored == {}
    assert write(objects) == sha256_of(b"{}")


def test_what_cannot_be_read_back_is_not_believed():
    objects = Objects(get=["lost", "lost"])
    with pytest.raises(TransientFailure):
        write(objects)
    assert write(objects) == sha256_of(b"{}")


def test_other_bytes_under_the_key_are_never_overwritten():
    objects = Objects()
    write(objects, b"theirs")
    with pytest.raises(ObjectDiffers):
        write(objects, b"ours")
    assert objects.stored == {KEY: b"theirs"}


def test_a_refusal_is_no_doubt():
    objects = Objects(put=["refused"])
    with pytest.raises(ClientError):
        write(objects)
    assert objects.calls == ["put"]
