"""A node that is asked to cancel: it lets go of what it has not begun, over the bus and over HTTP."""

from __future__ import annotations

from local.world.control import write_control
from local.world.http_bot import NodeBotHttp
from local.world.work import Asked
from tests.contracts.outside import WORK, Api, Outside, outside

__all__ = ["outside"]

LATER = {"ship_after": "2027-01-15T08:00:05Z"}


def test_a_node_lets_go_of_what_it_has_not_begun(outside: Outside) -> None:
    outside.publish("FulfillmentOrderReleased", attributes=LATER)
    outside.bot.step(0)
    outside.publish("FulfillmentOrderCancellationRequested", lines=[{"line_no": 1, "sku": "A", "quantity": 1}])
    assert outside.bot.step(0) == 1
    (said,) = outside.heard()
    assert said[:2] == ("store.denver", "CancelResponseFulfillmentOrder")
    assert said[2]["meta"]["id"] == "ful_1:cancel-response:evt_FulfillmentOrderCancellationRequested"
    assert said[2]["data"] == {"fulfillment_order_id": "ful_1", "accepted": True}
    outside.time += 10
    assert outside.bot.step(0) == 1
    assert outside.heard()[3][2]["data"]["shipment"]["packages"] == [{"package_no": 1, "weight_grams": 250}]
    assert outside.left() == 0


def test_work_of_which_everything_was_let_go_is_not_done(outside: Outside) -> None:
    outside.publish("FulfillmentOrderReleased", attributes=LATER)
    outside.bot.step(0)
    outside.publish("FulfillmentOrderCancellationRequested")
    assert outside.bot.step(0) == 1
    outside.time += 10
    assert outside.bot.step(0) == 0
    assert [name for _, name, _ in outside.heard()] == ["CancelResponseFulfillmentOrder"]
    assert outside.left() == 0


def test_a_node_keeps_what_is_on_its_way_and_a_silent_one_says_nothing(outside: Outside) -> None:
    write_control(outside.state, {"silent": ["natick"]})
    outside.publish("FulfillmentOrderReleased")
    outside.bot.step(0)
    outside.heard()
    outside.publish("FulfillmentOrderCancellationRequested")
    outside.bot.step(0)
    outside.publish("FulfillmentOrderCancellationRequested", "ful_2", node_id="natick")
    outside.bot.step(0)
    ((_, name, said),) = outside.heard()
    assert (name, said["data"]) == (
        "CancelResponseFulfillmentOrder",
        {"fulfillment_order_id": "ful_1", "accepted": False, "reason": "on_its_way"},
    )
    assert outside.left() == 0


def test_over_http_a_node_answers_a_request_to_cancel() -> None:
    api = Api()
    bot = NodeBotHttp(api, "acme")  # type: ignore[arg-type]
    assert bot.answer(Asked("evt_1", WORK), begun=False) == ["cancel-response"]
    assert bot.answer(Asked("evt_2", WORK), begun=True) == ["cancel-response"]
    path = "/v1/fulfillment-orders/ful_1/cancel-response"
    assert api.calls == [
        ("POST", path, {"accepted": True}, "ful_1:cancel-response:evt_1"),
        ("POST", path, {"accepted": False, "reason": "on_its_way"}, "ful_1:cancel-response:evt_2"),
    ]
