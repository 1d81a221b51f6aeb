"""Corrections of stock: they need a right and a reason, and have limits; what they leave short goes to others."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.intake_doors import Intake, count, intake
from tests.interruptions import before_commit, calm
from tests.order_doors import Doors, doors, message
from tests.order_world import document, line, world

__all__ = ["doors", "intake", "world"]

WRITE, CORRECT, CORRECT_ANY = "inventory.write", "inventory.correct", "inventory.correct_any"
RULES = "/v1/inventory/rules/usual"


def hold(doors: Doors, **content: Any) -> None:
    """Let these rules of stock hold from now on."""
    rules = doors.api("rule_sets")
    assert rules.put(RULES, content).status == 201
    assert rules.post(f"{RULES}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200


def moved(kind: str, quantity: int, node: str = "DC1", **more: Any) -> dict[str, Any]:
    return {"sku": "A", "node_id": node, "kind": kind, "quantity": quantity, **more}


def record(doors: Doors, *movements: dict[str, Any], scopes: tuple[str, ...] = (WRITE, CORRECT)) -> Answer:
    return doors.api("inventory").post("/v1/inventory/movements", {"movements": list(movements)}, scopes=scopes)


def snap(doors: Doors, units: int, *, ago: timedelta = timedelta(0), scopes: tuple[str, ...], **more: Any) -> Answer:
    at = (doors.world.clock.now() - ago).isoformat()
    told = {"sku": "A", "node_id": "DC1", "quantity": units, "as_of": at, "source": "wms", "sequence": 1, **more}
    return doors.api("inventory").post("/v1/inventory/snapshots", {"snapshots": [told]}, scopes=scopes)


def say(doors: Doors, *movements: dict[str, Any]) -> list[str]:
    doors.world.calls += 1
    return doors.queue(
        "node_messages", message("wms.DC1", "RecordMovements", f"c-{doors.world.calls}", movements=list(movements))
    )


def lost(doors: Doors, units: int, node: str = "DC1") -> None:
    """Let the check at the end of each test know what was corrected."""
    doors.world.received["A", node] -= units


def on_hand(doors: Doors, node: str = "DC1") -> int:
    return doors.world.stock("A", node).on_hand


@pytest.mark.capability("D16")
@pytest.mark.parametrize(
    "movement",
    [
        moved("adjusted", -1),
        moved("adjusted", 1),
        moved("damaged", 1),
        moved("restored", 1, bucket="damaged"),
        moved("scrapped", 1, bucket="damaged"),
        moved("safety_changed", 1),
    ],
)
def test_a_correction_needs_the_right_and_a_reason(doors: Doors, movement: dict[str, Any]):
    assert record(doors, moved("damaged", 1, reason="wet")).status == 200
    with doors.world.unchanged():
        refused = record(doors, moved("received", 1), movement)
        assert (refused.status, refused.pointers) == (422, ["/movements/1/reason"])
        assert refused.body["errors"][0]["code"] == "reason_needed"
        without = record(doors, {**movement, "reason": "seen"}, scopes=(WRITE,))
        assert (without.status, without.body["code"]) == (403, "scope_missing")
    assert record(doors, {**movement, "reason": "seen"}).status == 200
    lost(doors, 10 - on_hand(doors))


@pytest.mark.capability("D16")
def test_goods_that_come_in_need_neither(doors: Doors):
    assert record(doors, moved("received", 2), moved("blocked", 1), scopes=(WRITE,)).status == 200
    lost(doors, -2)


@pytest.mark.capability("D16")
def test_a_count_needs_them_too(doors: Doors):
    with doors.world.unchanged():
        refused = snap(doors, 7, scopes=(WRITE, CORRECT))
        assert (refused.status, refused.pointers) == (422, ["/snapshots/0/reason"])
        assert snap(doors, 7, scopes=(WRITE,), reason="cycle_count").status == 403
    assert snap(doors, 7, scopes=(WRITE, CORRECT), reason="cycle_count").status == 200
    assert on_hand(doors) == 7
    lost(doors, 3)


@pytest.mark.capability("D16")
def test_the_rules_of_stock_may_list_the_reasons(doors: Doors):
    hold(doors, reasons=[{"id": "theft", "kinds": ["adjusted"]}, {"id": "cycle_count", "kinds": ["counted"]}])
    with doors.world.unchanged():
        refused = record(doors, moved("adjusted", -1, reason="because"), moved("damaged", 1, reason="theft"))
        assert (refused.status, refused.pointers) == (422, ["/movements/0/reason", "/movements/1/reason"])
        assert [error["code"] for error in refused.body["errors"]] == ["unknown_reason"] * 2
        assert refused.body["errors"][0]["detail"] == "The reasons for adjusted are: theft."
    assert record(doors, moved("adjusted", -1, reason="theft")).status == 200
    assert snap(doors, 9, scopes=(WRITE, CORRECT), reason="cycle_count").status == 200
    lost(doors, 1)


@pytest.mark.capability("D16")
def test_a_larger_correction_needs_the_larger_right(doors: Doors):
    hold(doors, limits=[{"id": "floor", "where": {"nodes": ["DC1"]}, "units": 3}])
    with doors.world.unchanged():
        refused = record(doors, moved("adjusted", -4, reason="theft"))
        assert (refused.status, refused.body["code"]) == (403, "correction_limit")
        assert refused.pointers == ["/movements/0/quantity"]
        assert refused.body["detail"] == "A at DC1: 4 units to correct, of 3 within 24 hours 0 are used (floor)."
        assert "inventory.correct_any" in refused.body["remedy"]
        # A count far from what the books say is one, and no more may be hidden in several.
        assert snap(doors, 6, scopes=(WRITE, CORRECT), reason="cycle_count").pointers == ["/snapshots/0/quantity"]
        both = record(doors, moved("adjusted", -2, reason="theft"), moved("adjusted", 2, reason="found"))
        assert both.pointers == ["/movements/1/quantity"]
    assert record(doors, moved("adjusted", -4, "S1", reason="theft")).status == 200
    assert record(doors, moved("adjusted", -4, reason="theft"), scopes=(WRITE, CORRECT, CORRECT_ANY)).status == 200
    assert (on_hand(doors), on_hand(doors, "S1")) == (6, 1)
    lost(doors, 4)
    lost(doors, 4, "S1")


@pytest.mark.capability("D16")
def test_many_small_corrections_come_to_no_more_than_one(doors: Doors):
    hold(doors, limits=[{"id": "floor", "units": 3, "hours": 24}])
    assert record(doors, moved("adjusted", -2, reason="theft")).status == 200
    with doors.world.unchanged():
        refused = record(doors, moved("adjusted", -2, reason="theft"))
        assert refused.body["detail"] == "A at DC1: 2 units to correct, of 3 within 24 hours 2 are used (floor)."
        old = {"ago": timedelta(hours=24), "scopes": (WRITE, CORRECT), "reason": "cycle_count"}
        told = snap(doors, 8, **old)
        assert (told.status, told.body["detail"]) == (403, "A at DC1: A count of more than 24 hours ago (floor).")
    assert record(doors, moved("adjusted", -1, reason="theft")).status == 200
    doors.world.clock.advance(hours=24)
    assert record(doors, moved("adjusted", -3, reason="theft")).status == 200
    assert on_hand(doors) == 4
    lost(doors, 6)


@pytest.mark.capability("D16")
def test_two_corrections_at_the_same_moment_share_the_limit(doors: Doors):
    hold(doors, limits=[{"id": "floor", "units": 3}])
    second: list[Answer] = []
    before_commit(doors, 1, lambda: second.append(record(doors, moved("adjusted", -2, reason="theft"))))
    first = record(doors, moved("adjusted", -2, reason="theft"))
    calm(doors)
    assert sorted((first.status, second[0].status)) == [200, 403]
    assert on_hand(doors) == 8
    lost(doors, 2)


@pytest.mark.capability("D16")
def test_a_node_and_a_file_are_held_to_their_own_limits(intake: Intake):
    doors = intake.doors
    limits = [{"id": "nodes", "roles": ["node"], "units": 2}, {"id": "files", "roles": ["file"], "units": 4}]
    hold(doors, limits=limits)
    assert record(doors, moved("adjusted", 9, reason="found")).status == 200
    assert on_hand(doors) == 19
    with doors.world.unchanged():
        assert say(doors, moved("adjusted", -3, reason="theft")) == ["m0"]
        assert say(doors, moved("adjusted", -1)) == ["m0"]
    assert say(doors, moved("adjusted", -2, reason="theft")) == []
    intake.drop(count(units=12), count(units=13, number=2), count("S1", units=4).replace("cycle_count", ""))
    intake.until_empty()
    assert intake.results()[1:] == [
        '2,refused,correction_limit,"quantity: A at DC1: 5 units to correct, of 4 within 24 hours 0 are used (files)."',
        "3,recorded,,",
        "4,refused,reason_needed,reason: A correction of kind counted needs a reason.",
    ]
    assert (on_hand(doors), on_hand(doors, "S1")) == (13, 5)
    intake.settle()


@pytest.mark.capability("D16")
def test_a_source_that_is_trusted_needs_no_reason_and_has_no_limit(intake: Intake):
    doors = intake.doors
    trusted = [{"id": "wms", "source": "wms", "roles": ["file", "node"], "where": {"nodes": ["DC1"]}}]
    hold(doors, limits=[{"id": "all", "units": 0}], trusted=trusted)
    with doors.world.unchanged():
        assert say(doors, moved("adjusted", -6, source="till", sequence=1)) == ["m0"]
        assert say(doors, moved("adjusted", -6, source="wms")) == ["m0"]
        # Somebody with a token says that it speaks for that source, and is not believed.
        assert snap(doors, 4, scopes=(WRITE, CORRECT), reason="cycle_count").status == 403
    assert say(doors, moved("adjusted", -6, source="wms", sequence=1)) == []
    intake.drop(count(units=9, number=2).replace(",cycle_count", ""), count("S1", units=1), header=HEADER)
    intake.until_empty()
    assert [row.split(",")[1:3] for row in intake.results()[1:]] == [
        ["recorded", ""],
        ["refused", "correction_limit"],
    ]
    assert (on_hand(doors), on_hand(doors, "S1")) == (9, 5)
    intake.settle()


HEADER = "node_id,sku,quantity,as_of,source,sequence"


@pytest.mark.capability("D16")
def test_rules_that_say_nothing_are_refused(doors: Doors):
    rules = doors.api("rule_sets")
    for content, pointer in (
        ({"trusted": [{"id": "wms", "source": "wms"}]}, "/trusted/0"),
        ({"limits": [{"id": "all"}]}, "/limits/0/units"),
        ({"limits": [{"id": "all", "units": 1, "hours": 0}]}, "/limits/0/hours"),
        ({"reasons": [{"id": "sold", "kinds": ["shipped"]}]}, "/reasons/0/kinds/0"),
        ({"limits": [{"id": "all", "units": 1}] * 2}, "/limits"),
    ):
        assert rules.put(RULES, content).pointers == [pointer]


@pytest.mark.capability("D16", whole=True)
def test_a_count_with_reason_and_right_is_in_the_ledger_with_its_author_and_its_work_moves(doors: Doors):
    """Refused above the limit, taken with the larger right, posted, told of with its author, and its work moves."""
    hold(doors, reasons=[{"id": "cycle_count"}], limits=[{"id": "floor", "units": 3}])
    order_id = doors.place(document(line("A", 5)))
    doors.run_order_workflow(order_id)
    with doors.world.unchanged():
        assert snap(doors, 4, scopes=(WRITE, CORRECT), reason="cycle_count").body["code"] == "correction_limit"
    answer = snap(doors, 4, scopes=(WRITE, CORRECT, CORRECT_ANY), reason="cycle_count")
    assert (answer.status, answer.body["movements"][0]["deficit"]) == (200, 1)
    lost(doors, 6)
    posted = doors.api("inventory").get("/v1/inventory/A/movements?node_id=DC1").body["movements"]
    (entry,) = [one for one in posted if one["kind"] == "counted"]
    assert (entry["changes"], entry["reason"], entry["by"]) == (
        {"on_hand": -6, "available": -6},
        "cycle_count",
        "client-1",
    )
    rows = [row for (table, _), row in doors.world.database.rows.items() if table == "events"]
    moved_it = [row for row in rows if row["type"] == "StockMoved"][-1]
    fact = {"source": "spine", "detail-type": "StockMoved", "detail": json.loads(str(moved_it["detail"]))}
    meta, (told,) = fact["detail"]["meta"], fact["detail"]["data"]["movements"]
    assert (meta["actor"], meta["role"], told["reason"]) == ("client-1", "client", "cycle_count")
    assert doors.queue("vacate_nodes", fact) == []
    works = [(work.node_id, work.status.value) for work in doors.world.order(order_id).fulfillment_orders]
    assert works == [("DC1", "REJECTED"), ("S1", "SCHEDULED")]
