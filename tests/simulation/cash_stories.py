"""Stories of cash drawers, for the crash points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.simulation.directed import OPERATOR, People
from tests.simulation.telling import story
from tests.simulation.world import line

OPENING = {"device": "T1", "cashier": "ann", "currency": "USD", "opening_float": 10_000}
HUNDRED = {"denomination": 10_000, "pieces": 1}
SALE = {"kind": "cash_sale", "amount": 500, "tax": 38}
LISTED = "/v1/drawers/D2/sessions?node_id=albany"


@story
def a_drawer_is_counted(people: People) -> None:
    """Over HTTP: a movement is told twice and another one under its number; two counts; nothing over or short."""
    here = {**OPENING, "node_id": "albany"}
    first = people.send("POST", "/v1/drawers/D1/sessions", here)
    refused(people, "/v1/drawers/D1/sessions", here)
    path = f"/v1/drawer-sessions/{first.body['id']}"
    sale = {**SALE, "sequence": 2}
    for movement in (sale, sale, {"sequence": 1, "kind": "drop", "amount": 100}):
        people.send("POST", f"{path}/movements", movement)
    refused(people, f"{path}/movements", {**sale, "amount": 501})
    people.send("POST", f"{path}/end", {"ended_by": "ann"})
    for coins in ([], [{"denomination": 100, "pieces": 4}]):
        people.send("POST", f"{path}/counts", {"counted_by": "bob", "lines": [HUNDRED, *coins]})
    people.send("POST", f"{path}/close", {"closed_by": "ann"})
    people.send("GET", path)
    people.send("GET", f"{path}/movements")
    people.send("GET", "/v1/drawers/D1/sessions?node_id=albany")
    people.simulation.sleep(30)


@story
def a_store_tells_of_its_drawer(people: People) -> None:
    """On the store bus; somebody else approves the variance, and a sale and a count come after the close."""
    say(people, "OpenDrawer", "d-1", drawer_id="D2", **OPENING)
    path, named = opened(people)
    for message_id in ("d-2", "d-2", "d-3"):
        say(people, "RecordDrawerMovement", message_id, **named, **SALE, sequence=1)
    until(people, path, lambda session: session["movements"] == 1)
    count(people, path, named, [{**HUNDRED, "pieces": 2}])
    people.send("POST", f"{path}/close", {"closed_by": "max", "reason": "unknown"})
    late = {"reason": "offline", "stated_by": "max", "movement": {**SALE, "sequence": 2}}
    people.send("POST", f"{path}/restatements", late)
    found = {"lines": [HUNDRED, {"denomination": 100, "pieces": 8}]}
    people.send("POST", f"{path}/restatements", {"reason": "recount", "stated_by": "max", "count": found})
    people.simulation.sleep(30)


@story
def a_store_closes_its_drawer(people: People) -> None:
    """On the store bus, with nothing over or short."""
    say(people, "OpenDrawer", "d-1", drawer_id="D2", **OPENING)
    path, named = opened(people)
    count(people, path, named, [HUNDRED])
    say(people, "CloseDrawer", "d-4", **named, closed_by="ann")
    until(people, path, lambda session: session["state"] == "CLOSED")
    people.simulation.sleep(30)


@story
def a_day_is_sealed(people: People) -> None:
    """A drawer, a sale of the site, and the seals of both; the date closes with its files, and stays closed."""
    order_id = people.place("o-1", line("MUG"))
    people.do(people.released(order_id), "ship")
    people.until(order_id, payment_status="CAPTURED")
    first = people.send("POST", "/v1/drawers/D1/sessions", {**OPENING, "node_id": "albany"})
    path = f"/v1/drawer-sessions/{first.body['id']}"
    people.send("POST", f"{path}/end", {"ended_by": "ann"})
    people.send("POST", f"{path}/counts", {"counted_by": "bob", "lines": [HUNDRED]})
    people.simulation.sleep(40 * 3600)
    day = "/v1/finance/days/2026-11-23"
    people.send("GET", f"{day}?entity=100")
    refused(people, f"{day}/seal", {"entity": "100", "store": "albany"})
    people.send("POST", f"{path}/close", {"closed_by": "ann"})
    people.simulation.sleep(60)
    people.send("POST", f"{day}/seal", {"entity": "100", "store": "albany"})
    people.send("GET", f"{day}/exceptions?entity=100")
    people.send("POST", "/v1/finance/exports", {"entity": "100", "business_date": "2026-11-23", "kind": "close"})
    people.simulation.sleep(120)
    people.send("GET", f"{day}/exceptions?entity=100")


def opened(people: People) -> tuple[str, dict[str, str]]:
    """The path of the session that a message has opened, and what names it."""
    (session,) = people.wait_for(lambda: people.send("GET", LISTED).body["sessions"])
    return f"/v1/drawer-sessions/{session['id']}", {"session_id": session["id"]}


def count(people: People, path: str, named: dict[str, str], lines: list[dict[str, int]]) -> None:
    say(people, "EndDrawer", "d-e", **named, ended_by="ann")
    until(people, path, lambda session: session["state"] == "ENDED")
    say(people, "CountDrawer", "d-c", **named, counted_by="bob", lines=lines)
    until(people, path, lambda session: session["state"] == "COUNTED")


def until(people: People, path: str, what: Callable[[dict[str, Any]], bool]) -> None:
    people.wait_for(lambda: what(people.send("GET", path).body))


def refused(people: People, path: str, body: dict[str, Any]) -> None:
    """A call that is made once, since it is refused for good."""
    people.simulation.http("POST", path, body, f"{path}-refused", client=OPERATOR)


def say(people: People, type_: str, message_id: str, **data: Any) -> None:
    people.simulation.say("store.albany", type_, message_id, data)
