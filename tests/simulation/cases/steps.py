"""What the cases share: orders, the work of nodes, how a refusal must look, and everything that is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tests.simulation.machine.gateway import Answer
from tests.simulation.machine.scheduler import Task
from tests.simulation.machine.simulation import Simulation

SHIP = ("accept", "pick", "pack", "ship")


def placed(simulation: Simulation, document: Mapping[str, Any], key: str = "k-1") -> str:
    """The id of an order that a channel has placed."""
    answer = simulation.http("POST", "/v1/orders", document, key=key)
    assert answer.status == 201, answer.text
    order_id: str = answer.body["id"]
    return order_id


def released(simulation: Simulation) -> dict[str, str]:
    """The work that nodes have heard of, in order, each with its node."""
    later(simulation, 2)
    heard = [e for e in simulation.heard if e["detail-type"] == "FulfillmentOrderReleased"]
    found = [json.loads(event["detail"])["data"] for event in heard]
    return {data["fulfillment_order_id"]: data["node_id"] for data in found}


def later(simulation: Simulation, seconds: float) -> None:
    """So much time goes by, even where nothing happens in it."""
    simulation.outside("time", lambda: simulation.sleep(seconds))


def step(simulation: Simulation, work_id: str, verb: str, body: Mapping[str, Any] | None = None) -> Answer:
    """One verb of a node over HTTP; the same call has the same key."""
    key = f"{work_id} {verb} {json.dumps(body, sort_keys=True)}"
    return simulation.http("POST", f"/v1/fulfillment-orders/{work_id}/{verb}", body or {}, key=key, client="acme-wms")


def ship(simulation: Simulation, *work_ids: str) -> None:
    """Nodes do the work that they were given."""
    for work_id in work_ids:
        for verb in SHIP:
            answer = step(simulation, work_id, verb)
            assert answer.status == 200, answer.text


def shown(simulation: Simulation, order_id: str) -> dict[str, Any]:
    """The order as its channel sees it."""
    answer = simulation.http("GET", f"/v1/orders/{order_id}")
    assert answer.status == 200, answer.text
    body: dict[str, Any] = answer.body
    return body


def states(simulation: Simulation, order_id: str) -> tuple[str, str, str]:
    """The three states of an order: its own, of its money, of its goods."""
    order = shown(simulation, order_id)
    return order["status"], order["payment_status"], order["fulfillment_status"]


def effects(simulation: Simulation) -> list[tuple[str, int]]:
    """What has happened to money at the provider, in order; the end of a hold of which nothing is left moves none."""
    return [(entry["effect"], entry["amount"]) for entry in simulation.provider.psp.journal.log if entry["amount"]]


def only_at_newark(simulation: Simulation) -> None:
    """No other node has a mug."""
    broken = {"node_id": "albany", "sku": "MUG", "kind": "damaged", "quantity": 3, "reason": "dropped"}
    answer = simulation.http(
        "POST", "/v1/inventory/movements", {"movements": [broken]}, "broken", client="acme-operator"
    )
    assert answer.status == 200, answer.text


def stock(simulation: Simulation, sku: str, node: str) -> tuple[int, int, int]:
    """Units on hand, reserved and allocated."""
    row = simulation.rows("stock")[f"T#acme#SKU#{sku}", f"NODE#{node}"]
    return row["on_hand"], row["reserved"], row["allocated"]


def orders_of(simulation: Simulation) -> list[str]:
    """The ids of all orders that are stored."""
    return [pk.rsplit("#", 1)[1] for pk, sk in simulation.rows("orders") if sk == "ORDER"]


def events_of(simulation: Simulation, order_id: str) -> list[str]:
    """The facts about an order by their numbers, which have no gap."""
    rows = [row for (pk, _), row in simulation.rows("events").items() if pk.endswith(f"ORDER#{order_id}")]
    facts = sorted(
        (entry for row in rows for entry in [json.loads(row["detail"])]), key=lambda e: e["meta"]["sequence"]
    )
    assert [fact["meta"]["sequence"] for fact in facts] == list(range(1, len(facts) + 1))
    return [fact["meta"]["type"] for fact in facts]


def heard_on_bus(simulation: Simulation, kind: str) -> list[dict[str, Any]]:
    """The details of all events of a kind that a bus has taken."""
    return [json.loads(detail) for _, _, of_kind, detail, _ in simulation.buses.accepted if of_kind == kind]


def kept(simulation: Simulation) -> list[Any]:
    """Everything that outlives a call: tables, files, what buses took, and what happened at the provider."""
    tables = {
        name: dict(simulation.rows(name)) for name in ("orders", "stock", "registry", "ledger", "events", "commands")
    }
    done = [list(simulation.provider.psp.journal.log), list(simulation.buses.accepted)]
    return [tables, dict(simulation.objects.stored), *done]


@contextmanager
def nothing_kept(simulation: Simulation) -> Iterator[None]:
    """What happens here leaves no trace."""
    before = kept(simulation)
    yield
    assert kept(simulation) == before


def refused(answer: Answer, status: int, code: str, pointers: Sequence[str] = ()) -> None:
    """A problem document with this code that names exactly these fields."""
    assert answer.status == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.body["status"], answer.body["code"]) == (status, code)
    assert [error["pointer"] for error in answer.body["errors"]] == list(pointers), answer.text


def rested(simulation: Simulation) -> None:
    """All comes to rest, nothing was set aside, and the checker finds nothing wrong."""
    assert simulation.run_until_quiet()
    assert simulation.violations == [], simulation.violations
    seen = simulation.evidence()
    assert seen.in_flight == seen.dead == [], (seen.in_flight, seen.dead)


def switch_after(function: str, calls: int) -> Callable[[list[Task]], int]:
    """A schedule in which another call of a function goes first once, after so many calls of the first."""
    made = 0

    def choose(tasks: list[Task]) -> int:
        nonlocal made
        if sum(task.name == function for task in tasks) < 2 or tasks[0].name != function:
            return 0
        made += 1
        return next(i for i, task in enumerate(tasks) if i and task.name == function) if made == calls else 0

    return choose
