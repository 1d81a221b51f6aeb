"""Stories of what is activated, for the crash points: a code, a gift card and a provider's activation for each unit."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.directed import People
from tests.simulation.telling import story
from tests.simulation.world import line

ANN = {"name": "Ann Example", "email": "ann@example.com"}
ITEMS = {"GAME": {"by": "licence_pool"}, "CARD": {"by": "gift_card"}, "PASS": {"by": "provider", "provider": "playbox"}}


@story
def digital_lines_are_activated(people: People) -> None:
    """Two codes, a gift card and an activation outside; a third code is there only after a person was told."""
    for sku, activation in ITEMS.items():
        body = {"description": sku, "kind": "digital", "activation": activation}
        people.send("PUT", f"/v1/items/{sku}", body)
    loaded(people, "AAAA-1", "AAAA-2")
    order_id = people.place("o-1", *(sold(sku) for sku in ITEMS), customer=ANN)
    people.until(order_id, status="COMPLETED", payment_status="CAPTURED")
    other = people.place("o-2", sold("GAME", 2), customer=ANN)
    (task,) = people.wait_for(lambda: people.send("GET", "/v1/tasks?kind=ACTIVATION_FAILED").body["tasks"], 7_200)
    assert task["reason"] == "LICENCE_POOL_EMPTY"
    loaded(people, "AAAA-2", "AAAA-3")
    people.wait_for(lambda: people.send("GET", f"/v1/tasks/{task['id']}").body["outcome"] == "DELIVERED", 14_400)
    people.until(other, status="COMPLETED", payment_status="CAPTURED")
    people.send("GET", "/v1/items/GAME/licences")
    given = [one for work in [*people.works(order_id), *people.works(other)] for one in activated(work)]
    names = [one["activation_id"] for one in given]
    assert len(names) == len(set(names)) == 5, "each unit has a name of its own"
    asked = [one["id"] for one in given if one["by"] == "provider"]
    assert people.simulation.provider.activated == asked, "a provider activates each unit once"
    licences = [one["activation"] for one in stored(people, "LICENCE") if "activation" in one]
    assert sorted(licences) == sorted(one["id"] for one in given if one["by"] == "licence_pool")


def activated(work: Any) -> list[dict[str, Any]]:
    """The activations of some work as it is stored."""
    return [one for line in work["lines"] for one in line.get("activations", ())]


def stored(people: People, sk: str) -> list[dict[str, Any]]:
    """Every row of orders with a sort key."""
    return [json.loads(row["body"]) for (_, key), row in people.simulation.rows("orders").items() if key == sk]


def loaded(people: People, *codes: str) -> None:
    """Codes come into the pool of the game."""
    answer = people.send("POST", "/v1/items/GAME/licences", {"codes": list(codes)})
    assert answer.status == 200, answer.text


def sold(sku: str, units: int = 1) -> dict[str, Any]:
    """A line of units that are delivered by themselves."""
    return {**line("MUG", units), "sku": sku, "method": "digital"}
