"""What is there before two sides begin, and what a side can do: with the same key again until it is done."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.simulation.directed import NODE, OPERATOR, SHOP, crash_at_write
from tests.simulation.machine.scheduler import Slot
from tests.simulation.sides import Side
from tests.simulation.world import line, order

# What is there before.


def placed(side: Side, *lines: dict[str, Any], **more: Any) -> str:
    return side.people.place("o-1", *(lines or (line("MUG", 2),)), **more)


def sourced(side: Side) -> str:
    order_id = placed(side)
    side.invoke("source_order", {"tenant": "acme", "order_id": order_id})
    return order_id


def authorised(side: Side) -> str:
    order_id = sourced(side)
    side.invoke("authorize_payment", {"tenant": "acme", "order_id": order_id})
    return order_id


def released(side: Side, *lines: dict[str, Any]) -> tuple[str, str]:
    """An order with its first work at a node, which the workflow waits for."""
    order_id = placed(side, *lines)
    return order_id, side.people.released(order_id)


def rejected(side: Side) -> tuple[str, str]:
    """A node has refused its work this moment."""
    order_id, work_id = released(side)
    side.people.do(work_id, "reject", reason="too_busy")
    return order_id, work_id


def first_parcel(side: Side) -> tuple[str, str]:
    """One of two units has left this moment."""
    order_id, work_id = released(side)
    side.people.do(work_id, "ship", lines=[{"line_no": 1, "quantity": 1}])
    return order_id, work_id


def accepted_and_asked(side: Side) -> tuple[str, str]:
    """The node has accepted the work and is asked to let go of it."""
    order_id, work_id = released(side)
    side.people.do(work_id, "accept")
    side.people.cancel(order_id)
    return order_id, work_id


def over_with_a_rest(side: Side) -> tuple[str, str]:
    """One work has left and is not paid, the other one was cancelled: the order is over and holds too much."""
    order_id, _ = released(side, line("LAMP", 3))
    side.people.wait_for(lambda: len(side.people.works(order_id, "OPEN")) > 1)
    left, rest = sorted(side.people.works(order_id), key=lambda work: work["lines"][0]["quantity"], reverse=True)
    side.people.do(left["id"], "ship")
    side.people.cancel(order_id, [{"line_no": 1, "quantity": rest["lines"][0]["quantity"]}])
    return order_id, left["id"]


def in_review(side: Side) -> str:
    return placed(side, ship_to={"city": "New York", "region": "NY", "country": "US"})


def charged_and_crashed(side: Side) -> tuple[str, Any]:
    """The money is held, nobody has recorded it, and the provider's message is about to come."""
    simulation, told = side.simulation, []
    hold_outbox(simulation)
    order_id = sourced(side)
    simulation.sleep(70)
    spawn, simulation.provider._spawn = simulation.provider._spawn, lambda event, tried: told.append(event)
    # The first two calls read the order and the secret, the third one asks the provider.
    simulation.before_call("authorize_payment", 3, "crash_after")
    lost = Slot()
    event = {"tenant": "acme", "order_id": order_id}
    simulation.lambdas.invoke("authorize_payment", event, partial(simulation.scheduler.fill, lost))
    simulation.scheduler.wait(lost)
    simulation.sleep(1)
    simulation.provider._spawn = spawn
    go_on_with_outbox(simulation)
    return order_id, told[0]


def hold_outbox(simulation: Any) -> None:
    """No event leaves its table, as when the function that publishes cannot run."""
    for lane in simulation.streams["EventsTable"]._lanes:
        lane.busy = True


def go_on_with_outbox(simulation: Any) -> None:
    stream = simulation.streams["EventsTable"]
    for lane in stream._lanes:
        lane.busy = False
        simulation.scheduler.after(100, partial(stream._go_on, lane))


def abandoned_saga(side: Side) -> dict[str, Any]:
    """A placement died after its first chunk, and its lease is over."""
    document = order("o-1", line("MUG"), line("LAMP"))
    crash_at_write(side.simulation, "place_order", 2)
    side.simulation.http("POST", "/v1/orders", document, "key-o-1", client=SHOP)
    side.simulation.sleep(130)
    return document


def export_wished(side: Side) -> str:
    """Money was held yesterday and is not posted yet, and the last export of yesterday has been asked for."""
    queue = side.simulation.queues["PostLedgerQueue"]
    queue._running = queue.feed.concurrency
    order_id = authorised(side)
    side.simulation.sleep(18 * 3_600)
    wish = {"entity": "100", "business_date": "2026-11-23", "kind": "close"}
    answer = side.people.send("POST", "/v1/finance/exports", wish)
    assert answer.status == 202, answer.text
    queue._running = 0
    queue._look_at(side.simulation.scheduler.now + 1_000)
    return order_id


# What the sides do.


def told(side: Side, entity: str, kind: str) -> dict[str, Any]:
    """A batch with one message: the latest stored event of this kind about an entity, as it comes from the bus."""
    rows = side.simulation.rows("events")
    details = [row["detail"] for (pk, _), row in sorted(rows.items()) if entity in pk and row["type"] == kind]
    return batch(kind, json.loads(details[-1]))


def batch(kind: str, detail: Any, source: str = "spine") -> dict[str, Any]:
    body = {"detail-type": kind, "source": source, "detail": detail}
    return {"Records": [{"messageId": "m-1", "body": json.dumps(body)}]}


def schedule(simulation: Any, prefix: str) -> dict[str, Any]:
    """What a schedule of this name puts into its queue."""
    (rule,) = (rule for rule in simulation.topology.schedules if rule.name.startswith(prefix))
    message = rule.message.replace("<id>", "schedule-0").replace("<time>", simulation.now())
    return {"Records": [{"messageId": "m-1", "body": message}]}


def cancel(order_id: Any, side: Side, **more: Any) -> None:
    order_id = order_id if isinstance(order_id, str) else order_id[0]
    body = {"reason": "changed_mind", **more}
    side.http("POST", f"/v1/orders/{order_id}/cancellations", body, f"cancel-{side.number}", SHOP)


def step(verb: str, **body: Any) -> Callable[[Any, Side], object]:
    """A node takes a verb."""

    def take(made: Any, side: Side) -> None:
        path = f"/v1/fulfillment-orders/{made[1]}/{verb}"
        side.http("POST", path, body, f"{verb}-{side.number}", NODE)

    return take


def task(function: str) -> Callable[[Any, Side], object]:
    """A workflow calls a function for an order, or for its work."""

    def call(made: Any, side: Side) -> None:
        event = {"tenant": "acme", "order_id": made if isinstance(made, str) else made[0]}
        side.invoke(function, event if isinstance(made, str) else {**event, "fulfillment_order_id": made[1]})

    return call


def reroute(reason: str) -> Callable[[Any, Side], object]:
    """The workflow gives work to other nodes."""

    def call(made: Any, side: Side) -> None:
        event = {"tenant": "acme", "order_id": made[0], "fulfillment_order_id": made[1], "reason": reason}
        side.invoke("reroute_fulfillment", event)

    return call


def place(
    key: str | None = None, external_id: str = "o-1", sku: str = "MUG", quantity: int = 1
) -> Callable[[Any, Side], object]:
    """A channel places an order."""

    def call(_: Any, side: Side) -> None:
        own = key or f"key-{side.number}"
        document = order(external_id.format(side.number), line(sku, quantity))
        side.http("POST", "/v1/orders", document, own, SHOP)

    return call


def place_in_parts(_: Any, side: Side) -> None:
    """A placement of two chunks, of which one takes the last unit."""
    side.http("POST", "/v1/orders", order("o-1", line("LAST"), line("MUG")), "key-o-1", SHOP)


def wait_with_token(made: Any, side: Side) -> None:
    """The workflow hands over the work and its token."""
    order_id, work_id = made if isinstance(made, tuple) else (made, side.people.works(made)[0]["id"])
    side.simulation.runs.tokens.setdefault("token-of-side", Slot())
    event = {"tenant": "acme", "order_id": order_id, "fulfillment_order_id": work_id, "task_token": "token-of-side"}
    side.invoke("release_fulfillment", event)


def webhook(made: Any, side: Side) -> None:
    """The provider's message comes, and again as long as it is refused."""
    side.again()
    side.simulation.provider._bring(made[1], Slot())


def feed(kind: str, quantity: int, sku: str = "MUG") -> Callable[[Any, Side], object]:
    """A stock message of the warehouse comes through the stream."""

    def come(_: Any, side: Side) -> None:
        message = {
            "tenant": "acme",
            "source": "wms.dc-newark",
            "sequence": 1,
            "kind": kind,
            "node_id": "dc-newark",
            "sku": sku,
            "quantity": quantity,
            "as_of": side.simulation.now(),
        }
        data = base64.b64encode(json.dumps(message).encode()).decode()
        record = {"kinesis": {"data": data, "sequenceNumber": "1"}, "eventID": "shard:1"}
        side.invoke("inventory_stream", {"Records": [record]})

    return come


def damaged(_: Any, side: Side) -> None:
    movement = {"node_id": "dc-newark", "sku": "LAST", "kind": "damaged", "quantity": 1, "reason": "dropped"}
    side.http("POST", "/v1/inventory/movements", {"movements": [movement]}, "damaged", OPERATOR)


def review(decision: str) -> Callable[[Any, Side], object]:
    def decide(order_id: Any, side: Side) -> None:
        body = {"decision": decision, "reason": "seen"}
        side.http("POST", f"/v1/orders/{order_id}/review", body, f"review-{side.number}", OPERATOR)

    return decide


def event_of(kind: str, function: str) -> Callable[[Any, Side], object]:
    """A stored event of the order comes to a function."""

    def come(made: Any, side: Side) -> None:
        side.invoke(function, told(side, made if isinstance(made, str) else made[0], kind))

    return come


def export(_: Any, side: Side) -> None:
    side.invoke("finance_export", told(side, "EXPORT#", "FinanceExportRequested"))


def recover(_: Any, side: Side) -> None:
    side.invoke("recover_sagas", schedule(side.simulation, "RecoverSagas"))


def place_again(document: Any, side: Side) -> None:
    side.http("POST", "/v1/orders", document, "key-o-1", SHOP)


def nothing(_: Side) -> None:
    return None
