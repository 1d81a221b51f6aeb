"""The function that takes in files of stock, with its bucket and its queue in memory.

def test_something(intake):
    intake.drop(count("DC1", "A", 7))                 # a file arrives, and the bucket says so
    intake.until_empty()                              # its messages are worked off, those that fail once more
    assert intake.results()[1:] == ["2,recorded,,"]
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from oms.inventory import file_rows
from oms.inventory.model import StockRow
from oms.platform.intake_bucket import IntakeBucket
from tests.order_doors import Doors
from tests.order_world import STOCK

KEY = "stock/acme/nightly.csv"
RESULTS = "results/acme/nightly/v1"
NOON = "2026-11-23T12:00:00Z"


class IntakeObjects:
    """What a boto3 client of S3 does with one bucket; `before_put` may fail a put or do something first."""

    def __init__(self) -> None:
        self.versions: dict[str, list[bytes]] = {}
        self.before_put: Callable[[str], object] = lambda key: None
        self.knows_ranges = True

    @property
    def stored(self) -> dict[str, bytes]:
        """The latest version of everything, by key."""
        return {key: found[-1] for key, found in sorted(self.versions.items())}

    def drop(self, key: str, content: bytes) -> str:
        """A new version of an object; its name."""
        self.versions.setdefault(key, []).append(content)
        return f"v{len(self.versions[key])}"

    def put_object(self, *, Key: str, Body: Any, IfNoneMatch: str, **_: Any) -> None:
        assert IfNoneMatch == "*"
        self.before_put(Key)
        if Key in self.versions:
            raise _error("PreconditionFailed", 412, "PutObject")
        self.drop(Key, Body.read())

    def get_object(self, *, Key: str, VersionId: str | None = None, Range: str | None = None, **_: Any) -> Any:
        found = self.versions.get(Key, [])
        number = len(found) if VersionId is None else int(VersionId.removeprefix("v"))
        if not 0 < number <= len(found):
            raise _error("NoSuchKey", 404, "GetObject")
        content = found[number - 1]
        answer = {"VersionId": f"v{number}"}
        if Range is not None and self.knows_ranges:
            first, last = Range.removeprefix("bytes=").split("-")
            answer["ContentRange"] = f"bytes {first}-{last}/{len(content)}"
            content = content[int(first) : int(last) + 1]
        return {"Body": BytesIO(content), **answer}


class LabelObjects(IntakeObjects):
    """The same bucket with its links, as the files of labels need it."""

    def generate_presigned_url(self, _: str, *, Params: dict[str, str], ExpiresIn: int) -> str:
        return f"https://files.example/{Params['Bucket']}/{Params['Key']}?seconds={ExpiresIn}"


def _error(code: str, status: int, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)


@dataclass
class Intake:
    """The function with its bucket and its queue; messages lie there until they are worked off."""

    doors: Doors
    objects: IntakeObjects = field(default_factory=IntakeObjects)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    function: str = "stock_files"

    def drop(self, *rows: str, key: str = KEY, header: str = file_rows.HEADER) -> None:
        """A file arrives, and the bucket says so."""
        content = "".join(f"{row}\n" for row in (header, *rows)).encode()
        self.waiting.append(dropped(key, self.objects.drop(key, content)))

    def work_off(self, *messages: dict[str, Any]) -> list[str]:
        """Hand messages to the function; the ids of those that come again."""
        return self.doors.queue(self.function, *messages)

    def until_empty(self, *, again: int = 5) -> None:
        """What SQS does: one message after the other, and each that failed once more."""
        for _ in range(again):
            taken, self.waiting = self.waiting, []
            self.waiting[:0] = [message for message in taken if self.work_off(message)]
            if not self.waiting:
                return
        raise AssertionError(f"{len(self.waiting)} messages fail for good")

    def send(self, body: str) -> None:
        self.waiting.append(json.loads(body))

    def results(self, part: int = 1, folder: str = RESULTS) -> list[str]:
        return self.objects.stored[f"{folder}/part-{part:05d}.csv"].decode().splitlines()

    def manifest(self, folder: str = RESULTS) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.objects.stored[f"{folder}/manifest.json"])
        return found

    def told(self, kind: str = "StockFileLoaded") -> list[dict[str, Any]]:
        """The data of stored events of a type."""
        rows = [row for (table, _), row in self.doors.world.database.rows.items() if table == "events"]
        return [json.loads(str(row["detail"]))["data"] for row in rows if row["type"] == kind]

    def row(self, node: str, sku: str = "A") -> StockRow:
        return self.doors.world.stock(sku, node)

    def on_hand(self, sku: str = "A") -> dict[str, int]:
        return {node: self.row(node, sku).on_hand for node in STOCK}

    def settle(self) -> None:
        """Let the check at the end of each test know what the files have made of the stock."""
        received = self.doors.world.received
        for sku, node in received:
            received[sku, node] = self.row(node, sku).on_hand


def dropped(key: str, version: str | None) -> dict[str, Any]:
    """What EventBridge says of a new object."""
    told = {"key": key} | ({} if version is None else {"version-id": version})
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": {"bucket": {"name": "i"}, "object": told}}


def count(node: str = "DC1", sku: str = "A", units: object = 7, number: object = 1, at: str = NOON) -> str:
    return f"{node},{sku},{units},{at},wms,{number},cycle_count"


@pytest.fixture
def intake(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> Intake:
    made = Intake(doors)
    monkeypatch.setenv("INTAKE_BUCKET", "intake")
    function = doors.module("stock_files")
    monkeypatch.setattr(function, "bucket", IntakeBucket(made.objects))
    monkeypatch.setattr(function, "send", made.send)
    return made
