"""A payment provider in memory that keeps strict books and does what a test's script says.

One effect for each key, never more captured than held. `script["capture"] = ["lost_after"]` decides what happens to the
next capture; without a script everything is approved at once.

| step | what happens |
|---|---|
| lost_before, lost_after | no answer comes; nothing was done, or it was done all the same |
| declined | the bank says no |
| action | (authorize) the customer must confirm first |
| closed | (capture) refused, and the hold is given up with it |
| pending | (capture, refund) accepted, final only after `settle` |

With `max_captures` an authorization carries so many captures; with one, a capture lets go of the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from oms.payments.port import (
    Approved,
    AuthorizeRequest,
    Capabilities,
    CaptureRequest,
    Declined,
    Movement,
    NoTrace,
    ProviderPayment,
    RefundRequest,
    RequiresAction,
    Result,
    SettlementList,
    Unknown,
    Verb,
)

CAPTURE_BEFORE = datetime(2026, 11, 30, 12, tzinfo=UTC)


@dataclass(slots=True)
class Held:
    """Money held for one authorization."""

    amount: int
    currency: str
    order_id: str
    captured: int = 0
    pending: int = 0
    released: int = 0
    captures: int = 0
    # What will be held once the customer has confirmed.
    waits_for: int = 0
    status: str = "authorized"
    movements: dict[str, Movement] = field(default_factory=dict)
    refunded: int = 0
    refund_pending: int = 0
    refunds: dict[str, Movement] = field(default_factory=dict)

    @property
    def capturable(self) -> int:
        return self.amount - self.captured - self.pending - self.released


@dataclass
class ScriptedProvider:
    """The provider; `calls` holds every call (verb, key), `effects` what moved (verb, key, amount)."""

    script: dict[str, list[str]] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    effects: list[tuple[str, str, int]] = field(default_factory=list)
    around: Callable[[str, Callable[[], Result]], Result] = lambda name, act: act()
    max_captures: int | None = None
    payouts: dict[str, SettlementList] = field(default_factory=dict)
    # What it says of itself; a provider may have a limit without saying so.
    says_max_captures: int | None = None
    _answers: dict[str, tuple[object, Result]] = field(default_factory=dict)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            self.says_max_captures, incremental=False, extended=False, asynchronous=False, fee_returned_on_refund=False
        )

    def moved(self, verb: str) -> Counter[str]:
        """How many effects of a verb there were, by the provider's reference."""
        return Counter(reference for done, reference, _ in self.effects if done == verb)

    def amount(self, verb: str) -> int:
        """How much a verb moved in all, in minor units."""
        return sum(amount for done, _, amount in self.effects if done == verb)

    def authorize(self, request: AuthorizeRequest, *, key: str) -> Result:
        def act(step: str) -> Result:
            reference = f"psp_{len(self.held) + 1}"
            if step == "declined":
                return Declined("insufficient_funds", reference)
            if step == "action":
                self.held[reference] = Held(0, request.currency, request.order_id, waits_for=request.amount)
                return RequiresAction(reference)
            self.held[reference] = Held(request.amount, request.currency, request.order_id)
            self.effects.append(("authorize", reference, request.amount))
            return Approved(reference, request.amount, request.currency, capture_before=CAPTURE_BEFORE)

        return self._once("authorize", key, request, act)

    def capture(self, request: CaptureRequest, *, key: str) -> Result:
        def act(step: str) -> Result:
            held = self.held[request.reference]
            if step == "declined":
                return Declined("processor_declined", request.reference)
            if step == "closed":
                # The bank refuses and gives up the hold with it.
                held.released += held.capturable
                return Declined("account_closed", request.reference)
            if self.max_captures is not None and held.captures >= self.max_captures:
                return Declined("capture_limit_reached", request.reference, by_rule=True)
            if request.amount > held.capturable or request.currency != held.currency:
                return Declined("capture_exceeds_authorized", request.reference, by_rule=True)
            if step == "pending":
                held.pending += request.amount
            else:
                held.captured += request.amount
                self.effects.append(("capture", request.reference, request.amount))
            held.captures += 1
            let_go = held.capturable if self.max_captures == 1 else 0
            held.released += let_go
            movement = f"cap_{len(self.held)}_{len(self.calls)}"
            state = "pending" if step == "pending" else "succeeded"
            held.movements[movement] = Movement(movement, request.amount, state, let_go)
            return Approved(
                request.reference, request.amount, request.currency, movement, let_go, pending=step == "pending"
            )

        return self._once("capture", key, request, act)

    def void(self, reference: str, *, key: str, amount: int | None = None) -> Result:
        assert amount is None, "this provider lets go of all or nothing"

        def act(step: str) -> Result:
            held = self.held[reference]
            if held.waits_for:
                held.waits_for = 0
                return Approved(reference, 0, held.currency)
            if step == "declined" or not held.capturable:
                return Declined("nothing_to_void", reference, by_rule=True)
            amount, held.released = held.capturable, held.amount - held.captured - held.pending
            self.effects.append(("void", reference, amount))
            return Approved(reference, amount, held.currency)

        return self._once("void", key, reference, act)

    def refund(self, request: RefundRequest, *, key: str) -> Result:
        def act(step: str) -> Result:
            held = self.held[request.reference]
            if step == "declined":
                return Declined("account_closed", request.reference)
            if request.amount > held.captured - held.refunded - held.refund_pending:
                return Declined("refund_exceeds_captured", request.reference, by_rule=True)
            movement = f"ref_{len(self.held)}_{len(self.calls)}"
            held.refunds[movement] = Movement(movement, request.amount, "pending" if step == "pending" else "succeeded")
            if step == "pending":
                held.refund_pending += request.amount
            else:
                held.refunded += request.amount
                self.effects.append(("refund", request.reference, request.amount))
            return Approved(request.reference, request.amount, request.currency, movement, pending=step == "pending")

        return self._once("refund", key, request, act)

    def get(self, reference: str) -> ProviderPayment | NoTrace | Unknown:
        """The payment as it is now; `get` is a verb of the script too, where `lost_before` means no answer."""
        self.calls.append(("get", reference))
        if self._step("get") == "lost_before":
            return Unknown("time-out")
        if reference not in self.held:
            return NoTrace()
        held = self.held[reference]
        amounts = (
            *(held.amount, held.captured, held.pending, held.released),
            *(held.refunded, held.refund_pending),
        )
        return ProviderPayment(
            reference,
            held.status,
            held.currency,
            *amounts,
            CAPTURE_BEFORE,
            None,
            held.order_id,
            None,
            tuple(held.movements.values()),
            tuple(held.refunds.values()),
        )

    def confirm(self, reference: str) -> None:
        """The customer has confirmed: the money is held."""
        held = self.held[reference]
        held.amount, held.waits_for = held.waits_for, 0
        self.effects.append(("authorize", reference, held.amount))

    def give_up(self, reference: str) -> None:
        """The customer did not pass the bank's question."""
        self.held[reference].waits_for, self.held[reference].status = 0, "failed"

    def expire(self, reference: str) -> int:
        """The hold runs out; the amount that fell free."""
        held = self.held[reference]
        amount = held.capturable
        held.released, held.status = held.released + amount, "expired"
        return amount

    def forget(self) -> None:
        """A day has passed: no key is known any more."""
        self._answers.clear()

    def find(self, key: str, *, verb: Verb = "authorize", reference: str | None = None) -> Result | NoTrace:
        """What became of a call; `find` is a verb of the script too, where `lost_before` means no answer."""
        self.calls.append(("find", key))
        if self._step("find") == "lost_before":
            return Unknown("time-out")
        return self._answers[key][1] if key in self._answers else NoTrace()

    def list_settlement(self, payout_id: str) -> SettlementList | NoTrace | Unknown:
        """A payout that the test has put there; `list` is a verb of the script too."""
        self.calls.append(("list", payout_id))
        if self._step("list") == "lost_before":
            return Unknown("time-out")
        return self.payouts.get(payout_id, NoTrace())

    def settle(self, key: str, *, well: bool = True) -> None:
        """A pending capture or refund becomes final: the money moves, or stays where it was."""
        asked, answer = self._answers[key]
        assert isinstance(answer, Approved)
        assert answer.pending
        held = self.held[answer.reference]
        if isinstance(asked, RefundRequest):
            self._settle_refund(key, asked, answer, well=well)
            return
        held.pending -= answer.amount
        assert answer.movement_id
        made, state = held.movements[answer.movement_id], "succeeded" if well else "failed"
        held.movements[made.id] = replace(made, status=state, failure_code=None if well else "bank_said_no")
        if well:
            held.captured += answer.amount
            self.effects.append(("capture", answer.reference, answer.amount))
            self._answers[key] = (asked, replace(answer, pending=False))
        else:
            held.captures -= 1
            self._answers[key] = (asked, Declined("bank_said_no", answer.reference))

    def _settle_refund(self, key: str, asked: RefundRequest, answer: Approved, *, well: bool) -> None:
        held = self.held[answer.reference]
        held.refund_pending -= answer.amount
        assert answer.movement_id
        state, code = ("succeeded", None) if well else ("failed", "account_closed")
        held.refunds[answer.movement_id] = Movement(answer.movement_id, answer.amount, state, failure_code=code)
        if well:
            held.refunded += answer.amount
            self.effects.append(("refund", answer.reference, answer.amount))
            self._answers[key] = (asked, replace(answer, pending=False))
        else:
            self._answers[key] = (asked, Declined("account_closed", answer.reference))

    def come_back(self, movement_id: str) -> None:
        """A refund that was made comes back from the bank days later: the money is with us again."""
        held = next(one for one in self.held.values() if movement_id in one.refunds)
        made = held.refunds[movement_id]
        held.refunded -= made.amount
        held.refunds[movement_id] = replace(made, status="failed", failure_code="account_closed")
        self.effects.append(("refund_failed", next(r for r, one in self.held.items() if one is held), made.amount))

    def _once(self, verb: str, key: str, asked: object, act: Callable[[str], Result]) -> Result:
        self.calls.append((verb, key))

        def run() -> Result:
            step = self._step(verb)
            if step == "lost_before":
                return Unknown("time-out")
            if key in self._answers:
                first, answer = self._answers[key]
                return answer if first == asked else Declined("idempotency_key_reused", by_rule=True)
            answer = act(step)
            self._answers[key] = (asked, answer)
            return Unknown("time-out") if step == "lost_after" else answer

        return self.around(verb, run)

    def _step(self, verb: str) -> str:
        steps = self.script.get(verb, [])
        return steps.pop(0) if steps else ""
