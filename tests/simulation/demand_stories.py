"""Stories of stock in great demand, of stock that comes in nearer, of offers and of tax rates, for the crash points."""

from __future__ import annotations

from datetime import timedelta

from tests.simulation.directed import People
from tests.simulation.telling import story
from tests.simulation.world import line, order


@story
def stock_in_great_demand(people: People) -> None:
    """A launch from its preparation to its end: laid out, bought from, counted down, evened out and taken back."""
    simulation = people.simulation
    rules = {"safety": [{"id": "all", "priority": 1, "units": 1}]}
    people.send("PUT", "/v1/inventory/rules/usual", rules)
    people.send("POST", "/v1/inventory/rules/usual/promotions", {"number": 1}, version=1)
    movement = {"node_id": "dc-newark", "sku": "LAST", "reason": "counted"}
    received = {**movement, "kind": "received", "quantity": 60}
    people.send("POST", "/v1/inventory/movements", {"movements": [received]})
    until = simulation.scheduler.instant + timedelta(minutes=10)
    hot = {"sku": "LAST", "per_second": 60, "until": until.isoformat()}
    people.send("PUT", "/v1/hot-stock", {"items": [hot]})
    simulation.sleep(10)
    people.place("o-1", line("LAST", 2))
    lost = {**movement, "kind": "adjusted", "quantity": -30}
    people.send("POST", "/v1/inventory/movements", {"movements": [lost]})
    simulation.ring("BalanceStock")
    simulation.sleep(10)
    people.send("GET", "/v1/hot-stock")
    people.wait_for(lambda: simulation.scheduler.instant > until)
    simulation.ring("BalanceStock")
    simulation.sleep(30)


@story
def demand_that_is_taken_back(people: People) -> None:
    """Marked while there is nothing to lay out; then there is, and then the demand is over by word."""
    simulation = people.simulation
    until = simulation.scheduler.instant + timedelta(hours=1)
    hot = {"sku": "LAST", "node_ids": ["dc-newark"], "per_second": 60, "until": until.isoformat()}
    people.send("PUT", "/v1/hot-stock", {"items": [hot]})
    simulation.sleep(10)
    received = {"node_id": "dc-newark", "sku": "LAST", "kind": "received", "quantity": 60, "reason": "launch"}
    people.send("POST", "/v1/inventory/movements", {"movements": [received]})
    simulation.ring("BalanceStock")
    simulation.sleep(10)
    people.send("PUT", "/v1/hot-stock", {"items": [{**hot, "per_second": 0}]})
    simulation.sleep(30)


@story
def a_better_plan(people: People) -> None:
    """The far store says nothing until a nearer one gets the units; that one ships."""
    path = "/v1/sourcing/strategies/near"
    near = {"id": "near", "cents_per_100_km": 10, "reoptimize_from_cents": 100}
    people.send("PUT", path, {"scenarios": [near]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    order_id = people.place("o-1", line("SCARF", 2))
    people.released(order_id)
    received = {"node_id": "albany", "sku": "SCARF", "kind": "received", "quantity": 1, "reason": "delivery"}
    people.send("POST", "/v1/inventory/movements", {"movements": [received]})
    people.wait_for(lambda: people.works(order_id, "REPLACED"))
    people.do(people.released(order_id), "accept", "ship")
    people.until(order_id, payment_status="CAPTURED")


@story
def work_on_offer(people: People) -> None:
    """One store takes what the warehouse has over HTTP, another one over the store bus; the third time nobody does."""
    path, simulation = "/v1/sourcing/strategies/offer", people.simulation
    people.send("PUT", path, {"scenarios": [{"id": "offer", "offer": {"nodes": 3, "minutes": 30}}]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    order_id = people.place("o-1", line("MUG", 2))
    work_id = people.released(order_id)
    store = ("fulfillment.read", "fulfillment.write", "node.albany")
    people.send("GET", "/v1/fulfillment-orders?node=albany&status=OPEN", scopes=store)
    people.send("POST", f"/v1/fulfillment-orders/{work_id}/accept", {}, f"{work_id}:take", "albany", scopes=store)
    people.wait_for(lambda: people.works(order_id, "ACCEPTED"))
    for work in people.works(order_id, "ACCEPTED"):
        people.do(work["id"], "ship")
    people.until(order_id, payment_status="CAPTURED")
    order_id = people.place("o-2", line("LAMP"))
    content = {"fulfillment_order_id": people.released(order_id)}
    simulation.say("store.pasadena", "AcceptFulfillmentOrder", "take", content)
    people.wait_for(lambda: people.works(order_id, "ACCEPTED"), patience=120)
    order_id = people.place("o-3", line("MUG"))
    people.released(order_id)
    simulation.sleep(2_400)
    people.wait_for(lambda: people.works(order_id, "REJECTED"))
    people.do(people.released(order_id), "accept", "ship")
    people.until(order_id, payment_status="CAPTURED")


@story
def tax_rates(people: People) -> None:
    path = "/v1/tax-rates/usual"
    rates = [{"jurisdiction": "US-NY", "country": "US", "rate_ppm": 40_000}]
    people.send("PUT", path, {"rates": rates})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    tender = {"provider": "strict", "token": "tok_visa"}
    people.send("POST", "/v1/orders", {**order("o-1", line("MUG", 2)), "tax_mode": "platform", "payments": [tender]})
