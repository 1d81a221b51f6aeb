"""Stories of tills, for the crash points."""

from __future__ import annotations

from typing import Any

from tests.simulation.cash_stories import HUNDRED, OPENING, count, opened, say, until
from tests.simulation.directed import OPERATOR, People
from tests.simulation.telling import story

DAY = "2026-11-23"
TILL = {"workstation": "T1", "business_date": DAY, "cashier": "ann"}
TRANSACTIONS = "/v1/pos/transactions"


@story
def a_till_sells(people: People) -> None:
    """Over HTTP: cash into a drawer, the same again and another content under its number, and a line that is sent."""
    here = {**TILL, "node_id": "albany"}
    session = people.send("POST", "/v1/drawers/D2/sessions", {**OPENING, "node_id": "albany"}).body
    sold = {**here, **sale(line("MUG", 1)), "sequence": 3, "drawer_session_id": session["id"]}
    people.send("POST", TRANSACTIONS, sold)
    people.send("POST", TRANSACTIONS, sold)
    people.simulation.http("POST", TRANSACTIONS, {**sold, "cashier": "bob"}, "told-otherwise", client=OPERATOR)
    people.send("POST", TRANSACTIONS, {**here, "sequence": 1, "type": "no_sale"})
    to = {"city": "Albany", "postal_code": "12207", "country": "US"}
    sent = line("MUG", 1, method="delivery", ship_to=to)
    mixed = people.send("POST", TRANSACTIONS, {**here, **sale(line("MUG", 1), sent), "sequence": 4}).body
    people.do(people.released(mixed["order_id"]), "ship")
    people.until(mixed["order_id"], status="COMPLETED")
    people.send("GET", f"/v1/pos/workstations?node_id=albany&business_date={DAY}")
    people.simulation.sleep(30)


@story
def a_store_tells_of_its_till(people: People) -> None:
    """On the store bus: a sale into a drawer, one that comes after its close, and a log of another system."""
    say(people, "OpenDrawer", "d-1", drawer_id="D2", **OPENING)
    path, named = opened(people)
    for message_id in ("t-1", "t-1", "t-2"):
        say(people, "RecordPosTransaction", message_id, **TILL, **sale(line("MUG", 1)), sequence=1, **drawer(named))
    until(people, path, lambda session: session["movements"] == 1)
    count(people, path, named, [HUNDRED, {"denomination": 1_000, "pieces": 1}])
    say(people, "CloseDrawer", "d-4", **named, closed_by="ann")
    until(people, path, lambda session: session["state"] == "CLOSED")
    say(people, "RecordPosTransaction", "t-3", **TILL, **sale(line("MUG", 1)), sequence=2, **drawer(named))
    until(people, path, lambda session: session["state"] == "RESTATED")
    people.simulation.sleep(30)


def line(sku: str, quantity: int, price: int = 1_000, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "unit_price": price, "total": price * quantity, **more}


def sale(*lines: dict[str, Any]) -> dict[str, Any]:
    """A sale that is paid in cash."""
    total = sum(one["total"] for one in lines)
    return {
        "type": "sale",
        "currency": "USD",
        "lines": list(lines),
        "totals": {"goods": total, "total": total},
        "tenders": [{"tender": "cash", "amount": total}],
    }


def drawer(named: dict[str, str]) -> dict[str, str]:
    return {"drawer_session_id": named["session_id"]}
