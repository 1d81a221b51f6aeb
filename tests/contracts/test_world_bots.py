"""The node bots against a bus and a queue (moto), and against an API that answers as ours does."""

from __future__ import annotations

from typing import Any

import pytest

from local.world.bus_bot import listen
from local.world.control import write_control
from local.world.http_bot import NodeBotHttp, NodeRefused
from local.world.work import Control
from tests.contracts.outside import BUS, WORK, Api, Outside, outside

__all__ = ["outside"]


def test_released_work_is_accepted_picked_packed_and_shipped(outside: Outside) -> None:
    outside.publish("FulfillmentOrderReleased")
    assert outside.bot.step(0) == 1
    heard = outside.heard()
    assert [(source, name, detail["meta"]["id"]) for source, name, detail in heard] == [
        ("store.denver", "AcceptFulfillmentOrder", "ful_1:accept"),
        ("store.denver", "PickFulfillmentOrder", "ful_1:pick"),
        ("store.denver", "PackFulfillmentOrder", "ful_1:pack"),
        ("store.denver", "ShipFulfillmentOrder", "ful_1:ship"),
    ]
    assert heard[3][2]["data"]["fulfillment_order_id"] == "ful_1"
    assert heard[3][2]["data"]["shipment"]["packages"] == [{"package_no": 1, "weight_grams": 500}]
    assert {detail["meta"]["tenant"] for _, _, detail in heard} == {"acme"}
    assert outside.left() == 0


def test_a_batch_of_work_is_done_at_once_and_every_step_is_sent(outside: Outside) -> None:
    for number in range(7):
        outside.publish("FulfillmentOrderReleased", f"ful_{number}", node_id="dc-columbus")
    done = 0
    while count := outside.bot.step(0):
        done += count
    assert done == 7
    assert len({detail["meta"]["id"] for _, _, detail in outside.heard()}) == 28
    assert outside.left() == 0


def test_work_waits_for_the_clock(outside: Outside) -> None:
    outside.publish("FulfillmentOrderReleased", attributes={"ship_after": "2027-01-15T08:00:01Z"})
    assert outside.bot.step(0) == 0
    assert (outside.heard(), outside.left()) == ([], 1)
    outside.time += 1
    assert outside.bot.step(0) == 1
    assert len(outside.heard()) == 4
    assert outside.left() == 0


def test_a_second_delivery_says_the_same_again(outside: Outside) -> None:
    outside.publish("FulfillmentOrderReleased")
    outside.bot.step(0)
    first = outside.heard()
    outside.publish("FulfillmentOrderReleased")
    outside.bot.step(0)
    assert outside.heard() == first


RELEASED_FIRST = ("FulfillmentOrderReleased", "FulfillmentOrderCancelled")


@pytest.mark.parametrize("names", [RELEASED_FIRST, RELEASED_FIRST[::-1]])
def test_cancelled_work_is_not_done_whichever_is_heard_first(outside: Outside, names: tuple[str, str]) -> None:
    for name in names:
        outside.publish(name, nothing_left=True, attributes={"ship_after": "2027-01-15T08:00:05Z"})
        outside.bot.step(0)
    outside.time += 10
    assert outside.bot.step(0) == 0
    assert (outside.heard(), outside.left()) == ([], 0)


def test_work_of_which_something_is_left_goes_on(outside: Outside) -> None:
    outside.publish("FulfillmentOrderCancelled", nothing_left=False)
    outside.publish("FulfillmentOrderReleased")
    assert outside.bot.step(0) == 1
    assert len(outside.heard()) == 4


def test_while_paused_nothing_is_taken(outside: Outside) -> None:
    write_control(outside.state, {"paused": True})
    outside.publish("FulfillmentOrderReleased")
    assert outside.bot.step(0) == 0
    assert (outside.heard(), outside.left()) == ([], 1)
    write_control(outside.state, {"paused": False})
    assert outside.bot.step(0) == 1


def test_a_pause_during_the_wait_gives_the_work_back(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    outside.publish("FulfillmentOrderReleased")
    receive = outside.sqs.receive_message

    def receive_and_pause(**asked: Any) -> Any:
        write_control(outside.state, {"paused": True})
        return receive(**asked)

    monkeypatch.setattr(outside.sqs, "receive_message", receive_and_pause)
    assert outside.bot.step(0) == 0
    monkeypatch.undo()
    write_control(outside.state, {})
    assert outside.bot.step(0) == 1


def test_a_node_rejects_what_the_control_says(outside: Outside) -> None:
    write_control(outside.state, {"reject": {"skus": ["A"], "reason": "damaged"}, "silent": ["natick"]})
    outside.publish("FulfillmentOrderReleased")
    outside.publish("FulfillmentOrderReleased", "ful_2", node_id="natick")
    outside.bot.step(0)
    heard = outside.heard()
    assert [(name, detail["data"]["reason"]) for _, name, detail in heard] == [("RejectFulfillmentOrder", "damaged")]
    assert outside.left() == 0


def test_steps_that_the_bus_refuses_are_sent_again(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    outside.publish("FulfillmentOrderReleased", "ful_1")
    outside.publish("FulfillmentOrderReleased", "ful_2")
    put = outside.events.put_events

    def refuse_one(Entries: list[dict[str, Any]]) -> Any:
        answer = put(Entries=Entries[:5] + Entries[6:])
        return {"Entries": [*answer["Entries"][:5], {"ErrorCode": "Throttled"}, *answer["Entries"][5:]]}

    monkeypatch.setattr(outside.events, "put_events", refuse_one)
    assert outside.bot.step(0) == 1
    monkeypatch.undo()
    assert outside.left() == 1
    assert outside.bot.step(0) == 1
    ids = {detail["meta"]["id"] for _, _, detail in outside.heard()}
    assert ids == {f"{work}:{verb}" for work in ("ful_1", "ful_2") for verb in ("accept", "pick", "pack", "ship")}


def test_a_message_that_is_none_is_dropped(outside: Outside, capsys: pytest.CaptureFixture[str]) -> None:
    outside.sqs.send_message(QueueUrl=outside.queue_url, MessageBody="nonsense")
    outside.publish("FulfillmentOrderReleased", attributes={"ship_after": "tomorrow"})
    assert outside.bot.step(0) == 0
    assert outside.left() == 0
    assert capsys.readouterr().out.count("not understood") == 2


def test_listening_twice_is_listening_once(outside: Outside) -> None:
    assert listen(outside.sqs, outside.events, BUS) == outside.queue_url
    outside.publish("FulfillmentOrderReleased")
    assert outside.bot.step(0) == 1
    assert len(outside.heard()) == 4


def test_over_http_each_step_has_its_own_path_and_key() -> None:
    api = Api()
    assert NodeBotHttp(api, "acme").play(WORK) == ["accept", "pick", "pack", "ship"]  # type: ignore[arg-type]
    assert [(method, path, key) for method, path, _, key in api.calls] == [
        ("POST", f"/v1/fulfillment-orders/ful_1/{verb}", f"ful_1:{verb}") for verb in ("accept", "pick", "pack", "ship")
    ]
    assert api.calls[0][2] == {}
    assert api.calls[3][2]["shipment"]["carrier"] == "FAKE"


def test_over_http_a_refusal_stops_the_work_but_an_earlier_step_does_not() -> None:
    api = Api((409, {"code": "already_done"}), (409, {"code": "action_not_available"}))
    with pytest.raises(NodeRefused, match="ful_1/pick: 409"):
        NodeBotHttp(api, "acme").play(WORK)  # type: ignore[arg-type]
    assert len(api.calls) == 2


def test_over_http_a_node_can_reject() -> None:
    api = Api()
    control = Control(reject_nodes=frozenset({"denver"}))
    assert NodeBotHttp(api, "acme").play(WORK, control) == ["reject"]  # type: ignore[arg-type]
    assert api.calls == [("POST", "/v1/fulfillment-orders/ful_1/reject", {"reason": "out_of_stock"}, "ful_1:reject")]


def test_over_http_all_pages_of_open_work_are_read() -> None:
    view = {"node_id": "denver", "method": "ship", "lines": [{"line_no": 1, "sku": "A", "quantity": 2}]}
    api = Api(
        (200, {"fulfillment_orders": [{**view, "id": "ful_1"}], "next_cursor": "c1"}),
        (200, {"fulfillment_orders": [{**view, "id": "ful_2"}], "next_cursor": None}),
    )
    work = NodeBotHttp(api, "acme").open_work("denver")  # type: ignore[arg-type]
    assert [each.fulfillment_order_id for each in work] == ["ful_1", "ful_2"]
    assert [path for _, path, _, _ in api.calls] == [
        "/v1/fulfillment-orders?status=OPEN&node=denver",
        "/v1/fulfillment-orders?status=OPEN&node=denver&cursor=c1",
    ]


def test_what_another_node_has_sent_is_received(outside: Outside) -> None:
    outside.publish("FulfillmentOrderDispatched", from_node="dc-columbus")
    assert outside.bot.step(0) == 1
    ((source, name, said),) = outside.heard()
    assert (source, name) == ("store.denver", "ReceiveFulfillmentOrder")
    assert said["meta"]["id"] == "ful_1:receive:evt_FulfillmentOrderDispatched"
    assert said["data"] == {"fulfillment_order_id": "ful_1"}
    assert outside.left() == 0
