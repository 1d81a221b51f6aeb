"""The store bus: what nodes say arrives in batches, late, twice and mixed; each message is taken once or parked."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest

from oms.platform.observability import logger
from oms.platform.problems import Busy
from tests.order_doors import Doors, doors, message
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


def open_work(doors: Doors, quantity: int = 5, **changes: Any) -> tuple[str, str]:
    order_id = doors.place(document(line("A", quantity), **changes))
    (work,) = doors.run_order_workflow(order_id)
    return order_id, work


def say(verb: str, work: str, message_id: str, source: str = "wms.DC1", **data: Any) -> dict[str, Any]:
    return message(source, f"{verb}FulfillmentOrder", message_id, fulfillment_order_id=work, **data)


@pytest.mark.capability("H2")
def test_a_whole_journey_in_one_batch(doors: Doors):
    order_id, work = open_work(doors)
    steps = ("Accept", "Pick", "Pack", "Ship")
    assert doors.queue("node_messages", *[say(verb, work, verb) for verb in steps]) == []
    seen = doors.see(order_id)
    assert (seen["status"], seen["lines"][0]["quantities"]) == ("COMPLETED", {"shipped": 5})
    assert [row["actor"] for row in doors.timeline(order_id)][-5:] == ["node:DC1"] * 5
    with doors.world.unchanged():
        assert doors.queue("node_messages", *[say(verb, work, verb) for verb in steps]) == []


def to_collect(doors: Doors) -> tuple[str, str]:
    order_id = doors.place(document(line("A", method="pickup", pickup_node="S1")))
    (work,) = doors.run_order_workflow(order_id)
    return order_id, work


def say_in_store(verb: str, work: str) -> dict[str, Any]:
    return say(verb, work, verb, source="store.S1")


@pytest.mark.capability("H2")
def test_steps_that_overtook_each_other_are_taken_in_their_order(doors: Doors, monkeypatch: pytest.MonkeyPatch):
    """A queue promises no order; so a batch is taken again as long as that helps any of it."""
    order_id, work = to_collect(doors)
    monkeypatch.setattr(doors.world.runtime, "pause", pytest.fail)
    assert doors.queue("node_messages", say_in_store("HandOver", work), say_in_store("Stage", work)) == []
    assert doors.see(order_id)["status"] == "COMPLETED"
    told = [row["event"] for row in doors.timeline(order_id)]
    assert told.index("FulfillmentOrderReady") < told.index("ShipmentShipped")


@pytest.mark.capability("H2")
def test_a_step_that_was_not_possible_yet_waits_for_another_batch(doors: Doors, monkeypatch: pytest.MonkeyPatch):
    order_id, work = to_collect(doors)
    paused: list[float] = []

    def meanwhile(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 2:
            assert doors.queue("node_messages", say_in_store("Stage", work)) == []

    monkeypatch.setattr(doors.world.runtime, "pause", meanwhile)
    assert doors.queue("node_messages", say_in_store("HandOver", work)) == []
    assert (paused, doors.see(order_id)["status"]) == ([0.0, 0.5], "COMPLETED")


@pytest.mark.capability("H2")
def test_a_step_that_stays_impossible_goes_back_to_its_queue_after_a_moment(doors: Doors, monkeypatch):
    _, work = to_collect(doors)
    paused: list[float] = []
    monkeypatch.setattr(doors.world.runtime, "pause", paused.append)
    with doors.world.unchanged():
        assert doors.queue("node_messages", say_in_store("HandOver", work)) == ["m0"]
    assert paused == [0.0, 0.5, 2.0]


@pytest.mark.capability("H2")
def test_it_is_the_command_of_the_same_name_over_http(doors: Doors):
    """The same verbs by bus and by HTTP leave the same order behind."""
    journeys = []
    for number, way in enumerate(("bus", "http")):
        order_id, work = open_work(doors, external_id=str(number))
        lines = {"lines": [{"line_no": 1, "quantity": 2}]}
        for verb, data in (("accept", {}), ("pick", lines), ("ship", lines), ("ship", {})):
            if way == "bus":
                assert doors.queue("node_messages", say(verb.capitalize(), work, f"{verb}{data}", **data)) == []
            else:
                assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/{verb}", data).status == 200
        seen = doors.see(order_id)
        told = [(row["event"], row["command"], row["data"].get("lines")) for row in doors.timeline(order_id)]
        journeys.append((seen["status"], seen["lines"], [s["lines"] for s in seen["shipments"]], told[1:]))
        if way == "bus":
            ids = order_id.removeprefix("ord_")
    assert str(journeys[0]).replace(ids, "x") == str(journeys[1]).replace(order_id.removeprefix("ord_"), "x")


@pytest.mark.capability("H2")
def test_only_the_bad_messages_of_a_batch_come_again(doors: Doors):
    order_id, work = open_work(doors)
    failed = doors.queue(
        "node_messages",
        say("Accept", work, "1"),
        say("Pick", work, "2", source="store.S1"),  # somebody else's work
        say("Pick", work, "3", lines=[{"line_no": 1, "quantity": 9}]),
        say("Eat", work, "4"),
        {"detail-type": "nonsense"},
        say("Pick", "ful_none_1", "5"),
        say("Pick", work, "6"),
    )
    assert failed == ["m1", "m2", "m3", "m4", "m5"]
    assert doors.see(order_id)["lines"][0]["quantities"] == {"picked": 5}


def test_what_a_node_sends_is_never_logged(doors: Doors):
    _, work = open_work(doors)
    told = {"name": "Canary Birdwood", "email": "canary@example.com"}
    said = StringIO()
    logger().registered_handler.setStream(said)
    wrong = [
        say("Accept", work, "m1", reason=told),
        say("Ship", work, "m2", shipment={"carrier": told["name"] * 9, "packages": [told["email"]]}),
        say("Pick", work, "m3", occurred_at=told["email"], lines=told["name"]),
        say("Pack", work, "m4", attributes=told["email"]),
    ]
    assert doors.queue("node_messages", *wrong) == ["m0", "m1", "m2", "m3"]
    assert said.getvalue().count("ValidationError") >= len(wrong)
    for canary in ("Canary", "Birdwood", "canary@"):
        assert canary not in said.getvalue()


def test_another_tenants_work_does_not_exist(doors: Doors):
    _, work = open_work(doors)
    with doors.world.unchanged():
        theirs = message("wms.DC1", "AcceptFulfillmentOrder", "1", tenant="other", fulfillment_order_id=work)
        assert doors.queue("node_messages", theirs) == ["m0"]


@pytest.mark.capability("H2", "B4")
def test_a_batch_works_on_what_others_have_changed_in_between(doors: Doors):
    """The order that one message left is good for the next, unless somebody else was there."""
    order_id, work = open_work(doors)
    cancelled = False

    def customer_cancels(name: str, act: Any) -> Any:
        nonlocal cancelled
        done = act()
        if name == "commit" and not cancelled:
            cancelled = True
            doors.world.cancel(order_id, {1: 2})
            doors.world.act(work, "cancel-response", accepted=True)
        return done

    doors.world.database.around = customer_cancels
    assert doors.queue("node_messages", say("Accept", work, "1"), say("Pick", work, "2"), say("Ship", work, "3")) == []
    doors.world.database.around = lambda name, act: act()
    assert doors.see(order_id)["lines"][0]["quantities"] == {"shipped": 3, "cancelled": 2}

    order_id, work = open_work(doors, external_id="2")
    cancelled = False

    def customer_cancels_all(name: str, act: Any) -> Any:
        nonlocal cancelled
        done = act()
        if name == "commit" and not cancelled:
            cancelled = True
            doors.world.cancel(order_id)
            doors.world.act(work, "cancel-response", accepted=True)
        return done

    doors.world.database.around = customer_cancels_all
    assert doors.queue("node_messages", say("Accept", work, "4"), say("Ship", work, "5")) == ["m1"]
    doors.world.database.around = lambda name, act: act()
    assert doors.see(order_id)["status"] == "CANCELLED"


def test_a_message_that_meets_a_busy_store_comes_again(doors: Doors):
    order_id, work = open_work(doors)

    def busy(name: str, act: Any) -> Any:
        if name == "commit":
            raise Busy()
        return act()

    doors.world.database.around = busy
    with doors.world.unchanged():
        assert doors.queue("node_messages", say("Accept", work, "1"), say("Ship", work, "2")) == ["m0", "m1"]
    doors.world.database.around = lambda name, act: act()
    assert doors.queue("node_messages", say("Accept", work, "1"), say("Ship", work, "2")) == []
    assert doors.see(order_id)["status"] == "COMPLETED"
