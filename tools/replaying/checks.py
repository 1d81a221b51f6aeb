"""What must hold after a replay. Each check compares figures that came by different ways.

Amounts are pennies, except the values of the file, which are exact decimals.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tools.replaying.books import Sums
from tools.replaying.orders import CANCELLED, COMPONENTS
from tools.replaying.outcome import Outcome, Placed
from tools.replaying.plan import Plan
from tools.replaying.preparing import Stock, total_received
from tools.replaying.rules import from_minor

SHOWN = 5
# Which account of the ledger tells which figure; credit stands for plus where the account is one of revenue.
GOODS, DISCOUNTS, SHIPPING, TAX = "4010 GBP", "4092 GBP", "4020 GBP", "2040 GBP"
CARD_CLEARING, DEPOSITS, HOLDS = "1110 GBP", "2010 GBP", "9010 GBP"
IN_TRANSIT, BANK, FEES = "1035 GBP", "1040 GBP", "6010 GBP"


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: `faults` is empty when it holds, `shown` says what was compared."""

    name: str
    shown: str
    faults: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.faults


@dataclass(frozen=True, slots=True)
class Money:
    """Where the money of the accepted orders went; `gone` left with orders that were cancelled whole.

    `captured` is what the orders say, `taken` what the provider's log says of those that it knows.
    """

    accepted: int
    cancelled: int
    gone: int
    shipped: Mapping[str, int]
    shipped_total: int
    captured: int
    taken: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What the provider has paid out, before its fees, and what of that the bank has booked."""

    gross: int = 0
    fees: int = 0
    booked: int = 0


def money_of(outcome: Outcome) -> Money:
    states = [placed.state for placed in outcome.placed.values() if placed.state is not None]
    return Money(
        accepted=outcome.accepted_amount,
        cancelled=sum(cancellation.amount for cancellation in outcome.cancellations),
        gone=sum(_gone(placed) for placed in outcome.placed.values()),
        shipped={name: sum(state.shipped[name] for state in states) for name in COMPONENTS},
        shipped_total=sum(state.shipped_total for state in states),
        captured=sum(state.captured for state in states),
        taken=sum(outcome.takings.get(placed.order_id, 0) for placed in outcome.placed.values()),
    )


def _gone(placed: Placed) -> int:
    """What a wholly cancelled order had beside the lines that the file cancels: postage, services."""
    is_cancelled = placed.state is not None and placed.state.status == CANCELLED
    return placed.total - placed.cancelled_amount if is_cancelled else 0


def check_file(plan: Plan, outcome: Outcome) -> Check:
    """Every penny of the file is in an order, in a cancellation, among what was not done, or was rounded."""
    parts = from_minor(outcome.accepted_amount)
    parts -= from_minor(sum(cancellation.amount for cancellation in outcome.cancellations))
    parts += sum((reject.value for reject in outcome.rejects), Decimal(0)) + outcome.rounding
    faults = [] if parts == plan.file_value else [f"the parts come to {parts}, the file to {plan.file_value}"]
    if outcome.documents != len(plan.steps):
        faults.append(f"only {outcome.documents} of {len(plan.steps)} documents were dealt with")
    return made("the sums tie to the file", f"net {plan.file_value:,} GBP", faults)


def check_refusals(outcome: Outcome, server_errors: Sequence[str]) -> Check:
    """The system took everything that the rules let through, and broke on nothing."""
    faults = [*outcome.refusals, *server_errors]
    return made("nothing was refused that the rules let through", f"{len(outcome.placed)} orders taken", faults)


def check_orders(outcome: Outcome) -> Check:
    """Every order has ended, and what left is what its cancellations had left of it."""
    faults = []
    for placed in outcome.placed.values():
        state = placed.state
        if state is None or not placed.is_settled:
            faults.append(f"{_name(placed)} is {state.status if state else 'unread'} and not settled")
            continue
        cancelled = placed.cancelled_units
        for line_no, line in enumerate(placed.sale.lines, start=1):
            # A service beside goods is in no parcel; its money is in the sum below.
            if state.status == CANCELLED or not (line.is_stock or placed.sale.is_service_only):
                continue
            expected = line.quantity - cancelled.get(line_no, 0)
            if state.shipped_units.get(line_no, 0) != expected:
                faults.append(
                    f"{_name(placed)} line {line_no} shipped {state.shipped_units.get(line_no, 0)}, not {expected}"
                )
    ended = Counter(placed.state.status for placed in outcome.placed.values() if placed.state)
    shown = ", ".join(f"{count} {status}" for status, count in sorted(ended.items()))
    return made("every accepted order has ended as it should", shown or "no orders", faults)


def check_captures(outcome: Outcome, *, all_known: bool = True) -> Check:
    """Order by order, what the provider took is what the order says, is what left, and is what was agreed less what
    was cancelled.

    `all_known` is False where the provider may have been restarted since: it keeps its log in memory.
    """
    faults = []
    for placed in outcome.placed.values():
        state = placed.state
        if state is None:
            continue
        expected = placed.total - placed.cancelled_amount - _gone(placed)
        unknown = None if all_known else state.captured
        taken = outcome.takings.get(placed.order_id, 0 if not state.captured else unknown)
        if not taken == state.captured == state.shipped_total == expected:
            at_provider = "nothing that it knows of" if taken is None else taken
            faults.append(
                f"{_name(placed)} took {state.captured} (the provider: {at_provider}) "
                f"for {state.shipped_total} shipped, {expected} expected"
            )
    money = money_of(outcome)
    return made("captured by the provider = by the orders = shipped", f"{from_minor(money.captured):,.2f} GBP", faults)


def check_books(outcome: Outcome, posted: Sums, settled: Settled = Settled()) -> Check:
    """The ledger is in balance per currency, and its accounts say what the orders, the payouts and the bank say."""
    totals = _totals(posted)
    shown = ", ".join(f"{both[0] / 100:,.2f} {currency}" for currency, both in sorted(totals.items()))
    return made(
        "the ledger is in balance and equal to what shipped",
        f"debits = credits = {shown or 'nothing'}",
        book_faults(outcome, posted, settled),
    )


def book_faults(outcome: Outcome, posted: Sums, settled: Settled, *, all_ended: bool = True) -> list[str]:
    """What the accounts say otherwise than the orders, the payouts and the bank.

    Where not `all_ended`, orders that wait may still hold money.
    """
    faults = [
        f"debits of {debits} {currency} against credits of {credits}"
        for currency, (debits, credits) in sorted(_totals(posted).items())
        if debits != credits
    ]
    money = money_of(outcome)
    expected = {
        GOODS: -money.shipped["goods"],
        DISCOUNTS: money.shipped["discount"],
        SHIPPING: -money.shipped["shipping"],
        TAX: -money.shipped["tax"],
        CARD_CLEARING: money.captured - settled.gross,
        DEPOSITS: 0,
        IN_TRANSIT: settled.gross - settled.fees - settled.booked,
        BANK: settled.booked,
        FEES: settled.fees,
        **({HOLDS: 0} if all_ended else {}),
    }
    for account, balance in expected.items():
        debit, credit = posted.get(account, [0, 0])
        if debit - credit != balance:
            faults.append(f"account {account} has {debit - credit}, the orders say {balance}")
    return faults


def _totals(posted: Sums) -> dict[str, list[int]]:
    """Debits and credits by currency."""
    totals: dict[str, list[int]] = {}
    for name, (debit, credit) in posted.items():
        both = totals.setdefault(name.split()[1], [0, 0])
        both[0] += debit
        both[1] += credit
    return totals


def check_stock(plan: Plan, outcome: Outcome, before: Stock, after: Stock) -> Check:
    """Units received less units shipped, more or less units found or written off, are on hand; none is promised."""
    shipped: Counter[str] = Counter()
    for placed in outcome.placed.values():
        for line_no, units in placed.state.shipped_units.items() if placed.state else ():
            line = placed.sale.lines[line_no - 1]
            shipped[line.sku] += units if line.is_stock else 0
    changed: Counter[str] = Counter()
    for change in outcome.stock_changes:
        changed[change.sku] += change.quantity
    faults = []
    for sku in plan.skus:
        expected = before[sku][0] + total_received(plan, sku) - shipped[sku] + changed[sku]
        if after[sku][0] != expected:
            faults.append(f"{sku}: {after[sku][0]} on hand, not {expected}")
        if after[sku][1] != before[sku][1]:
            faults.append(f"{sku}: {after[sku][1]} units promised, {before[sku][1]} before")
    received = sum(total_received(plan, sku) for sku in plan.skus)
    shown = (
        f"{received:,} received - {sum(shipped.values()):,} shipped {sum(changed.values()):+,} found and written off"
    )
    return made(f"the stock of {len(plan.skus)} SKUs adds up, nothing promised", shown, faults)


def check_unchanged(before: Stock, after: Stock, posted: Sums, replays: Iterable[Placed]) -> Check:
    """A run that was finished before changes nothing when it is repeated."""
    faults = [f"{_name(placed)} was placed anew" for placed in replays if not placed.replayed]
    faults += [f"{sku}: {after[sku]} instead of {before[sku]}" for sku in before if before[sku] != after[sku]]
    faults += [f"account {account} moved by {moved}" for account, moved in posted.items() if any(moved)]
    return made("repeating a finished run changes nothing", f"{len(before)} SKUs and the ledger as before", faults)


def _name(placed: Placed) -> str:
    return f"{placed.sale.document.number} ({placed.order_id})"


def made(name: str, shown: str, faults: list[str]) -> Check:
    """A check with the first of its faults."""
    more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
    return Check(name, shown, (*faults[:SHOWN], *more))
