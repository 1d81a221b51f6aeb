"""Orders that are edited, for the crash points: more units after some have left, fewer, and what a preview said."""

from __future__ import annotations

from typing import Any

from tests.simulation.directed import NODE, People
from tests.simulation.telling import story
from tests.simulation.world import line


def edit(people: People, order_id: str, *actions: dict[str, Any]) -> None:
    """Look at actions, and carry out what was looked at."""
    path, version = f"/v1/orders/{order_id}/edits", int(people.header(order_id)["version"])
    wish = {"mode": "preview", "reason": "customer", "actions": list(actions)}
    looked = people.send("POST", path, wish, version=version)
    people.send("POST", path, {"mode": "commit", "preview_id": looked.body["preview_id"]}, version=version)


@story
def an_order_is_edited_up_and_down(people: People) -> None:
    """Of two mugs one has left: two more join the order and are paid for, one of them goes again, one costs less."""
    order_id = people.place("e-1", line("MUG", 2))
    first = people.released(order_id)
    people.do(first, "ship", lines=[{"line_no": 1, "quantity": 1}])
    people.until(order_id, payment_status="PARTIALLY_CAPTURED")
    people.simulation.sleep(30)
    edit(people, order_id, {"action": "set_quantity", "line_no": 1, "quantity": 4})
    people.wait_for(lambda: len(people.works(order_id, "OPEN")) == 1)
    people.simulation.sleep(30)
    edit(people, order_id, {"action": "set_quantity", "line_no": 2, "quantity": 1})
    people.simulation.sleep(30)
    edit(people, order_id, {"action": "change_price", "line_no": 2, "unit_price": 100})
    people.simulation.sleep(30)
    for _ in range(2):
        people.send("GET", f"/v1/orders/{order_id}/changes")
    for work in (one for one in people.works(order_id) if one["status"] != "CANCELLED"):
        people.send("POST", f"/v1/fulfillment-orders/{work['id']}/ship", {}, f"{work['id']}:rest", NODE)
    people.until(order_id, status="COMPLETED", payment_status="CAPTURED")
