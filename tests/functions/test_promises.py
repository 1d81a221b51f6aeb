"""What a basket is promised before it is bought, and what the order that names the promise is held to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.functions.conftest import Answer
from tests.order_doors import Doors, doors
from tests.order_nodes import PLACES, node
from tests.order_world import NEW_YORK, TENANT, document, line, world

__all__ = ["doors", "world"]

PATH = "/v1/promises"
HOURS = {day: [["09:00", "18:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
LEAD_TIME = {"minutes": 60, "cut_off": "14:00", "collections": {day: ["17:00"] for day in HOURS}}
THANKSGIVING = [{"date": "2026-11-26", "name": "Thanksgiving Day"}]
# New York is 20 km from DC1, 200 km from S1, and 3,900 km from S2.
ZONES = [
    {"id": "near", "up_to_km": 100, "cents": 700, "fastest_days": 1, "slowest_days": 2},
    {"id": "east", "up_to_km": 1_000, "cents": 800, "fastest_days": 2, "slowest_days": 3},
]
GROUND = {"id": "ground", "zones": ZONES, "fees": [{"fee": 595}, {"from_goods": 5_000, "fee": 0}]}
EXPRESS = {**GROUND, "id": "express", "zones": [{**ZONES[0], "slowest_days": 1}], "fees": [{"fee": 1_995}]}


def works(doors: Doors, *node_ids: str) -> None:
    """Give nodes hours, a lead time and a holiday."""
    for name in node_ids:
        details = {"hours": HOURS, "holidays": THANKSGIVING, "lead_time": LEAD_TIME}
        changed = node(name, *PLACES[name], **details).model_copy(update={"version": 2})
        doors.world.database.commit([node_write(TENANT, changed)])
    registry.forget()


def card(doors: Doors, *services: dict[str, Any]) -> None:
    """Let a rate card hold."""
    path, api = "/v1/sourcing/rate-cards/usual", doors.api("rule_sets")
    body = json.loads(json.dumps({"currency": "USD", "services": list(services)}))
    assert api.put(path, body).status == 201
    assert api.post(f"{path}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200


def promised(doors: Doors, *lines: dict[str, Any], **more: Any) -> Answer:
    return doors.api("promises").post(PATH, {"channel": "web", "postal_code": "10003", "lines": list(lines), **more})


def basket(sku: str, quantity: int, *methods: str, price: int = 0) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "methods": list(methods or ("ship",)), "unit_price": price}


@pytest.mark.capability("A9", "D9")
def test_a_basket_is_promised_by_every_way_with_dates_and_fees(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    card(doors, GROUND, EXPRESS)
    made = promised(doors, basket("A", 2, "ship", "pickup", price=1_000), basket("B", 1, price=500), pickup_node="S1")
    assert made.status == 201
    assert made.body["expires_at"] == "2026-11-23T12:30:00.000Z"
    ground, express, pickup = made.body["options"]
    # Monday 7:00 in New York: worked off from 9 to 10, collected at 17:00 (22:00 UTC), Thursday is a day like others
    # for the carrier.
    assert (ground["service"], ground["fee"], ground["currency"]) == ("ground", 595, "USD")
    assert (ground["ship_by"], ground["earliest"], ground["latest"]) == (
        "2026-11-23T22:00:00.000Z",
        "2026-11-24",
        "2026-11-25",
    )
    assert [(one["sku"], one["can"], one["node_kinds"]) for one in ground["lines"]] == [
        ("A", True, ["dc"]),
        ("B", True, ["dc"]),
    ]
    assert (express["service"], express["fee"], express["latest"]) == ("express", 1_995, "2026-11-24")
    assert (pickup["method"], pickup["pickup_node"], pickup["ready_at"]) == ("pickup", "S1", "2026-11-23T15:00:00.000Z")
    assert (pickup["earliest"], pickup["fee"], [one["node_kinds"] for one in pickup["lines"]]) == (
        "2026-11-23",
        None,
        [["store"]],
    )
    again = doors.api("promises").get(made.headers["Location"])
    assert (again.status, again.body) == (200, made.body)
    # Nothing is held.
    assert doors.world.stock("A", "DC1").available == 10


@pytest.mark.capability("D9")
def test_a_promise_goes_by_cut_off_and_holidays_of_the_node(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    card(doors, {**GROUND, "no_delivery": ["2026-11-26"]})
    doors.world.clock.advance(days=1, hours=7)  # Tuesday 14:00 in New York, the cut-off
    assert promised(doors, basket("A", 1)).body["options"][0]["ship_by"] == "2026-11-25T22:00:00.000Z"
    doors.world.clock.advance(days=1)  # Wednesday, before a holiday
    late = promised(doors, basket("A", 1)).body["options"][0]
    assert late["ship_by"] == "2026-11-27T22:00:00.000Z"
    assert (late["earliest"], late["latest"]) == ("2026-11-30", "2026-12-01")


def test_what_is_far_or_missing_is_not_promised_and_says_how_much_is_missing(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    card(doors, EXPRESS, GROUND)
    express, ground = promised(doors, basket("A", 12)).body["options"]
    # Express does not reach from S1; what is out of its reach is missing.
    assert (express["can"], express["lines"][0]["missing"], express["latest"]) == (False, 2, None)
    assert (ground["can"], ground["lines"][0]["missing"], ground["latest"]) == (True, 0, "2026-11-26")
    far = promised(doors, basket("A", 25)).body["options"][1]
    assert (far["can"], far["lines"][0]["can"], far["lines"][0]["missing"]) == (False, False, 10)


def test_without_a_rate_card_nobody_knows_how_long_it_is_on_the_way(doors: Doors):
    works(doors, "DC1")
    (option,) = promised(doors, basket("A", 1)).body["options"]
    assert (option["can"], option["service"], option["fee"], option["earliest"]) == (True, None, None, None)
    assert option["ship_by"] == "2026-11-23T22:00:00.000Z"


def test_a_transfer_to_a_store_is_ready_a_lead_time_after_it_arrives(doors: Doors):
    works(doors, "DC1", "S2")
    card(doors, {**GROUND, "methods": ["ship_to_store"], "zones": [{**ZONES[0], "up_to_km": None}]})
    asked = basket("A", 8, "ship_to_store")
    (option,) = promised(doors, asked, pickup_node="S2").body["options"]
    assert (option["can"], option["pickup_node"]) == (True, "S2")
    assert (option["earliest"], option["latest"]) == ("2026-11-24", "2026-11-25")
    # It leaves on Monday, arrives on Wednesday at the latest, and the store needs an hour from nine on.
    assert (option["ship_by"], option["ready_at"]) == ("2026-11-23T22:00:00.000Z", "2026-11-25T15:00:00.000Z")
    refused = promised(doors, asked)
    assert refused.status == 422


@pytest.mark.capability("A9", whole=True)
def test_an_order_is_held_to_the_promise_that_it_names(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    card(doors, EXPRESS, GROUND)
    promise = promised(doors, basket("A", 2)).body
    order_id = doors.place(document(line("A", 2), promise_id=promise["id"]))
    (group,) = doors.see(order_id)["groups"]
    # Without a service of its own, the cheapest.
    assert (group["service"], group["promise"]["promise_id"]) == ("ground", promise["id"])
    assert (group["promise"]["latest"], group["promise"]["fee"]) == ("2026-11-25", 595)
    assert doors.see(order_id)["validations"][-1] == {"name": "promise", "verdict": "pass", "detail": ""}
    (work_id,) = doors.run_order_workflow(order_id)
    (work,) = doors.see(order_id)["fulfillment_orders"]
    assert (work["service"], work["due_at"]) == ("ground", "2026-11-23T22:00:00.000Z")
    doors.world.clock.advance(hours=10, minutes=30)
    path = f"/v1/fulfillment-orders/{work_id}"
    for verb in ("accept", "ship"):
        assert doors.api("fulfillment").post(f"{path}/{verb}", {}).status == 200
    (shipment,) = doors.see(order_id)["shipments"]
    assert (shipment["due_at"], shipment["late_seconds"]) == ("2026-11-23T22:00:00.000Z", 1_800)
    told = doors.stored_event(order_id, "ShipmentShipped")["detail"]["data"]
    assert (told["due_at"], told["late_seconds"]) == ("2026-11-23T22:00:00.000Z", 1_800)


def test_how_late_it_was_is_a_metric_with_percentiles(doors: Doors, caplog: pytest.LogCaptureFixture):
    works(doors, "DC1")
    promise = promised(doors, basket("A", 2)).body
    order_id = doors.place(document(line("A", 2), promise_id=promise["id"]))
    (work_id,) = doors.run_order_workflow(order_id)
    doors.world.clock.advance(hours=10, seconds=5)
    assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work_id}/ship", {}, key="k-1").status == 200
    assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work_id}/ship", {}, key="k-1").status == 200
    # Once, however often the call comes.
    (said,) = [vars(row) for row in caplog.records if row.message == "promise measured"]
    assert said["PromiseLateness"] == 5
    assert said["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "PromiseLateness", "Unit": "Seconds"}]


def test_an_order_that_comes_too_late_is_kept_and_held_to_nothing(doors: Doors):
    promise = promised(doors, basket("A", 2)).body
    doors.world.clock.advance(minutes=30)
    order_id = doors.place(document(line("A", 2), promise_id=promise["id"]))
    seen = doors.see(order_id)
    assert (seen["status"], seen["groups"][0]["promise"]) == ("CONFIRMED", None)
    assert (seen["validations"][-1]["name"], seen["validations"][-1]["verdict"]) == ("promise", "warn")


@pytest.mark.parametrize(
    ("lines", "more", "pointer"),
    [
        ([line("A", 3)], {}, "/lines/0/quantity"),
        ([line("A", 1), line("A", 2)], {}, "/lines/1/quantity"),
        ([line("B", 1)], {}, "/lines/0/quantity"),
        ([line("A", 2, method="pickup", pickup_node="S1")], {}, "/lines/0/method"),
        ([line("A", 2, service="overnight")], {}, "/lines/0/method"),
        ([line("A", 2)], {"ship_to": {"country": "US", "postal_code": "90001"}}, "/lines/0/ship_to"),
    ],
)
def test_an_order_of_something_else_than_was_promised_is_refused(doors: Doors, lines, more, pointer):
    promise = promised(doors, basket("A", 2)).body
    before = dict(doors.world.database.rows)
    refused = doors.api("place_order").post("/v1/orders", document(*lines, promise_id=promise["id"], **more))
    assert (refused.status, [error["pointer"] for error in refused.body["errors"]]) == (422, [pointer])
    assert refused.body["errors"][0]["code"] == "not_promised"
    assert dict(doors.world.database.rows) == before


@pytest.mark.parametrize(
    "second", [{"ship_to": {**NEW_YORK, "street": "2 Fifth Ave"}}, {"method": "pickup", "pickup_node": "S1"}]
)
def test_units_that_were_promised_once_are_not_had_twice_by_another_way(doors: Doors, second: dict[str, Any]):
    card(doors, GROUND)
    promise = promised(doors, basket("A", 2, "ship", "pickup"), pickup_node="S1").body
    api = doors.api("place_order")
    with doors.world.unchanged():
        lines = [line("A", 2), line("A", 1, **second)]
        refused = api.post("/v1/orders", document(*lines, promise_id=promise["id"]))
        assert (refused.status, refused.pointers) == (422, ["/lines/1/quantity"])
    lines = [line("A", 1), line("A", 1, **second)]
    assert api.post("/v1/orders", document(*lines, promise_id=promise["id"])).status == 201


@pytest.mark.capability("A9")
def test_a_promise_to_pick_up_anywhere_says_where_and_binds_there_alone(doors: Doors):
    works(doors, "S1")
    doors.world.add_item("ONE", {"S1": 2, "S2": 1})
    promise = promised(doors, basket("ONE", 2, "pickup")).body
    (option,) = promise["options"]
    assert (option["can"], option["pickup_node"], option["ready_at"]) == (True, "S1", "2026-11-23T15:00:00.000Z")
    api = doors.api("place_order")
    with doors.world.unchanged():
        elsewhere = document(line("ONE", 1, method="pickup", pickup_node="S2"), promise_id=promise["id"])
        refused = api.post("/v1/orders", elsewhere)
        assert (refused.status, refused.pointers) == (422, ["/lines/0/method"])
    there = document(line("ONE", 2, method="pickup", pickup_node="S1"), promise_id=promise["id"])
    assert api.post("/v1/orders", there).status == 201


@pytest.mark.capability("A9")
def test_what_lies_in_two_stores_is_not_promised_to_be_picked_up(doors: Doors):
    doors.world.add_item("TWO", {"S1": 1, "S2": 1})
    (option,) = promised(doors, basket("TWO", 2, "pickup")).body["options"]
    assert (option["can"], option["pickup_node"], option["ready_at"]) == (False, None, None)


def test_a_fee_is_promised_in_one_currency(doors: Doors):
    card(doors, GROUND)
    promise = promised(doors, basket("A", 2)).body
    api = doors.api("place_order")
    with doors.world.unchanged():
        refused = api.post("/v1/orders", document(line("A", 2), currency="EUR", promise_id=promise["id"]))
        assert (refused.status, refused.pointers) == (422, ["/lines/0/method"])
    assert api.post("/v1/orders", document(line("A", 2), currency="USD", promise_id=promise["id"])).status == 201


def test_a_promise_of_another_channel_is_as_if_it_were_not_there(doors: Doors):
    promise = promised(doors, basket("A", 2)).body
    scopes = ("promises.write", "promises.read", "channel.store")
    other = doors.api("promises").post(PATH, {"channel": "web", "lines": [basket("A", 1)]}, scopes=scopes)
    assert other.status == 403
    assert doors.api("promises").get(f"{PATH}/{promise['id']}", scopes=scopes).status == 404
    refused = doors.api("place_order").post("/v1/orders", document(line("A", 2), promise_id="prm_none"))
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "unknown_promise")


def test_unknown_items_and_nodes_are_refused(doors: Doors):
    refused = promised(doors, basket("A", 1), basket("NONE", 1, "pickup"), pickup_node="S9")
    assert [(error["pointer"], error["code"]) for error in refused.body["errors"]] == [
        ("/lines/1/sku", "unknown_sku"),
        ("/pickup_node", "unknown_node"),
    ]
    assert promised(doors, *[basket("A", 1)] * 41).status == 413


def test_how_late_it_was_goes_by_when_it_happened_not_by_when_it_was_told(
    doors: Doors, caplog: pytest.LogCaptureFixture
):
    works(doors, "DC1")
    promise = promised(doors, basket("A", 2)).body
    order_id = doors.place(document(line("A", 2), promise_id=promise["id"]))
    (work_id,) = doors.run_order_workflow(order_id)
    doors.world.clock.advance(hours=12)
    body = {"occurred_at": "2026-11-23T22:00:07Z"}
    assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work_id}/ship", body).status == 200
    (said,) = [vars(row) for row in caplog.records if row.message == "promise measured"]
    assert said["PromiseLateness"] == doors.see(order_id)["shipments"][0]["late_seconds"] == 7


def test_of_each_method_the_first_services_are_promised(doors: Doors):
    card(doors, *[{**GROUND, "id": f"service-{number}"} for number in range(10)])
    made = promised(doors, basket("A", 1, "ship", "pickup")).body["options"]
    assert [one["service"] for one in made] == [*(f"service-{number}" for number in range(8)), None]


def test_a_promise_that_is_too_large_to_keep_is_refused_and_nothing_is_kept(doors: Doors):
    sku = "\N{GRINNING FACE}" * 100
    doors.world.add_item(sku, {"DC1": 50})
    card(doors, *[{**GROUND, "id": f"service-{number}"} for number in range(8)])
    before = dict(doors.world.database.rows)
    refused = promised(doors, *[basket(sku, 1)] * 40)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (413, "/lines")
    assert dict(doors.world.database.rows) == before


def test_lines_of_different_ways_are_never_taken_for_one(doors: Doors):
    order_id = doors.place(document(line("A", 1, service="x|y"), line("B", 1, service="x")))
    assert [group["service"] for group in doors.see(order_id)["groups"]] == ["x|y", "x"]
