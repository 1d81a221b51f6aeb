"""Money that two want at once: returns, goodwill, refunds, gift cards, drawers, days and payouts, for the pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.simulation.cash_stories import HUNDRED, OPENING
from tests.simulation.directed import OPERATOR, SHIPPING
from tests.simulation.goodwill_stories import MANAGER
from tests.simulation.pair_scenes import authorised, go_on_with_outbox, hold_outbox, told
from tests.simulation.sides import Side
from tests.simulation.tender_stories import gift, sold
from tests.simulation.till_stories import TILL, TRANSACTIONS, sale
from tests.simulation.till_stories import line as line_of_till
from tests.simulation.world import line

ALBANY = "albany"
UNIT = {"line_no": 1, "quantity": 1}
PAYOUT: dict[str, Any] = {
    **{"provider": "strict", "payout_id": "po_1", "currency": "USD", "business_date": "2026-11-23", "net": 400},
    "items": [
        {"kind": "charge", "reference": "ch_elsewhere", "amount": 700, "fee": 100},
        {"kind": "adjustment", "reference": "adj_1", "amount": -200},
    ],
}
CHARGE_ONLY = {"net": 600, "items": PAYOUT["items"][:1]}

# What is there before.


def sold_and_paid(sku: str = "MUG", quantity: int = 1, **more: Any) -> Callable[[Side], tuple[str, str]]:
    """An order of these units, all of which have left and are paid for."""

    def before(side: Side) -> tuple[str, str]:
        order_id = side.people.place("o-1", line(sku, quantity), **more)
        work_id = side.people.released(order_id)
        side.people.do(work_id, *SHIPPING)
        assert side.people.until(order_id, status="COMPLETED", payment_status="CAPTURED")
        return order_id, work_id

    return before


def one_paid_one_to_come(side: Side) -> tuple[str, str]:
    """Of two units one has left and is paid for, and the node still has the other one."""
    order_id = side.people.place("o-1", line("MUG", 2))
    work_id = side.people.released(order_id)
    side.people.do(work_id, "ship", lines=[UNIT])
    assert side.people.until(order_id, payment_status="PARTIALLY_CAPTURED")
    return order_id, work_id


def ready_and_not_paid(side: Side) -> tuple[str, str]:
    """Goods that are paid for when they wait at the counter have come to wait there this moment."""
    card = {"provider": "strict", "token": "tok_visa", "amount": 700, "capture_on": "ready"}
    collected = line("MUG", method="pickup", pickup_node=ALBANY)
    order_id = side.people.place("o-1", collected, payments=[card])
    work_id = side.people.released(order_id)
    side.people.do(work_id, "accept", "pick", "pack", "stage")
    return order_id, work_id


def owed(to: str | None = None, **tender: Any) -> Callable[[Side], tuple[str, str]]:
    """A unit has come back, and no provider has heard of it yet; `to` is where its money goes."""

    def before(side: Side) -> tuple[str, str]:
        made = sold_and_paid(**tender)(side)
        return _came_back(side, made, to)

    return before


def _came_back(side: Side, made: tuple[str, str], to: str | None = None) -> tuple[str, str]:
    hold_outbox(side.simulation)
    where = {} if to is None else {"to": to, "to_reason": "no card"}
    body = {"node_id": ALBANY, "reason": "too_small", "lines": [UNIT], **where}
    answer = side.people.send("POST", f"/v1/orders/{made[0]}/returns", body)
    assert answer.status == 201, answer.text
    go_on_with_outbox(side.simulation)
    return made


def one_card_for_two(side: Side) -> tuple[str, str]:
    """Two orders of 700 that are to be paid by one gift card of 1,000; the id of each."""
    card = sold(side.people, 1_000)
    hold_outbox(side.simulation)
    made = [side.people.place(f"o-{number}", line("MUG"), payments=[gift(card, 700)]) for number in (1, 2)]
    for order_id in made:
        side.invoke("source_order", {"tenant": "acme", "order_id": order_id})
    go_on_with_outbox(side.simulation)
    return made[0], made[1]


def card_for_site_and_till(side: Side) -> tuple[str, str]:
    """An order of 700 that is to be paid by a gift card of 1,000; the order's id and the card's."""
    card = sold(side.people, 1_000)
    hold_outbox(side.simulation)
    order_id = side.people.place("o-1", line("MUG"), payments=[gift(card, 700)])
    side.invoke("source_order", {"tenant": "acme", "order_id": order_id})
    go_on_with_outbox(side.simulation)
    return order_id, card


def spent_and_owed(side: Side) -> tuple[str, str]:
    """A gift card of 1,000 has paid 700, which are to go back to it; another order of 700 is to be paid by it."""
    card = sold(side.people, 1_000)
    made = sold_and_paid(payments=[gift(card, 700)])(side)
    _came_back(side, made)
    hold_outbox(side.simulation)
    other = side.people.place("o-2", line("MUG"), payments=[gift(card, 700)])
    side.invoke("source_order", {"tenant": "acme", "order_id": other})
    go_on_with_outbox(side.simulation)
    return made[0], other


def counted_drawer(side: Side) -> tuple[str, str]:
    """A drawer that was counted and holds what it should; its session."""
    here = {**OPENING, "node_id": ALBANY}
    session = str(side.people.send("POST", "/v1/drawers/D1/sessions", here).body["id"])
    path = f"/v1/drawer-sessions/{session}"
    side.people.send("POST", f"{path}/end", {"ended_by": "ann"})
    side.people.send("POST", f"{path}/counts", {"counted_by": "bob", "lines": [HUNDRED]})
    return session, session


def open_drawer_and_cash_owed(side: Side) -> tuple[str, str]:
    """An open drawer, and 700 that are owed in cash; the drawer's session and the refund's id."""
    order_id, _ = owed("cash")(side)
    (refund,) = side.people.send("GET", f"/v1/orders/{order_id}").body["refunds"]
    here = {**OPENING, "node_id": ALBANY}
    session = str(side.people.send("POST", "/v1/drawers/D1/sessions", here).body["id"])
    return session, str(refund["id"])


def over_and_not_posted(side: Side) -> str:
    """Yesterday is over, and of money that was held then the ledger has not heard."""
    queue = side.simulation.queues["PostLedgerQueue"]
    queue._running = queue.feed.concurrency
    order_id = authorised(side)
    side.simulation.sleep(40 * 3_600)
    queue._running = 0
    queue._look_at(side.simulation.scheduler.now + 1_000)
    return order_id


# What the sides do.


def bring_back(quantity: int = 1) -> Callable[[Any, Side], object]:
    """A store takes units back."""

    def take(made: Any, side: Side) -> None:
        body = {"node_id": ALBANY, "reason": "too_small", "lines": [{**UNIT, "quantity": quantity}]}
        side.http("POST", f"/v1/orders/{made[0]}/returns", body, f"return-{side.number}", OPERATOR)

    return take


def goodwill(amount: int) -> Callable[[Any, Side], object]:
    """A manager grants goodwill."""

    def ask(made: Any, side: Side) -> None:
        path, body = f"/v1/orders/{made[0]}/appeasements", {"amount": amount, "reason": "LATE"}
        side.http("POST", path, body, f"goodwill-{side.number}", OPERATOR, scopes=MANAGER)

    return ask


def pay_back(made: Any, side: Side) -> None:
    """What is owed reaches the function that asks providers to give it back."""
    side.invoke("refund_payment", told(side, made[0], "RefundOwed"))


def authorise(which: int) -> Callable[[Any, Side], object]:
    """A workflow has one of two orders paid for."""

    def call(made: Any, side: Side) -> None:
        side.invoke("authorize_payment", {"tenant": "acme", "order_id": made[which]})

    return call


def till_spends(amount: int) -> Callable[[Any, Side], object]:
    """A till sells for what is on a gift card."""

    def sell(made: Any, side: Side) -> None:
        tender = {"tender": "gift_card", "amount": amount, "reference": made[1]}
        sold = {**sale(line_of_till("MUG", 1, amount)), "tenders": [tender]}
        body = {**TILL, **sold, "node_id": ALBANY, "sequence": side.number + 1}
        side.http("POST", TRANSACTIONS, body, f"sale-{side.number}", OPERATOR)

    return sell


def till_sells(made: Any, side: Side) -> None:
    """A till sells for cash that goes into the drawer."""
    body = {**TILL, **sale(line_of_till("MUG", 1)), "node_id": ALBANY, "sequence": 1, "drawer_session_id": made[0]}
    side.http("POST", TRANSACTIONS, body, f"sale-{side.number}", OPERATOR)


def exchange(made: Any, side: Side) -> None:
    """A till sells for what is owed in cash for a return."""
    sold = {**sale(line_of_till("MUG", 1, 700)), "tenders": []}
    sold["exchange_credits"] = [{"refund_id": made[1], "amount": 700}]
    body = {**TILL, **sold, "node_id": ALBANY, "sequence": 1}
    side.http("POST", TRANSACTIONS, body, f"sale-{side.number}", OPERATOR)


def drawer_pays(made: Any, side: Side) -> None:
    """The drawer pays what is owed in cash."""
    paid = {"kind": "cash_refund", "sequence": side.number + 1, "amount": 700, "refund_id": made[1]}
    side.http("POST", f"/v1/drawer-sessions/{made[0]}/movements", paid, f"pays-{side.number}", OPERATOR)


def close_drawer(made: Any, side: Side) -> None:
    path = f"/v1/drawer-sessions/{made[0]}/close"
    side.http("POST", path, {"closed_by": "ann"}, f"close-{side.number}", OPERATOR)


def payout(**more: Any) -> Callable[[Any, Side], object]:
    """A payout is told, perhaps with other content."""

    def tell(_: Any, side: Side) -> None:
        body = {"legal_entity": "100", "payouts": [{**PAYOUT, **more}]}
        side.http("POST", "/v1/finance/settlements", body, f"payout-{side.number}", OPERATOR)

    return tell


def seal(_: Any, side: Side) -> None:
    """The date of the web shop is sealed, whatever speaks against it."""
    body = {"entity": "100", "store": "web", "force": True, "reason": "it has to be closed"}
    path = "/v1/finance/days/2026-11-23/seal"
    side.http("POST", path, body, f"seal-{side.number}", OPERATOR, scopes=("finance.write", "finance.approve"))
