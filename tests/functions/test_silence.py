"""Parcels of which nothing is heard: a task of customer care, once for each silence, that the next news end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.carrier_messages import easypost, hear, scan, shipped, tracker
from tests.fake_easypost import FakeEasyPost
from tests.functions.test_packages import open_work
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

ZONES = [{"id": "all", "cents": 700, "fastest_days": 2, "slowest_days": 4}]
BY = {"provider": "easypost", "carrier": "USPS"}
CARD = {
    "currency": "USD",
    "services": [
        {"id": "ground", "zones": ZONES, "ships_by": {**BY, "service": "Priority"}, "silent_days": 5},
        {"id": "fast", "zones": ZONES, "ships_by": {**BY, "service": "Express"}, "silent_days": 2},
        {"id": "patient", "zones": ZONES},
    ],
}


@pytest.fixture(name="at")
def carrier_fixture(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> FakeEasyPost:
    """A carrier that the functions reach, and a rate card that says how long each service may be silent."""
    made = FakeEasyPost()
    monkeypatch.setattr("oms.carriers.routes.carrier", made.carrier)
    monkeypatch.setattr(doors.module("recover_sagas"), "carrier", made.carrier)
    monkeypatch.setattr(doors.module("recover_sagas"), "run_order_workflow", lambda *_: None)
    promote(doors, CARD)
    return made


def promote(doors: Doors, card: dict[str, Any], number: int = 1) -> None:
    rules, version = doors.api("rule_sets"), 2 * number - 2
    held = {"headers": {"if-match": str(version)}} if version else {}
    assert rules.put("/v1/sourcing/rate-cards/usual", card, **held).status == (200 if version else 201)
    headers = {"if-match": str(version + 1)}
    promoted = rules.post("/v1/sourcing/rate-cards/usual/promotions", {"number": number}, headers=headers)
    assert promoted.status == 200, promoted.body


def leave(doors: Doors, service: str, *numbers: int) -> tuple[str, list[str]]:
    """An order of which a package leaves with a label of a service each; the numbers of its parcels."""
    order_id = doors.place(document(line("A", len(numbers)), external_id=f"by-{service}"))
    (work,) = doors.run_order_workflow(order_id)
    packages = []
    for number in numbers:
        body = {"package_no": number, "service": service, "weight_grams": 700}
        label = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/labels", body)
        assert label.body["status"] == "BOUGHT"
        units = [{"line_no": 1, "quantity": 1}]
        packages.append({"package_no": number, "tracking_number": label.body["tracking_number"], "lines": units})
    shipped(doors, work, {"packages": packages})
    return order_id, [one["tracking_number"] for one in packages]


def sweep(doors: Doors, name: str = "w") -> None:
    detail = {"meta": {"id": name, "tenant": "acme"}}
    wish = {"source": "spine", "detail-type": "SagaRecoveryRequested", "detail": detail}
    assert doors.queue("recover_sagas", wish) == []


@contextmanager
def nothing_of_parcels(doors: Doors) -> Iterator[None]:
    """Meanwhile no task and nothing that is known of parcels changes, and nothing is told; the sweeper does more."""

    def kept() -> dict[Any, Any]:
        rows = doors.world.database.rows.items()
        return {where: dict(row) for where, row in rows if where[0] == "events" or "TASK#" in str(where[1].pk)}

    def known() -> dict[Any, Any]:
        return {where: dict(row) for where, row in doors.world.database.rows.items() if "TRACKING#" in where[1].pk}

    before = kept(), known()
    yield
    assert (kept(), known()) == before


def tasks(doors: Doors) -> list[dict[str, Any]]:
    listed = doors.api("capacity").get("/v1/tasks?kind=PARCEL_SILENT")
    assert listed.status == 200
    return list(listed.body["tasks"])


@pytest.mark.capability("H5")
def test_a_parcel_that_is_silent_for_as_long_as_its_service_may_be_raises_a_task_that_the_next_news_end(
    doors: Doors, at: FakeEasyPost
):
    order_id, (slow,) = leave(doors, "ground", 1)
    doors.world.clock.advance(days=5, seconds=-1)
    sweep(doors)
    assert tasks(doors) == []
    doors.world.clock.advance(seconds=1)
    sweep(doors)
    (task,) = tasks(doors)
    shipment = doors.see(order_id)["shipments"][0]["id"]
    assert task["subjects"] == {"order_id": order_id, "shipment_id": shipment, "tracking_number": slow}
    assert (task["state"], task["node_id"], task["reason"]) == ("OPEN", None, "NOT_HEARD_FROM")
    assert (task["opened_at"], task["due_at"]) == ("2026-11-28T12:00:00.000Z", "2026-11-28T12:00:00.000Z")
    with nothing_of_parcels(doors):
        sweep(doors, "again")
    easypost(doors, tracker(slow, scan("in_transit", "2026-11-28T10:00:00Z")))
    assert hear(doors) == []
    assert tasks(doors) == []
    ended = doors.api("capacity").get(f"/v1/tasks/{task['id']}").body
    assert (ended["state"], ended["outcome"], ended["done_by"]) == ("DONE", "HEARD_FROM", "take_tracking")

    doors.world.clock.advance(days=5)
    sweep(doors, "later")
    (another,) = tasks(doors)
    assert another["id"] != task["id"]
    easypost(doors, tracker(slow, scan("delivered", "2026-12-03T12:30:00Z"), event="evt_2"))
    assert hear(doors) == []
    assert tasks(doors) == []
    doors.world.clock.advance(days=60)
    with nothing_of_parcels(doors):
        sweep(doors, "at last")


@pytest.mark.capability("H5")
def test_each_parcel_has_the_days_of_its_own_service_as_they_were_when_it_left(doors: Doors, at: FakeEasyPost):
    _, (slow,) = leave(doors, "ground", 1)
    promote(doors, {**CARD, "services": [{**CARD["services"][0], "silent_days": 1}, *CARD["services"][1:]]}, 2)
    _, fast = leave(doors, "fast", 1, 2)
    doors.world.clock.advance(days=2)
    sweep(doors)
    assert sorted(one["subjects"]["tracking_number"] for one in tasks(doors)) == sorted(fast)
    doors.world.clock.advance(days=3)
    sweep(doors, "later")
    assert sorted(one["subjects"]["tracking_number"] for one in tasks(doors)) == sorted([slow, *fast])


@pytest.mark.capability("H5")
def test_news_put_the_instant_off_and_news_that_are_old_do_not(doors: Doors, at: FakeEasyPost):
    _, (number,) = leave(doors, "fast", 1)
    doors.world.clock.advance(days=1, hours=23)
    easypost(doors, tracker(number, scan("in_transit", "2026-11-25T10:00:00Z")))
    assert hear(doors) == []
    doors.world.clock.advance(days=1)
    easypost(doors, tracker(number, scan("in_transit", "2026-11-24T10:00:00Z"), event="evt_2"))
    assert hear(doors) == []
    sweep(doors)
    assert tasks(doors) == []
    doors.world.clock.advance(days=1)
    sweep(doors, "later")
    assert [one["subjects"]["tracking_number"] for one in tasks(doors)] == [number]


@pytest.mark.capability("H5")
def test_a_person_may_have_ended_the_task_before_the_news_come(doors: Doors, at: FakeEasyPost):
    _, (number,) = leave(doors, "fast", 1)
    doors.world.clock.advance(days=2)
    sweep(doors)
    (task,) = tasks(doors)
    done = doors.api("capacity").post(f"/v1/tasks/{task['id']}/completions", {"outcome": "carrier_called"})
    assert (done.status, done.body["outcome"]) == (200, "carrier_called")
    doors.world.clock.advance(days=9)
    with nothing_of_parcels(doors):
        sweep(doors, "later")
    easypost(doors, tracker(number, scan("return_to_sender", "2026-12-01T10:00:00Z")))
    assert hear(doors) == []
    assert doors.api("capacity").get(f"/v1/tasks/{task['id']}").body["outcome"] == "carrier_called"


@pytest.mark.capability("H5")
def test_without_days_nobody_waits(doors: Doors, at: FakeEasyPost):
    _, work = open_work(doors, line("A", 1))
    shipped(doors, work, {"carrier": "Local", "tracking_number": "OWN-1"})
    doors.world.clock.advance(days=90)
    with nothing_of_parcels(doors):
        sweep(doors)
    assert tasks(doors) == []


@pytest.mark.capability("H5", whole=True)
def test_a_parcel_is_followed_each_event_once_and_its_silence_raises_a_task(doors: Doors, at: FakeEasyPost):
    order_id, (number, other) = leave(doors, "ground", 1, 2)
    words = ["in_transit", "out_for_delivery", "available_for_pickup", "failure"]
    for day, word in enumerate(words, start=24):
        news = tracker(number, scan(word, f"2026-11-{day}T09:00:00Z"), event=f"evt_{day}")
        assert [easypost(doors, news).body["done"] for _ in range(2)] == ["recorded", "recorded"]
        assert [hear(doors), hear(doors)] == [[], []]
    easypost(doors, tracker(other, scan("delivered", "2026-11-24T09:00:00Z"), event="evt_other"))
    assert hear(doors) == []
    doors.world.clock.advance(days=5)
    sweep(doors)
    assert [one["subjects"]["tracking_number"] for one in tasks(doors)] == [number]
    easypost(doors, tracker(number, scan("return_to_sender", "2026-11-28T09:00:00Z"), event="evt_back"))
    assert [hear(doors), hear(doors)] == [[], []]
    assert tasks(doors) == []
    rows = [row for row in doors.timeline(order_id) if row["event"].startswith("Parcel")]
    told = [(row["event"], row["data"]["tracking_number"], row["data"].get("status")) for row in rows]
    ours = ["IN_TRANSIT", "OUT_FOR_DELIVERY", "ATTEMPTED", "EXCEPTION"]
    assert told == [
        *(("ParcelStatusChanged", number, status) for status in ours),
        ("ParcelDelivered", other, None),
        ("ParcelStatusChanged", number, "RETURNING"),
    ]
