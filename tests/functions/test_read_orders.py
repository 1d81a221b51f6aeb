"""What can be asked about an order: the whole of it, what happened to it, and only some fields."""

from __future__ import annotations

import json

import pytest

from oms.platform.commands import Runtime
from oms.platform.dynamodb import Database
from tests.functions.conftest import Api
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, World, document, line, world

__all__ = ["doors", "world"]

CHANNELS = ("web", "app", "pos", "marketplace", "call_centre", "file")


@pytest.mark.capability("A2", whole=True)
def test_every_channel_sends_the_same_document_and_nothing_of_it_is_lost(doors: Doors):
    """Six channels, one schema; the five names are mandatory; what the schema does not know lives in attributes."""
    extra = {"loyalty": {"tier": "gold", "points": 12}, "tags": ["gift", "first order"], "vip": True}
    for channel in CHANNELS:
        scopes = ("orders.write", f"channel.{channel}")
        sent = document(
            line("A", 1, 2500, tax=206, attributes={"engraving": "für Ann", "size": 43}),
            line("B", 1, 500, off=50, freight=100, line_id="b"),
            external_id=f"{channel}/№ 1",
            channel=channel,
            taken_by=f"{channel} clerk",
            currency="EUR",
            locale="de-DE",
            ordered_at="2026-11-23T13:00:00+02:00",
            customer={"reference": "c-1", "name": "Ann", "email": "ann@example.com"},
            note="leave at the door",
            postage=700,
            attributes=extra,
        )
        order_id = doors.place(sent, scopes=scopes)
        seen = doors.see(order_id)
        for name in ("channel", "external_id", "selling_node", "taken_by", "currency", "locale", "note", "attributes"):
            assert seen[name] == sent[name], name
        assert seen["ordered_at"] == "2026-11-23T11:00:00.000Z"
        assert seen["customer"] == {**sent["customer"], "phone": None, "tier": None}
        assert seen["totals"] == sent["totals"]
        # Nobody said whose the tax of a charge is.
        assert seen["charges"] == [{**one, "taxes": []} for one in sent["charges"]]
        for before, after in zip(sent["lines"], seen["lines"], strict=True):
            shown = {**before, "charges": [{**one, "taxes": []} for one in before.get("charges", ())]}
            for name, value in shown.items():
                assert after[name] == value, name
        assert seen["legal_entity"] == "100"
        assert "token" not in json.dumps(seen)
        for name in ("channel", "selling_node", "taken_by", "currency", "locale"):
            missing = {key: value for key, value in sent.items() if key != name}
            with doors.world.unchanged():
                refused = doors.api("place_order").post("/v1/orders", {**missing, "external_id": "x"}, scopes=scopes)
            assert (refused.status, refused.pointers) == (422, [f"/{name}"])


@pytest.mark.capability("A4", whole=True)
def test_the_money_of_an_order_adds_up_once_and_for_all(doors: Doors):
    """Per line and per order to the minor unit; a gap of one is refused by name; later parcels add up to the same."""
    order = document(
        line("A", 3, 3333, tax=274, off=100, freight=499),
        line("B", 2, 1, tax=1),
        postage=701,
    )
    for place, index in (("lines", 0), ("lines", 1), ("totals", None)):
        for gap in (-1, 1):
            wrong = json.loads(json.dumps(order))
            (wrong["lines"][index] if index is not None else wrong["totals"])["total"] += gap
            with doors.world.unchanged():
                refused = doors.api("place_order").post("/v1/orders", wrong)
            pointer = f"/lines/{index}/total" if index is not None else "/totals/total"
            assert (refused.status, refused.pointers) == (422, [pointer]), place
    order_id = doors.place(order)
    for one in doors.see(order_id)["lines"]:
        off = sum(discount["amount"] for discount in one["discounts"])
        charged = sum(charge["amount"] + charge["tax"] for charge in one["charges"])
        assert one["unit_price"] * one["quantity"] - off + charged + one["tax"] == one["total"]
    (work,) = doors.run_order_workflow(order_id)
    api = doors.api("fulfillment")
    for lines in ([{"line_no": 1, "quantity": 2}], [{"line_no": 2, "quantity": 1}], None):
        body = {"lines": lines} if lines else {}
        assert api.post(f"/v1/fulfillment-orders/{work}/ship", body).status == 200
        doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
        assert doors.see(order_id)["totals"] == order["totals"]
        assert doors.see(order_id)["total"] == order["totals"]["total"]
    seen = doors.see(order_id)
    totals = order["totals"]
    for part, stated in (
        ("goods", totals["goods"]),
        ("discount", totals["discount"]),
        ("shipping", totals["charges"]),
        ("tax", totals["tax"]),
        ("total", totals["total"]),
    ):
        assert sum(shipment[part] for shipment in seen["shipments"]) == stated, part
    assert doors.world.provider.amount("capture") == totals["total"]


@pytest.mark.capability("A6", whole=True)
def test_a_mixed_cart_is_one_order_with_many_groups_and_one_payment_plan(doors: Doors):
    home, work = document()["ship_to"], {"city": "Los Angeles", "postal_code": "90001", "country": "US"}
    order_id = doors.place(
        document(
            line("A", 1, 100),
            line("A", 2, 100, ship_to=work),
            line("B", 1, 100, method="pickup", pickup_node="S1"),
            line("B", 2, 100, method="ship_to_store", pickup_node="S2"),
            line("C", 1, 100, method="delivery"),
            line("GIFTCARD", 1, 2500, type="non_stock", method="digital"),
            line("C", 1, 100),
            cards=(2000, 1300),
        )
    )
    seen = doors.see(order_id)
    assert [(group["method"], group["pickup_node"]) for group in seen["groups"]] == [
        ("ship", None),
        ("ship", None),
        ("pickup", "S1"),
        ("ship_to_store", "S2"),
        ("delivery", None),
        ("digital", None),
    ]
    assert [group["ship_to"] and group["ship_to"]["city"] for group in seen["groups"]] == [
        home["city"],
        "Los Angeles",
        None,
        None,
        home["city"],
        None,
    ]
    assert [one["group_no"] for one in seen["lines"]] == [1, 2, 3, 4, 5, 6, 1]
    doors.run_order_workflow(order_id)
    seen = doors.see(order_id)
    assert [
        (work["node_id"], work["method"], [part["line_no"] for part in work["lines"]])
        for work in seen["fulfillment_orders"]
    ] == [
        ("DC1", "ship", [1, 7]),
        ("S2", "ship", [2]),
        ("S1", "pickup", [3]),
        ("S2", "ship_to_store", [4]),
        ("DC1", "delivery", [5]),
        ("WEB", "digital", [6]),
    ]
    assert [(payment["amount"], payment["authorized"]) for payment in seen["payments"]] == [(2000, 2000), (1300, 1300)]
    assert seen["payment_status"] == "AUTHORIZED"
    assert [one["quantities"] for one in seen["lines"]][5] == {"delivered": 1}


@pytest.mark.capability("B5")
def test_the_timeline_tells_who_did_what_when_why_and_what_changed(doors: Doors):
    """Every change of a whole life is one immutable row; they are read in one call."""
    tables = doors.world.database
    order_id = doors.place(document(line("A", 5)), headers={"x-correlation-id": "basket-7"})
    (work,) = doors.run_order_workflow(order_id)
    node = doors.api("fulfillment")
    node.post(f"/v1/fulfillment-orders/{work}/accept", {}, headers={"x-correlation-id": "shift-1"})
    node.post(f"/v1/fulfillment-orders/{work}/ship", {"lines": [{"line_no": 1, "quantity": 2}]})
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    cancellation = {"reason": "customer changed their mind"}
    doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", cancellation)
    node.post(f"/v1/fulfillment-orders/{work}/cancel-response", {"accepted": True})
    doors.queue("release_payment", doors.stored_event(order_id, "OrderLinesCancelled"))
    timeline = doors.timeline(order_id)
    told = [(row["event"], row["command"], row["actor"], row["role"], row["reason"]) for row in timeline]
    system = "system"
    assert told == [
        ("OrderPlaced", "place_order", "client-1", "client", None),
        ("OrderSourced", "source_order", "source_order", system, None),
        ("PaymentAuthorized", "authorize_payment", "authorize_payment", system, None),
        ("FulfillmentOrderReleased", "release_fulfillment_order", "release_fulfillment_order", system, None),
        ("FulfillmentOrderAccepted", "accept_fulfillment_order", "client-1", "client", None),
        ("ShipmentShipped", "ship_fulfillment_order", "client-1", "client", None),
        ("PaymentCaptured", "capture_payment", "capture_payment", system, None),
        (
            *("FulfillmentOrderCancellationRequested", "cancel_order", "client-1", "client"),
            "customer changed their mind",
        ),
        ("FulfillmentOrderCancellationAccepted", "cancel_response_fulfillment_order", "client-1", "client", None),
        (
            *("OrderLinesCancelled", "cancel_response_fulfillment_order", "client-1", "client"),
            "customer changed their mind",
        ),
        ("OrderCompleted", "cancel_response_fulfillment_order", "client-1", "client", None),
        ("PaymentReleased", "release_payment", "release_payment", system, None),
    ]
    assert [row["sequence"] for row in timeline] == list(range(1, 13))
    assert {row["channel"] for row in timeline} == {"web"}
    assert {row["occurred_at"] for row in timeline} == {"2026-11-23T12:00:00.000Z"}
    # What a caller names itself, else what the order belongs to.
    assert [row["correlation_id"] for row in timeline] == ["basket-7"] * 4 + ["shift-1"] + ["basket-7"] * 7
    assert all(row["causation_id"] for row in timeline)
    name, pay = f"fulfillment_order {work}", f"payment {doors.see(order_id)['payments'][0]['id']}"
    assert [row["changes"] for row in timeline] == [
        {
            "status": [None, "CONFIRMED"],
            "payment_status": [None, "PENDING"],
            "fulfillment_status": [None, "UNFULFILLED"],
            pay: [None, "CREATED"],
        },
        {name: [None, "SCHEDULED"]},
        {"payment_status": ["PENDING", "AUTHORIZED"], pay: ["CREATED", "AUTHORIZED"]},
        {name: ["SCHEDULED", "OPEN"]},
        {"status": ["CONFIRMED", "IN_PROGRESS"], name: ["OPEN", "ACCEPTED"]},
        {"fulfillment_status": ["UNFULFILLED", "PARTIALLY_FULFILLED"]},
        {"payment_status": ["AUTHORIZED", "PARTIALLY_CAPTURED"], pay: ["AUTHORIZED", "PARTIALLY_CAPTURED"]},
        {},
        {
            "status": ["IN_PROGRESS", "COMPLETED"],
            "fulfillment_status": ["PARTIALLY_FULFILLED", "FULFILLED"],
            name: ["ACCEPTED", "COMPLETED"],
        },
        {},
        {},
        {"payment_status": ["PARTIALLY_CAPTURED", "CAPTURED"], pay: ["PARTIALLY_CAPTURED", "CAPTURED"]},
    ]
    # Append-only: a row of the timeline is only ever created.
    kinds = {write.kind.value for commit in tables.commits for write in commit if write.table == "events"}
    assert kinds == {"create"}


@pytest.mark.capability("B2", "B4")
def test_an_order_as_it_is_read(doors: Doors):
    order_id = doors.place(document(line("A", 5)))
    seen = doors.see(order_id)
    assert (seen["status"], seen["payment_status"], seen["fulfillment_status"]) == (
        "CONFIRMED",
        "PENDING",
        "UNFULFILLED",
    )
    assert (seen["version"], seen["available_actions"]) == (1, ["cancel"])
    assert seen["lines"][0]["quantities"] == {"open": 5}
    assert seen["validations"][0] == {"name": "schema", "verdict": "pass", "detail": ""}
    (work,) = doors.run_order_workflow(order_id)
    seen = doors.see(order_id)
    assert seen["version"] == 4
    assert seen["fulfillment_orders"][0]["available_actions"] == ["accept", "reject", "pick", "pack", "ship"]
    assert seen["fulfillment_orders"][0]["version"] == 4
    assert "task_token" not in json.dumps(seen)
    assert work == seen["fulfillment_orders"][0]["id"]


@pytest.mark.capability("O3")
def test_somebody_elses_order_is_like_none(doors: Doors):
    order_id = doors.place(document())
    api = doors.api("read_orders")
    for path in ("", "/timeline"):
        theirs = api.get(f"/v1/orders/{order_id}{path}", tenant="other")
        nobodys = api.get(f"/v1/orders/ord_none{path}", tenant="other")
        assert theirs.status == nobodys.status == 404
        assert theirs.headers == nobodys.headers
        assert json.dumps(theirs.body).replace(order_id, "ord_none") == json.dumps(nobodys.body)
        assert api.get(f"/v1/orders/{order_id}{path}", scopes=("orders.write",)).status == 403
    assert api.get("/v1/orders", tenant="other").body == {"orders": [], "next_cursor": None}


@pytest.mark.capability("O3")
def test_only_the_fields_that_are_asked_for(doors: Doors):
    order_id = doors.place(document())
    api = doors.api("read_orders")
    assert api.get(f"/v1/orders/{order_id}?fields=status,total").body == {"status": "CONFIRMED", "total": 1509}
    assert api.get(f"/v1/orders/{order_id}?fields=token").pointers == ["/query/fields"]


def test_lists_and_orders_on_the_real_tables(function, database: Database, clock):
    """The same through DynamoDB's own index, conditions and expressions."""
    stocked = World()
    clock.instant = stocked.clock.instant
    place = function("place_order")
    place.runtime = Runtime(clock=clock, database=database, pause=lambda _: None)
    for commit in list(stocked.database.commits):
        database.commit(commit)
    buyer = Api(place.handler, ("orders.write", "channel.web"), TENANT)
    ids = []
    for number in range(3):
        answer = buyer.post("/v1/orders", document(line("A", 3), external_id=str(number)))
        assert answer.status == 201
        ids.append(answer.body["id"])
        clock.advance(seconds=1)
    assert buyer.post("/v1/orders", document(line("A", 12), external_id="9")).body["code"] == "out_of_stock"
    again = buyer.post("/v1/orders", document(line("A", 3), external_id="0"))
    assert (again.status, again.body["id"]) == (200, ids[0])
    assert buyer.post("/v1/orders", document(line("A", 4), external_id="0")).body["code"] == "external_id_taken"
    reader = Api(function("read_orders").handler, ("orders.read",), TENANT)
    page = reader.get("/v1/orders?limit=2").body
    assert [order["id"] for order in page["orders"]] == [ids[2], ids[1]]
    rest = reader.get(f"/v1/orders?limit=2&cursor={page['next_cursor']}").body
    assert [order["id"] for order in rest["orders"]] == [ids[0]]
    assert reader.get(f"/v1/orders/{ids[0]}").body["lines"][0]["quantities"] == {"open": 3}
    assert [row["event"] for row in reader.get(f"/v1/orders/{ids[0]}/timeline").body["events"]] == ["OrderPlaced"]
