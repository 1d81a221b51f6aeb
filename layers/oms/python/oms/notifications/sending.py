"""A queued notice is handed to the transport once, and what became of it is recorded.

It is an effect (platform/effects.py). Where the transport knows a repeat, a crash between its answer and our record
ends with the same message. Where it does not, nobody asks it while somebody else may be asking, and only a run that
died, or an answer that never came, can make a message come twice; it is never lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from oms.activations.reads import codes_of
from oms.notifications.commands import address_of, silenced
from oms.notifications.contents import facts_of, written
from oms.notifications.milestones import activations_of
from oms.notifications.model import Milestone, Notice, Status, Why
from oms.notifications.port import Accepted, Answer, Message, Transport, Unavailable
from oms.notifications.reads import rules_for
from oms.notifications.rules import NoticeRules, chosen
from oms.notifications.store import load_cause, load_notice, notice_write
from oms.notifications.writes import told
from oms.orders.model import Order
from oms.orders.store import existing_order
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute, input_hash
from oms.platform.effects import Effect, NoTrace, TransientFailure, intent_since, perform
from oms.platform.principal import system_principal
from oms.registry.reads import known_nodes

# Longer than the function may run: whoever asked before is dead by then.
_ASKED_WITHIN = timedelta(minutes=2)
# The transport may have it and cannot be asked any more.
OUTCOME_UNKNOWN = "outcome_unknown"
# The notice as it becomes, at an instant.
_Change = Callable[[Notice, str], Notice]


def send_notice(runtime: Runtime, transport: Transport, tenant: str, order_id: str, notice_id: str) -> None:
    """Send a notice that is QUEUED and record how it ended; one that has ended is left as it is.

    Raises TransientFailure while its outcome is not known: then it is to be tried again later.
    """
    notice = load_notice(runtime.database, tenant, order_id, notice_id)
    if notice is None or notice.status is not Status.QUEUED:
        return
    order = existing_order(runtime.database, tenant, order_id)
    rules = rules_for(runtime.database, tenant, notice.channel)
    sending = _Sending(runtime, transport, tenant, notice)
    why = silenced(order, notice.milestone, rules)
    address = address_of(order)
    if why or address is None:
        sending.end(Status.SUPPRESSED, reason=(why or Why.NO_ADDRESS).value)
        return
    message = _message(runtime, tenant, notice, order, rules, address)
    if not transport.knows_repeats:
        sending.claim()
    sending.send(message)


def _message(runtime: Runtime, tenant: str, notice: Notice, order: Order, rules: NoticeRules, address: str) -> Message:
    data = load_cause(runtime.database, tenant, notice.cause)
    named = [name for name in (data.get("node_id"), order.header.selling_node) if name]
    nodes = known_nodes(runtime.database, tenant, runtime.clock.now(), named=named)
    codes = _codes(runtime, tenant, order, data) if notice.milestone is Milestone.ACTIVATED else []
    facts = facts_of(notice.milestone, order, data, rules, nodes, codes)
    texts = written(chosen(rules, notice.milestone, notice.locale), facts, notice.locale)
    return Message(to=address, sender=rules.sender, subject=texts.subject, text=texts.text, html=texts.html)


def _codes(runtime: Runtime, tenant: str, order: Order, data: Mapping[str, Any]) -> list[tuple[int, str]]:
    """The code of each unit of a shipment with its line: looked up when it is sent, and kept nowhere else."""
    left = activations_of(order, str(data["shipment_id"]))
    known = codes_of(runtime, tenant, [one for _, one in left])
    return [(line_no, known[one.id]) for line_no, one in left if one.id in known]


class _Sending:
    """One run that sends one notice."""

    def __init__(self, runtime: Runtime, transport: Transport, tenant: str, notice: Notice) -> None:
        self._runtime, self._transport = runtime, transport
        self._tenant, self._notice = tenant, notice
        self._key = f"{tenant}/{notice.order_id}/{notice.id}"

    def claim(self) -> None:
        """Note that the transport is asked from now on; raises TransientFailure where another run may be asking.

        A run that has noted it long ago and never said what came of it leaves a doubt.
        """
        number = self._notice.tries + 1

        def change(notice: Notice, now: str) -> Notice:
            begun = notice.begun_at
            if begun is not None and self._runtime.clock.now() - parse_instant(begun) < _ASKED_WITHIN:
                raise TransientFailure(f"{notice.id} is being sent")
            doubt = notice.in_doubt_since or begun
            return notice.model_copy(update={"begun_at": now, "tries": number, "in_doubt_since": doubt})

        if self._change(f"begin.{number}", change).replayed:
            # Another run noted it under the same number, or this one did and did not hear of it.
            raise TransientFailure(f"{self._notice.id} is being sent")

    def send(self, message: Message) -> None:
        """Hand the message over, as an effect, and record the answer."""
        notice, now = self._notice, self._runtime.clock.now()
        effect = Effect[Answer, Outcome](
            ask=lambda: self._transport.send(self._key, message),
            look_up=lambda: self._transport.look_up(self._key),
            doubt=lambda reason: self._doubt(),
            record=self._record,
        )
        intent = intent_since(self._key, f"notice {notice.id}", notice.in_doubt_since, now)
        if self._transport.knows_repeats:
            # What it knows nothing of, it certainly has not got.
            intent = replace(intent, may_repeat=True)
        outcome: Outcome | NoTrace = perform(intent, effect)
        if isinstance(outcome, NoTrace):
            self.end(Status.FAILED, reason=OUTCOME_UNKNOWN)

    def end(self, status: Status, *, reason: str | None = None, reference: str | None = None) -> Outcome:
        """Record how the notice ended, with its event."""
        return self._change(
            status.value, lambda notice, now: notice.ended(status, now, reason=reason, reference=reference)
        )

    def _record(self, answer: Answer) -> Outcome:
        if isinstance(answer, Accepted):
            return self.end(Status.SENT, reference=answer.reference)
        if isinstance(answer, Unavailable):
            if self._notice.begun_at is not None:
                self._nobody_asks(f"put_off.{self._notice.tries}", self._notice.in_doubt_since)
            raise TransientFailure(f"{self._notice.id}: {answer.reason}")
        return self.end(Status.FAILED, reason=answer.reason)

    def _doubt(self) -> None:
        """An answer that says nothing: nobody asks any more, and the next run looks the message up first."""
        self._nobody_asks(f"doubt.{self._notice.version}", format_instant(self._runtime.clock.now()))

    def _nobody_asks(self, step: str, in_doubt_since: str | None) -> None:
        changes = {"in_doubt_since": in_doubt_since, "begun_at": None}
        self._change(step, lambda notice, now: notice.model_copy(update=changes))

    def _change(self, step: str, change: _Change) -> Outcome:
        """Commit a change of the notice; where it has ended meanwhile, nothing."""
        notice = self._notice
        call = Call(
            command="send_notice",
            principal=system_principal(self._tenant, "send_notice"),
            key=f"{notice.id}:{step}",
            input_hash=input_hash([self._tenant, notice.id, step]),
            correlation_id=notice.order_id,
            causation_id=notice.id,
        )

        def decide() -> Decision:
            before = load_notice(self._runtime.database, self._tenant, notice.order_id, notice.id)
            if before is None or before.status is not Status.QUEUED:
                return Decision([])
            after = change(before, format_instant(self._runtime.clock.now()))
            ended = after.status is not Status.QUEUED
            if not ended:
                after = after.model_copy(update={"version": before.version + 1})
            self._notice = after
            return Decision([notice_write(self._tenant, after, before)], [told(after)] if ended else [])

        return execute(self._runtime, call, decide)
