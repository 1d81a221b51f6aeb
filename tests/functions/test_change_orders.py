"""Cancelling and reviewing over HTTP: only what is available, only on the version that was read, only once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


def cancel(doors: Doors, order_id: str, body: Any = None, **more: Any) -> Any:
    return doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", body or {"reason": "x"}, **more)


def review(doors: Doors, order_id: str, decision: str, **more: Any) -> Any:
    body = {"decision": decision, "reason": "checked"}
    return doors.api("change_orders").post(f"/v1/orders/{order_id}/review", body, **more)


@pytest.mark.capability("B4")
def test_what_is_listed_can_be_done_and_nothing_else(doors: Doors):
    """For an order and its work in every state of a life: each verb works exactly where it is listed.

    A verb that is not listed is a 409 without any effect; a stale version is too; every answer carries the version.
    """
    steps: list[tuple[str, dict[str, Any]]] = [
        ("accept", {}),
        ("pick", {"lines": [{"line_no": 1, "quantity": 2}]}),
        ("ship", {"lines": [{"line_no": 1, "quantity": 1}]}),
        ("pack", {}),
        ("ship", {}),
    ]
    verbs = ("accept", "reject", "pick", "pack", "stage", "ship", "hand-over")
    counter = {"method": "pickup", "pickup_node": "DC1"}
    ways = [(steps, {}), ([("stage", {}), ("hand-over", {})], counter), ([("reject", {"reason": "closed"})], {})]
    node, refusals = doors.api("fulfillment"), 0
    for way, (journey, method) in enumerate(ways):
        order_id = doors.place(document(line("A", 3, **method), external_id=str(way)))
        (work,) = doors.run_order_workflow(order_id)
        for step in [None, *journey]:
            if step is not None:
                done = node.post(f"/v1/fulfillment-orders/{work}/{step[0]}", step[1])
                assert done.status == 200, done.body
            order, seen = doors.see(order_id), node.get(f"/v1/fulfillment-orders/{work}").body
            assert order["version"] == seen["version"]
            if step is not None:
                assert done.body == seen
            for verb in seen["available_actions"]:
                before = doors.world.tables()
                if verb == "cancel":
                    assert cancel(doors, order_id).status == 200
                else:
                    assert node.post(f"/v1/fulfillment-orders/{work}/{verb}", {"reason": "x"}).status == 200
                doors.world.database.rows = before
            for verb in verbs:
                if verb not in seen["available_actions"]:
                    with doors.world.unchanged():
                        refused = node.post(f"/v1/fulfillment-orders/{work}/{verb}", {"reason": "x"})
                    assert (refused.status, refused.body["code"] in ("action_not_available", "already_done")) == (
                        409,
                        True,
                    )
                    refusals += 1
            if "cancel" not in order["available_actions"]:
                with doors.world.unchanged():
                    assert cancel(doors, order_id).body["code"] == "action_not_available"
                refusals += 1
            for decision in ("accept", "cancel"):
                with doors.world.unchanged():
                    assert review(doors, order_id, decision).body["code"] == "action_not_available"
            for version in (order["version"] - 1, order["version"] + 1):
                with doors.world.unchanged():
                    headers = {"if-match": f'"{version}"'}
                    stale = cancel(doors, order_id, headers=headers)
                    stale_work = node.post(f"/v1/fulfillment-orders/{work}/ship", {}, headers=headers)
                assert (stale.status, stale.body["code"]) == (409, "stale_version")
                assert (stale_work.status, stale_work.body["code"]) == (409, "stale_version")
    assert refusals > 40


@pytest.mark.capability("B4")
def test_the_version_that_was_read_may_be_changed(doors: Doors):
    order_id = doors.place(document(line("A", 3)))
    body = {"reason": "x", "lines": [{"line_no": 1, "quantity": 1}]}
    for form in ("1", '"2"', 'W/"3"'):
        answer = cancel(doors, order_id, body, headers={"if-match": form})
        assert (answer.status, answer.body["version"]) == (200, int(form.strip('W/"')) + 1)


@pytest.mark.capability("A1", "B4")
@pytest.mark.parametrize("lines", [1, 30])
def test_a_repeat_of_a_versioned_change_finds_its_answer(doors: Doors, lines: int):
    """It has itself made the version stale; also where the cancellation took several transactions."""
    doors.world.receive("A", "DC1", 30)
    order_id = doors.place(document(*[line("A", 1, 10)] * lines))
    first = cancel(doors, order_id, headers={"if-match": "1"}, key="c1")
    assert (first.status, first.body["status"]) == (200, "CANCELLED")
    with doors.world.unchanged():
        again = cancel(doors, order_id, headers={"if-match": "1"}, key="c1")
        stale = cancel(doors, order_id, headers={"if-match": "1"}, key="c2")
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (200, first.body, "true")
    assert stale.status == 409
    other = doors.place(document(*[line("B", 1, 0)] * 1, external_id="2", ship_to=None))
    done = review(doors, other, "cancel", headers={"if-match": "1"}, key="r1")
    assert review(doors, other, "cancel", headers={"if-match": "1"}, key="r1").body == done.body


@pytest.mark.parametrize("header", ["one", "*", "-1", "1.0", "²", "9" * 5000, ""])
def test_a_version_that_is_no_number_is_refused(doors: Doors, header: str):
    order_id = doors.place(document())
    with doors.world.unchanged():
        refused = cancel(doors, order_id, headers={"if-match": header})
    assert (refused.status, refused.pointers) == (422, ["/header/If-Match"])


@pytest.mark.capability("A1")
def test_a_repeated_cancellation_is_answered_as_at_first(doors: Doors):
    order_id = doors.place(document(line("A", 3)))
    body = {"reason": "x", "lines": [{"line_no": 1, "quantity": 1}]}
    first = cancel(doors, order_id, body, key="c1")
    cancel(doors, order_id, body, key="c2")
    second_order = doors.place(document(line("A", 3), external_id="2"))
    with doors.world.unchanged():
        again = cancel(doors, order_id, body, key="c1")
        other = cancel(doors, order_id, {"reason": "y"}, key="c1")
        elsewhere = cancel(doors, second_order, body, key="c1")
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (200, first.body, "true")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    assert (elsewhere.status, elsewhere.body["code"]) == (422, "idempotency_key_reused")
    assert doors.see(order_id)["lines"][0]["quantities"] == {"open": 1, "cancelled": 2}


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/reason"]),
        ({"reason": "a#b"}, ["/reason"]),
        ({"reason": "x", "lines": []}, ["/lines"]),
        ({"reason": "x", "lines": [{"line_no": 0, "quantity": 1}]}, ["/lines/0/line_no"]),
        ({"reason": "x", "lines": [{"line_no": 1, "quantity": 0}]}, ["/lines/0/quantity"]),
        ({"reason": "x", "lines": [{"line_no": 1, "quantity": 1.0}]}, ["/lines/0/quantity"]),
        ({"reason": "x", "lines": [{"line_no": 9, "quantity": 1}]}, ["/lines/0/line_no"]),
        ({"reason": "x", "line": 1}, ["/line"]),
    ],
)
def test_a_malformed_cancellation_is_refused(doors: Doors, body: Any, pointers: list[str]):
    order_id = doors.place(document(line("A", 3)))
    with doors.world.unchanged():
        refused = doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", body)
    assert (refused.status, refused.pointers) == (422, pointers)


@pytest.mark.capability("A3")
@pytest.mark.parametrize("decision", ["accept", "cancel"])
def test_a_person_decides_about_an_order_in_review(doors: Doors, decision: str):
    order_id = doors.place(document(line("A", 1), ship_to=None))
    seen = doors.see(order_id)
    assert (seen["status"], seen["available_actions"]) == ("PENDING_REVIEW", ["review", "cancel"])
    assert [(v["name"], v["verdict"]) for v in seen["validations"]] == [
        ("schema", "pass"),
        ("sums", "pass"),
        ("address", "fail"),
        ("sku", "pass"),
        ("node", "pass"),
        ("capacity", "pass"),
        ("tender_sum", "pass"),
    ]
    answer = review(doors, order_id, decision, key="r1")
    assert (answer.status, answer.body["status"]) == (200, {"accept": "CONFIRMED", "cancel": "CANCELLED"}[decision])
    again = review(doors, order_id, decision, key="r1")
    assert (again.body, again.headers["Idempotency-Replayed"]) == (answer.body, "true")
    assert doors.world.stock("A", "DC1").reserved == (1 if decision == "accept" else 0)


def test_who_may_change_which_order(doors: Doors):
    order_id = doors.place(document())
    with doors.world.unchanged():
        assert cancel(doors, order_id, scopes=("orders.read",)).status == 403
        theirs = cancel(doors, order_id, tenant="other")
        nobodys = cancel(doors, "ord_none", tenant="other")
        assert doors.api("change_orders").post(f"/v1/orders/{order_id}/review", {"decision": "maybe"}).status == 422
        assert cancel(doors, order_id, key="").status == 400
    assert theirs.status == nobodys.status == 404
    assert str(theirs.body).replace(order_id, "ord_none") == str(nobodys.body)
