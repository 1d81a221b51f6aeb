"""How a provider is asked for one tender. Each call is an effect: a stored intent, its key and its recorded answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from oms.orders.model import Order
from oms.orders.store import existing_order
from oms.orders.unfinished import is_wanted
from oms.payments.changes import Asked
from oms.payments.forgotten import OUTCOME_UNKNOWN, is_all_known, is_gone, is_over, what_became, what_nobody_recorded
from oms.payments.lifecycle import CONFIRMED_WITHIN
from oms.payments.model import Payment, State
from oms.payments.outcomes import Recorder
from oms.payments.port import (
    Approved,
    AuthorizeRequest,
    CaptureRequest,
    Declined,
    NoTrace,
    PaymentProvider,
    ProviderPayment,
    RequiresAction,
    Unknown,
)
from oms.platform.clock import parse_instant
from oms.platform.commands import Runtime
from oms.platform.effects import KEY_REMEMBERED, Effect, Intent, TransientFailure, intent_since, perform

NOT_CONFIRMED = "not_confirmed"
Answer = Approved | Declined | RequiresAction
Found = TypeVar("Found", bound=Approved | Declined | RequiresAction | Unknown | NoTrace)


@dataclass(frozen=True, slots=True)
class Asking:
    """One tender of an order as it was read, and the provider that holds its money.

    Every step answers with the order as it is then, and raises TransientFailure while its outcome is unknown.
    """

    runtime: Runtime
    provider: PaymentProvider
    tenant: str
    order: Order
    payment: Payment

    @property
    def record(self) -> Recorder:
        """Where the answers go."""
        return Recorder(self.runtime, self.tenant, self.order, self.payment.id)

    @property
    def reference(self) -> str:
        """What the provider calls the payment."""
        return self.payment.psp_reference or ""

    def authorize(self, *, nobody_asks: bool = False) -> Order:
        """Hold the money, or learn what became of it; what nobody needs is not asked for, and ended."""
        wanted = is_wanted(self.order, self.payment)
        if self.payment.state is State.ACTION_REQUIRED:
            return self._confirm() if wanted else self._close()
        payment, key = self.payment, self.payment.authorize_key
        request = AuthorizeRequest(
            amount=payment.to_hold,
            currency=payment.currency,
            token=payment.token,
            tenant=self.tenant,
            order_id=payment.order_id,
            payment_id=payment.id,
            tender=payment.tender,
        )
        done = perform(
            self._intent(key, f"authorisation of {payment.id}", payment.in_doubt_since, may_ask=wanted),
            Effect[Answer, Order](
                ask=lambda: final(self.provider.authorize(request, key=key)),
                look_up=lambda: final(self.provider.find(key)),
                doubt=lambda reason: self.record.doubt("authorize", key, payment.to_hold, reason),
                record=lambda answer: self.record.authorization(key, self._whole(answer)),
            ),
        )
        if not isinstance(done, NoTrace):
            return done
        if wanted:
            return self.record.authorization(key, Declined(OUTCOME_UNKNOWN))
        return self.record.void(f"{key}:closed") if nobody_asks else self.order

    def capture(self, asked: Asked) -> Order:
        """Take the money of a shipment. Where the hold turns out to be gone, that is noted instead."""
        amount, key = asked.capture.amount, asked.key
        if self._is_old(asked.capture.fixed_at, KEY_REMEMBERED):
            # An earlier run may have asked and died, and its key may be forgotten: asking anew would take it twice.
            made = self._look_up_old(asked)
            if made is not None:
                return made
        # Never final: whether this is the last one may look different on a repeat, and the call must stay the same.
        request = CaptureRequest(self.reference, amount, self.payment.currency, final=False)
        done = perform(
            self._intent(key, f"capture for {asked.shipment_id}", asked.capture.in_doubt_since),
            Effect[Answer, Order](
                ask=lambda: self.provider.capture(request, key=key),
                look_up=lambda: self.provider.find(key, verb="capture", reference=self.reference),
                doubt=lambda reason: self.record.doubt("capture", key, amount, reason, asked),
                record=lambda answer: self._record_capture(asked, answer),
            ),
        )
        return self.record.capture_refused(asked, OUTCOME_UNKNOWN) if isinstance(done, NoTrace) else done

    def settle(self, asked: Asked) -> Order:
        """What became of a capture that the provider accepted; nothing while it is still under way."""
        found = self._find(asked)
        if isinstance(found, NoTrace):
            # The key is forgotten, the payment is not.
            found = what_became(asked, self.as_it_is())
        if isinstance(found, Approved) and found.pending:
            return self.order
        return self._record_capture(asked, found)

    @property
    def is_used_up(self) -> bool:
        """Whether the authorisation has carried as many captures as this provider allows."""
        most = self.provider.capabilities.max_captures
        return most is not None and self.payment.captures >= most

    def note_expiry(self) -> Order:
        """Where the provider's own state says that the hold is gone, note that it expired."""
        found = self.as_it_is()
        if isinstance(found, NoTrace) or not is_over(found):
            return self.order
        return self._record_expiry(found)

    def _intent(self, key: str, what: str, in_doubt_since: str | None, *, may_ask: bool = True) -> Intent:
        return intent_since(key, what, in_doubt_since, self.runtime.clock.now(), may_ask=may_ask)

    def void_intent(self) -> Intent:
        """The wish to let go of what is held."""
        return self._intent(self.payment.void_key, f"release of {self.payment.id}", self.payment.in_doubt_since)

    def _close(self) -> Order:
        """End the wait for a customer who need not confirm any more."""
        key = self.payment.void_key
        done = perform(
            self.void_intent(),
            Effect[Answer, Order](
                ask=lambda: final(self.provider.void(self.reference, key=key)),
                look_up=lambda: final(self.provider.find(key, verb="void", reference=self.reference)),
                doubt=lambda reason: self.record.doubt("void", key, 0, reason),
                record=self._record_closed,
            ),
        )
        return self._record_closed(None) if isinstance(done, NoTrace) else done

    def _record_closed(self, answer: Answer | None) -> Order:
        found = None if isinstance(answer, Approved) and not answer.amount else self.as_it_is()
        key = self.payment.authorize_key
        if isinstance(found, ProviderPayment) and found.authorized:
            # The customer confirmed at the last moment: what is held now is recorded first, and then given back.
            order = self.record.authorization(key, self._whole(_held(found)))
            held = next(payment for payment in order.payments if payment.id == self.payment.id)
            wanted = held.capturable and is_wanted(order, held)
            return replace(self, order=order, payment=held).note_expiry() if wanted else order
        if is_wanted(self.order, self.payment):
            return self.record.authorization(key, Declined(NOT_CONFIRMED, reference=self.reference))
        return self.record.void(self.payment.void_key)

    def _confirm(self) -> Order:
        """What became of an authorisation that waits for the customer, which it does not do for ever."""
        found = self.as_it_is()
        key = self.payment.authorize_key
        if isinstance(found, ProviderPayment) and found.status == "failed":
            return self.record.authorization(key, Declined(NOT_CONFIRMED, reference=self.reference))
        if isinstance(found, NoTrace) or not found.authorized:
            late = self._is_old(self.payment.action_since, CONFIRMED_WITHIN)
            return self._close() if late else self.order
        return self.record.authorization(key, self._whole(_held(found)))

    def _record_capture(self, asked: Asked, answer: Answer) -> Order:
        if isinstance(answer, Approved) and answer.movement_id and answer.amount == asked.capture.amount:
            return self.record.capture(asked, answer)
        gone = False
        if isinstance(answer, Declined):
            unrecorded = self.find_unrecorded() if answer.by_rule else None
            if unrecorded is not None:
                return unrecorded
            found = self.as_it_is()
            if answer.by_rule and self.payment.capturable and not isinstance(found, NoTrace) and is_over(found):
                return self._record_expiry(found)
            # A bank that refuses a capture may give up the hold with it.
            gone = not answer.by_rule and is_gone(self.payment, asked, found)
        reason = answer.code if isinstance(answer, Declined) else "other_amount_captured"
        return self.record.capture_refused(asked, reason, gone=gone)

    def _whole(self, answer: Answer) -> Answer:
        """An approval of exactly what was asked for; any other is let go of and counts as a decline."""
        key, expected = self.payment.authorize_key, (self.payment.to_hold, self.payment.currency)
        if not isinstance(answer, Approved) or (answer.amount, answer.currency) == expected:
            return answer
        voided = self.provider.void(answer.reference, key=f"{key}:void")
        if isinstance(voided, Unknown):
            self.record.doubt("authorize", key, self.payment.to_hold, voided.reason)
            raise TransientFailure(f"release of another amount of {self.payment.id}: {voided.reason}")
        return Declined("other_amount_approved", reference=answer.reference)

    def as_it_is(self) -> ProviderPayment | NoTrace:
        """The payment at the provider; TransientFailure where it does not say."""
        found = self.provider.get(self.reference)
        if isinstance(found, Unknown):
            raise TransientFailure(f"payment {self.payment.id}: {found.reason}")
        return found

    def _record_expiry(self, found: ProviderPayment) -> Order:
        """The hold is gone; what it carried before must all be known, or the rest of it is not known either."""
        if not is_all_known(self.payment, found):
            raise TransientFailure(f"payment {self.payment.id}: a capture is not recorded yet")
        return self.record.expiry(self.reference)

    def _look_up_old(self, asked: Asked) -> Order | None:
        """What became of a capture whose key may be forgotten; None says that it was certainly never made."""
        answer = self._find(asked)
        if not isinstance(answer, NoTrace):
            return self._record_capture(asked, answer)
        found = self.as_it_is()
        if not isinstance(found, NoTrace) and is_all_known(self.payment, found):
            return None
        unrecorded = self.find_unrecorded()
        if unrecorded is not None:
            return unrecorded
        now = existing_order(self.runtime.database, self.tenant, self.order.header.id)
        if now.header.version != self.order.header.version:
            return now
        return self._record_capture(asked, what_nobody_recorded(self.order, asked, found))

    def _find(self, asked: Asked) -> Answer | NoTrace:
        found = self.provider.find(asked.key, verb="capture", reference=self.reference)
        if isinstance(found, Unknown):
            raise TransientFailure(f"capture for {asked.shipment_id}: {found.reason}")
        return found

    def _is_old(self, since: str | None, limit: timedelta) -> bool:
        return since is not None and self.runtime.clock.now() - parse_instant(since) >= limit

    def find_unrecorded(self) -> Order | None:
        """A capture of this tender that was done and whose run died before it could say so, recorded now."""
        for shipment in self.order.taking:
            for capture in shipment.captures:
                if capture.payment_id == self.payment.id and capture.is_owed:
                    asked = Asked(shipment.id, capture)
                    found = self._find(asked)
                    if isinstance(found, Approved):
                        return self._record_capture(asked, found)
        return None


def _held(found: ProviderPayment) -> Approved:
    return Approved(found.reference, found.authorized, found.currency, capture_before=found.capture_before)


def final(result: Found) -> Found | Unknown:
    """A result that is not final yet is not known yet."""
    return Unknown("accepted, not yet final") if isinstance(result, Approved) and result.pending else result
