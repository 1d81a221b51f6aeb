"""Every answer of the handlers is what the API description says, and every event they store is what its schema says."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from oms.payments.adapters import configured
from oms.platform.clock import FixedClock
from tests.contracts.activation_answers import activations
from tests.contracts.appeasement_answers import appeasements
from tests.contracts.carrier_answers import labels, parcel_claims, unknown_parcels
from tests.contracts.choice_answers import choices
from tests.contracts.collection_answers import collected, collection_rules
from tests.contracts.described import Gateway, check_events
from tests.contracts.device_answers import device_actions
from tests.contracts.draft_answers import drafts
from tests.contracts.drawer_answers import drawers
from tests.contracts.finance_answers import NEVER_GRANTED, days, exported
from tests.contracts.leg_answers import legs
from tests.contracts.money_answers import gift_cards
from tests.contracts.notice_answers import notices
from tests.contracts.paper_answers import papers
from tests.contracts.payment_answers import paying_again
from tests.contracts.picking_answers import picking
from tests.contracts.pos_answers import tills
from tests.contracts.purchase_answers import purchases
from tests.contracts.reshape_answers import reshaping
from tests.contracts.return_answers import ORDER_BODIES, return_rules, returns, returns_by_post
from tests.contracts.rule_answers import (
    pay_in_store,
    rate_cards,
    rules,
    service_levels,
    strategies,
    tax_rates,
)
from tests.contracts.settlement_answers import settlement
from tests.contracts.stock_answers import capacity, hot_stock, supply
from tests.contracts.task_answers import tasks
from tests.contracts.test_contracts import TRIGGERS, read
from tests.contracts.webhook_answers import webhooks
from tests.order_world import World, document, line, world  # noqa: F401 (a fixture)
from tools.openapi_routes import ROUTES


@pytest.fixture(name="gateway")
def gateway_fixture(world: World, monkeypatch: pytest.MonkeyPatch) -> Gateway:  # noqa: F811
    return Gateway(world, monkeypatch)


NODE = {
    "id": "S9",
    "kind": "store",
    "name": "Store 9",
    "legal_entity": "100",
    "address": {"lines": ["1 Main St"], "city": "Town", "country": "US"},
    "latitude": 40.5,
    "longitude": -74.25,
    "time_zone": "America/New_York",
    "hours": {"monday": [["10:00", "21:00"]]},
    "holidays": [{"date": "2026-12-25", "name": "Christmas Day"}],
    "journeys": ["ship"],
    "capacity": [{"of": "orders", "per": "day", "most": 40}],
}
ITEM = {"sku": "D", "description": "An item"}


def _registry_and_stock(gateway: Gateway) -> None:
    assert gateway.send("PUT", "/v1/nodes", {"nodes": [NODE]})[1]["accepted"] == 1
    assert gateway.send("PUT", "/v1/nodes", raw=json.dumps({"nodes": [NODE, {"id": "S8"}]}))[1]["refused"] == 1
    later = {**NODE, "name": "Store nine", "effective_from": "2027-01-01T00:00:00Z"}
    assert gateway.send("PUT", "/v1/nodes/S9", later, headers={"if-match": "1"})[0] == 200
    assert gateway.send("PUT", "/v1/nodes/S7", {**NODE, "id": "S7"})[0] == 201
    assert gateway.send("GET", "/v1/nodes/S9")[1]["upcoming"]
    assert len(gateway.send("GET", "/v1/nodes?kind=store&limit=2")[1]["nodes"]) == 2
    assert gateway.send("PUT", "/v1/items", raw=json.dumps({"items": [ITEM, {"sku": "E"}]}))[1]["refused"] == 1
    assert gateway.send("PUT", "/v1/items", {"items": [{"sku": "G", "description": "Another"}]})[1]["accepted"] == 1
    assert gateway.send("PUT", "/v1/items/F", {**ITEM, "sku": "F"})[0] == 201
    assert gateway.send("GET", "/v1/items/D")[1]["version"] == 1
    movements = [{"sku": "D", "node_id": "S9", "kind": "received", "quantity": 5}]
    assert gateway.send("POST", "/v1/inventory/movements", {"movements": movements})[0] == 200
    gateway.world.received["D", "S9"] = 5
    counted = {"source": "wms", "sequence": 1, "as_of": "2026-11-23T12:00:00Z", "reason": "count"}
    count = {"sku": "D", "node_id": "S9", "quantity": 5, **counted}
    assert gateway.send("POST", "/v1/inventory/snapshots", {"snapshots": [count]})[0] == 200
    assert gateway.send("GET", "/v1/inventory/D")[1]["totals"]["available"] == 5
    assert gateway.send("GET", "/v1/inventory/D/movements?node_id=S9")[1]["movements"][0]["quantity"] == 5
    assert gateway.send("GET", "/v1/availability?skus=D,none")[1]["items"][0]["available"] == 5
    assert gateway.send("GET", "/v1/availability/levels?skus=D,none")[1]["items"][0]["regions"]
    hot_stock(gateway)


def _promises(gateway: Gateway) -> None:
    lines = [{"sku": "D", "quantity": 1, "methods": ["ship", "pickup"]}]
    asked = {"channel": "web", "postal_code": "10001", "lines": lines}
    promise = gateway.send("POST", "/v1/promises", asked)[1]
    assert [option["method"] for option in promise["options"]] == ["ship", "pickup"]
    assert gateway.send("GET", f"/v1/promises/{promise['id']}")[1] == promise


def _simulations(gateway: Gateway) -> None:
    path, placed = "/v1/sourcing/simulations", document(line("A", 1), external_id="not-placed")
    assert gateway.send("POST", path, {"order": placed, "strategies": {"usual": 2}})[1]["dry_run"]["groups"]
    replay = {"placed_from": "2026-11-23", "placed_to": "2026-11-23", "limit": 1}
    assert gateway.send("POST", path, {"replay": replay})[1]["replay"]["orders"]


def basket(gateway: Gateway) -> str:
    lines = [{"sku": "A", "quantity": 2}, {"sku": "C", "quantity": 1, "node_id": "DC1"}]
    made = gateway.send("POST", "/v1/reservations", {"channel": "web", "ttl_seconds": 600, "lines": lines})
    assert made[0] == 201
    path = f"/v1/reservations/{made[1]['id']}"
    assert gateway.send("PATCH", path, {"ttl_seconds": 900}, headers={"if-match": "1"})[0] == 200
    assert gateway.send("GET", path)[1]["version"] == 2
    assert gateway.send("DELETE", path)[1]["status"] == "CLOSED"
    return str(gateway.send("POST", "/v1/reservations", {"channel": "web", "lines": lines})[1]["id"])


def ordered(gateway: Gateway) -> str:
    order = document(line("A", 3, 333, tax=10, off=5, freight=50), line("B", 1), postage=100)
    status, placed = gateway.send("POST", "/v1/orders", order)
    assert status == 201
    assert gateway.send("POST", "/v1/orders", order)[0] == 200
    order_id = str(placed["id"])
    gateway.world.released(order_id)
    return order_id


def _fulfilment(gateway: Gateway, order_id: str) -> None:
    whole = gateway.send("GET", f"/v1/orders/{order_id}")[1]
    work = whole["fulfillment_orders"][0]
    listed = gateway.send("GET", f"/v1/fulfillment-orders?node={work['node_id']}&status=OPEN")[1]
    assert listed["fulfillment_orders"]
    path = f"/v1/fulfillment-orders/{work['id']}"
    assert gateway.send("GET", path)[0] == 200
    assert gateway.send("POST", f"{path}/accept")[0] == 200
    assert gateway.send("POST", f"{path}/pick", {"lines": [{"line_no": 1, "quantity": 1}]})[0] == 200
    shipment = {"carrier": "UPS", "tracking_number": "1Z", "packages": [{"package_no": 1, "weight_grams": 700}]}
    assert gateway.send("POST", f"{path}/ship", {"shipment": shipment})[0] == 200
    gateway.world.capture(str(work["id"]))


def _reading(gateway: Gateway, order_id: str) -> None:
    assert gateway.send("GET", f"/v1/orders/{order_id}")[1]["shipments"]
    assert len(gateway.send("GET", f"/v1/orders/{order_id}/timeline")[1]["events"]) >= 6
    assert gateway.send("GET", f"/v1/orders/{order_id}/decisions")[1]["decisions"]
    assert gateway.send("GET", f"/v1/orders/{order_id}/changes")[1] == {"changes": []}
    assert gateway.send("GET", "/v1/orders?limit=1")[1]["next_cursor"]
    assert gateway.send("GET", "/v1/orders?channel=web&external_id=536365")[1]["orders"]


def _changes(gateway: Gateway) -> None:
    other = gateway.send("POST", "/v1/orders", document(line("C", 2), external_id="second"))[1]
    lines = [{"line_no": 1, "quantity": 1}]
    path = f"/v1/orders/{other['id']}"
    assert gateway.send("POST", f"{path}/cancellations", {"reason": "changed_mind", "lines": lines})[0] == 200
    assert [one["number"] for one in gateway.send("GET", f"{path}/changes")[1]["changes"]] == [1]
    moved = gateway.send("POST", "/v1/orders", document(line("C", 1), external_id="moved"))[1]["id"]
    gateway.world.source(moved)
    assert gateway.send("POST", f"/v1/orders/{moved}/method-changes", ORDER_BODIES["method-changes"])[0] == 200
    version, wish = gateway.send("GET", path)[1]["version"], ORDER_BODIES["edits"]
    held = {"headers": {"If-Match": str(version)}}
    looked = gateway.send("POST", f"{path}/edits", wish, **held)
    assert looked[0] == 200
    assert [one["code"] for one in looked[1]["refusals"]] == ["action_not_available"]
    gateway.world.source(str(other["id"]))
    held = {"headers": {"If-Match": str(version + 1)}}
    looked = gateway.send("POST", f"{path}/edits", wish, **held)
    commit = {"mode": "commit", "preview_id": looked[1]["preview_id"]}
    assert gateway.send("POST", f"{path}/edits", commit, **held)[0] == 200
    doubtful = gateway.send("POST", "/v1/orders", document(line("C", 1), external_id="third", cards=[9999]))[1]
    assert doubtful["status"] == "PENDING_REVIEW"
    settled = {"decision": "accept", "reason": "paid in the store"}
    assert gateway.send("POST", f"/v1/orders/{doubtful['id']}/review", settled)[0] == 200


def _outside(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = read(TRIGGERS / "webhook.json")
    module = gateway.modules["psp_webhook"]
    monkeypatch.setattr(configured, "secret", lambda: {"webhook_secret": "whsec_test"})
    monkeypatch.setattr(module, "secret", configured.secret, raising=False)
    monkeypatch.setattr(gateway.world.runtime, "clock", FixedClock(datetime(2026, 3, 9, 17, 0, 2, tzinfo=UTC)))
    assert gateway.send("POST", sample["rawPath"], raw=sample["body"], headers=sample["headers"])[0] == 200
    assert gateway.send("POST", sample["rawPath"], raw="{}", headers=sample["headers"])[0] == 401
    assert gateway.send("GET", "/console")[0] == 200
    assert gateway.send("GET", "/console/style.css")[0] == 200
    assert gateway.send("GET", "/console/none.css")[0] == 404


def test_every_route_answers_as_it_is_described(gateway, monkeypatch):
    _registry_and_stock(gateway)
    rules(gateway)
    strategies(gateway)
    rate_cards(gateway)
    tax_rates(gateway)
    pay_in_store(gateway)
    service_levels(gateway)
    collection_rules(gateway)
    notices(gateway)
    choices(gateway)
    drafts(gateway)
    _promises(gateway)
    capacity(gateway)
    supply(gateway)
    drawers(gateway)
    appeasements(gateway)
    tills(gateway)
    days(gateway)
    gift_cards(gateway)
    basket(gateway)
    order_id = ordered(gateway)
    tasks(gateway)
    _simulations(gateway)
    _fulfilment(gateway, order_id)
    legs(gateway)
    collected(gateway)
    purchases(gateway)
    activations(gateway)
    reshaping(gateway)
    picking(gateway)
    device_actions(gateway)
    papers(gateway)
    _reading(gateway, order_id)
    parcel_claims(gateway)
    unknown_parcels(gateway)
    labels(gateway, monkeypatch)
    returns(gateway, order_id)
    return_rules(gateway, order_id)
    returns_by_post(gateway)
    paying_again(gateway)
    _changes(gateway)
    exported(gateway, order_id)
    settlement(gateway)
    webhooks(gateway, monkeypatch)
    check_events(gateway.world)
    _outside(gateway, monkeypatch)
    assert gateway.answered == set(ROUTES) - NEVER_GRANTED


@pytest.mark.parametrize(
    ("status", "method", "url", "more"),
    [
        (400, "POST", "/v1/orders", {"raw": "{"}),
        (400, "POST", "/v1/orders", {"body": document(), "headers": {"idempotency-key": ""}}),
        (401, "GET", "/v1/orders", {"scopes": ""}),
        (403, "GET", "/v1/orders", {"scopes": "acme/orders.write"}),
        (404, "GET", "/v1/orders/ord_none", {}),
        (404, "POST", "/v1/fulfillment-orders/ful_none/fly", {}),
        (409, "POST", "/v1/orders", {"body": document(line("A", 999, 1))}),
        (413, "POST", "/v1/orders", {"raw": '{"note": "' + "x" * 300_000 + '"}'}),
        (422, "POST", "/v1/orders", {"body": document(line("UNKNOWN"))}),
        (422, "GET", "/v1/orders?status=LOST", {}),
        (422, "GET", "/v1/finance/journal", {}),
        (422, "GET", "/v1/nodes?limit=0", {}),
    ],
)
def test_refusals_are_as_they_are_described(gateway, status, method, url, more):
    answered, problem = gateway.send(method, url, **more)
    assert (answered, problem["status"]) == (status, status)
