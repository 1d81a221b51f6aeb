"""Pick waves over HTTP and the store bus: each piece of work in one only, in walking order, and back to the queue."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import RLock
from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.functions.test_kits import shop
from tests.functions.test_picking import pick, scans
from tests.functions.test_rerouting import act
from tests.interruptions import before_commit, calm
from tests.order_doors import Doors, doors, message
from tests.order_world import document, line, world

__all__ = ["doors", "shop", "world"]

S1 = ("fulfillment.write", "fulfillment.read", "node.S1")


def wave(doors: Doors, node_id: str = "DC1", **body: Any) -> Answer:
    return doors.api("capacity").post(f"/v1/nodes/{node_id}/waves", body)


def see(doors: Doors, wave_id: str, node_id: str = "DC1") -> dict[str, Any]:
    answer = doors.api("capacity").get(f"/v1/nodes/{node_id}/waves/{wave_id}")
    assert answer.status == 200, answer.body
    return dict(answer.body)


def close(doors: Doors, wave_id: str) -> Answer:
    return doors.api("capacity").post(f"/v1/nodes/DC1/waves/{wave_id}/close", None)


def waiting(doors: Doors, *lines: dict[str, Any], number: int = 1, **more: Any) -> str:
    """Work that has just been given to its node, a second after that before."""
    doors.world.clock.advance(seconds=1)
    order_id = doors.place(document(*lines, external_id=f"o-{number}", **more))
    (work,) = doors.run_order_workflow(order_id)
    return work


def members(answer: Answer) -> list[tuple[int, str]]:
    return [(one["tote"], one["fulfillment_order_id"]) for one in answer.body["work"]]


def stops(body: dict[str, Any]) -> list[tuple[int, str, str, int, list[tuple[int, int]]]]:
    return [
        (
            one["position"],
            one["location"],
            one["sku"],
            one["quantity"],
            [(part["tote"], part["quantity"]) for part in one["units"]],
        )
        for one in body["pick_sheet"]
    ]


@pytest.mark.capability("G3")
def test_a_wave_of_several_orders_is_picked_in_walking_order_into_totes(doors: Doors):
    doors.world.add_item("P", {"DC1": 9}, locations={"DC1": "A-10-2"}, barcodes=({"barcode": "96385074"},))
    doors.world.add_item("Q", {"DC1": 9}, locations={"DC1": "A-9-7", "S1": "Z-1"})
    first = waiting(doors, line("P", 1), line("A", 1), number=1)
    second = waiting(doors, line("Q", 1), line("P", 2), number=2)
    made = wave(doors, kind="multi_order")
    assert (made.status, made.body["state"], made.body["available_actions"]) == (201, "OPEN", ["close"])
    assert members(made) == [(1, first), (2, second)]
    assert stops(made.body) == [
        (1, "A", "A", 1, [(1, 1)]),
        (2, "A-9-7", "Q", 1, [(2, 1)]),
        (3, "A-10-2", "P", 3, [(1, 1), (2, 2)]),
    ]
    stop = made.body["pick_sheet"][2]
    assert (stop["description"], stop["barcodes"], stop["picked"]) == ("P", ["96385074"], 0)
    # The node has accepted all of it.
    assert [(one["status"], one["external_id"]) for one in made.body["work"]] == [
        ("ACCEPTED", "o-1"),
        ("ACCEPTED", "o-2"),
    ]
    shown = doors.api("fulfillment").get(f"/v1/fulfillment-orders/{first}").body
    assert (shown["status"], shown["wave_id"]) == ("ACCEPTED", made.body["id"])
    told = doors.told("WaveCreated")[-1]["detail"]["data"]
    assert told["fulfillment_order_ids"] == [first, second]
    assert pick(doors, second, scans=scans("96385074", "96385074", "Q")).status == 200
    now = see(doors, made.body["id"])
    assert [(one["sku"], one["quantity"], one["picked"]) for one in now["pick_sheet"]] == [
        ("A", 1, 0),
        ("Q", 1, 1),
        ("P", 3, 2),
    ]
    doors.world.check()


@pytest.mark.capability("G3")
def test_a_normal_wave_is_picked_order_by_order_and_kits_as_their_components(shop: Doors):
    first = waiting(shop, line("C", 1), line("SET", 1), number=1)
    second = waiting(shop, line("A", 1), number=2)
    made = wave(shop)
    assert members(made) == [(1, first), (2, second)]
    assert stops(made.body) == [
        (1, "A", "A", 2, [(1, 2)]),
        (2, "B", "B", 1, [(1, 1)]),
        (3, "C", "C", 1, [(1, 1)]),
        (4, "A", "A", 1, [(2, 1)]),
    ]


@pytest.mark.capability("G3")
def test_kind_ways_services_and_limits_say_what_a_wave_takes(doors: Doors):
    many = waiting(doors, line("A", 2), number=1)
    single = waiting(doors, line("A", 1), number=2)
    collected = waiting(doors, line("B", 1, method="pickup", pickup_node="DC1"), number=3)
    with doors.world.unchanged():
        nothing = wave(doors, services=["express"])
        assert (nothing.status, nothing.body["code"]) == (409, "nothing_to_pick")
        assert wave(doors, most_units=1, kind="normal", handover="ship", most_orders=21).pointers == ["/most_orders"]
        assert wave(doors, "S9").status == 404
    assert members(wave(doors, kind="single", handover="ship")) == [(1, single)]
    assert members(wave(doors, handover="pickup")) == [(1, collected)]
    last = waiting(doors, line("C", 1), number=4)
    # Two units do not fit beside the one that is due first.
    assert members(wave(doors, most_units=2)) == [(1, many)]
    assert members(wave(doors, most_orders=1)) == [(1, last)]
    assert wave(doors).body["code"] == "nothing_to_pick"


@pytest.mark.capability("G3")
def test_closing_a_wave_gives_back_what_was_not_picked_and_what_ended_has_dropped_out(doors: Doors):
    picked, rejected, left = (waiting(doors, line(sku, 2), number=n) for n, sku in enumerate("ABC", start=1))
    made = wave(doors)
    wave_id = made.body["id"]
    act(doors, picked, "pick")
    act(doors, rejected, "reject", reason="too_busy")
    now = see(doors, wave_id)
    assert [(one["fulfillment_order_id"], one["in_wave"]) for one in now["work"]] == [
        (picked, True),
        (rejected, False),
        (left, True),
    ]
    assert [one["sku"] for one in now["pick_sheet"]] == ["A", "C"]
    closed = close(doors, wave_id)
    assert (closed.status, closed.body["state"], closed.body["version"]) == (200, "CLOSED", 2)
    assert [one["in_wave"] for one in closed.body["work"]] == [True, False, False]
    assert doors.told("WaveClosed")[-1]["detail"]["data"]["returned"] == [left]
    with doors.world.unchanged():
        again = close(doors, wave_id)
    assert (again.status, again.body["code"]) == (409, "wave_already_closed")
    assert members(wave(doors)) == [(1, left)]
    doors.world.check()


@pytest.mark.capability("G3")
def test_work_that_is_taken_in_the_moment_of_a_wave_is_left_out(doors: Doors):
    first = waiting(doors, line("A", 1), number=1)
    second = waiting(doors, line("B", 1), number=2)
    before_commit(doors, 1, lambda: act(doors, first, "pick"))
    assert members(wave(doors)) == [(1, second)]
    calm(doors)
    third = waiting(doors, line("C", 1), number=3)
    before_commit(doors, 1, lambda: wave(doors))
    assert wave(doors).body["code"] == "nothing_to_pick"
    assert doors.api("fulfillment").get(f"/v1/fulfillment-orders/{third}").body["wave_id"] is not None


@pytest.mark.capability("G3")
def test_of_fifty_calls_at_once_no_two_share_a_piece_of_work(doors: Doors):
    doors.world.add_item("P", {"DC1": 60})
    works = [waiting(doors, line("P", 1), number=n) for n in range(12)]
    module = doors.module("capacity")
    turn = RLock()

    def around(name: str, do: Any) -> Any:
        # Calls run one beside the other, each read and each commit for itself, as at DynamoDB.
        with turn:
            return do()

    doors.world.database.around = around
    api = doors.api("capacity")
    assert module.handler is api.handler

    def ask(number: int) -> Answer:
        return api.post("/v1/nodes/DC1/waves", {"most_orders": 3}, key=f"wave-{number}")

    with ThreadPoolExecutor(max_workers=10) as pool:
        answers = list(pool.map(ask, range(50)))
    calm(doors)
    taken = [one["fulfillment_order_id"] for answer in answers if answer.status == 201 for one in answer.body["work"]]
    assert sorted(taken) == sorted(works)
    assert {answer.body["code"] for answer in answers if answer.status != 201} <= {"nothing_to_pick", "busy"}
    # A repeat under the same key is the same wave.
    number = next(n for n, answer in enumerate(answers) if answer.status == 201)
    with doors.world.unchanged():
        assert ask(number).body == answers[number].body


@pytest.mark.capability("G3")
def test_a_wave_is_of_one_node_and_of_its_own_token(doors: Doors):
    work = waiting(doors, line("A", 1))
    made = wave(doors)
    assert members(made) == [(1, work)]
    api = doors.api("capacity")
    with doors.world.unchanged():
        for url in (f"/v1/nodes/DC1/waves/{made.body['id']}", f"/v1/nodes/S1/waves/{made.body['id']}"):
            assert api.get(url, scopes=S1).status == 404
            assert api.post(f"{url}/close", None, scopes=S1).status == 404
        assert api.post("/v1/nodes/DC1/waves", {}, scopes=S1).status == 404
        assert api.post("/v1/nodes/DC1/waves", {}, scopes=("fulfillment.read",)).status == 403
        stale = api.post(f"/v1/nodes/DC1/waves/{made.body['id']}/close", None, headers={"if-match": "7"})
        assert stale.status == 409


@pytest.mark.capability("G3", "H2")
def test_the_store_bus_makes_and_closes_waves(doors: Doors):
    work = waiting(doors, line("A", 1))
    make = message("wms.DC1", "CreateWave", "m-1", handover="ship")
    assert doors.queue("node_messages", make, make) == []
    (told,) = doors.told("WaveCreated")
    wave_id = told["detail"]["data"]["wave_id"]
    assert [one["fulfillment_order_id"] for one in see(doors, wave_id)["work"]] == [work]
    with doors.world.unchanged():
        # Nothing waits, another node's wave, and no wave at all.
        assert doors.queue("node_messages", message("wms.DC1", "CreateWave", "m-2")) == []
        assert doors.queue("node_messages", message("wms.S1", "CloseWave", "m-3", wave_id=wave_id)) == ["m0"]
        assert doors.queue("node_messages", message("wms.DC1", "CloseWave", "m-4")) == ["m0"]
    over = [message("wms.DC1", "CloseWave", f"m-{n}", wave_id=wave_id) for n in (5, 6)]
    assert doors.queue("node_messages", *over) == []
    assert see(doors, wave_id)["state"] == "CLOSED"
