"""The merchant's balance with the provider: what each movement of money added to it, and how it is paid out.

Pure: amounts are integers in minor units, signed as they change the balance; times are whole seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CHARGE, REFUND, REFUND_FAILURE = "charge", "refund", "refund_failure"
DISPUTE, DISPUTE_REVERSAL = "dispute", "dispute_reversal"
UNKNOWN_CHARGE = 4_200
_WHOLE = 10_000


def fee_of(amount: int, basis_points: int, fixed: int) -> int:
    """The provider's fee on a charge, half a minor unit rounded up."""
    return (amount * basis_points + _WHOLE // 2) // _WHOLE + fixed


@dataclass(frozen=True, slots=True)
class Transaction:
    """One change of the balance; `source` is the capture, refund or dispute that it comes from."""

    id: str
    category: str
    source: str
    payment: str | None
    amount: int
    fee: int
    currency: str
    created: int

    @property
    def net(self) -> int:
        return self.amount - self.fee

    def document(self) -> dict[str, Any]:
        return {
            "object": "balance_transaction",
            "id": self.id,
            "category": self.category,
            "source": self.source,
            "payment": self.payment,
            "amount": self.amount,
            "fee": self.fee,
            "net": self.net,
            "currency": self.currency,
            "created": self.created,
        }


@dataclass(slots=True)
class Payout:
    """What went to the merchant's bank at once; a negative amount is taken from it. Listed once it is reconciled."""

    id: str
    currency: str
    created: int
    transactions: list[Transaction] = field(default_factory=list)
    reconciled: bool = False

    @property
    def amount(self) -> int:
        return sum(one.net for one in self.transactions)

    def document(self) -> dict[str, Any]:
        return {
            "object": "payout",
            "id": self.id,
            "status": "paid",
            "amount": self.amount,
            "currency": self.currency,
            "created": self.created,
            "arrival_date": self.created,
            "reconciled": self.reconciled,
            "transactions": len(self.transactions),
            "end_to_end_id": self.id.upper().replace("_", ""),
        }


class Balance:
    """What waits for the next payout, and the payouts that were made; `run` tells the ids of two runs apart."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._made = 0
        self.waiting: list[Transaction] = []
        self.payouts: dict[str, Payout] = {}
        self._refunded: set[str] = set()

    def add(
        self, category: str, source: str, payment: str | None, amount: int, fee: int, currency: str, now: int
    ) -> None:
        """Write down one change of the balance."""
        made = Transaction(self._new_id("txn"), category, source, payment, amount, fee, currency, now)
        self.waiting.append(made)

    def refund(self, source: str, payment: str, amount: int, currency: str, now: int) -> None:
        """Money went back to a customer; the fee of the charge is kept."""
        self._refunded.add(source)
        self.add(REFUND, source, payment, -amount, 0, currency, now)

    def refund_failed(self, source: str, payment: str, amount: int, currency: str, now: int) -> None:
        """A refund did not arrive; only what had left the balance comes back to it."""
        if source in self._refunded:
            self._refunded.remove(source)
            self.add(REFUND_FAILURE, source, payment, amount, 0, currency, now)

    def _new_id(self, kind: str) -> str:
        self._made += 1
        return f"{kind}_{self._run}_{self._made:08d}"

    def pay_out(self, currency: str | None, now: int) -> list[Payout]:
        """Pay out all that waits, one payout for each currency."""
        made: dict[str, Payout] = {}
        rest: list[Transaction] = []
        for one in self.waiting:
            if currency is not None and one.currency != currency:
                rest.append(one)
                continue
            if one.currency not in made:
                made[one.currency] = Payout(self._new_id("po"), one.currency, now)
            made[one.currency].transactions.append(one)
        self.waiting = rest
        self.payouts.update((payout.id, payout) for payout in made.values())
        return list(made.values())
