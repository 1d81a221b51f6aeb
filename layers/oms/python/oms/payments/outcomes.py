"""What the provider answered, committed once: each answer under the key of its call, on the order as it is by then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oms.orders.model import Order
from oms.orders.store import existing_order, fresh_orders
from oms.orders.writes import change_order
from oms.payments import care, changes
from oms.payments.changes import Asked, Change, Overtaken
from oms.payments.model import Payment
from oms.payments.port import Approved, Declined, RequiresAction
from oms.platform.clock import format_instant
from oms.platform.commands import Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.problems import ActionNotAvailable
from oms.platform.writes import Write

COMMANDS = {"authorize": "authorize_payment", "capture": "capture_payment", "void": "release_payment"}


@dataclass(frozen=True, slots=True)
class Recorder:
    """Where an answer about one tender is recorded: on the order as it was read, or as it is after a lost race.

    Each answers with the order as it is then.
    """

    runtime: Runtime
    tenant: str
    order: Order
    payment_id: str

    def doubt(self, verb: str, key: str, amount: int, reason: str, asked: Asked | None = None) -> None:
        """Store that nobody knows what became of a call; an outcome that is known by now stays."""
        since = self._now()
        try:
            self._record(
                COMMANDS[verb],
                f"{key}:doubt",
                lambda now, payment: changes.doubt(now, payment, verb, key, amount, reason, since, asked),
            )
        except ActionNotAvailable:
            # Another run has learnt the outcome in the meantime; the next repeat sees it.
            return

    def authorization(self, key: str, result: Approved | Declined | RequiresAction) -> Order:
        """What became of an authorisation."""
        # The wait for the customer is a step of its own: the outcome comes later, under the key of the call.
        step, at = f"{key}:action" if isinstance(result, RequiresAction) else key, self._now()
        return self._record(
            COMMANDS["authorize"], step, lambda now, payment: changes.authorization(now, payment, key, result, at)
        )

    def capture(self, asked: Asked, result: Approved) -> Order:
        """The money of a shipment was taken, or is pending."""
        step = f"{asked.key}:pending" if result.pending else asked.key
        return self._record(
            COMMANDS["capture"], step, lambda now, payment: changes.capture(now, payment, asked, result)
        )

    def capture_refused(self, asked: Asked, reason: str, *, gone: bool = False) -> Order:
        """The money of a shipment was refused; `gone` says that nothing more of the tender is held."""
        at = self._now()
        return self._record(
            COMMANDS["capture"],
            f"{asked.key}:refused",
            lambda now, payment: changes.capture_refused(now, payment, asked, reason, at, gone=gone),
        )

    def renewal(self, attempt: int) -> Order:
        """The tender will be authorised anew, after so many attempts."""
        key, at = f"{self.payment_id}:renew:{attempt}", self._now()
        return self._record("renew_payment", key, lambda now, payment: changes.renewal(now, payment, attempt, at))

    def expiry(self, reference: str) -> Order:
        """The hold under a provider's reference ran out."""
        key = f"{self.payment_id}:expire:{reference}"
        return self._record("expire_payment", key, lambda now, payment: changes.expiry(now, payment, reference))

    def void(self, key: str) -> Order:
        """The tender was closed before anything was held."""
        return self._record(COMMANDS["void"], key, lambda now, payment: changes.void(now, payment, key))

    def release(self, key: str, release_id: str, *, renewable: bool = False, part: int | None = None) -> Order:
        """What was left of the hold, or part of it, was given back."""
        return self._record(
            COMMANDS["void"],
            key,
            lambda now, payment: changes.release(now, payment, key, release_id, renewable=renewable, part=part),
        )

    def capture_again(self, asked: Asked) -> Order:
        """A refused capture will be asked for once more."""
        at = self._now()
        return self._record(
            "retry_capture", f"{asked.key}:again", lambda now, payment: care.capture_again(now, payment, asked, at)
        )

    def link(self, attempt: int, name: str, expires_at: str, write: Write) -> Order:
        """The customer is asked for another card than the one of this attempt."""
        key = f"{self.payment_id}:link:{attempt}"
        return self._record(
            "create_pay_link", key, lambda now, payment: care.link(now, payment, name, expires_at), [write]
        )

    def link_over(self, attempt: int) -> Order:
        """Nobody gave another card in time."""
        return self._record("end_pay_link", f"{self.payment_id}:link:{attempt}:over", care.link_over)

    def refund(self, step: str, change: Callable[[Order], Change]) -> Order:
        """What became of a call that gives money back."""
        return self._record("refund_payment", step, lambda now, _: change(now))

    def _now(self) -> str:
        return format_instant(self.runtime.clock.now())

    def _record(
        self, command: str, key: str, change: Callable[[Order, Payment], Change], beside: Sequence[Write] = ()
    ) -> Order:
        orders = fresh_orders(self.runtime.database, self.tenant, self.order)
        recorded: Order | None = None

        def decide() -> Decision:
            nonlocal recorded
            now = next(orders)
            made = change(now, next(payment for payment in now.payments if payment.id == self.payment_id))
            recorded, writes, drafts = change_order(
                self.tenant,
                now,
                events=made.events,
                header=made.header,
                payments=made.payments,
                shipments=made.shipments,
                fulfillment_orders=made.work,
                refunds=made.refunds,
            )
            return Decision([*writes, *beside], drafts, body={"order_id": now.header.id})

        try:
            outcome = execute(self.runtime, call_from_workflow(command, self.tenant, key), decide)
        except Overtaken:
            recorded = None
        else:
            recorded = None if outcome.replayed else recorded
        return recorded or existing_order(self.runtime.database, self.tenant, self.order.header.id)
