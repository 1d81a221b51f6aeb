"""Orders that wait for stock, could come from nearer, go to a store or are offered: for the pairs of that moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.simulation.directed import OPERATOR
from tests.simulation.pair_scenes import batch, go_on_with_outbox, hold_outbox
from tests.simulation.sides import Side
from tests.simulation.world import line

PATH = "/v1/sourcing/strategies/waits"
CAME = {"node_id": "albany", "sku": "LAST", "kind": "received", "quantity": 1, "reason": "delivery"}


def waits(side: Side) -> str:
    """One of two units waits; the other one is with the warehouse."""
    content = {"id": "waits", "otherwise": "backorder", "cancel_after_days": 30}
    side.people.send("PUT", PATH, {"scenarios": [content]})
    side.people.send("POST", f"{PATH}/promotions", {"number": 1}, version=1)
    order_id = side.people.place("o-0", line("LAST", 2))
    side.people.wait_for(lambda: side.people.works(order_id, "OPEN"))
    return order_id


def waits_for_what_came(side: Side) -> str:
    """The unit is there, and nobody has heard of it."""
    order_id = waits(side)
    hold_outbox(side.simulation)
    side.people.send("POST", "/v1/inventory/movements", {"movements": [CAME]})
    side.simulation.sleep(10)
    go_on_with_outbox(side.simulation)
    return order_id


def could_be_served_from_nearer(side: Side) -> tuple[str, str]:
    """The far store has not accepted its work, a nearer one has got the units, and nobody has heard of it."""
    content = {"id": "near", "cents_per_100_km": 10, "reoptimize_from_cents": 100}
    side.people.send("PUT", PATH, {"scenarios": [content]})
    side.people.send("POST", f"{PATH}/promotions", {"number": 1}, version=1)
    order_id = side.people.place("o-0", line("SCARF", 2))
    work_id = side.people.released(order_id)
    hold_outbox(side.simulation)
    movement = {**CAME, "sku": "SCARF"}
    side.people.send("POST", "/v1/inventory/movements", {"movements": [movement]})
    side.simulation.sleep(10)
    go_on_with_outbox(side.simulation)
    return order_id, work_id


def on_its_way(side: Side) -> tuple[str, str]:
    """The warehouse has sent two units to the store where they are collected."""
    order_id = side.people.place("o-0", line("LAMP", 2, method="ship_to_store", pickup_node="albany"))
    work_id = side.people.released(order_id)
    side.people.do(work_id, "ship")
    return order_id, work_id


def offered(side: Side) -> tuple[str, str]:
    """The warehouse has the work, and two stores may take it."""
    content = {"id": "offer", "offer": {"nodes": 3, "minutes": 30}}
    side.people.send("PUT", PATH, {"scenarios": [content]})
    side.people.send("POST", f"{PATH}/promotions", {"number": 1}, version=1)
    movement = {**CAME, "node_id": "pasadena", "sku": "MUG", "quantity": 2}
    side.people.send("POST", "/v1/inventory/movements", {"movements": [movement]})
    order_id = side.people.place("o-0", line("MUG", 2))
    return order_id, side.people.released(order_id)


def accept_at(node_id: str) -> Callable[[Any, Side], object]:
    """A store takes what it is offered, over the store bus."""

    def take(made: Any, side: Side) -> None:
        meta = {"id": f"accept-{node_id}", "occurred_at": side.simulation.now(), "tenant": "acme"}
        detail = {"meta": meta, "data": {"fulfillment_order_id": made[1]}}
        side.invoke("node_messages", batch("AcceptFulfillmentOrder", detail, f"store.{node_id}"))

    return take


def receive(_: Any, side: Side) -> None:
    """A delivery is booked, and the broker hears of it."""
    side.http("POST", "/v1/inventory/movements", {"movements": [CAME]}, "came", OPERATOR)
    broker(_, side)


def broker(_: Any, side: Side, sku: str = "LAST") -> None:
    """The broker hears that there is more."""
    meta = {"id": f"evt-{side.number}", "tenant": "acme"}
    side.invoke("broker_backlog", batch("StockFreed", {"meta": meta, "data": {"sku": sku}}))


def reoptimize(made: Any, side: Side) -> None:
    """The broker hears that there is more of what the order of the far store consists of."""
    broker(made, side, "SCARF")
