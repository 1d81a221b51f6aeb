"""An order of store S1 that is to be paid for at its till, through the doors: one short function for each step."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.order_doors import Doors
from tests.order_world import document, line
from tests.pos_doors import Till, transaction

PATH = "/v1/pay-in-store/usual"
HOURS = 48


def held(hours: int = HOURS, most: int = 50_000, **more: Any) -> dict[str, Any]:
    """For how long goods of the channel `web` are held."""
    return {"holds": [{"channel": "web", "currency": "USD", "most": most, "hours": hours, **more}]}


def rules(doors: Doors, content: dict[str, Any]) -> None:
    """Let rules hold."""
    put = doors.api("rule_sets").put(PATH, content)
    assert put.status == 201, put.body
    assert doors.api("rule_sets").post(f"{PATH}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200


def reserved(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An order of the web shop that S1 hands over and is paid for there."""
    made = document(*(line_ | {"method": "pickup", "pickup_node": "S1"} for line_ in lines), **changes)
    total = made["totals"]["total"]
    paid = [{"tender": "pay_in_store", "provider": "till", "amount": total}]
    return {**made, "selling_node": "S1", "payments": paid, **changes}


def ready(doors: Doors, *lines: dict[str, Any]) -> tuple[str, str]:
    """The id of a reserved order whose goods lie at the counter, and that of its work."""
    order_id = doors.place(reserved(*(lines or (line("A", 2),))))
    (work,) = doors.run_order_workflow(order_id)
    for verb in ("accept", "pick", "stage"):
        doors.world.act(work, verb)
    return order_id, work


def quoted(order_id: str, *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A sale of till T1 of S1 that names the order whose goods it sells."""
    return transaction(1, *lines, **{"reserved_order": {"order_id": order_id}, **changes})


def sell(doors: Doors, order_id: str, *lines: dict[str, Any], **changes: Any) -> Answer:
    """The answer to such a sale."""
    return Till(doors).tell(quoted(order_id, *lines, **changes))


def care(doors: Doors, order_id: str) -> int:
    """For how many seconds the payment workflow waits."""
    return int(doors.task("care_for_payment", order_id=order_id)["wait_seconds"])


@pytest.fixture
def shop(doors: Doors) -> Doors:
    """The doors to a retailer that holds goods of up to 500.00 for 48 hours."""
    rules(doors, held())
    return doors
