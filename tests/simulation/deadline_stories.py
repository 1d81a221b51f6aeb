"""Stories of work that has deadlines, for the crash points and for the rights of functions."""

from __future__ import annotations

from tests.simulation.directed import People
from tests.simulation.telling import story
from tests.simulation.world import line


@story
def service_levels(people: People) -> None:
    """A node is reminded, a person is told, and the node ships after all."""
    path = "/v1/service-levels/usual"
    level = {"id": "all", "accept_minutes": 20, "remind_percent": [50]}
    people.send("PUT", path, {"levels": [level]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    order_id = people.place("o-1", line("MUG", 2))
    work_id = people.released(order_id)
    people.wait_for(lambda: people.works(order_id)[0].get("escalated_reason") == "ACCEPT_OVERDUE")
    people.do(work_id, "ship")
    people.until(order_id, payment_status="CAPTURED")


@story
def tasks(people: People) -> None:
    """Customer care sees the work that is overdue among its tasks, and the node in its queue."""
    path = "/v1/service-levels/usual"
    people.send("PUT", path, {"levels": [{"id": "all", "accept_minutes": 20}]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    order_id = people.place("o-1", line("MUG", 2))
    work_id = people.released(order_id)
    node_id = people.works(order_id)[0]["node_id"]
    people.send("GET", f"/v1/nodes/{node_id}/tasks")
    (task,) = people.wait_for(lambda: people.send("GET", "/v1/tasks").body["tasks"])
    # To a node it does not exist.
    people.simulation.say(f"store.{node_id}", "CompleteTask", "t-1", {"task_id": task["id"]})
    people.send("POST", f"/v1/tasks/{task['id']}/completions", {"outcome": "store_called"})
    people.send("GET", f"/v1/tasks/{task['id']}")
    people.do(work_id, "ship")
    people.until(order_id, payment_status="CAPTURED")


@story
def promise_at_risk(people: People) -> None:
    """What was promised is still at its node shortly before it is to leave; customer care hears of it."""
    path = "/v1/service-levels/usual"
    people.send("PUT", path, {"levels": [{"id": "all", "at_risk_minutes": 20_000}]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    basket = [{"sku": "MUG", "quantity": 2, "methods": ["ship"]}]
    promised = people.send(
        "POST", "/v1/promises", {"channel": "web", "postal_code": "10003", "lines": basket}, client="acme-web"
    )
    order_id = people.place("o-1", line("MUG", 2), promise_id=promised.body["id"])
    work_id = people.released(order_id)
    people.wait_for(
        lambda: [one["kind"] for one in people.send("GET", "/v1/tasks").body["tasks"]] == ["PROMISE_AT_RISK"]
    )
    people.do(work_id, "ship")
    people.until(order_id, payment_status="CAPTURED")


@story
def asked_back(people: People) -> None:
    """Two nodes accept and do not pick: one says nothing when it is asked, the other one lets go; others ship both."""
    path = "/v1/service-levels/usual"
    level = {"id": "all", "where": {"nodes": ["dc-newark"]}, "pick_minutes": 20, "reclaim_percent": 150}
    people.send("PUT", path, {"levels": [{**level, "reclaim_minutes": 10}]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    for external_id in ("o-1", "o-2"):
        order_id = people.place(external_id, line("MUG", 1))
        work_id = people.released(order_id)
        people.do(work_id, "accept")
        people.wait_for(lambda order_id=order_id: people.works(order_id)[0].get("cancel_request"))
        if external_id == "o-2":
            people.do(work_id, "cancel-response", accepted=True)
        (elsewhere,) = people.wait_for(lambda order_id=order_id: people.works(order_id, "OPEN"))
        people.do(str(elsewhere["id"]), "ship")
        people.until(order_id, payment_status="CAPTURED")
