"""Payouts and disputes of the fake provider: what it does by itself, by its clock, and when an admin call says so.

In the synchronous manner a dispute takes its money and a payout is reconciled at once, as at Stripe. In the
asynchronous manner a dispute is first notified of and takes its money later, and the list of a payout comes later too,
as at Adyen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from local.psp import requests
from local.psp.balance import CHARGE, DISPUTE, DISPUTE_REVERSAL, UNKNOWN_CHARGE, Balance, Payout, fee_of
from local.psp.faults import PAYOUT_FAULTS
from local.psp.payment import Movement, Payment
from local.psp.refusals import Refused
from local.psp.settings import ASYNCHRONOUS

if TYPE_CHECKING:
    from local.psp.core import Psp

WARNING, OPEN, WON, LOST = "warning", "open", "won", "lost"


@dataclass(slots=True)
class Dispute:
    """A customer's bank takes a captured payment back, or with `warning` only asks about it."""

    id: str
    payment: Payment
    capture: str
    amount: int
    reason: str
    created: int
    status: str = WARNING
    withdrawn: bool = False
    fee: int = 0
    fee_returned: int = 0

    def document(self) -> dict[str, Any]:
        return {
            "object": "dispute",
            "id": self.id,
            "payment": self.payment.id,
            "capture": self.capture,
            "amount": self.amount,
            "currency": self.payment.currency,
            "fee": self.fee,
            "fee_returned": self.fee_returned,
            "status": self.status,
            "withdrawn": self.withdrawn,
            "reason": self.reason,
            "created": self.created,
        }


class Settling:
    """The balance of one provider, its payouts and its disputes."""

    def __init__(self, psp: Psp, run: str) -> None:
        self._psp = psp
        self.balance = Balance(run)
        self.disputes: dict[str, Dispute] = {}
        self._every: int | None = None

    def moved(self, kind: str, payment: Payment, movement: Movement, now: int) -> None:
        """A capture or refund was announced: what it does to the balance."""
        settings, balance = self._psp.settings, self.balance
        whose = (movement.id, payment.id)
        if kind == "payment.captured":
            fee = fee_of(movement.amount, settings.fee_basis_points, settings.fee_fixed)
            balance.add(CHARGE, *whose, movement.amount, fee, payment.currency, now)
        elif kind == "refund.succeeded":
            balance.refund(*whose, movement.amount, payment.currency, now)
        elif kind == "refund.failed":
            balance.refund_failed(*whose, movement.amount, payment.currency, now)

    def pay_out(self, body: dict[str, Any]) -> dict[str, Any]:
        """Pay out what waits, of one currency or of each; the payouts that were made."""
        currency, now = requests.read_pay_out(body), self._psp.advance()
        return {"payouts": [payout.document() for payout in self._pay_out(currency, now)]}

    def payout(self, payout_id: str) -> dict[str, Any]:
        """One payout."""
        self._psp.advance()
        return self._payout(payout_id).document()

    def payouts(self) -> dict[str, Any]:
        """All payouts, oldest first."""
        self._psp.advance()
        return {"payouts": [payout.document() for payout in self.balance.payouts.values()]}

    def transactions(self, payout_id: str, after: str | None, limit: int) -> dict[str, Any]:
        """The transactions of a payout after one of them, at most `limit` at once."""
        self._psp.advance()
        payout = self._payout(payout_id)
        if not payout.reconciled:
            raise Refused(409, "payout_not_reconciled", "The list of this payout is not complete yet.")
        ids = [one.id for one in payout.transactions]
        if after is not None and after not in ids:
            raise Refused(400, "page_invalid", "after is not a transaction of this payout.", param="after")
        start = 0 if after is None else ids.index(after) + 1
        page = payout.transactions[start : start + limit]
        more = start + limit < len(ids)
        return {"payout": payout.document(), "transactions": [one.document() for one in page], "has_more": more}

    def keep_rhythm(self) -> None:
        """Pay out by the clock, where the settings say how often."""
        every = self._psp.settings.payout_every_seconds
        if every != self._every:
            self._every = every
            if every is not None:
                self._psp.at(self._psp.advance() + every, partial(self._ring, every))

    def dispute(self, body: dict[str, Any]) -> dict[str, Any]:
        """A customer's bank disputes a capture."""
        asked, now = requests.read_dispute(body), self._psp.advance()
        payment = self._psp.payment(asked.payment)
        taken = [each for each in payment.captures if each.status == "succeeded" and asked.capture in (None, each.id)]
        if not taken:
            raise Refused(409, "payment_not_captured", "Nothing that was captured can be disputed here.")
        amount = taken[-1].amount if asked.amount is None else asked.amount
        if amount > min(taken[-1].amount, payment.refundable):
            raise Refused(422, "dispute_exceeds_captured", "More than the customer still paid.", param="amount")
        made = Dispute(self._psp.new_id("dp"), payment, taken[-1].id, amount, asked.reason, now)
        self.disputes[made.id] = made
        if asked.warning or self._psp.settings.manner == ASYNCHRONOUS:
            self._announce("dispute.created", made, now)
            if not asked.warning:
                self._psp.at(now + self._psp.settings.settle_seconds, partial(self._withdraw, made))
        else:
            self._withdraw(made, now, "dispute.created")
        return made.document()

    def end_dispute(self, dispute_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """A dispute is won or lost, or a warning becomes one (`open`); told again it changes nothing."""
        outcome, now, dispute = requests.read_outcome(body), self._psp.advance(), self._dispute(dispute_id)
        if dispute.status == outcome:
            return dispute.document()
        if dispute.status in (WON, LOST) or (dispute.status == WARNING and outcome == LOST):
            raise Refused(409, "dispute_closed", f"A dispute that is {dispute.status} does not end as {outcome}.")
        if outcome == OPEN:
            self._withdraw(dispute, now)
        else:
            self._end(dispute, outcome, now)
        return dispute.document()

    def shown_dispute(self, dispute_id: str) -> dict[str, Any]:
        """One dispute."""
        self._psp.advance()
        return self._dispute(dispute_id).document()

    def _ring(self, every: int, now: int) -> None:
        if self._every == every:
            self._pay_out(None, now)
            self._psp.at(now + every, partial(self._ring, every))

    def _pay_out(self, currency: str | None, now: int) -> list[Payout]:
        psp = self._psp
        if self.balance.waiting and psp.plan.take(PAYOUT_FAULTS, "payout", {}):
            fee = fee_of(UNKNOWN_CHARGE, psp.settings.fee_basis_points, psp.settings.fee_fixed)
            paid_in = currency or self.balance.waiting[0].currency
            self.balance.add(CHARGE, psp.new_id("cap"), None, UNKNOWN_CHARGE, fee, paid_in, now)
        made = self.balance.pay_out(currency, now)
        for payout in made:
            psp.journal.tell("payout.paid", {"payout": payout.document()}, {}, now, psp.plan, "payout")
            if psp.settings.manner == ASYNCHRONOUS:
                psp.at(now + psp.settings.settle_seconds, partial(self._reconcile, payout))
            else:
                self._reconcile(payout, now)
        return made

    def _reconcile(self, payout: Payout, now: int) -> None:
        payout.reconciled, psp = True, self._psp
        told = {"payout": payout.document()}
        psp.journal.tell("payout.reconciliation_completed", told, {}, now, psp.plan, "payout")

    def _withdraw(self, dispute: Dispute, now: int, *before: str) -> None:
        """The money of a dispute leaves the balance, with the fee of it."""
        if dispute.status != WARNING:
            return
        payment = dispute.payment
        dispute.status, dispute.withdrawn, dispute.fee = OPEN, True, self._psp.settings.dispute_fee
        payment.dispute(dispute.amount)
        self.balance.add(DISPUTE, dispute.id, payment.id, -dispute.amount, dispute.fee, payment.currency, now)
        self._psp.journal.record("disputed", payment, dispute.amount, now, key=None, reference=dispute.id)
        for kind in (*before, "dispute.funds_withdrawn"):
            self._announce(kind, dispute, now)

    def _end(self, dispute: Dispute, outcome: str, now: int) -> None:
        payment, held = dispute.payment, dispute.status == OPEN
        dispute.status = outcome
        if held:
            payment.end_dispute(dispute.amount, lost=outcome == LOST)
            self._psp.journal.record(f"dispute_{outcome}", payment, dispute.amount, now, key=None, reference=dispute.id)
        if held and outcome == WON:
            dispute.fee_returned = dispute.fee if self._psp.settings.dispute_fee_returned else 0
            back = (dispute.amount, -dispute.fee_returned)
            self.balance.add(DISPUTE_REVERSAL, dispute.id, payment.id, *back, payment.currency, now)
            self._announce("dispute.funds_reinstated", dispute, now)
        self._announce("dispute.closed", dispute, now)

    def _announce(self, kind: str, dispute: Dispute, now: int) -> None:
        psp, payment = self._psp, dispute.payment
        data = {"payment": payment.document(), "dispute": dispute.document()}
        psp.journal.tell(kind, data, payment.metadata, now, psp.plan, "dispute")

    def _payout(self, payout_id: str) -> Payout:
        payout = self.balance.payouts.get(payout_id)
        if payout is None:
            raise Refused(404, "payout_not_found", "There is no such payout.")
        return payout

    def _dispute(self, dispute_id: str) -> Dispute:
        dispute = self.disputes.get(dispute_id)
        if dispute is None:
            raise Refused(404, "dispute_not_found", "There is no such dispute.")
        return dispute
