"""Stories of goodwill, for the crash points."""

from __future__ import annotations

from typing import Any

from tests.simulation.carrier_stories import TO, claimed
from tests.simulation.directed import NODE, SHIPPING, People
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


@story
def what_is_lost_is_made_good_by_policy(people: People) -> None:
    """A unit of a parcel is lost and claimed: a rule makes it good, once; what is collected gets nothing."""
    lost = {"id": "lost", "event": "lost_parcel", "currency": "USD", "percent": 10, "most": 500}
    rules(people, rules=[lost])
    order_id = people.place("o-g", line("MUG", 3), ship_to=TO)
    work = people.released(order_id)
    people.do(work, "accept")
    left = {"shipment": {"carrier": "USPS", "tracking_number": "LOST-1"}}
    people.send("POST", f"/v1/fulfillment-orders/{work}/ship", left, client=NODE)
    people.until(order_id, payment_status="CAPTURED")
    people.wait_for(lambda: [pk for pk, _ in people.simulation.rows("orders") if pk.endswith("TRACKING#LOST-1")])
    claimed(people, "lost", "refund")
    path = f"/v1/orders/{order_id}/appeasements"
    people.wait_for(lambda: people.send("GET", path, scopes=MANAGER).body["appeasements"])
    people.until(order_id, status="COMPLETED")
    other = people.place("o-h", line("MUG", method="pickup", pickup_node="albany"))
    people.do(people.released(other), "stage", "hand-over")
    people.until(other, payment_status="CAPTURED", status="COMPLETED")


def rules(people: People, **content: Any) -> None:
    """Rules of goodwill hold."""
    people.send("PUT", "/v1/goodwill-rules/usual", content)
    people.send("POST", "/v1/goodwill-rules/usual/promotions", {"number": 1}, version=1)


def ask(people: People, path: str, body: dict[str, Any]) -> Answer:
    """An agent of the call centre asks."""
    return people.send("POST", path, body, client="acme-call-centre", scopes=AGENT)
