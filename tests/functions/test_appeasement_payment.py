"""Goodwill is paid: back on the card or as credit, and what comes back later gives back only the rest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.appeasement_doors import People
from tests.order_doors import Doors, doors
from tests.order_world import line, world

__all__ = ["doors", "world"]


@pytest.fixture
def people(doors: Doors) -> People:
    return People(doors)


def take_back(people: People, order_id: str, **lines: int) -> Any:
    """Units of lines come back to a store: `take_back(people, order_id, line_1=2)`."""
    back = [
        {"line_no": int(name.removeprefix("line_")), "quantity": units, "disposition": "sellable"}
        for name, units in lines.items()
    ]
    body = {"node_id": "S1", "reason": "too_small", "lines": back}
    answer = people.doors.api("returns").post(f"/v1/orders/{order_id}/returns", body)
    assert answer.status == 201, answer.body
    return answer.body


@pytest.mark.capability("L2", "L3", "N1")
def test_f09_is_paid_back_on_the_card_and_as_store_credit(people: People):
    order_id = people.delivered(8000, tax=660)
    people.ask("agent", order_id, amount=800, reason="LATE")
    people.pay(order_id)
    assert people.doors.world.provider.effects[-1] == ("refund", "psp_1", 866)
    asked = people.ask("agent", order_id, amount=1050, reason="DAMAGE", paid_to="store_credit").body
    people.decide("supervisor", asked["id"])
    people.pay(order_id)
    assert people.ask("supervisor", order_id, amount=200, reason="OTHER", text="sorry").body["code"] == "order_cap"
    refunds = people.doors.see(order_id)["refunds"]
    assert [(one["amount"], one["executed"], one["status"]) for one in refunds] == [
        *((866, 866, "EXECUTED"), (1137, 1137, "EXECUTED"))
    ]
    entries = people.posted(order_id)
    assert entries == [
        [("4091", 800), ("2040", 66), ("2050", -866)],
        [("2050", 866), ("1110", -866)],
        [("4091", 1050), ("2040", 87), ("2050", -1137)],
        [("2050", 1137), ("2030", -1137)],
    ]
    net: dict[str, int] = {}
    for account, amount in (one for entry in entries for one in entry):
        net[account] = net.get(account, 0) + amount
    assert net == {"1110": -866, "2030": -1137, "2040": 153, "2050": 0, "4091": 1850}


@pytest.mark.capability("L3", "J10")
def test_what_comes_back_after_goodwill_gives_back_only_the_rest(people: People):
    order_id = people.shipped(people.placed(line("A", 2, 4000, tax=660)))
    people.ask("agent", order_id, amount=800)
    first = take_back(people, order_id, line_1=1)
    assert (first["appeased_goods"], first["appeased_tax"], first["owed"]) == (400, 33, 3897)
    # Of the unit that stayed 36.00 were paid and not given back; the cap of the order is 20.00.
    with people.doors.world.unchanged():
        more = people.ask("manager", order_id, amount=1201)
    assert (more.status, more.body["code"]) == (409, "order_cap")
    second = take_back(people, order_id, line_1=1)
    assert (second["appeased_goods"], second["owed"]) == (400, 3897)
    with people.doors.world.unchanged():
        late = people.ask("manager", order_id, amount=1)
    assert (late.status, late.body["code"]) == (409, "refund_exceeds_captured")
    seen = people.doors.see(order_id)
    assert sum(one["amount"] for one in seen["refunds"]) == seen["payments"][0]["captured"] == 8660


@pytest.mark.capability("L3")
def test_goodwill_is_not_for_what_has_come_back(people: People):
    order_id = people.shipped(people.placed(line("A", 1, 300), line("B", 1, 9700)))
    take_back(people, order_id, line_1=1)
    with people.doors.world.unchanged():
        gone = people.ask("manager", order_id, amount=1, on="lines", lines=[1])
    assert (gone.status, gone.body["code"], gone.pointers) == (409, "undelivered", ["/lines/0"])
    kept = people.ask("manager", order_id, amount=500).body
    assert kept["parts"] == [{"line_no": 2, "net": 500, "tax": 0, "taxes": []}]
