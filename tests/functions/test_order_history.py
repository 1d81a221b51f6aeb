"""Orders of the past: what cannot be true of them is refused, no command changes them, and only files bring them in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.order_doors import doors
from tests.order_file_doors import OrderIntake, order_files, past
from tests.order_world import document, line, world

__all__ = ["doors", "order_files", "world"]


@pytest.mark.capability("A7")
@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({"ordered_at": None}, "required,ordered_at: when it was placed"),
        (
            {"ordered_at": "2026-11-24T00:00:00Z"},
            "in_the_future,ordered_at: an order of the past was placed in the past",
        ),
        ({"selling_node": "NOWHERE"}, "unknown_node,selling_node: there is no node NOWHERE"),
        ({"history": {"status": "CANCELLED"}}, "status_mismatch,history/status: by its lines it is COMPLETED"),
        (
            {"history": {"status": "COMPLETED", "lines": [{"line_no": 2, "cancelled": 2, "returned": 2}]}},
            "less_than_equal,history/lines/0/returned: 1 units have left",
        ),
        (
            {"history": {"status": "COMPLETED", "lines": [{"line_no": 3}]}},
            '"history/lines/0/line_no: a line of the order, each once"',
        ),
        (
            {"history": {"status": "COMPLETED", "payments": [{"provider": "p", "captured": 5001}]}},
            "sum_mismatch,history/payments: 5001 was taken for 5000",
        ),
        (
            {"history": {"status": "COMPLETED", "payments": [{"provider": "p", "captured": 1, "refunded": 2}]}},
            "less_than_equal,history/payments/0/refunded: only 1 was taken",
        ),
        ({"tax_mode": "platform"}, "not_allowed,tax_mode: the taxes of the past are told as amounts"),
        ({"promise_id": "p"}, "not_allowed,promise_id: nothing is held or promised for an order of the past"),
        (
            {"totals": {**document(line("A", 2), line("OLD", 3))["totals"], "total": 4999}},
            '"totals/total: stated 4999, but the parts add up to 5000"',
        ),
    ],
)
def test_history_that_cannot_be_true_is_refused_and_not_stored(
    order_files: OrderIntake, changes: dict[str, Any], result: str
):
    order_files.drop_orders(past(1, **changes))
    order_files.until_empty()
    (row,) = order_files.rows()
    assert row.startswith("1,refused,")
    assert row.endswith(f"{result},")
    assert order_files.doors.world.order_ids() == []


@pytest.mark.capability("A7")
@pytest.mark.parametrize(
    ("function", "path", "body"),
    [
        ("change_orders", "/v1/orders/{id}/cancellations", {"reason": "changed_mind"}),
        ("change_orders", "/v1/orders/{id}/review", {"decision": "accept", "reason": "ok"}),
        ("change_orders", "/v1/orders/{id}/review", {"decision": "cancel", "reason": "no"}),
        (
            "change_orders",
            "/v1/orders/{id}/method-changes",
            {"reason": "x", "method": "pickup", "pickup_node": "S1", "lines": [{"line_no": 1, "quantity": 1}]},
        ),
        (
            "returns",
            "/v1/orders/{id}/returns",
            {"node_id": "S1", "reason": "broken", "lines": [{"line_no": 1, "quantity": 1, "disposition": "sellable"}]},
        ),
        ("appeasements", "/v1/orders/{id}/appeasements", {"reason": "LATE", "amount": 100}),
        ("settlements", "/v1/orders/{id}/write-offs", {"reason": "bad_debt", "amount": 100}),
    ],
)
def test_no_command_changes_an_order_that_is_history(
    order_files: OrderIntake, function: str, path: str, body: dict[str, Any]
):
    order_files.drop_orders(past())
    order_files.until_empty()
    (order_id,) = order_files.order_ids()
    with order_files.doors.world.unchanged():
        refused = order_files.doors.api(function).post(path.format(id=order_id), body)
    assert (refused.status, refused.body["code"]) == (409, "order_unmanaged"), refused.body


@pytest.mark.capability("A7")
def test_history_does_not_come_in_by_the_door_of_channels(order_files: OrderIntake):
    with order_files.doors.world.unchanged():
        refused = order_files.doors.api("place_order").post("/v1/orders", past())
    assert (refused.status, refused.pointers) == (422, ["/history"])


@pytest.mark.capability("A7")
def test_an_external_id_that_another_order_has_is_refused_with_its_row(order_files: OrderIntake):
    order_id = order_files.doors.place(document(line("A", 1), external_id="old-1"))
    order_files.drop_orders(past(), document(line("A", 1), external_id="old-1"))
    order_files.until_empty()
    first, second = order_files.rows()
    assert first.startswith("1,refused,external_id_taken,")
    # What came over HTTP with the same content is this very order.
    assert second == f"2,placed,,,{order_id}"
