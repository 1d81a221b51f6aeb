"""Stories of subscribers, for the crash points: they hear of every event of an entity, in order, each at least once."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.directed import People
from tests.simulation.machine.subscriber import HOST
from tests.simulation.telling import story
from tests.simulation.world import line

HEARD = ("OrderPlaced", "OrderLinesCancelled", "OrderCancelled")
# An order that waits for a person: nothing else happens to it.
DOUBTFUL = {"city": "New York", "region": "NY", "country": "US"}
URL = "/v1/webhook-subscriptions/erp"


@story
def a_subscriber_hears_everything(people: People) -> None:
    """One that fails at first, is paused for a while, hears again of what it took, and is looked at."""
    subscriber = people.simulation.subscriber
    subscribe(people, *HEARD)
    subscriber.refuses = 1
    order_id = people.place("o-1", line("MUG"))
    people.wait_for(lambda: heard(people) >= told(people) > set())
    people.send("POST", f"{URL}/pause", {"reason": "moving house"})
    people.cancel(order_id)
    people.simulation.sleep(60)
    people.send("POST", f"{URL}/resume")
    people.wait_for(lambda: heard(people) >= told(people))
    people.send("POST", f"{URL}/secret-rotations")
    people.send("GET", f"{URL}/secrets")
    people.send("GET", f"{URL}/deliveries")
    first = people.send("GET", f"{URL}/deliveries").body["deliveries"][-1]
    times = ids(people).count(first["event_id"])
    people.send("POST", f"{URL}/redeliveries", {"delivery_ids": [first["id"]]})
    people.wait_for(lambda: ids(people).count(first["event_id"]) > times)
    bounds = {"occurred_from": first["occurred_at"], "occurred_to": "2099-01-01T00:00:00Z"}
    times = ids(people).count(first["event_id"])
    people.send("POST", f"{URL}/redeliveries", bounds)
    people.wait_for(lambda: ids(people).count(first["event_id"]) > times)
    people.send("GET", "/v1/dead-letters")
    in_order(people)


@story
def a_subscriber_is_gone(people: People) -> None:
    """It is paused when it says so; nothing is taken for more than a day: a dead letter, which somebody sends again."""
    subscriber = people.simulation.subscriber
    subscribe(people, "OrderPlaced")
    subscriber.refuses, subscriber.is_gone = 1_000, True
    people.place("o-1", line("MUG"), ship_to=DOUBTFUL)
    people.wait_for(lambda: people.send("GET", URL).body["state"] == "PAUSED")
    subscriber.is_gone = False
    people.send("POST", f"{URL}/resume")
    people.simulation.sleep(100_000)
    (letter,) = people.wait_for(lambda: letters(people))
    subscriber.refuses = 0
    people.send("POST", f"/v1/dead-letters/{letter['id']}/redrive")
    people.wait_for(lambda: heard(people) >= told(people))
    people.wait_for(lambda: not letters(people))
    assert letters(people) == [], "what was taken is no dead letter"


def subscribe(people: People, *types: str) -> None:
    people.simulation.wake("queue_webhooks")
    made = people.send("PUT", URL, {"url": f"https://{HOST}/spine", "detail_types": list(types)})
    assert made.status == 201, made.text


def letters(people: People) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = people.send("GET", "/v1/dead-letters").body["dead_letters"]
    return found


def ids(people: People) -> list[str]:
    return [message_id for message_id, _ in people.simulation.subscriber.heard]


def heard(people: People) -> set[str]:
    return set(ids(people))


def told(people: People) -> set[str]:
    """The events that a subscriber must hear of."""
    rows = [json.loads(row["detail"])["meta"] for row in people.simulation.rows("events").values()]
    return {meta["id"] for meta in rows if meta["type"] in HEARD}


def in_order(people: People) -> None:
    """Each entity's events were heard for the first time in their order."""
    first: dict[str, list[int]] = {}
    for _, envelope in people.simulation.subscriber.heard:
        known = first.setdefault(envelope["meta"]["entity"], [])
        if envelope["meta"]["sequence"] not in known:
            known.append(envelope["meta"]["sequence"])
    wrong = {entity: known for entity, known in first.items() if known != sorted(known)}
    assert not wrong, f"heard out of order: {wrong}"
