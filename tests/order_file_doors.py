"""The function that takes in files of orders, with its bucket and its queue in memory.

def test_something(order_files):
    order_files.drop_orders(document(line("A", 1)), past())      # a file arrives, and the bucket says so
    order_files.until_empty()
    assert order_files.rows()[0].startswith("1,placed,,,ord_")
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from oms.platform.intake_bucket import IntakeBucket
from tests.intake_doors import Intake, dropped
from tests.order_doors import Doors
from tests.order_world import document, line

KEY = "orders/acme/batch.jsonl"
FOLDER = "results/acme/orders/batch.jsonl/v1"


@dataclass
class OrderIntake(Intake):
    """The same as that of files of stock, for files of orders."""

    function: str = "order_files"

    def drop_orders(self, *rows: dict[str, Any] | str, key: str = KEY) -> None:
        """A file arrives, one order a line."""
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        content = "".join(f"{one}\n" for one in lines).encode()
        self.waiting.append(dropped(key, self.objects.drop(key, content)))

    def rows(self, part: int = 1, folder: str = FOLDER) -> list[str]:
        """The results without their header."""
        return self.results(part, folder)[1:]

    def order_ids(self, part: int = 1, folder: str = FOLDER) -> list[str]:
        """What the rows have made, as it stands in the last column."""
        return [row.rpartition(",")[2] for row in self.rows(part, folder)]


def past(number: int = 1, *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An order of the past: two lines, one of which came back in part, paid and given back in part."""
    told = {
        "status": "COMPLETED",
        "lines": [{"line_no": 2, "cancelled": 1, "returned": 1}],
        "payments": [{"provider": "old-psp", "reference": f"ch_{number}", "captured": 4000, "refunded": 1000}],
    }
    made = document(*(lines or (line("A", 2), line("OLD", 3))), external_id=f"old-{number}")
    return {**made, "ordered_at": "2024-02-29T10:00:00Z", "payments": [], "history": told, **changes}


@pytest.fixture
def order_files(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> OrderIntake:
    made = OrderIntake(doors)
    monkeypatch.setenv("INTAKE_BUCKET", "intake")
    function = doors.module("order_files")
    monkeypatch.setattr(function, "bucket", IntakeBucket(made.objects))
    monkeypatch.setattr(function, "send", made.send)
    return made
