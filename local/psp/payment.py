"""One card payment as the provider holds it: amounts kept apart, and what may still be done with each.

Amounts are integers in minor units of the payment's currency, times whole seconds since 1970 in UTC.
Nothing here reads a clock or makes up an id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.psp.refusals import Refused

REQUIRES_ACTION = "requires_action"
OPEN = "open"
CLOSED = "closed"
FAILED = "failed"


@dataclass(slots=True)
class Movement:
    """Money that was captured or refunded: `status` is pending, succeeded or failed."""

    id: str
    amount: int
    created: int
    status: str
    final: bool = False
    released: int = 0
    failure_code: str | None = None

    def document(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "amount": self.amount,
            "created": self.created,
            "status": self.status,
            "final": self.final,
            "released": self.released,
            "failure_code": self.failure_code,
        }


@dataclass(slots=True)
class Payment:
    """An authorisation with everything that was captured from it, released from it and given back.

    `stage` says whether the authorisation can still be used; `end` names what closed it (final, voided,
    expired). Always holds: captured + capture_pending + released <= authorized, and
    refunded + refund_pending + disputed + charged_back <= captured.
    """

    id: str
    amount: int
    currency: str
    token: str
    metadata: dict[str, str]
    created: int
    stage: str
    capture_before: int | None = None
    decline_code: str | None = None
    end: str | None = None
    authorized: int = 0
    captured: int = 0
    capture_pending: int = 0
    released: int = 0
    refunded: int = 0
    refund_pending: int = 0
    disputed: int = 0
    charged_back: int = 0
    captures: list[Movement] = field(default_factory=list)
    refunds: list[Movement] = field(default_factory=list)

    @property
    def capturable(self) -> int:
        return self.authorized - self.captured - self.capture_pending - self.released

    @property
    def refundable(self) -> int:
        return self.captured - self.refunded - self.refund_pending - self.disputed - self.charged_back

    @property
    def status(self) -> str:
        """The one word for the whole payment, derived from its amounts."""
        if self.stage in (REQUIRES_ACTION, FAILED):
            return self.stage
        if self.capture_pending:
            return "capture_pending"
        if self.captured == 0:
            if self.stage == OPEN:
                return "authorized"
            return "expired" if self.end == "expired" else "voided"
        if self.refunded:
            return "refunded" if self.refunded == self.captured else "partially_refunded"
        return "partially_captured" if self.capturable else "captured"

    def authorize(self, capture_before: int) -> None:
        """The bank holds the money until `capture_before`."""
        self.stage, self.authorized, self.capture_before = OPEN, self.amount, capture_before

    def decline(self, decline_code: str) -> None:
        self.stage, self.decline_code = FAILED, decline_code

    def check_currency(self, currency: str | None) -> None:
        if currency is not None and currency != self.currency:
            raise Refused(
                422, "currency_mismatch", f"This payment is in {self.currency}, not {currency}.", param="currency"
            )

    def check_capture(self, amount: int, max_captures: int | None) -> None:
        """Refuse a capture that this authorisation cannot carry."""
        self._check_usable()
        taken = sum(1 for capture in self.captures if capture.status != "failed")
        if max_captures is not None and taken >= max_captures:
            raise Refused(409, "capture_limit_reached", f"Only {max_captures} capture(s) of one authorization.")
        if amount > self.capturable:
            raise Refused(
                422,
                "capture_exceeds_authorized",
                f"{amount} is more than the {self.capturable} that can still be captured.",
                param="amount",
            )

    def capture(self, capture_id: str, amount: int, final: bool, now: int, pending: bool) -> Movement:
        """Take `amount`; a final capture releases the rest and closes the authorisation."""
        capture = Movement(capture_id, amount, now, "pending" if pending else "succeeded", final)
        if pending:
            self.capture_pending += amount
        else:
            self.captured += amount
        if final:
            capture.released = self.capturable
            self._close("final")
        self.captures.append(capture)
        self._check_amounts()
        return capture

    def refuse_capture(self, capture_id: str, amount: int, final: bool, now: int, failure_code: str) -> Movement:
        """The bank says no to a capture: no amount changes, the attempt stays on record."""
        capture = Movement(capture_id, amount, now, "failed", final, failure_code=failure_code)
        self.captures.append(capture)
        return capture

    def settle_capture(self, capture: Movement, failure_code: str | None) -> None:
        """A pending capture ends: the money is taken, or is held again as it was before."""
        self.capture_pending -= capture.amount
        if failure_code is None:
            capture.status = "succeeded"
            self.captured += capture.amount
        else:
            capture.status, capture.failure_code = "failed", failure_code
            if self.end == "final":
                self.stage, self.end = OPEN, None
            elif self.stage == CLOSED:
                # The hold ended while the capture was under way, so there is nothing left to try again.
                self.released += capture.amount
        self._check_amounts()

    def void(self) -> int:
        """Let go of what was not captured; returns the amount released."""
        if self.stage == REQUIRES_ACTION:
            self.stage, self.end = CLOSED, "voided"
            return 0
        self._check_usable()
        if self.capturable == 0:
            raise Refused(409, "nothing_to_void", "The whole amount was captured: refund it instead.")
        released = self.capturable
        self._close("voided")
        self._check_amounts()
        return released

    def expire(self) -> int:
        """The bank's hold has run out; returns the amount that fell free."""
        released = self.capturable
        self._close("expired")
        self._check_amounts()
        return released

    def dispute(self, amount: int) -> None:
        """A customer's bank took money back."""
        self.disputed += amount
        self._check_amounts()

    def end_dispute(self, amount: int, *, lost: bool) -> None:
        """It gave the money back to the merchant, or with `lost` kept it."""
        self.disputed -= amount
        self.charged_back += amount if lost else 0
        self._check_amounts()

    def check_refund(self, amount: int) -> None:
        if self.disputed:
            raise Refused(409, "payment_disputed", "This payment is in dispute: nothing of it is refunded meanwhile.")
        if self.captured == 0:
            raise Refused(409, "payment_not_captured", "Nothing was captured, so nothing can be refunded: void it.")
        if amount > self.refundable:
            raise Refused(
                422,
                "refund_exceeds_captured",
                f"{amount} is more than the {self.refundable} that can still be refunded.",
                param="amount",
            )

    def refund(self, refund_id: str, amount: int, now: int, pending: bool) -> Movement:
        refund = Movement(refund_id, amount, now, "pending" if pending else "succeeded")
        if pending:
            self.refund_pending += amount
        else:
            self.refunded += amount
        self.refunds.append(refund)
        self._check_amounts()
        return refund

    def settle_refund(self, refund: Movement, failure_code: str | None) -> None:
        self.refund_pending -= refund.amount
        if failure_code is None:
            refund.status = "succeeded"
            self.refunded += refund.amount
        else:
            refund.status, refund.failure_code = "failed", failure_code
        self._check_amounts()

    def return_refund(self, refund: Movement, failure_code: str) -> None:
        """A refund that had gone through comes back from the customer's bank."""
        refund.status, refund.failure_code = "failed", failure_code
        self.refunded -= refund.amount
        self._check_amounts()

    def document(self) -> dict[str, Any]:
        """The payment as the API and the webhooks show it."""
        return {
            "object": "payment",
            "id": self.id,
            "status": self.status,
            "currency": self.currency,
            "amount": self.amount,
            "amount_authorized": self.authorized,
            "amount_captured": self.captured,
            "amount_capture_pending": self.capture_pending,
            "amount_capturable": self.capturable,
            "amount_released": self.released,
            "amount_refunded": self.refunded,
            "amount_refund_pending": self.refund_pending,
            "amount_disputed": self.disputed,
            "amount_charged_back": self.charged_back,
            "capture_before": self.capture_before,
            "decline_code": self.decline_code,
            "created": self.created,
            "metadata": self.metadata,
            "captures": [capture.document() for capture in self.captures],
            "refunds": [refund.document() for refund in self.refunds],
        }

    def _close(self, end: str) -> None:
        self.released += self.capturable
        self.stage, self.end = CLOSED, end

    def _check_usable(self) -> None:
        if self.stage == REQUIRES_ACTION:
            raise Refused(409, "payment_requires_action", "The shopper has not confirmed this payment yet.")
        if self.stage == FAILED:
            raise Refused(409, "payment_failed", "This payment was declined.")
        if self.stage == CLOSED:
            code = {"voided": "payment_voided", "expired": "payment_expired"}.get(self.end or "", "payment_final")
            raise Refused(409, code, f"The authorization is closed ({self.end}).")

    def _check_amounts(self) -> None:
        amounts = (
            self.authorized,
            self.captured,
            self.capture_pending,
            self.released,
            self.refunded,
            self.refund_pending,
            self.disputed,
            self.charged_back,
        )
        assert min(amounts) >= 0, f"{self.id}: a negative amount in {amounts}"
        assert self.capturable >= 0, f"{self.id}: more was captured and released than authorized: {amounts}"
        assert self.refundable >= 0, f"{self.id}: more was refunded than captured: {amounts}"
