"""How a provider is asked to give money back. Each call is an effect, as in `payments.asking`."""

from __future__ import annotations

from dataclasses import dataclass

from oms.orders.model import Order
from oms.payments import refund_changes
from oms.payments.forgotten import OUTCOME_UNKNOWN
from oms.payments.outcomes import Recorder
from oms.payments.port import (
    Approved,
    Declined,
    Movement,
    NewBalance,
    NoTrace,
    PaymentProvider,
    ProviderPayment,
    RefundRequest,
    RequiresAction,
    Result,
    Unknown,
)
from oms.payments.refunds import CHARGED_BACK, Issuer, Part, Refund, goes_back_to
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Runtime
from oms.platform.effects import KEY_REMEMBERED, Effect, TransientFailure, intent_since, perform
from oms.platform.problems import ActionNotAvailable

Answer = Approved | Declined | RequiresAction


@dataclass(frozen=True, slots=True)
class Repaying:
    """One part of a refund as it was read, and the provider that pays it.

    Every step answers with the order as it is then, and raises TransientFailure while its outcome is unknown.
    """

    runtime: Runtime
    provider: PaymentProvider
    tenant: str
    order: Order
    refund: Refund
    part: Part

    def pay(self) -> Order:
        """Give the money back, or learn what became of it."""
        if self._key_may_be_forgotten():
            # An earlier run may have asked and died: asking anew could give it back twice.
            return self._look_up_old()
        since = self.part.in_doubt_since
        done = perform(
            intent_since(self._key, self._what, since, self.runtime.clock.now()),
            Effect[Answer, Order](
                ask=self._ask,
                look_up=lambda: self.provider.find(self._key, verb="refund", reference=self._reference),
                doubt=self._doubt,
                record=self._record,
            ),
        )
        return self._by_its_state() if isinstance(done, NoTrace) else done

    def leave(self) -> Order:
        """Not give back what the customer's bank has given back, unless an earlier run did already."""
        found = self._find()
        return self._record(Declined(CHARGED_BACK) if isinstance(found, NoTrace) else found)

    def settle(self) -> Order:
        """What became of a refund that the provider accepted; nothing while it is still under way."""
        found = self._find()
        if isinstance(found, NoTrace):
            made = self._movement()
            found = Declined(OUTCOME_UNKNOWN) if made is None else self._answer(made)
        return self.order if isinstance(found, Approved) and found.pending else self._record(found)

    def check(self) -> Order:
        """Whether a refund that counts as paid has come back since."""
        made, asked = self._movement(), self.part
        if made is None or made.status != "failed":
            return self.order
        reason = made.failure_code or OUTCOME_UNKNOWN
        return self._recorder.refund(
            f"{self._key}:came-back",
            lambda now: refund_changes.came_back(now, self.refund.id, asked, reason),
        )

    @property
    def _key(self) -> str:
        return self.part.key(self.refund.id)

    @property
    def _what(self) -> str:
        return f"refund {self.refund.id} part {self.part.number}"

    @property
    def _reference(self) -> str:
        """What the provider calls the payment that gives back; empty where a new balance is to be made."""
        source = goes_back_to(self.order.payments, self.part)
        return "" if source is None else source.reference

    @property
    def _recorder(self) -> Recorder:
        return Recorder(self.runtime, self.tenant, self.order, self.part.sources[0].payment_id)

    def _ask(self) -> Result:
        reference, part = self._reference, self.part
        header = self.order.header
        issuer = part.issuer or Issuer(legal_entity=header.legal_entity, store=header.selling_node)
        by = (issuer.legal_entity, issuer.store, header.channel)
        new = None if reference else NewBalance(part.tender, self.refund.id, *by)
        return self.provider.refund(RefundRequest(reference, part.amount, self.refund.currency, new), key=self._key)

    def _doubt(self, reason: str) -> None:
        asked, since = self.part, format_instant(self.runtime.clock.now())
        try:
            self._recorder.refund(
                f"{self._key}:doubt",
                lambda now: refund_changes.doubt(now, self.refund.id, asked, reason, since),
            )
        except ActionNotAvailable:
            # Another run has learnt the outcome in the meantime; the next repeat sees it.
            return

    def _record(self, answer: Answer) -> Order:
        asked = self.part
        if isinstance(answer, Approved) and answer.amount == asked.amount:
            step = f"{self._key}:pending" if answer.pending else self._key
            return self._recorder.refund(step, lambda now: refund_changes.answered(now, self.refund.id, asked, answer))
        reason = answer.code if isinstance(answer, Declined) else "other_amount_refunded"
        return self._recorder.refund(
            f"{self._key}:failed", lambda now: refund_changes.refused(now, self.refund.id, asked, reason)
        )

    def _key_may_be_forgotten(self) -> bool:
        fixed_at = self.part.fixed_at
        return fixed_at is None or self.runtime.clock.now() - parse_instant(fixed_at) >= KEY_REMEMBERED

    def _look_up_old(self) -> Order:
        found = self._find()
        return self._by_its_state() if isinstance(found, NoTrace) else self._record(found)

    def _by_its_state(self) -> Order:
        """What the payment at the provider shows of a refund whose key may be forgotten.

        One of just this amount that is none of ours is this one; where there is none that we do not know, it was never
        made and is asked for now; anything else is for a person to look at.
        """
        found = self._as_it_is()
        if isinstance(found, NoTrace):
            return self._record(Declined(OUTCOME_UNKNOWN))
        ours = {part.movement_id for refund in self.order.refunds for part in refund.parts}
        unknown = [made for made in found.refunds if made.id not in ours and made.status != "failed"]
        if not unknown:
            asked = self._ask()
            if isinstance(asked, Unknown):
                self._doubt(asked.reason)
                raise TransientFailure(f"{self._what}: {asked.reason}")
            return self._record(asked)
        made = next((made for made in unknown if made.amount == self.part.amount), None)
        return self._record(Declined(OUTCOME_UNKNOWN) if made is None else self._answer(made))

    def _movement(self) -> Movement | None:
        """The refund as the provider has it now, by the name that it gave it."""
        found = self._as_it_is()
        if isinstance(found, NoTrace):
            return None
        return next((made for made in found.refunds if made.id == self.part.movement_id), None)

    def _answer(self, made: Movement) -> Answer:
        if made.status == "failed":
            return Declined(made.failure_code or OUTCOME_UNKNOWN, self._reference)
        pending = made.status == "pending"
        return Approved(self._reference, made.amount, self.refund.currency, made.id, pending=pending)

    def _look_up(self) -> Result | NoTrace:
        return self.provider.find(self._key, verb="refund", reference=self._reference)

    def _find(self) -> Answer | NoTrace:
        found = self._look_up()
        if isinstance(found, Unknown):
            raise TransientFailure(f"{self._what}: {found.reason}")
        return found

    def _as_it_is(self) -> ProviderPayment | NoTrace:
        found = self.provider.get(self._reference) if self._reference else NoTrace()
        if isinstance(found, Unknown):
            raise TransientFailure(f"{self._what}: {found.reason}")
        return found
