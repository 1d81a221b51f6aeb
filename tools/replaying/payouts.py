"""What the payment provider pays out, made from its own log of effects: each day what it took the day before.

Simulated, because its log knows no fees: a fee for each charge, and a bank that books a payout on the next day.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tools.replaying.documents import FILE_ZONE
from tools.replaying.provider import TAKES, Effect

# A business day ends at this local time, as the product has it where a node says nothing else.
CUT_OFF = time(4)
# 2.9 % and 30 pence, a provider's usual tariff.
FEE_BASIS_POINTS, FEE_FIXED = 290, 30
MOST_ITEMS = 500
KINDS = {"captured": "charge", "refunded": "refund"}


@dataclass(frozen=True, slots=True)
class Item:
    """One movement of the provider's balance, signed; `fee` is what the provider keeps of it. Minor units."""

    day: date
    kind: str
    reference: str
    amount: int
    fee: int


@dataclass(frozen=True, slots=True)
class Payout:
    """What is paid out at once, on a business date."""

    id: str
    day: date
    items: tuple[Item, ...]

    @property
    def gross(self) -> int:
        return sum(item.amount for item in self.items)

    @property
    def fees(self) -> int:
        return sum(item.fee for item in self.items)

    @property
    def net(self) -> int:
        return self.gross - self.fees


def business_day(at: int) -> date:
    """The business date of the shop at a second since 1970."""
    local = datetime.fromtimestamp(at, UTC).astimezone(FILE_ZONE)
    return local.date() - timedelta(days=local.time() < CUT_OFF)


def items_of(effects: Iterable[Effect], orders: Collection[str]) -> list[Item]:
    """What the provider took and gave back for some orders, in the order of its log."""
    items = []
    for effect in effects:
        kind = KINDS.get(effect["effect"])
        if kind is not None and effect["metadata"].get("order_id") in orders:
            amount = TAKES[effect["effect"]] * effect["amount"]
            items.append(Item(business_day(effect["at"]), kind, effect["reference"], amount, fee_of(amount)))
    return items


def fee_of(amount: int) -> int:
    """The provider's fee, half up; refunds cost nothing and give no fee back."""
    return (amount * FEE_BASIS_POINTS + 5_000) // 10_000 + FEE_FIXED if amount > 0 else 0


def payouts_on(day: date, items: Iterable[Item], run: str) -> list[Payout]:
    """The payouts of a day: everything of the day before, in as many payouts as the door needs."""
    due = [item for item in items if item.day == day - timedelta(days=1)]
    parts = [due[first : first + MOST_ITEMS] for first in range(0, len(due), MOST_ITEMS)]
    return [Payout(f"po-{run}-{day.isoformat()}-{number}", day, tuple(part)) for number, part in enumerate(parts, 1)]


def balance_document(
    day: date, items: Iterable[Item], paid_out: Iterable[Payout], provider: str, currency: str
) -> dict[str, Any]:
    """What the provider keeps at the end of a day, as POST /v1/finance/provider-balances takes it."""
    taken = Payout("", day, tuple(item for item in items if item.day <= day))
    gross = taken.gross - sum(payout.gross for payout in paid_out)
    fees = taken.fees - sum(payout.fees for payout in paid_out)
    return {
        "provider": provider,
        "currency": currency,
        "business_date": day.isoformat(),
        "pending": gross - fees,
        "available": 0,
        "fees": fees,
    }


def payout_document(payout: Payout, provider: str, currency: str) -> dict[str, Any]:
    """A payout as POST /v1/finance/settlements takes it."""
    return {
        "provider": provider,
        "payout_id": payout.id,
        "currency": currency,
        "business_date": payout.day.isoformat(),
        "net": payout.net,
        "end_to_end_id": payout.id,
        "items": [
            {"kind": item.kind, "reference": item.reference, "amount": item.amount, "fee": item.fee}
            for item in payout.items
        ],
    }


def bank_line(payout: Payout, booked_on: date, currency: str) -> dict[str, Any]:
    """The line with which the bank books a payout, as POST /v1/finance/bank-lines takes it."""
    return {
        "line_id": payout.id,
        "amount": payout.net,
        "currency": currency,
        "booked_on": booked_on.isoformat(),
        "end_to_end_id": payout.id,
        "text": f"payout {payout.id}",
    }
