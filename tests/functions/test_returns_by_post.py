"""Returns by post: asked for, approved, received in parts, graded; when their money is owed, and where units go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oms.finance.commands import Books
from tests.functions.conftest import Answer
from tests.order_doors import Doors, doors
from tests.order_world import NOW, line, world
from tests.refund_doors import Refunds, lines
from tests.unit.finance.world import books, finance_cloud

__all__ = ["books", "doors", "finance_cloud", "world"]

GOODS = (line("A", 3, 4000, tax=990), line("B", 1, 6000, tax=495))
TAKEN_BACK = {"grade": "A", "disposition": "restock"}


def _ask(doors: Doors, order_id: str, units: dict[int, int], **more: Any) -> Answer:
    sent = {name: more.pop(name) for name in ("key", "headers", "scopes") if name in more}
    asked = [{"line_no": no, "quantity": units[no]} for no in units]
    body = {"kind": "mail_in", "reason": "too_small", "lines": asked, **more}
    return doors.api("returns").post(f"/v1/orders/{order_id}/returns", body, **sent)


def _asked(doors: Doors, order_id: str, units: dict[int, int], **more: Any) -> dict[str, Any]:
    answer = _ask(doors, order_id, units, **more)
    assert answer.status == 201, answer.body
    return dict(answer.body)


def _do(doors: Doors, made: dict[str, Any], verb: str, body: dict[str, Any], **more: Any) -> Answer:
    return doors.api("returns").post(f"/v1/returns/{made['id']}/{verb}", body, **more)


def _done(doors: Doors, made: dict[str, Any], verb: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = _do(doors, made, verb, body)
    assert answer.status == 200, answer.body
    return dict(answer.body)


def _receive(doors: Doors, made: dict[str, Any], at: str = "S1", **units: int) -> dict[str, Any]:
    """`_receive(doors, made, received=2, missing=1)`: units of line 1."""
    return _done(doors, made, "receipts", {"node_id": at, "lines": [{"line_no": 1, **units}]})


def _inspect(doors: Doors, made: dict[str, Any], *found: tuple[int, str, str], at: str = "S1") -> dict[str, Any]:
    said = [{"line_no": 1, "quantity": n, "grade": grade, "disposition": to} for n, grade, to in found]
    return _done(doors, made, "inspection", {"node_id": at, "lines": said})


def _refused(answer: Answer, status: int, code: str, *pointers: str) -> None:
    assert (answer.status, answer.body["code"], answer.pointers) == (status, code, list(pointers)), answer.body


def _row(doors: Doors, sku: str, node_id: str) -> dict[str, int]:
    row = doors.world.stock(sku, node_id)
    names = ("on_hand", "available", "quality_control", "damaged", "blocked")
    return {name: getattr(row, name) for name in names}


@pytest.mark.capability("J2", "J5", "J6")
def test_a_return_by_post_goes_from_asked_to_closed_and_is_paid_at_its_receipt(doors: Doors, books: Books):
    shop = Refunds(doors, books)
    order_id = shop.delivered(*GOODS)
    before = _row(doors, "A", "S2")
    made = _asked(doors, order_id, {1: 2})
    assert {name: made[name] for name in ("kind", "state", "expires_at", "owed", "refund_id", "available_actions")} == {
        "kind": "mail_in",
        "state": "APPROVED",
        "expires_at": "2026-12-23T12:00:00.000Z",
        "owed": 0,
        "refund_id": None,
        "available_actions": ["receive", "cancel"],
    }
    seen = doors.see(order_id)
    assert seen["lines"][0]["quantities"] == {"shipped": 1, "return_requested": 2}
    assert (seen["return_status"], seen["rmas"]) == ("REQUESTED", [made["id"]])
    after = _receive(doors, made, at="S2", received=2)
    assert (after["state"], after["owed"], after["goods"], after["tax"]) == ("RECEIVED", 8660, 8000, 660)
    assert (after["refund_status"], after["units"][0]["to_inspect"]) == ("PLANNED", 2)
    # What nobody has inspected is there and not for sale.
    assert _row(doors, "A", "S2") == before | {"on_hand": before["on_hand"] + 2, "quality_control": 2}
    assert doors.see(order_id)["lines"][0]["quantities"] == {"shipped": 1, "returned": 2}
    assert shop.pay(order_id) == []
    closed = _inspect(doors, made, (1, "A", "restock"), (1, "C", "liquidate"), at="S2")
    assert (closed["state"], closed["owed"], closed["available_actions"]) == ("CLOSED", 8660, [])
    assert closed["units"][0]["graded"] == [
        {"quantity": 1, "grade": "A", "disposition": "restock", "node_id": "S2"},
        {"quantity": 1, "grade": "C", "disposition": "liquidate", "node_id": "S2"},
    ]
    assert _row(doors, "A", "S2") == before | {
        "on_hand": before["on_hand"] + 2,
        "available": before["available"] + 1,
        "damaged": 1,
    }
    shown = doors.api("returns").get(f"/v1/returns/{made['id']}").body
    assert (shown["refund_status"], shown["returns"]) == ("EXECUTED", [f"ret_{order_id[4:]}_1"])
    part = doors.api("returns").get(f"/v1/returns/{shown['returns'][0]}").body
    assert (part["rma_id"], part["owed"], part["kind"]) == (made["id"], 8660, "store")
    assert doors.see(order_id)["return_status"] == "PARTIALLY_RETURNED"
    assert lines(shop.post(), "return_accepted") == ["100 Cr 2050 8660", "100 Dr 2040 660", "100 Dr 4090 8000"]
    told = [one["event"] for one in doors.timeline(order_id)]
    assert [kind for kind in told if kind.startswith("Return")] == [
        *("ReturnRequested", "ReturnApproved", "ReturnReceived", "ReturnAccepted", "ReturnInspected", "ReturnClosed")
    ]
    doors.world.check()


@pytest.mark.capability("J2", whole=True)
def test_parcels_come_in_parts_units_are_missing_and_a_return_is_opened_again(doors: Doors):
    """Requested, approved, received in parts, ended by its deadline, opened again; declined and cancelled, too."""
    shop = Refunds(doors)
    shop.rules({"id": "asked", "approve": "person", "rma_days": 10, "refund_at": "receipt"})
    order_id = shop.delivered(*GOODS)
    made = _asked(doors, order_id, {1: 3})
    assert (made["state"], made["available_actions"]) == ("REQUESTED", ["decide", "cancel"])
    with doors.world.unchanged():
        early = _do(doors, made, "receipts", {"node_id": "S1", "lines": [{"line_no": 1, "received": 1}]})
        _refused(early, 409, "action_not_available")
        _refused(_do(doors, made, "reopen", {"reason": "x"}), 409, "action_not_available")
    declined = _done(doors, made, "decision", {"decision": "decline", "reason": "worn"})
    assert (declined["state"], declined["decision_reason"]) == ("DECLINED", "worn")
    assert doors.see(order_id)["lines"][0]["quantities"] == {"shipped": 3}
    again = _done(doors, made, "reopen", {"reason": "seen in store"})
    assert (again["state"], again["expires_at"]) == ("APPROVED", "2026-12-03T12:00:00.000Z")
    with doors.world.unchanged():
        _refused(_do(doors, made, "decision", {"decision": "approve", "reason": "x"}), 409, "action_not_available")
        more = _do(doors, made, "receipts", {"node_id": "S1", "lines": [{"line_no": 1, "received": 3, "wrong": 1}]})
        _refused(more, 422, "invalid_request", "/lines/0")
        other = _do(doors, made, "receipts", {"node_id": "S1", "lines": [{"line_no": 2, "received": 1}]})
        _refused(other, 422, "invalid_request", "/lines/0/line_no")
        nowhere = _do(doors, made, "receipts", {"node_id": "S9", "lines": [{"line_no": 1, "received": 1}]})
        _refused(nowhere, 422, "invalid_request", "/node_id")
    first = _receive(doors, made, received=1, missing=1)
    assert (first["state"], first["owed"], first["units"][0]["to_come"]) == ("RECEIVED", 4330, 1)
    assert doors.see(order_id)["lines"][0]["quantities"] == {"shipped": 1, "return_requested": 1, "returned": 1}
    with doors.world.unchanged():
        late = _do(doors, made, "cancel", {"reason": "kept"})
        _refused(late, 409, "action_not_available")
        many = {"node_id": "S1", "lines": [{"line_no": 1, "quantity": 2, **TAKEN_BACK}]}
        _refused(_do(doors, made, "inspection", many), 422, "invalid_request", "/lines/0/quantity")
        elsewhere = {"node_id": "S2", "lines": [{"line_no": 1, "quantity": 1, **TAKEN_BACK}]}
        _refused(_do(doors, made, "inspection", elsewhere), 422, "invalid_request", "/lines/0/quantity")
    assert _inspect(doors, made, (1, "A", "restock"))["state"] == "INSPECTED"
    # Until its deadline nothing happens; then what did not come leaves it, once.
    assert doors.task("care_for_return", return_id=made["id"]) == {"wait_seconds": 10 * 24 * 3600}
    doors.world.clock.instant = NOW + timedelta(days=10)
    assert doors.task("care_for_return", return_id=made["id"]) == {"wait_seconds": 0}
    with doors.world.unchanged():
        assert doors.task("care_for_return", return_id=made["id"]) == {"wait_seconds": 0}
    over = doors.api("returns").get(f"/v1/returns/{made['id']}").body
    assert (over["state"], over["units"][0]["expired"], over["available_actions"]) == ("CLOSED", 1, ["reopen"])
    assert doors.see(order_id)["lines"][0]["quantities"] == {"shipped": 2, "returned": 1}
    (told,) = doors.told("ReturnExpired")
    assert told["detail"]["data"]["lines"] == [{"line_no": 1, "sku": "A", "quantity": 1}]
    opened = _done(doors, made, "reopen", {"reason": "it came late"})
    assert (opened["state"], opened["units"][0]["to_come"]) == ("INSPECTED", 2)
    assert _receive(doors, made, at="DC1", received=2)["owed"] == 12990
    assert _inspect(doors, made, (2, "B", "restock"), at="DC1")["state"] == "CLOSED"
    assert doors.see(order_id)["lines"][0]["quantities"] == {"returned": 3}
    cancelled = _asked(doors, order_id, {2: 1})
    assert _done(doors, cancelled, "cancel", {"reason": "kept"})["state"] == "CANCELLED"
    assert doors.see(order_id)["lines"][1]["quantities"] == {"shipped": 1}
    assert doors.api("returns").get("/v1/returns/rma_none_1").status == 404
    doors.world.check()


@pytest.mark.capability("J2")
def test_units_are_bound_to_one_return_at_a_time(doors: Doors):
    shop = Refunds(doors)
    order_id = shop.delivered(*GOODS)
    made = _asked(doors, order_id, {1: 2})
    with doors.world.unchanged():
        _refused(_ask(doors, order_id, {1: 2}), 422, "invalid_request", "/lines/0/quantity")
        _refused(shop.take_back(order_id, {1: 2}), 422, "invalid_request", "/lines/0/quantity")
        _refused(_ask(doors, order_id, {1: 1}, fee=1), 422, "invalid_request", "/fee")
        nowhere = shop.take_back(order_id, {1: 1}, at=None)
        _refused(nowhere, 422, "invalid_request", "/node_id")
    shop.taken_back(order_id, {1: 1})
    _done(doors, made, "cancel", {"reason": "brought instead"})
    shop.taken_back(order_id, {1: 2})
    with doors.world.unchanged():
        _refused(_do(doors, made, "reopen", {"reason": "x"}), 422, "invalid_request", "/lines/0")


@pytest.mark.capability("J2")
def test_a_channel_asks_for_its_own_customers_and_does_no_more(doors: Doors):
    shop = Refunds(doors)
    order_id = shop.delivered(*GOODS)
    own, other = ("returns.request", "channel.web"), ("returns.request", "channel.store")
    with doors.world.unchanged():
        assert _ask(doors, order_id, {1: 1}, scopes=other).status == 403
        assert (
            _ask(doors, order_id, {1: 1}, scopes=("orders.write",)).body["detail"].endswith("returns.write is missing.")
        )
        assert shop.take_back(order_id, {1: 1}, scopes=own).status == 403
    answer = _ask(doors, order_id, {1: 1}, scopes=own, key="once")
    again = _ask(doors, order_id, {1: 1}, scopes=own, key="once")
    assert (answer.status, answer.body) == (201, again.body)
    receipt = {"node_id": "S1", "lines": [{"line_no": 1, "received": 1}]}
    with doors.world.unchanged():
        assert _do(doors, answer.body, "receipts", receipt, scopes=own).status == 403
        assert _do(doors, answer.body, "cancel", {"reason": "x"}, scopes=other).status == 403
        assert _do(doors, answer.body, "receipts", receipt, scopes=("returns.write", "node.S2")).status == 404
    for url in (f"/v1/returns/{answer.body['id']}", f"/v1/orders/{order_id}/returnable"):
        assert doors.api("returns").get(url, scopes=("returns.read", "channel.web")).status == 200
        assert doors.api("returns").get(url, scopes=("returns.read", "channel.store")).status == 403
    assert _do(doors, answer.body, "cancel", {"reason": "kept"}, scopes=own).body["state"] == "CANCELLED"


@pytest.mark.capability("J5", whole=True)
def test_only_what_is_restocked_is_for_sale_again(doors: Doors):
    """Received, missing, wrong; grades A to D; restock, repair, vendor, liquidate and destroy."""
    shop = Refunds(doors)
    doors.world.add_item("SHOE", {"DC1": 10})
    order_id = shop.delivered(line("SHOE", 7, 1000))
    made = _asked(doors, order_id, {1: 7})
    _receive(doors, made, received=5, missing=1, wrong=1)
    there = _row(doors, "SHOE", "S1")
    assert there == {"on_hand": 5, "available": 0, "quality_control": 5, "damaged": 0, "blocked": 0}
    for grade, to, moved in (
        ("A", "restock", {"available": 1, "quality_control": -1}),
        ("B", "repair", {}),
        ("C", "vendor", {"blocked": 1, "quality_control": -1}),
        ("C", "liquidate", {"damaged": 1, "quality_control": -1}),
        ("D", "destroy", {"on_hand": -1, "quality_control": -1}),
    ):
        made = _inspect(doors, made, (1, grade, to))
        there = {name: units + moved.get(name, 0) for name, units in there.items()}
        assert _row(doors, "SHOE", "S1") == there, to
    assert (made["state"], made["owed"]) == ("CLOSED", 5000)
    doors.world.check()


@pytest.mark.capability("J6")
def test_the_rule_says_whether_money_is_owed_at_receipt_or_at_inspection(doors: Doors):
    shop = Refunds(doors)
    dear = {"id": "dear", "worth": {"currency": "USD", "at_least": 4000}, "refund_at": "inspection"}
    fee = {"kind": "restocking", "ppm": 250_000}
    shop.rules({**dear, "fees": [fee]}, {"id": "others"})
    order_id = shop.delivered(line("A", 2, 4000, tax=660), line("B", 1, 500))
    made = _asked(doors, order_id, {1: 2, 2: 1})
    assert [(one["rule"], one["refund_at"]) for one in made["units"]] == [("dear", "inspection"), ("others", "receipt")]
    both = [{"line_no": 1, "received": 2}, {"line_no": 2, "received": 1}]
    received = _done(doors, made, "receipts", {"node_id": "S1", "lines": both})
    assert (received["owed"], received["fee"], [one["line_no"] for one in received["lines"]]) == (500, 0, [2])
    first = _inspect(doors, made, (1, "A", "restock"))
    assert (first["owed"], first["fees"]) == (500 + 4330 - 1000, [{"kind": "restocking", "amount": 1000}])
    rest = [{"line_no": no, "quantity": 1, "grade": "D", "disposition": "destroy"} for no in (1, 2)]
    last = _done(doors, made, "inspection", {"node_id": "S1", "lines": rest})
    assert (last["state"], last["owed"], last["fee"]) == ("CLOSED", 500 + 8660 - 2000, 2000)
    assert [one["amount"] for one in doors.see(order_id)["refunds"]] == [500, 3330, 3330]
    doors.world.check()
