"""The rules of the format `sourcing/1`, written a second time for tests: what a plan costs, or which rule it breaks.

It shares no code with the optimiser and reads documents only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

Document = Mapping[str, Any]


class Broken(Exception):
    """A plan breaks a rule."""


def objective(instance: Document, solution: Document) -> list[int]:
    """The value of each key of a solution; raises Broken."""
    now, coming, units, parcels = Counter(), Counter(), Counter(), Counter()
    cost = short = 0
    plans = {row["order"]: row["shipments"] for row in solution["orders"]}
    nodes = {node["id"]: node for node in instance["nodes"]}
    for order in instance["orders"]:
        made = plans.get(order["id"], [])
        given: Counter[str] = Counter()
        parts: Counter[str] = Counter()
        for shipment in made:
            cost += _shipment(instance, order, shipment)
            parcels[shipment["node"]] += 1
            for pick in shipment["picks"]:
                line = next(line for line in order["lines"] if line["id"] == pick["line"])
                stock = _stock(instance, shipment["node"], line["sku"])
                given[line["id"]] += pick["qty"]
                units[shipment["node"]] += pick["qty"]
                (now if pick["pool"] == "now" else coming)[shipment["node"], line["sku"]] += pick["qty"]
                cost += pick["qty"] * (nodes[shipment["node"]]["unit_cents"] + stock["opp_cents"])
            for name in {pick["line"] for pick in shipment["picks"]}:
                parts[name] += 1
        if order["max_shipments"] is not None and len(made) > order["max_shipments"]:
            raise Broken("too many shipments")
        for line in order["lines"]:
            left = line["qty"] - given[line["id"]]
            if left < 0:
                raise Broken("more than was ordered")
            if not line["split_ok"] and (parts[line["id"]] > 1 or left not in (0, line["qty"])):
                raise Broken("a line is split")
            if order["ship_complete"] and made and left:
                raise Broken("not complete")
            short += left
            cost += left * line["short_cents"]
    for (node, sku), count in now.items():
        if count > _available(_stock(instance, node, sku)):
            raise Broken("more than is there")
    for (node, sku), count in coming.items():
        if count > _stock(instance, node, sku)["inbound"]:
            raise Broken("more than comes in")
    for name, node in nodes.items():
        if units[name] > node["cap_units"] or parcels[name] > node["cap_shipments"]:
            raise Broken("beyond capacity")
        cost += node["overtime_cents"] * max(0, units[name] - node["regular_units"])
    values = {"cost": cost, "short_units": short, "shipments": sum(parcels.values())}
    return [values[key] for key in instance["objective"]["keys"]]


def _shipment(instance: Document, order: Document, shipment: Document) -> int:
    node = next(node for node in instance["nodes"] if node["id"] == shipment["node"])
    service = next(one for one in instance["rates"]["services"] if one["id"] == shipment["service"])
    dest = shipment["dest"]
    kind = "home" if dest == "home" else "pickup" if dest == node["id"] else "transfer"
    if service["kind"] != kind:
        raise Broken("another kind of service")
    zone = 0
    if kind != "pickup":
        place = order["zip3"] if dest == "home" else next(n["zip3"] for n in instance["nodes"] if n["id"] == dest)
        zone = instance["zones"][place][instance["nodes"].index(node)]
    leaves = node["ready_day"]
    if shipment["wave"] == "inbound":
        if node["inbound_day"] is None:
            raise Broken("nothing comes in")
        leaves = max(leaves, node["inbound_day"])
    late = max(0, leaves + service["days"][zone] - order["promise_day"])
    if late and order["late_cents_per_day"] is None:
        raise Broken("too late")
    grams = 0
    for pick in shipment["picks"]:
        line = next(line for line in order["lines"] if line["id"] == pick["line"])
        if line["dest"] != dest or node["id"] in line["exclude_nodes"] or pick["qty"] < 1:
            raise Broken("not from here")
        if line["eligible_types"] is not None and node["type"] not in line["eligible_types"]:
            raise Broken("not by such a node")
        if kind == "transfer" and not line["transfer_ok"]:
            raise Broken("not by transfer")
        if pick["pool"] == "inbound" and shipment["wave"] == "now":
            raise Broken("not here yet")
        grams += pick["qty"] * instance["skus"][line["sku"]]["weight_g"]
    if not grams:
        raise Broken("an empty shipment")
    steps = max(1, -(-grams // instance["rates"]["step_g"]))
    return (
        service["base"][zone]
        + service["step"][zone] * steps
        + late * (order["late_cents_per_day"] or 0)
        + node["shipment_cents"]
    )


def _stock(instance: Document, node: str, sku: str) -> Document:
    for row in instance["stock"]:
        if (row["node"], row["sku"]) == (node, sku):
            return row
    raise Broken("not carried")


def _available(row: Document) -> int:
    return max(0, row["on_hand"] - row["reserved"] - row["safety"])


def best_by_trying_all(instance: Document) -> list[int]:
    """The best objective of an instance with one small order, by trying every plan there is."""
    order = instance["orders"][0]
    best: list[int] | None = None
    for plan in _plans(instance, order):
        solution = {"orders": [{"order": order["id"], "shipments": plan}]}
        try:
            value = objective(instance, solution)
        except Broken:
            continue
        best = value if best is None or value < best else best
    assert best is not None
    return best


def _plans(instance: Document, order: Document) -> Iterator[list[dict[str, Any]]]:
    """Every way to give each line's units to (node, wave, pool), and every service for each shipment that makes."""
    places = [
        (node["id"], wave, pool)
        for node in instance["nodes"]
        for wave, pool in (("now", "now"), ("inbound", "now"), ("inbound", "inbound"))
    ]
    ways = [list(_shares(line["qty"], len(places))) for line in order["lines"]]
    for chosen in product(*ways):
        picks: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        for line, shares in zip(order["lines"], chosen, strict=True):
            for (node, wave, pool), count in zip(places, shares, strict=True):
                if count:
                    slot = picks.setdefault((node, line["dest"], wave), [])
                    slot.append({"line": line["id"], "qty": count, "pool": pool})
        names = [service["id"] for service in instance["rates"]["services"]]
        for services in product(names, repeat=len(picks)):
            yield [
                {"node": node, "dest": dest, "wave": wave, "service": service, "picks": content}
                for ((node, dest, wave), content), service in zip(picks.items(), services, strict=True)
            ]


def _shares(units: int, places: int) -> Iterator[Sequence[int]]:
    """Every way to put at most so many units into so many places."""
    if places == 0:
        yield ()
        return
    for count in range(units + 1):
        for rest in _shares(units - count, places - 1):
            yield (count, *rest)
