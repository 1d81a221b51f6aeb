"""Stories of goodwill, for the crash points."""

from __future__ import annotations

from typing import Any

from tests.simulation.directed import SHIPPING, People
from tests.simulation.machine.gateway import Answer
from tests.simulation.telling import story
from tests.simulation.world import line

ALL = ("appeasements.request", "appeasements.read", "appeasements.approve")
AGENT, MANAGER = (*ALL, "role.agent"), (*ALL, "role.manager")


@story
def goodwill_within_and_above_the_limits(people: People) -> None:
    """One grant at once, one that somebody else approves, one that is rejected, and a coupon; all are looked at."""
    rules(people, alerts=[{"id": "much", "of": "actor", "grants": 1}])
    order_id = people.place("o-g", line("LAST"))
    people.do(people.released(order_id), *SHIPPING)
    people.until(order_id, status="COMPLETED", payment_status="CAPTURED")
    path = f"/v1/orders/{order_id}/appeasements"
    ask(people, path, {"amount": 900, "reason": "LATE"})
    for decision in ("approve", "reject"):
        waits = ask(people, path, {"amount": 200, "reason": "OTHER", "text": "kind words"})
        one = f"/v1/appeasements/{waits.body['id']}"
        people.send("GET", one, client="acme-call-centre", scopes=AGENT)
        people.send("POST", f"{one}/decision", {"decision": decision, "reason": "seen"}, scopes=MANAGER)
    people.send("POST", path, {"amount": 100, "reason": "SERVICE", "paid_to": "coupon"}, scopes=MANAGER)
    people.send("GET", path, scopes=MANAGER)
    people.send("GET", "/v1/appeasements", scopes=MANAGER)
    people.simulation.sleep(30)


def rules(people: People, **content: Any) -> None:
    """Rules of goodwill hold."""
    people.send("PUT", "/v1/goodwill-rules/usual", content)
    people.send("POST", "/v1/goodwill-rules/usual/promotions", {"number": 1}, version=1)


def ask(people: People, path: str, body: dict[str, Any]) -> Answer:
    """An agent of the call centre asks."""
    return people.send("POST", path, body, client="acme-call-centre", scopes=AGENT)
