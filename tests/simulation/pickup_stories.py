"""Stories of goods that customers collect, for the crash points and for the rights of functions."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.crash_stories import DAY
from tests.simulation.directed import People
from tests.simulation.telling import story
from tests.simulation.world import line

RULE = {"id": "all", "proofs": ["code"], "open_days": 2, "remind_days": 1, "curbside": True}
TIMED = {**RULE, "arrival": {"minutes": 10, "remind_percent": [50]}}


def ready(people: People, external_id: str, quantity: int) -> tuple[str, str, dict[str, Any]]:
    """Goods that wait at the counter in Albany: the order, the work, and what its customer is told."""
    order_id = people.place(external_id, line("MUG", quantity, method="pickup", pickup_node="albany"))
    work_id = people.released(order_id)
    people.do(work_id, "stage")
    rows = people.simulation.rows("events").values()
    told = [json.loads(row["detail"])["data"] for row in rows if row["type"] == "FulfillmentOrderReady"]
    return order_id, work_id, next(one for one in told if one["fulfillment_order_id"] == work_id)


def rules(people: People, rule: dict[str, Any] = RULE) -> None:
    path = "/v1/collection-rules/usual"
    people.send("PUT", path, {"rules": [rule]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)


@story
def collected_at_the_curb(people: People) -> None:
    """Nobody brings the goods in time; then a wrong code is shown, and the right one; of two units one is refused."""
    rules(people, TIMED)
    order_id, work_id, told = ready(people, "o-1", 2)
    people.send("GET", f"/v1/arrivals/{told['arrival_link']}")
    people.send("POST", f"/v1/arrivals/{told['arrival_link']}", {"state": "at_curbside", "bay": "1"})
    people.wait_for(lambda: people.works(order_id)[0].get("escalated_reason") == "ARRIVAL_OVERDUE")
    shown = {"collector": "Ann", "proof": {"code": "0"}}
    people.send("POST", f"/v1/fulfillment-orders/{work_id}/hand-over", shown, f"{work_id}:wrong")
    refused = [{"line_no": 1, "quantity": 1, "reason": "changed_mind"}]
    people.do(work_id, "hand-over", collector="Ann", proof={"code": told["pickup_code"]}, refused=refused)
    people.until(order_id, payment_status="CAPTURED", status="COMPLETED")


@story
def not_collected(people: People) -> None:
    """The customer is reminded, the store keeps the goods a day longer, and nobody comes."""
    rules(people)
    order_id, work_id, _ = ready(people, "o-1", 2)
    people.send("POST", f"/v1/fulfillment-orders/{work_id}/extend", {"days": 1, "reason": "ill"})
    people.wait_for(lambda: people.header(order_id)["status"] == "CANCELLED", 6 * DAY)
