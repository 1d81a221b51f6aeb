"""Two who tell of the same money at once: it arrives once, is resolved once and is counted once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.conftest import Answer, Api
from tests.interruptions import Died, before_commit, calm, die_at_commit
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, world

__all__ = ["doors", "world"]
BAG = {
    **{"store": "S1", "bag_id": "B1", "amount": 40940, "currency": "USD", "business_date": "2026-11-23"},
    "prepared_by": "ann",
}
ITEMS = [{"kind": "charge", "reference": f"cap_{number}", "amount": 100} for number in range(3)]
PAYOUT = {
    **{"provider": "strict", "payout_id": "po_1", "currency": "USD", "business_date": "2026-11-23"},
    **{"items": ITEMS, "net": 300},
}


def meanwhile(doors: Doors, do: Callable[[], Answer]) -> list[Answer]:
    """Something that happens just before the next commit; what it answered."""
    answers: list[Answer] = []

    def once() -> None:
        calm(doors)
        answers.append(do())

    before_commit(doors, 1, once)
    return answers


def finance(doors: Doors) -> Api:
    return doors.api("settlements")


def bank(doors: Doors, line_id: str, **more: Any) -> Answer:
    line = {"line_id": line_id, "amount": 40440, "currency": "USD", "booked_on": "2026-11-23", "text": "B1", **more}
    return finance(doors).post("/v1/finance/bank-lines", {"legal_entity": "100", "account": "DE02", "lines": [line]})


def settle(doors: Doors, **more: Any) -> Answer:
    body = {"legal_entity": "100", "payouts": [{**PAYOUT, **more}]}
    return finance(doors).post("/v1/finance/settlements", body)


def told(doors: Doors) -> list[str]:
    """The types of all events of settlement."""
    kinds = ("#BANKLINE#", "#DEPOSIT#", "#SUSPENSE#", "#SETTLEMENT#")
    rows = doors.world.database.rows.items()
    return sorted(
        str(row["type"]) for (table, key), row in rows if table == "events" and any(kind in key.pk for kind in kinds)
    )


@pytest.mark.capability("N4")
def test_a_bag_that_two_lines_name_at_once_arrives_with_one_of_them(doors: Doors):
    assert finance(doors).post("/v1/finance/deposits", BAG).status == 201
    other = meanwhile(doors, lambda: bank(doors, "L1"))
    second = bank(doors, "L2")
    (one,), (two,) = other[0].body["lines"], second.body["lines"]
    assert (one["matched"], one["difference"]) == ("deposit", 500)
    assert (two["matched"], two["difference"]) == (None, -40440)


@pytest.mark.capability("N4")
def test_one_line_told_by_two_calls_at_once_is_one(doors: Doors):
    finance(doors).post("/v1/finance/deposits", BAG)
    other = meanwhile(doors, lambda: bank(doors, "L1"))
    second = bank(doors, "L1")
    assert (other[0].status, second.status) == (201, 200)
    assert other[0].body["lines"][0] == {**second.body["lines"][0], "status": "RECORDED"}
    assert told(doors) == ["BankCredited", "DepositPrepared"]


@pytest.mark.capability("N4")
def test_an_amount_that_two_resolve_at_once_is_resolved_once(doors: Doors):
    (line,) = bank(doors, "L1").body["lines"]
    path = f"/v1/finance/suspense/{line['suspense_id']}/resolution"
    body = {"as": "CASH_OVER", "amount": 40000, "reason": "found"}
    other = meanwhile(doors, lambda: finance(doors).post(path, body))
    refused = finance(doors).post(path, body)
    assert (other[0].status, other[0].body["open"]) == (200, -440)
    assert (refused.status, refused.body["code"], refused.pointers) == (409, "action_not_available", ["/amount"])
    assert told(doors) == ["BankCredited", "SuspenseResolved"]


@pytest.mark.capability("N4")
def test_a_payout_told_by_two_calls_at_once_is_one(doors: Doors):
    other = meanwhile(doors, lambda: settle(doors))
    second = settle(doors)
    assert [one.body["payouts"][0]["status"] for one in (other[0], second)] == ["RECORDED", "REPEATED"]
    assert told(doors) == ["PayoutRecorded"]


@pytest.mark.capability("N4")
def test_a_payout_whose_run_died_is_taken_up_where_it_stopped(doors: Doors):
    """The first commit stores it, the second its answer, the third what of it was found."""
    for number in (1, 2, 3):
        die_at_commit(doors, number)
        with pytest.raises(Died):
            finance(doors).post("/v1/finance/settlements", {"legal_entity": "100", "payouts": [PAYOUT]}, key="k-1")
        calm(doors)
    answer = finance(doors).post("/v1/finance/settlements", {"legal_entity": "100", "payouts": [PAYOUT]}, key="k-1")
    assert (answer.status, answer.body["payouts"][0]["status"]) == (201, "RECORDED")
    assert told(doors) == ["PayoutRecorded"]
    waiting = finance(doors).get("/v1/finance/settlements?status=unmatched").body["unmatched"]
    assert [one["reference"] for one in waiting] == ["cap_0", "cap_1", "cap_2"]
    counted = {
        key.pk.rpartition("#")[2]: row["amount"]
        for (table, key), row in doors.world.database.rows.items()
        if table == "ledger" and f"T#{TENANT}#SETTLED#" in key.pk
    }
    assert counted == {"cap_0": 100, "cap_1": 100, "cap_2": 100}
