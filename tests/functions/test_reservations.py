"""Baskets that hold units: made, changed, given up, expired at the very instant, and turned into orders."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.order_doors import Doors, doors, message
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

PATH = "/v1/reservations"


def wish() -> dict[str, Any]:
    return message("spine.schedule", "ReservationExpiryRequested", "1", TENANT)


def held(doors: Doors, *lines: tuple[str, int], **more: Any) -> Answer:
    wanted = [{"sku": sku, "quantity": units} for sku, units in lines]
    return doors.api("reservations").post(PATH, {"channel": "web", "postal_code": "10001", "lines": wanted, **more})


def row(doors: Doors, sku: str = "A", node_id: str = "DC1") -> tuple[int, int]:
    """What is available and what is reserved by the bucket."""
    found = doors.world.stock(sku, node_id)
    return found.available, found.reserved


def sweep(doors: Doors) -> None:
    assert doors.queue("expire_reservations", wish()) == []


def told(doors: Doors, reservation_id: str) -> list[str]:
    rows = doors.world.database.rows
    return [
        str(item["type"])
        for (_, key), item in rows.items()
        if key.pk == f"T#{TENANT}#RESERVATION#{reservation_id}" and "type" in item
    ]


@pytest.mark.capability("D3", whole=True)
def test_a_basket_holds_its_units_until_its_time_is_over(doors: Doors):
    made = held(doors, ("A", 6), ("A", 2), ("B", 1), ttl_seconds=60)
    assert (made.status, made.body["status"]) == (201, "ACTIVE")
    assert made.headers["Location"] == f"{PATH}/{made.body['id']}"
    assert made.body["expires_at"] == "2026-11-23T12:01:00.000Z"
    assert made.body["available_actions"] == ["change", "close", "convert"]
    assert [one["held"] for one in made.body["lines"]] == [
        [{"node_id": "DC1", "quantity": 6}],
        [{"node_id": "DC1", "quantity": 2}],
        [{"node_id": "DC1", "quantity": 1}],
    ]
    assert (row(doors), row(doors, "B")) == ((2, 8), (9, 1))
    refused = doors.api("place_order").post("/v1/orders", document(line("A", 13)))
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    doors.world.clock.advance(seconds=60)
    shown = doors.api("reservations").get(f"{PATH}/{made.body['id']}").body
    assert (shown["status"], shown["available_actions"]) == ("EXPIRED", [])
    # Nobody has swept: the units are there all the same, and an order takes them.
    seen = doors.api("inventory").get("/v1/availability?skus=A").body["items"][0]
    assert seen["available"] == 20
    assert doors.api("inventory").get("/v1/inventory/A").body["totals"]["reserved"] == 0
    placed = doors.api("place_order").post("/v1/orders", document(line("A", 10), external_id="o-1"))
    assert placed.status == 201
    assert row(doors) == (0, 10)
    sweep(doors)
    assert (row(doors), row(doors, "B")) == ((0, 10), (10, 0))
    sweep(doors)
    assert told(doors, made.body["id"]) == ["ReservationMade", "ReservationExpired"]


@pytest.mark.capability("D3")
def test_what_is_left_of_an_expired_basket_goes_back_once(doors: Doors):
    made = held(doors, ("A", 4), ttl_seconds=60)
    doors.world.clock.advance(minutes=30)
    sweep(doors)
    sweep(doors)
    assert row(doors) == (10, 0)
    assert told(doors, made.body["id"]) == ["ReservationMade", "ReservationExpired"]
    event = next(
        item
        for (table, _), item in doors.world.database.rows.items()
        if table == "events" and item["type"] == "ReservationExpired"
    )
    assert '"units":[{"sku":"A","segment":null,"node_id":"DC1","quantity":4}]' in str(event["detail"])


@pytest.mark.capability("D3")
def test_a_basket_is_held_longer_and_changed_without_letting_go(doors: Doors):
    api = doors.api("reservations")
    made = held(doors, ("A", 6), ("B", 3), ttl_seconds=60)
    path = f"{PATH}/{made.body['id']}"
    doors.world.clock.advance(seconds=59)
    longer = api.send("PATCH", path, {"ttl_seconds": 3_600})
    assert (longer.status, longer.body["expires_at"], longer.body["version"]) == (200, "2026-11-23T13:00:59.000Z", 2)
    doors.world.clock.advance(seconds=120)
    sweep(doors)
    assert row(doors) == (4, 6)
    changed = api.send("PATCH", path, {"lines": [{"line_no": 1, "quantity": 9}, {"line_no": 2, "quantity": 0}]})
    assert (changed.status, changed.body["lines"][1]["held"]) == (200, [])
    assert (row(doors), row(doors, "B")) == ((1, 9), (10, 0))
    with doors.world.unchanged():
        more = api.send("PATCH", path, {"lines": [{"line_no": 1, "quantity": 21}]})
        assert (more.status, more.pointers) == (409, ["/lines/0/quantity"])
        stale = api.send("PATCH", path, {"ttl_seconds": 60}, headers={"if-match": "1"})
        assert (stale.status, stale.body["code"]) == (409, "stale_version")
        other = api.send("PATCH", path, {"lines": [{"line_no": 3, "quantity": 1}]})
        assert (other.status, other.pointers) == (422, ["/lines/0/line_no"])
        nothing = api.send("PATCH", path, {})
        assert nothing.status == 422
    closed = api.send("DELETE", path, key="bye")
    assert (closed.status, closed.body["status"]) == (200, "CLOSED")
    assert row(doors) == (10, 0)
    with doors.world.unchanged():
        assert api.send("DELETE", path, key="bye").headers["Idempotency-Replayed"] == "true"
        over = api.send("PATCH", path, {"ttl_seconds": 60})
        assert (over.status, over.body["code"]) == (409, "action_not_available")
    doors.world.clock.advance(hours=2)
    sweep(doors)
    assert told(doors, made.body["id"]) == [
        "ReservationMade",
        "ReservationChanged",
        "ReservationChanged",
        "ReservationClosed",
    ]


@pytest.mark.capability("D3", "D4")
def test_a_basket_becomes_an_order_and_nobody_takes_its_units_in_between(doors: Doors):
    doors.world.add_item("L", {"DC1": 10})
    made = held(doors, ("L", 10))
    assert row(doors, "L") == (0, 10)
    doors.world.clock.advance(seconds=1)
    order = document(line("L", 8), external_id="o-1", reservation_id=made.body["id"])
    placed = doors.api("place_order").post("/v1/orders", order)
    assert placed.status == 201, placed.body
    assert row(doors, "L") == (2, 8), "the rest is given back"
    shown = doors.api("reservations").get(f"{PATH}/{made.body['id']}").body
    assert (shown["status"], shown["order_id"]) == ("CONVERTED", placed.body["id"])
    movements = doors.api("inventory").get("/v1/inventory/L/movements?node_id=DC1").body["movements"]
    assert [(one["kind"], one["quantity"], one["cause"]) for one in movements[:2]] == [
        ("reserved", 8, placed.body["id"]),
        ("released", 10, made.body["id"]),
    ]
    with doors.world.unchanged():
        again = doors.api("place_order").post("/v1/orders", {**order, "external_id": "o-2"})
        assert (again.status, again.body["code"]) == (409, "action_not_available")
        unknown = doors.api("place_order").post(
            "/v1/orders", {**order, "external_id": "o-3", "reservation_id": "rsv_x"}
        )
        assert (unknown.status, unknown.pointers) == (422, ["/reservation_id"])
    assert told(doors, made.body["id"]) == ["ReservationMade", "ReservationConverted"]


@pytest.mark.capability("D3")
def test_an_expired_basket_is_no_hindrance_for_its_order(doors: Doors):
    made = held(doors, ("A", 3), ttl_seconds=60)
    doors.world.clock.advance(seconds=61)
    order = document(line("A", 3), reservation_id=made.body["id"])
    assert doors.api("place_order").post("/v1/orders", order).status == 201
    sweep(doors)
    assert row(doors) == (7, 3)
    assert told(doors, made.body["id"]) == ["ReservationMade", "ReservationExpired"]


@pytest.mark.capability("D4")
def test_of_two_baskets_that_race_for_the_last_units_one_has_them(doors: Doors):
    doors.world.add_item("L", {"DC1": 10})
    other: list[Answer] = []

    def overtaken(name: str, act: Any) -> Any:
        if name == "commit" and not other:
            other.append(None)  # type: ignore[arg-type]
            other[0] = held(doors, ("L", 7))
        return act()

    doors.world.database.around = overtaken
    late = held(doors, ("L", 7))
    doors.world.database.around = lambda name, act: act()
    assert (other[0].status, late.status) == (201, 409)
    assert row(doors, "L") == (3, 7)


@pytest.mark.capability("D3", "D4")
def test_of_very_many_expired_baskets_of_one_row_a_claim_ends_as_many_as_fit(doors: Doors):
    """Each that a claim ends is one more write of its transaction; the next round gives the others back."""
    doors.world.add_item("L", {"DC1": 95})
    for _ in range(90):
        assert held(doors, ("L", 1), ttl_seconds=60).status == 201
    doors.world.clock.advance(seconds=61)
    shown = doors.api("inventory").get("/v1/availability?skus=L").body["items"][0]
    assert shown["available"] == 95
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(line("L", 95)))
        assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert doors.api("place_order").post("/v1/orders", document(line("L", 20), external_id="o-1")).status == 201
    assert row(doors, "L") == (0, 95), "fifteen baskets made room for fifteen of the units"
    sweep(doors)
    assert row(doors, "L") == (75, 20)
    assert doors.api("place_order").post("/v1/orders", document(line("L", 75), external_id="o-2")).status == 201


@pytest.mark.capability("D3", "D4")
def test_a_large_order_takes_the_place_of_many_expired_baskets(doors: Doors):
    """Claims and the holds that they end are counted together when a placement is cut into chunks."""
    skus = [f"SKU-{number:02}" for number in range(60)]
    for sku in skus:
        doors.world.add_item(sku, {"DC1": 1})
    for start in range(0, 60, 20):
        assert held(doors, *((sku, 1) for sku in skus[start : start + 20]), ttl_seconds=60).status == 201
    doors.world.clock.advance(seconds=61)
    order = document(*[line(sku, 1, 10) for sku in skus])
    assert doors.api("place_order").post("/v1/orders", order).status == 201
    assert {row(doors, sku) for sku in skus} == {(0, 1)}
    sweep(doors)
    assert {row(doors, sku) for sku in skus} == {(0, 1)}


def test_a_basket_that_cannot_be_ended_keeps_no_other_waiting(doors: Doors, monkeypatch: pytest.MonkeyPatch):
    from oms.reservations import commands

    stuck, other = (held(doors, (sku, 2), ttl_seconds=60).body["id"] for sku in ("A", "B"))
    doors.world.clock.advance(hours=3)
    real = commands.holds_of_reservation

    def broken(database: Any, tenant: str, reservation_id: str, places: Any) -> Any:
        if reservation_id == stuck:
            raise ValueError("no such hold")
        return real(database, tenant, reservation_id, places)

    monkeypatch.setattr(commands, "holds_of_reservation", broken)
    sweep(doors)
    assert (told(doors, stuck)[-1], told(doors, other)[-1]) == ("ReservationMade", "ReservationExpired")
    monkeypatch.undo()
    doors.world.clock.advance(hours=3)
    sweep(doors)
    assert told(doors, stuck) == ["ReservationMade", "ReservationExpired"]
    assert row(doors) == (10, 0)


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"lines": []}, 422, "/lines"),
        ({"lines": [{"sku": "A", "quantity": 0}]}, 422, "/lines/0/quantity"),
        ({"lines": [{"sku": "X", "quantity": 1}]}, 422, "/lines/0/sku"),
        ({"lines": [{"sku": "A", "quantity": 1, "node_id": "X"}]}, 422, "/lines/0/node_id"),
        ({"lines": [{"sku": "A", "quantity": 1}], "method": "pickup"}, 422, "/"),
        ({"lines": [{"sku": "A", "quantity": 1}], "ttl_seconds": 59}, 422, "/ttl_seconds"),
        ({"lines": [{"sku": "A", "quantity": 1}], "ttl_seconds": 31 * 86_400 + 1}, 422, "/ttl_seconds"),
        ({"lines": [{"sku": "A", "quantity": 1}] * 21}, 413, "/lines"),
        ({"lines": [{"sku": "A", "quantity": 12}, {"sku": "A", "quantity": 9}]}, 409, "/lines/1/quantity"),
    ],
)
def test_a_basket_that_cannot_be_held_holds_nothing(doors: Doors, body: dict[str, Any], status: int, pointer: str):
    with doors.world.unchanged():
        refused = doors.api("reservations").post(PATH, {"channel": "web", **body})
        assert (refused.status, refused.pointers) == (status, [pointer]), refused.body


def test_a_basket_belongs_to_its_tenant_and_its_channel(doors: Doors):
    made = held(doors, ("A", 1))
    path = f"{PATH}/{made.body['id']}"
    api = doors.api("reservations")
    scopes = ("reservations.write", "reservations.read", "channel.store")
    with doors.world.unchanged():
        assert api.get(path, scopes=scopes).status == 404
        assert api.send("DELETE", path, scopes=scopes).status == 404
        assert api.get(path, tenant="other").status == 404
        assert api.post(PATH, {"channel": "web", "lines": [{"sku": "A", "quantity": 1}]}, scopes=scopes).status == 403
    pickup = {"method": "pickup", "lines": [{"sku": "A", "quantity": 2, "node_id": "S1"}]}
    assert held(doors, **pickup).status == 201
    assert row(doors, "A", "S1") == (3, 2)
