"""Stories of returns by post, for the crash points and the rights of functions."""

from __future__ import annotations

from tests.simulation.crash_stories import DAY
from tests.simulation.directed import SHIPPING, People
from tests.simulation.telling import story
from tests.simulation.world import line

RULES = {
    "rules": [
        {"id": "scarves", "skus": ["SCARF"], "approve": "person", "refund_at": "inspection", "rma_days": 2},
        {"id": "all", "window_days": 90, "rma_days": 2},
    ]
}


def rules(people: People) -> None:
    """Returns by post may come for two days."""
    people.send("PUT", "/v1/return-rules/usual", RULES)
    people.send("POST", "/v1/return-rules/usual/promotions", {"number": 1}, version=1)


def sent(people: People, *lines: dict[str, object]) -> str:
    """The path of an order that was sent and paid."""
    order_id = people.place("o-p", *lines)
    people.do(people.released(order_id), *SHIPPING)
    people.until(order_id, status="COMPLETED", payment_status="CAPTURED")
    return f"/v1/orders/{order_id}"


def unit(line_no: int = 1, quantity: int = 1) -> dict[str, object]:
    return {
        "kind": "mail_in",
        "reason": "too_small",
        "lines": [{"line_no": line_no, "quantity": quantity}],
    }


def state(people: People, path: str) -> str:
    """The state of a return."""
    return str(people.send("GET", path).body.get("state"))


@story
def units_come_back_by_post(people: People) -> None:
    """Two of three units are received and graded, the third does not come in time and leaves the return."""
    rules(people)
    path = sent(people, line("MUG", 3))
    people.send("GET", f"{path}/returnable")
    own = f"/v1/returns/{people.send('POST', f'{path}/returns', unit(quantity=3)).body['id']}"
    for node, received in (("albany", 1), ("dc-newark", 1)):
        here = {"node_id": node, "lines": [{"line_no": 1, "received": received}]}
        people.send("POST", f"{own}/receipts", here)
        graded = {"line_no": 1, "quantity": 1, "grade": "A", "disposition": "restock"}
        if node == "albany":
            graded = {**graded, "grade": "D", "disposition": "destroy"}
        people.send("POST", f"{own}/inspection", {"node_id": node, "lines": [graded]})
    people.until(path.rpartition("/")[2], payment_status="PARTIALLY_REFUNDED")
    people.wait_for(lambda: state(people, own) == "CLOSED", 4 * DAY)
    people.send("POST", f"{own}/reopen", {"reason": "it came late"})
    people.simulation.sleep(30)


@story
def returns_by_post_that_end_early(people: People) -> None:
    """One is declined and opened again, and paid when it is inspected; another is cancelled."""
    rules(people)
    path = sent(people, line("SCARF", 1), line("MUG", 1))
    first = f"/v1/returns/{people.send('POST', f'{path}/returns', unit()).body['id']}"
    people.send("POST", f"{first}/decision", {"decision": "decline", "reason": "worn"})
    people.send("POST", f"{first}/reopen", {"reason": "seen in the store"})
    people.send("POST", f"{first}/receipts", {"node_id": "albany", "lines": [{"line_no": 1, "received": 1}]})
    graded = {"line_no": 1, "quantity": 1, "grade": "C", "disposition": "vendor"}
    people.send("POST", f"{first}/inspection", {"node_id": "albany", "lines": [graded]})
    second = f"/v1/returns/{people.send('POST', f'{path}/returns', unit(2)).body['id']}"
    people.send("POST", f"{second}/cancel", {"reason": "kept"})
    people.until(path.rpartition("/")[2], payment_status="PARTIALLY_REFUNDED")
    people.simulation.sleep(30)


@story
def a_return_whose_workflow_was_never_begun(people: People) -> None:
    """The sweeper ends it by what is stored, an hour after its deadline."""
    rules(people)
    path = sent(people, line("MUG", 1))
    own = f"/v1/returns/{people.send('POST', f'{path}/returns', unit()).body['id']}"
    people.simulation.sleep(2 * DAY + 4_000)
    people.simulation.ring("RecoverSagas")
    people.wait_for(lambda: state(people, own) == "CLOSED", DAY)
