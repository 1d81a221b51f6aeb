"""Rows about what providers and banks settle, and what is disputed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.lines import DEFAULT, major, minor
from tests.finance_scenarios.play import Fact, Play, with_values
from tests.finance_scenarios.steps import orders
from tests.finance_scenarios.world import CannotDo
from tests.functions.conftest import Api

PROVIDER = "strict"
# More than these are not tried together as the charges of a payout.
_MOST_TRIED = 14


def finance(play: Play) -> Api:
    return play.api("settlements", "finance.write", "finance.read")


def deposit(play: Play, row: Row) -> Mapping[str, Any]:
    body = {
        "store": play.store(row),
        "bag_id": row.get("bag") or row.name,
        "amount": play.amount(row),
        "currency": play.currency(row),
        "business_date": today(play),
        "prepared_by": row.get("actor") or "ann",
    }
    answer: Mapping[str, Any] = play.post(finance(play), "/v1/finance/deposits", body)
    play.book["in transit", body["bag_id"]] = answer
    return answer


def bank_line(sign: int) -> Any:
    def step(play: Play, row: Row) -> Mapping[str, Any]:
        reference = row.get("bag") or row.get("payout")
        amount = sign * play.amount(row)
        _history(play, row, amount)
        line: dict[str, Any] = {
            "line_id": row.get("id") or row.name,
            "amount": amount,
            "currency": play.currency(row),
            "booked_on": today(play),
        }
        if reference:
            line["end_to_end_id"] = reference
        body = {"legal_entity": play.entity(row), "account": f"bank-{play.entity(row)}", "lines": [line]}
        answer = play.post(finance(play), "/v1/finance/bank-lines", body)
        said: Mapping[str, Any] = answer["lines"][0]
        if said.get("suspense_id"):
            play.book["suspense", reference] = play.book["suspense", None] = said["suspense_id"]
        return said

    return step


def _history(play: Play, row: Row, amount: int) -> None:
    """What the bank line ends was on its way before the scenario begins, where no row says so."""
    bag, payout = row.get("bag"), row.get("payout")
    if bag and ("in transit", bag) not in play.book:
        with play.quietly():
            deposit(play, with_values(row, amount=_in_transit(row, "1030") or str(row.get("amount"))))
    if payout and ("in transit", payout) not in play.book:
        with play.quietly():
            value = _in_transit(row, "1035") or str(row.get("amount"))
            net = value if amount > 0 else f"-{value}"
            _payout(
                play, row, payout, [("charge", minor(net, play.currency(row)))], [], 0, minor(net, play.currency(row))
            )


def _in_transit(row: Row, account: str) -> str | None:
    return next((line.amount for line in row.lines if line.account == account), None)


def resolved(play: Play, row: Row) -> Mapping[str, Any]:
    reference = row.get("bag") or row.get("payout")
    suspense = play.book.get(("suspense", reference)) or play.book.get(("suspense", None))
    if suspense is None:
        suspense = _suspended_before(play, row)
    body: dict[str, Any] = {"as": row.get("as") or "CASH_SHORT", "reason": row.get("reason") or "found out"}
    if row.get("amount"):
        body["amount"] = abs(play.amount(row))
    answer: Mapping[str, Any] = play.post(finance(play), f"/v1/finance/suspense/{suspense}/resolution", body)
    return answer


def _suspended_before(play: Play, row: Row) -> str:
    """An amount in suspense since before the scenario begins: a bank line that was matched with nothing."""
    open_ = next((line.side for line in row.lines if line.account == "1090"), "Cr")
    with play.quietly():
        amount = abs(play.amount(row))
        # A debit of suspense is an amount that left the account.
        step = bank_line(1 if open_ == "Dr" else -1)
        said = step(play, with_values(row, amount=major(amount, play.currency(row)), bag="", payout=""))
    return str(said["suspense_id"])


def payout(play: Play, row: Row) -> Mapping[str, Any]:
    charges, refunds = play.amount(row, "charges"), play.amount(row, "refunds")
    fees = play.amount(row, "fees")
    net = play.amount(row, "net", charges - refunds - fees)
    made = [("charge", one) for one in _found(play, row, "PaymentCaptured", charges)]
    back = [("refund", one) for one in _found(play, row, "RefundExecuted", refunds)]
    return _payout(play, row, row.get("id") or row.name, made, back, fees, net)


def _payout(
    play: Play,
    row: Row,
    name: str,
    charges: Sequence[tuple[str, Any]],
    refunds: Sequence[tuple[str, Any]],
    fees: int,
    net: int,
) -> Mapping[str, Any]:
    items: list[dict[str, Any]] = []
    for number, (kind, one) in enumerate([*charges, *refunds], start=1):
        reference, amount = (f"{name}-{number}", one) if isinstance(one, int) else _money(one)
        items.append({"kind": kind, "reference": reference, "amount": -amount if kind == "refund" else amount})
    if fees:
        items.append({"kind": "fee", "reference": f"{name}-fees", "amount": -fees})
    if not items:
        items.append({"kind": "adjustment", "reference": f"{name}-1", "amount": net})
    one_payout: dict[str, Any] = {
        "provider": PROVIDER,
        "payout_id": name,
        "currency": play.currency(row),
        "business_date": today(play),
        "items": items,
        "net": net,
        "end_to_end_id": name,
    }
    if row.get("paid"):
        currency = row.get("paid_currency") or DEFAULT[1]
        one_payout |= {"paid_amount": minor(str(row.get("paid")), currency), "paid_currency": currency}
    body = {"legal_entity": play.entity(row), "payouts": [one_payout]}
    answer: Mapping[str, Any] = play.post(finance(play), "/v1/finance/settlements", body)
    play.book["in transit", name] = answer
    return answer


def _found(play: Play, row: Row, kind: str, amount: int) -> list[Any]:
    """The facts that a payout settles: those that come to its amount, or else an item that the books do not know."""
    if not amount:
        return []
    before: tuple[int, list[Any]] | None = play.book.get(("items", row.get("id") or row.number, kind))
    if before is not None and before[0] == amount:
        return before[1]
    found = _some(play, row, kind, amount)
    play.book["items", row.get("id") or row.number, kind] = (amount, found)
    return found


def _some(play: Play, row: Row, kind: str, amount: int) -> list[Any]:
    known = [
        fact
        for fact in play.facts
        if fact.told.type == kind
        and fact.told.data.get("provider") == PROVIDER
        and fact.told.data.get("currency") == play.currency(row)
        and ("settled", fact.told.id) not in play.book
    ]
    known.sort(key=lambda fact: fact.row is None)
    for number in range(len(known[:_MOST_TRIED]), 0, -1):
        for some in combinations(known[:_MOST_TRIED], number):
            if sum(int(fact.told.data["amount"]) for fact in some) == amount:
                for fact in some:
                    play.book["settled", fact.told.id] = True
                return list(some)
    return [amount]


def _money(fact: Fact) -> tuple[str, int]:
    data = fact.told.data
    return str(data.get("capture_id") or data.get("movement_id")), int(data["amount"])


def withdrawn(play: Play, row: Row) -> Mapping[str, Any]:
    """The charge that is disputed was made before, by a row or in the history that the scenario leaves out."""
    plan = play.plan(row)
    orders.ready(play, plan)
    known = str(play.book["order", plan.name])
    taken = [
        fact
        for fact in play.facts
        if fact.told.type in ("PaymentCaptured", "SaleRecorded") and fact.told.data.get("order_id") == known
    ]
    same = [fact for fact in taken if fact.told.data.get("amount") == play.amount(row)]
    if not taken:
        raise CannotDo(f"no charge of {plan.name} can be disputed")
    body = {
        "provider": PROVIDER,
        "dispute_id": row.get("id") or f"dp-{row.name}",
        "reference": _money((same or taken)[0])[0],
        "amount": play.amount(row),
        "fee": play.amount(row, "fee"),
        "currency": play.currency(row),
        "legal_entity": plan.owner,
    }
    answer = play.post(finance(play), "/v1/finance/disputes", body)
    name = str(answer.get("id") or answer.get("dispute_id"))
    play.book["dispute", row.get("id")] = play.book["dispute", plan.name] = name
    play.book["withdrawn", name] = play.amount(row)
    return dict(answer)


def ended(outcome: str) -> Any:
    def step(play: Play, row: Row) -> Mapping[str, Any]:
        name = play.book.get(("dispute", row.get("id"))) if row.get("id") else None
        plan = play.plan(row)
        name = name or play.book.get(("dispute", plan.name))
        if name is None:
            with play.quietly():
                withdrawn(play, row)
            name = play.book["dispute", plan.name]
        body: dict[str, Any] = {"outcome": outcome}
        withdrawn_ = play.book.get(("withdrawn", name))
        if outcome == "won" and row.get("amount") and withdrawn_ not in (None, play.amount(row)):
            # The rest of what was withdrawn is lost.
            body["amount"] = play.amount(row)
        if row.get("fee_returned"):
            given = str(row.get("fee_returned"))
            body["fee_returned"] = play.amount(row, "fee" if given == "true" else "fee_returned")
        answer: Mapping[str, Any] = play.post(finance(play), f"/v1/finance/disputes/{name}/outcome", body)
        return answer

    return step


def today(play: Play) -> str:
    return play.clock.now().date().isoformat()


STEPS = {
    "deposit.prepared": deposit,
    "bank.credited": bank_line(1),
    "bank.debited": bank_line(-1),
    "suspense.resolved": resolved,
    "psp.payout": payout,
    "dispute.funds_withdrawn": withdrawn,
    "dispute.won": ended("won"),
    "dispute.lost": ended("lost"),
}
