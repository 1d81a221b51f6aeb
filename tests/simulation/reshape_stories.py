"""A story of work that is reshaped until nothing of it is as it was planned, and still leaves once."""

from __future__ import annotations

from tests.simulation.crash_stories import DAY
from tests.simulation.directed import People
from tests.simulation.telling import story
from tests.simulation.world import OPERATOR, line


def reshape(people: People, work_id: str, verb: str, **body: object) -> str:
    """A verb by an operator, until it is done; the id of the work that it answers with."""
    path = f"/v1/fulfillment-orders/{work_id}/{verb}"
    answer = people.send("POST", path, body, f"{work_id}:{verb}", OPERATOR)
    assert answer.status == 200, answer.text
    return str(answer.body["id"])


def status(people: People, order_id: str, work_id: str, wanted: str) -> None:
    """Wait until some work is in a state."""
    people.wait_for(lambda: [one for one in people.works(order_id, wanted) if one["id"] == work_id], 2 * DAY)


@story
def reshaped(people: People) -> None:
    """Two lamps are held and let go, parted and put together, put off for hours, and moved to a store with limits."""
    order_id = people.place("o-1", line("LAMP", 2), line("MUG", 2))
    first = people.released(order_id)
    reshape(
        people,
        first,
        "hold",
        reason="address_check",
        expires_at=people.simulation.at(people.simulation.scheduler.now + 90_000),
    )
    second = reshape(people, first, "split", lines=[{"line_no": 1, "quantity": 2}])
    status(people, order_id, second, "OPEN")
    units = {"lines": [{"line_no": 2, "quantity": 1}]}
    content = {"fulfillment_order_id": first, **units}
    people.simulation.say("wms.dc-newark", "SplitFulfillmentOrder", f"{first}:split-again", content)
    (third,) = people.wait_for(lambda: [one for one in people.works(order_id, "OPEN") if one["id"][-1] == "3"])
    reshape(people, first, "merge", other_fulfillment_order_id=third["id"])
    people.do(first, "ship")
    later = people.simulation.at(people.simulation.scheduler.now + 7_200_000)
    reshape(people, second, "reschedule", release_at=later)
    status(people, order_id, second, "OPEN")
    moved = reshape(people, second, "move", node_id="pasadena")
    status(people, order_id, moved, "OPEN")
    people.do(moved, "accept", "ship")
    people.until(order_id, payment_status="CAPTURED")
