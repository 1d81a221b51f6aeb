"""Stories of what customers are told, for the crash points: each message lies in the mail folder once."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.directed import SHIPPING, People
from tests.simulation.telling import story
from tests.simulation.world import line

ANN = {"name": "Ann Example", "email": "ann@example.com"}


@story
def customers_are_told(people: People) -> None:
    """One is told of three milestones and of one again, one cannot be reached, and one is told of no confirmation."""
    order_id = people.place("o-1", line("MUG", 2), customer=ANN)
    people.do(people.released(order_id), *SHIPPING)
    people.place("o-2", line("MUG"))
    people.wait_for(lambda: sorted(states(people)) == [("confirmed", "SENT"), ("confirmed", "SUPPRESSED"), SHIPPED])
    (told,) = [one for one in notices(people) if (one["milestone"], one["status"]) == SHIPPED]
    path = f"/v1/orders/{order_id}/notices"
    people.send("POST", f"{path}/{told['id']}/resend", {"locale": "fr"})
    people.wait_for(lambda: states(people).count(SHIPPED) == 2)
    people.send("PUT", "/v1/notices/rules/all", {"off": ["confirmed"]})
    people.send("POST", "/v1/notices/rules/all/promotions", {"number": 1}, version=1)
    other = people.place("o-3", line("MUG"), customer=ANN)
    people.cancel(other)
    people.wait_for(lambda: ("cancelled", "SENT") in states(people))
    people.send("GET", path)
    people.simulation.sleep(2_000)
    sent = [f"notices/acme/{one['order_id']}/{one['id']}.eml" for one in notices(people) if one["status"] == "SENT"]
    written = {name: len(versions) for name, versions in people.simulation.intake.versions.items()}
    assert written == dict.fromkeys(sent, 1), "each message that was sent lies in the mail folder once, and no other"
    assert len(sent) == 4


SHIPPED = ("shipped", "SENT")


def notices(people: People) -> list[dict[str, Any]]:
    """Every notice as it is stored."""
    rows = people.simulation.rows("orders").items()
    return [json.loads(row["body"]) for (pk, _), row in rows if "#NOTICES#" in pk]


def states(people: People) -> list[tuple[str, str]]:
    """Milestone and status of each notice."""
    return [(one["milestone"], one["status"]) for one in notices(people)]
