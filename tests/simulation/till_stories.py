"""Stories of tills, for the crash points."""

from __future__ import annotations

from typing import Any

from tests.simulation.cash_stories import HUNDRED, OPENING, count, opened, say, until
from tests.simulation.directed import OPERATOR, People
from tests.simulation.telling import story
from tests.simulation.tender_stories import sold

DAY = "2026-11-23"
DAY_AFTER = 86_700
TILL = {"workstation": "T1", "business_date": DAY, "cashier": "ann"}
TRANSACTIONS = "/v1/pos/transactions"
HOME = {"city": "Albany", "postal_code": "12207", "country": "US"}
LOG = (
    "<Transaction><RetailStoreID>albany</RetailStoreID><WorkstationID>9</WorkstationID>"
    "<SequenceNumber>1</SequenceNumber><BusinessDayDate>2026-11-23</BusinessDayDate>"
    "<EndDateTime>2026-11-23T09:00:00Z</EndDateTime><ControlTransaction><NoSale/></ControlTransaction></Transaction>"
)


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
    mixed = people.send("POST", TRANSACTIONS, {**here, **sale(line("MUG", 1), sent("MUG", 1)), "sequence": 4}).body
    people.do(people.released(mixed["order_id"]), "ship")
    people.until(mixed["order_id"], status="COMPLETED")
    people.send("GET", f"/v1/pos/workstations?node_id=albany&business_date={DAY}")
    people.simulation.sleep(30)


@story
def a_store_tells_of_its_till(people: People) -> None:
    """On the store bus: a sale into a drawer, and one that comes after its close."""
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


@story
def a_gift_card_pays_at_a_till(people: People) -> None:
    """Over HTTP, beside cash, and on the store bus; more than is on it is refused, and a return fills it again."""
    card = sold(people, 1_500)
    both = [{"tender": "gift_card", "amount": 600, "reference": card}, {"tender": "cash", "amount": 400}]
    first = {**TILL, **sale(line("MUG", 1)), "node_id": "albany", "sequence": 1, "tenders": both}
    order_id = people.send("POST", TRANSACTIONS, first).body["order_id"]
    whole = [{"tender": "gift_card", "amount": 1_000, "reference": card}]
    refused = {**first, "sequence": 2, "tenders": whole}
    people.simulation.http("POST", TRANSACTIONS, refused, "too-much", client=OPERATOR)
    back = {"node_id": "albany", "reason": "too_small", "lines": [{"line_no": 1, "quantity": 1}]}
    people.send("POST", f"/v1/orders/{order_id}/returns", back)
    people.wait_for(lambda: balance(people, card) == 1_500)
    say(people, "RecordPosTransaction", "t-3", **TILL, **{**sale(line("MUG", 1)), "tenders": whole}, sequence=3)
    people.wait_for(lambda: balance(people, card) == 500)
    people.simulation.sleep(30)


@story
def an_exchange_at_a_till(people: People) -> None:
    """What is owed in cash for a return pays a part of a new sale."""
    order_id = people.place("o-1", {"sku": "MUG", "quantity": 1, "unit_price": 700, "total": 700})
    people.do(people.released(order_id), "ship")
    people.until(order_id, payment_status="CAPTURED")
    back = {"node_id": "albany", "reason": "too_small", "to": "cash", "to_reason": "exchange"}
    people.send("POST", f"/v1/orders/{order_id}/returns", {**back, "lines": [{"line_no": 1, "quantity": 1}]})
    (refund,) = people.send("GET", f"/v1/orders/{order_id}").body["refunds"]
    sold = {**TILL, **sale(line("MUG", 1)), "node_id": "albany", "sequence": 8}
    sold["exchange_credits"] = [{"refund_id": refund["id"], "amount": 700}]
    sold["tenders"] = [{"tender": "cash", "amount": 300}]
    people.send("POST", TRANSACTIONS, sold)
    people.simulation.sleep(30)


@story
def a_till_sells_what_others_wait_for(people: People) -> None:
    """Lines for later: of an item that others wait for, and of one that a basket held for too long; by both doors."""
    path = "/v1/sourcing/strategies/waits"
    people.send("PUT", path, {"scenarios": [{"id": "waits", "otherwise": "backorder", "cancel_after_days": 1}]})
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)
    people.send("PUT", "/v1/inventory/rules/tills", {"connections": [{"id": "logs", "adapter": "poslog"}]})
    people.send("POST", "/v1/inventory/rules/tills/promotions", {"number": 1}, version=1)
    basket = {"channel": "web", "postal_code": "10001", "ttl_seconds": 60, "lines": [{"sku": "MUG", "quantity": 7}]}
    people.send("POST", "/v1/reservations", basket, client="acme-web")
    people.simulation.sleep(61)
    first = {**TILL, **sale(sent("MUG", 7), sent("LAST", 2)), "node_id": "albany", "sequence": 5}
    people.send("POST", TRANSACTIONS, first)
    people.simulation.sleep(30)
    people.send("POST", TRANSACTIONS, {**TILL, **sale(sent("LAST", 1)), "node_id": "albany", "sequence": 6})
    basket["lines"] = [{"sku": "LAMP", "quantity": 3}]
    people.send("POST", "/v1/reservations", basket, client="acme-web")
    people.simulation.sleep(61)
    say(people, "RecordPosTransaction", "t-7", **TILL, **sale(sent("LAMP", 5), sent("LAST", 1)), sequence=7)
    say(people, "RecordForeignTransactions", "t-8", connection="logs", body=LOG)
    people.simulation.sleep(DAY_AFTER)
    people.simulation.ring("BrokerBacklog")


def balance(people: People, card: str) -> int:
    return int(people.send("GET", f"/v1/gift-cards/{card}").body["balance"])


def sent(sku: str, quantity: int) -> dict[str, Any]:
    return line(sku, quantity, method="delivery", ship_to=HOME)


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
