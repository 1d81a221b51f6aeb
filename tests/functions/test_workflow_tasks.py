"""The tasks of the workflows as Lambda calls them: what goes in, what comes out, and that a repeat is harmless."""

from __future__ import annotations

from typing import Any

import pytest

from oms.payments.commands import CaptureRefused, TransientFailure
from oms.platform.problems import ActionNotAvailable, NotFound
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]


def released(doors: Doors, *lines: dict[str, Any], **changes: Any) -> tuple[str, str]:
    order_id = doors.place(document(*(lines or (line("A", 5),)), **changes))
    (work,) = doors.run_order_workflow(order_id)
    return order_id, work


def test_sourcing_answers_with_ids_only(doors: Doors):
    order_id = doors.place(document(line("A", 5)))
    for _ in range(2):
        assert doors.task("source_order", order_id=order_id) == {"order_id": order_id, "sourced": True}
    assert len(doors.see(order_id)["fulfillment_orders"]) == 1


@pytest.mark.capability("K1", "K10")
def test_authorizing_names_the_outcome_and_the_work_that_may_start(doors: Doors):
    order_id = doors.place(document(line("A", 5), line("B", 1, method="pickup", pickup_node="S1")))
    doors.task("source_order", order_id=order_id)
    answer = doors.task("authorize_payment", order_id=order_id)
    assert answer["outcome"] == "AUTHORIZED"
    assert answer["fulfillment_orders"] == [
        {
            "tenant": TENANT,
            "order_id": order_id,
            "fulfillment_order_id": work["id"],
            "timeout_seconds": 86_400,
            "rest_seconds": 86_400,
        }
        for work in doors.see(order_id)["fulfillment_orders"]
    ]
    assert doors.task("authorize_payment", order_id=order_id) == answer
    assert doors.world.provider.effects == [("authorize", "psp_1", 6000)]


@pytest.mark.capability("K10")
def test_a_declined_order_has_its_outcome(doors: Doors):
    order_id = doors.place(document(line("A", 5)))
    doors.task("source_order", order_id=order_id)
    doors.world.provider.script["authorize"] = ["declined"]
    answer = doors.task("authorize_payment", order_id=order_id)
    assert answer["outcome"] == "DECLINED"
    seen = doors.see(order_id)
    assert (seen["status"], seen["payment_status"], seen["available_actions"]) == (
        "PENDING_REVIEW",
        "FAILED",
        ["review", "cancel"],
    )
    (work,) = seen["fulfillment_orders"]
    with doors.world.unchanged(), pytest.raises(ActionNotAvailable):
        doors.task("release_fulfillment", order_id=order_id, fulfillment_order_id=work["id"], task_token="t")
    refused = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work['id']}/ship", {})
    assert refused.status == 409


@pytest.mark.capability("H2")
def test_releasing_tells_the_node_and_keeps_the_token(doors: Doors):
    order_id, work = released(doors)
    row = doors.timeline(order_id)[-1]
    assert row["event"] == "FulfillmentOrderReleased"
    told = {"line_no": 1, "sku": "A", "quantity": 5, "components": [], "part_of": None, "segment": None}
    assert row["data"]["lines"] == [told]
    assert row["data"]["ship_to"]["city"] == "New York"
    assert row["data"]["respond_by"] == "2026-11-24T12:00:00.000Z"
    with doors.world.unchanged():
        task = {"order_id": order_id, "fulfillment_order_id": work, "task_token": f"token-{work}"}
        assert doors.task("release_fulfillment", **task) is None
    assert doors.world.work(work).task_token == f"token-{work}"


@pytest.mark.capability("K4")
def test_capturing_takes_what_was_shipped_once(doors: Doors):
    order_id, work = released(doors)
    task = {"order_id": order_id, "fulfillment_order_id": work}
    assert doors.task("capture_payment", **task) == {"captured": 0}
    doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {"lines": [{"line_no": 1, "quantity": 2}]})
    assert [doors.task("capture_payment", **task) for _ in range(3)] == [
        {"captured": 2000},
        {"captured": 0},
        {"captured": 0},
    ]
    assert doors.see(order_id)["payment_status"] == "PARTIALLY_CAPTURED"


def test_a_capture_that_fails_says_so_by_name(doors: Doors):
    """The names are what the workflow's Retry and Catch look for."""
    order_id, work = released(doors)
    doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
    task = {"order_id": order_id, "fulfillment_order_id": work}
    doors.world.provider.script.update({"capture": ["lost_before", "declined"], "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        doors.task("capture_payment", **task)
    with pytest.raises(CaptureRefused):
        doors.task("capture_payment", **task)
    answer = doors.task("escalate_fulfillment", **task, reason="CAPTURE_FAILED")
    assert answer == {"fulfillment_order_id": work, "reason": "CAPTURE_FAILED"}
    assert doors.see(order_id)["fulfillment_orders"][0]["escalated_reason"] == "CAPTURE_FAILED"
    assert doors.timeline(order_id)[-2]["event"] == "PaymentCaptureFailed"


@pytest.mark.capability("H2")
def test_the_answer_of_the_node_reaches_the_workflow(doors: Doors):
    order_id, work = released(doors)
    doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
    event = doors.stored_event(order_id, "ShipmentShipped")
    assert doors.queue("resume_fulfillment", event, event) == []
    assert doors.world.continued == [(f"token-{work}", "SHIPPED")]


def test_money_of_a_cancelled_order_is_given_back(doors: Doors):
    order_id, _ = released(doors)
    doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", {"reason": "x"})
    event = doors.stored_event(order_id, "OrderCancelled")
    assert doors.queue("release_payment", event, event) == []
    assert doors.world.provider.effects == [("authorize", "psp_1", 5000), ("void", "psp_1", 5000)]
    seen = doors.see(order_id)
    assert (seen["status"], seen["payment_status"]) == ("CANCELLED", "VOIDED")


def test_a_provider_that_is_down_brings_the_message_back(doors: Doors):
    order_id, _ = released(doors)
    doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", {"reason": "x"})
    doors.world.provider.script.update({"void": ["lost_before"], "find": ["lost_before"]})
    event = doors.stored_event(order_id, "OrderCancelled")
    assert doors.queue("release_payment", event) == ["m0"]
    assert doors.queue("release_payment", event) == []
    assert doors.world.provider.amount("void") == 5000


@pytest.mark.parametrize("name", ["source_order", "authorize_payment", "capture_payment", "escalate_fulfillment"])
def test_somebody_elses_order_does_not_exist(doors: Doors, name: str):
    order_id, work = released(doors)
    with doors.world.unchanged(), pytest.raises(NotFound):
        content = {"tenant": "other", "order_id": order_id, "fulfillment_order_id": work}
        doors.module(name).handler(content, None)
