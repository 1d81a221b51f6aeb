"""Stories of papers, for the crash points: a node prints what goes with its work, and nothing is changed by it."""

from __future__ import annotations

from tests.simulation.directed import NODE, People
from tests.simulation.telling import story
from tests.simulation.world import line

GIFT = {"message": "Happy birthday", "receipt": True}


@story
def papers_are_printed(people: People) -> None:
    """Of a wave and of its work: each paper that there is, by rules of the brand, before and after it has left."""
    people.send("PUT", "/v1/papers/rules/all", {"logo": "Acme"})
    people.send("POST", "/v1/papers/rules/all/promotions", {"number": 1}, version=1)
    order_id = people.place("o-1", {**line("MUG", 2), "gift": GIFT})
    work_id = people.released(order_id)
    wave = people.send("POST", "/v1/nodes/dc-newark/waves", {}, client=NODE).body
    before = people.simulation.rows("orders")
    sheet = people.send("GET", f"/v1/nodes/dc-newark/waves/{wave['id']}/papers/pick-sheet", client=NODE)
    assert sheet.status == 200
    for paper in ("pick-sheet", "packing-slip", "gift-receipt"):
        assert printed(people, work_id, paper) == 200
    assert printed(people, work_id, "packing-slip?carton=9") == 422
    assert people.simulation.rows("orders") == before, "printing changes nothing"
    people.do(work_id, "pick", "pack", "ship")
    assert printed(people, work_id, "return-label") == 200
    people.until(order_id, payment_status="CAPTURED")


def printed(people: People, work_id: str, paper: str) -> int:
    """With which status a paper is answered."""
    return people.send("GET", f"/v1/fulfillment-orders/{work_id}/papers/{paper}", client=NODE).status
