"""Stories of stock, of the registry and of finance's files, for the crash points."""

from __future__ import annotations

import json

from tests.simulation.directed import People
from tests.simulation.many_items import node_document
from tests.simulation.telling import story
from tests.simulation.world import line, order

DAY = 86_400.0


@story
def stock_moves(people: People) -> None:
    simulation = people.simulation
    simulation.feed("MUG", "albany", "delta", 2, 1)
    simulation.feed("MUG", "albany", "snapshot", 9, 2)
    simulation.feed("MUG", "albany", "delta", 2, 2)
    simulation.sleep(5)
    movement = {"node_id": "albany", "sku": "MUG", "quantity": 1, "reason": "counted"}
    kinds = ("received", "damaged", "adjusted")
    people.send("POST", "/v1/inventory/movements", {"movements": [{**movement, "kind": kind} for kind in kinds]})


@story
def files_of_stock(people: People) -> None:
    simulation = people.simulation
    header, at = "node_id,sku,quantity,as_of,source,sequence,reason", simulation.now()
    rows = [f"albany,{sku},{units},{at},till,{number},count" for sku, units, number in (("MUG", 9, 2), ("MUG", 8, 1))]
    rows += [f"{place},3,{at},till,1,count" for place in ("albany,LAMP", "dc-newark,LAMP", "nowhere,MUG")]
    file = "\n".join([header, *rows, "no row", ""])
    simulation.drop("stock/acme/nightly.csv", file)
    simulation.sleep(30)
    simulation.drop("stock/acme/nightly.csv", file)
    simulation.drop("stock/acme/wrong.csv", "something else\n")
    simulation.drop("stock/acme/empty.csv", header)
    simulation.sleep(30)


@story
def stock_of_another_system(people: People) -> None:
    till = {"id": "till", "adapter": "square", "nodes": {"LOC1": "albany"}, "items": {"VAR1": "MUG"}}
    people.send("PUT", "/v1/inventory/rules/usual", {"connections": [till]})
    people.send("POST", "/v1/inventory/rules/usual/promotions", {"number": 1}, version=1)
    count = {"catalog_object_id": "VAR1", "location_id": "LOC1", "quantity": "6"}
    at = people.simulation.now()
    counts = [{**count, "calculated_at": at}, {**count, "calculated_at": "yesterday"}, {**count, "calculated_at": at}]
    record = {"tenant": "acme", "connection": "till", "body": {"counts": counts}}
    people.simulation.put_record("till", json.dumps(record).encode())
    people.simulation.sleep(30)


@story
def stock_that_is_not_there(people: People) -> None:
    simulation = people.simulation
    simulation.put_record("acme#albany#MUG", b"not a message")
    movement = {"node_id": "albany", "sku": "MUG", "kind": "damaged", "quantity": 1_000, "reason": "counted"}
    people.send("POST", "/v1/inventory/movements", {"movements": [movement]})


@story
def stock_told_on_the_store_bus(people: People) -> None:
    received = {"node_id": "albany", "sku": "MUG", "quantity": 1, "kind": "received"}
    elsewhere = {**received, "node_id": "web"}
    for message_id, movement in (("m-1", received), ("m-1", received), ("m-2", elsewhere)):
        people.simulation.say("store.albany", "RecordMovements", message_id, {"movements": [movement]})
    count = {"node_id": "albany", "sku": "MUG", "quantity": 9, "as_of": people.simulation.now(), "source": "till"}
    count = {**count, "reason": "cycle_count"}
    for message_id, number in (("m-3", 2), ("m-4", 1)):
        told = {"snapshots": [{**count, "sequence": number}]}
        people.simulation.say("store.albany", "RecordSnapshots", message_id, told)
    people.send("POST", "/v1/inventory/snapshots", {"snapshots": [{**count, "sequence": 3}]})
    people.simulation.sleep(30)


@story
def registry(people: People) -> None:
    item = {"sku": "MUG", "description": "A mug", "kind": "stock", "unit": "each"}
    node = node_document("albany")
    people.send("PUT", "/v1/nodes/albany", {name: node[name] for name in node if name != "id"}, version=1)
    people.send("PUT", "/v1/nodes", {"nodes": [{**node, "id": "troy"}]})
    people.send("PUT", "/v1/items/MUG", {name: item[name] for name in item if name != "sku"}, version=1)
    people.send("PUT", "/v1/items", {"items": [{**item, "sku": "CUP"}]})


@story
def a_node_closes(people: People) -> None:
    first, second = people.place("o-1", line("MUG", 2)), people.place("o-2", line("LAST", 1))
    people.released(first)
    people.released(second)
    node = node_document("dc-newark")
    body = {name: node[name] for name in node if name != "id"}
    people.send("PUT", "/v1/nodes/dc-newark", {**body, "status": "closed"}, version=1)
    people.simulation.sleep(60)
    people.place("o-3", line("MUG", 1))


@story
def stock_is_lost(people: People) -> None:
    for number in (1, 2):
        people.released(people.place(f"o-{number}", line("MUG", 3)))
    lost = {"node_id": "dc-newark", "sku": "MUG", "kind": "adjusted", "quantity": -4, "reason": "counted"}
    people.send("POST", "/v1/inventory/movements", {"movements": [lost]})
    people.simulation.sleep(60)


@story
def rules_of_stock(people: People) -> None:
    path = "/v1/inventory/rules/usual"
    people.send("PUT", path, {"safety": [{"id": "all", "priority": 1, "units": 1}]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    people.send("PUT", path, {"safety": []}, version=2)
    people.send("POST", f"{path}/promotions", {"number": 2}, version=3)
    people.send("POST", f"{path}/rollbacks", {}, version=4)
    people.send("GET", "/v1/inventory/rules")
    people.send("GET", f"{path}/diff?from=1&to=2")
    people.place("o-1", line("MUG"))


@story
def strategies(people: People) -> None:
    path = "/v1/sourcing/strategies/usual"
    people.send("PUT", path, {"scenarios": [{"id": "stores", "where": {"kinds": ["store"]}}, {"id": "all"}]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    people.place("o-1", line("MUG", 1))
    people.place("o-2", line("MUG", 5))
    people.send("PUT", path, {"scenarios": [{"id": "all", "first": "cost"}]}, version=2)
    people.send("POST", f"{path}/promotions", {"number": 2}, version=3)
    people.send("POST", f"{path}/rollbacks", {}, version=4)
    people.send("GET", "/v1/sourcing/strategies")
    people.send("GET", f"{path}/diff?from=1&to=2")


@story
def rate_cards(people: People) -> None:
    path = "/v1/sourcing/rate-cards/usual"
    zone = {"id": "any", "cents": 900, "fastest_days": 2, "slowest_days": 5}
    people.send("PUT", path, {"currency": "USD", "services": [{"id": "ground", "zones": [zone]}]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    people.send("GET", path)


@story
def simulations(people: People) -> None:
    path = "/v1/sourcing/strategies/usual"
    people.send("PUT", path, {"scenarios": [{"id": "all"}]})
    people.place("o-1", line("MUG", 2))
    placed = order("o-2", line("MUG", 2))
    people.send("POST", "/v1/sourcing/simulations", {"order": placed, "strategies": {"usual": 1}})
    basket = {"channel": "web", "postal_code": "10001", "lines": [{"sku": "MUG", "quantity": 2}]}
    promise = people.send("POST", "/v1/promises", basket, client="acme-web").body["id"]
    people.send("POST", "/v1/sourcing/simulations", {"order": {**placed, "promise_id": promise}})
    # A node with limits.
    people.send("POST", "/v1/sourcing/simulations", {"order": order("o-3", line("SCARF", 2))})
    days = {"placed_from": "2026-11-20", "placed_to": "2026-11-24"}
    people.send("POST", "/v1/sourcing/simulations", {"replay": days})


@story
def promises(people: People) -> None:
    body = {"channel": "web", "postal_code": "10003", "lines": [{"sku": "MUG", "quantity": 2}]}
    promise = people.send("POST", "/v1/promises", body, client="acme-web")
    people.send("GET", f"/v1/promises/{promise.body['id']}", client="acme-web")
    people.place("o-1", line("MUG", 2), promise_id=promise.body["id"])


@story
def supply(people: People) -> None:
    simulation = people.simulation
    mugs = {"line_no": 1, "sku": "MUG", "quantity": 4, "expected_on": "2026-11-25"}
    ordered = [mugs, {**mugs, "line_no": 2, "sku": "LAMP"}]
    order_of = {"kind": "purchase_order", "node_id": "albany", "supplier": "potter"}
    people.send("PUT", "/v1/supply/po-1", {**order_of, "lines": ordered})
    later = [{**line_of, "expected_on": "2026-11-27"} for line_of in ordered]
    people.send("PUT", "/v1/supply/po-1", {**order_of, "lines": later}, version=1)
    noticed = [{**ordered[0], "quantity": 3, "order_line_no": 1}]
    notice = {"kind": "shipment_notice", "node_id": "albany", "purchase_order": "po-1", "lines": noticed}
    people.send("PUT", "/v1/supply/asn-1", notice)
    arrived = {"supply_id": "asn-1", "lines": [{"line_no": 1, "quantity": 1, "damaged": 1}]}
    for message_id in ("s-1", "s-1"):
        simulation.say("store.albany", "ReceiveSupply", message_id, arrived)
    simulation.sleep(30)
    people.send("POST", "/v1/supply/asn-1/close", {"reason": "short"})
    moved = [{"line_no": 1, "sku": "MUG", "quantity": 2, "expected_on": "2026-11-24"}]
    transfer = {"kind": "transfer", "node_id": "albany", "from_node": "dc-newark", "lines": moved}
    people.send("PUT", "/v1/supply/tr-1", transfer)
    people.send("POST", "/v1/supply/tr-1/dispatch", {"lines": [{"line_no": 1, "quantity": 1}]})
    people.send("POST", "/v1/supply/tr-1/receipts", {})
    people.send("PUT", "/v1/supply/tr-1", {**transfer, "lines": [{**moved[0], "quantity": 1}]}, version=3)
    people.send("GET", "/v1/supply/tr-1")
    people.send("GET", "/v1/supply?sku=MUG")
    people.send("GET", "/v1/availability?skus=MUG&by=2026-11-30")
    short = {"channel": "web", "postal_code": "10003", "lines": [{"sku": "LAMP", "quantity": 7}]}
    people.send("POST", "/v1/promises", short, client="acme-web")


@story
def waiting_for_stock(people: People) -> None:
    simulation, path = people.simulation, "/v1/sourcing/strategies/waits"
    waits = {"id": "waits", "otherwise": "backorder", "cancel_after_days": 1}
    people.send("PUT", path, {"scenarios": [waits]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    first, second = people.place("o-1", line("LAST", 2)), people.place("o-2", line("LAST", 1), line("MUG", 1))
    simulation.sleep(30)
    basket = {"channel": "web", "postal_code": "10001", "ttl_seconds": 60, "lines": [{"sku": "MUG", "quantity": 1}]}
    people.send("POST", "/v1/reservations", basket, client="acme-web")
    people.send("POST", "/v1/promises", {"channel": "web", "lines": basket["lines"]}, client="acme-web")
    received = {"node_id": "albany", "sku": "LAST", "kind": "received", "quantity": 1, "reason": "delivery"}
    people.send("POST", "/v1/inventory/movements", {"movements": [received]})
    people.until(first, fulfillment_status="UNFULFILLED")
    simulation.sleep(30)
    simulation.sleep(DAY)
    simulation.ring("BrokerBacklog")
    people.cancel(second)


@story
def capacity(people: People) -> None:
    node = node_document("albany")
    limits = [{"of": "orders", "per": "day", "most": 1}, {"of": "units", "per": "hour", "most": 4}]
    put = {name: node[name] for name in node if name != "id"}
    people.send("PUT", "/v1/nodes/albany", {**put, "capacity": limits}, version=1)
    people.simulation.sleep(61)
    people.send("POST", "/v1/nodes/dc-newark/pause", {"reason": "stocktaking"})
    first = people.place("o-1", line("MUG", 2))
    people.do(people.released(first), "reject", reason="out_of_stock")
    people.simulation.sleep(30)
    people.send("POST", "/v1/nodes/dc-newark/resume", {})
    people.place("o-2", line("MUG", 2))
    people.send("GET", "/v1/nodes/albany/capacity")
    for message_id, kind, data in (("p-1", "PauseNode", {"reason": "full"}), ("p-2", "ResumeNode", {})):
        people.simulation.say("store.albany", kind, message_id, data)
    people.simulation.sleep(30)


@story
def baskets(people: People) -> None:
    lines = [{"sku": "MUG", "quantity": 2}, {"sku": "LAMP", "quantity": 1}]
    body = {"channel": "web", "postal_code": "10001", "ttl_seconds": 60, "lines": lines}
    path = "/v1/reservations"
    first = people.send("POST", path, body, client="acme-web")
    people.send("PATCH", f"{path}/{first.body['id']}", {"lines": [{"line_no": 1, "quantity": 1}]}, client="acme-web")
    people.send("GET", f"{path}/{first.body['id']}", client="acme-web")
    people.place("o-1", line("MUG", 1), reservation_id=first.body["id"])
    second = people.send("POST", path, body, client="acme-web")
    people.send("DELETE", f"{path}/{second.body['id']}", client="acme-web")
    people.send("POST", path, {**body, "lines": lines[:1]}, client="acme-web")
    people.send("POST", path, {**body, "lines": lines[:1]}, client="acme-web")
    people.send("POST", path, {**body, "lines": lines[1:]}, client="acme-web")
    people.simulation.sleep(61)
    # What has expired is claimed before anybody has swept: by a basket and by an order.
    people.send("POST", path, {**body, "lines": [{"sku": "MUG", "quantity": 7}]}, client="acme-web")
    people.simulation.sleep(61)
    people.place("o-2", line("MUG", 7))
    people.simulation.ring("ExpireReservations")


@story
def exported(people: People) -> None:
    order_id = people.place("o-1", line("MUG"))
    people.do(people.released(order_id), "ship")
    people.until(order_id, payment_status="CAPTURED")
    people.simulation.sleep(30)
    wish = {"entity": "100", "business_date": "2026-11-23", "kind": "interim"}
    people.send("POST", "/v1/finance/exports", wish)
    people.simulation.sleep(120)
    people.send("GET", "/v1/finance/exports?business_date=2026-11-23")
    people.simulation.sleep(DAY)
    people.simulation.ring("DailyExport")


@story
def supply_that_slips(people: People) -> None:
    path = "/v1/sourcing/strategies/usual"
    waits = {"id": "waits", "otherwise": "backorder", "cancel_after_days": 14}
    people.send("PUT", path, {"scenarios": [waits]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    mugs = {"line_no": 1, "sku": "MUG", "quantity": 4, "expected_on": "2026-11-25"}
    order_of = {"kind": "purchase_order", "node_id": "albany"}
    people.send("PUT", "/v1/supply/po-1", {**order_of, "lines": [mugs]})
    order_id = people.place("o-1", line("MUG", 11))
    people.simulation.sleep(30)
    people.send("PUT", "/v1/supply/po-1", {**order_of, "lines": [{**mugs, "expected_on": "2026-11-28"}]}, version=1)
    people.simulation.sleep(30)
    people.send("POST", "/v1/supply/po-1/receipts", {"lines": [{"line_no": 1, "quantity": 1}]}, version=2)
    people.simulation.sleep(30)
    people.send("POST", "/v1/supply/po-1/close", {"reason": "bankrupt"}, version=3)
    people.simulation.sleep(30)
    people.send("GET", f"/v1/orders/{order_id}")
