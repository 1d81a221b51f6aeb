"""Stories of files of orders: rows that are placed, refused and told of the past, for the crash points."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.directed import People
from tests.simulation.many_items import large_order
from tests.simulation.telling import story
from tests.simulation.world import line, order


def past(external_id: str, *lines: dict[str, Any], **told: Any) -> dict[str, Any]:
    """An order of the past as another system tells it."""
    made = order(external_id, *lines)
    history = {"status": "COMPLETED", "payments": [{"provider": "old", "captured": made["totals"]["total"]}], **told}
    return {**made, "ordered_at": "2025-02-28T10:00:00Z", "payments": [], "history": history}


def order_of(people: People, external_id: str) -> str:
    """The order that a row of a file becomes, sooner or later."""
    path = f"/v1/orders?channel=web&external_id={external_id}"
    return str(people.wait_for(lambda: people.send("GET", path).body["orders"])[0]["id"])


@story
def files_of_orders(people: People) -> None:
    simulation = people.simulation
    basket = {"channel": "web", "postal_code": "10001", "ttl_seconds": 600, "lines": [{"sku": "MUG", "quantity": 1}]}
    held = people.send("POST", "/v1/reservations", basket, client="acme-web").body["id"]
    back = past("old-2", line("LAMP", 2), lines=[{"line_no": 1, "returned": 1}])
    rows = [
        order("f-1", line("MUG")),
        past("old-1", line("MUG", 2)),
        order("f-2", line("MUG"), reservation_id=held),
        order("f-3", line("MUG", 1_000)),
        back,
        order("f-1", line("LAMP")),
    ]
    text = "\n".join([*(json.dumps(row) for row in rows), "no row", ""])
    simulation.drop("orders/acme/day.jsonl", text)
    simulation.sleep(30)
    simulation.drop("orders/acme/day.jsonl", text)
    simulation.drop("orders/acme/wrong.csv", "something else\n")
    simulation.sleep(30)
    for external_id in ("f-1", "f-2"):
        order_id = order_of(people, external_id)
        people.do(people.released(order_id), "ship")
        people.until(order_id, payment_status="CAPTURED")


@story
def a_file_with_many_lines(people: People) -> None:
    """A row of it is placed as a saga."""
    people.simulation.drop("orders/acme/large.jsonl", json.dumps(large_order()))
    order_id = order_of(people, "o-1")
    people.wait_for(lambda: people.works(order_id, "OPEN"))
    people.cancel(order_id)


@story
def rows_of_a_file_that_wait(people: People) -> None:
    """Units that nobody has wait for stock, and later rows stand behind them."""
    path = "/v1/sourcing/strategies/waits"
    waits = {"id": "waits", "otherwise": "backorder", "cancel_after_days": 1}
    people.send("PUT", path, {"scenarios": [waits]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    rows = [order("f-1", line("LAST", 2)), order("f-2", line("LAST", 1), line("MUG", 1))]
    people.simulation.drop("orders/acme/wait.jsonl", "\n".join(json.dumps(row) for row in rows))
    for external_id in ("f-1", "f-2"):
        people.cancel(order_of(people, external_id))


@story
def drafts(people: People) -> None:
    """One is edited and submitted, the other paid by its customer, who clicks twice."""
    card = {"provider": "strict", "token": "tok_visa"}
    content = {**order("d-1", line("MUG")), "payments": []}
    path = f"/v1/drafts/{people.send('POST', '/v1/drafts', content, client='acme-web').body['id']}"
    people.send("PUT", path, {**content, "quote_number": "Q-1"}, client="acme-web", version=1)
    payments = [{**card, "amount": content["totals"]["total"]}]
    placed = [people.send("POST", f"{path}/submit", {"payments": payments}, client="acme-web").body["id"]]
    other = people.send("POST", "/v1/drafts", {**content, "external_id": "d-2"}, client="acme-web").body["id"]
    link = people.send("POST", f"/v1/drafts/{other}/link", client="acme-web").body["path"]
    people.send("GET", link)
    placed += [people.send("POST", link, card).body["id"] for _ in range(2)]
    people.send("GET", path)
    assert placed[1] == placed[2]
    for order_id in placed[:2]:
        people.do(people.released(order_id), "ship")
        people.until(order_id, payment_status="CAPTURED")
