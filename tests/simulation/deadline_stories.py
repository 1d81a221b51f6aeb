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
