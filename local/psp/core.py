"""The provider itself: what each call does to a payment, what it writes down and what it announces.

Pure: integers only, the clock is handed in, nothing here opens a file or a socket. Calls return an `Answer`;
webhook events gather in `journal.outgoing` for the courier to take.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from local.psp import requests
from local.psp.cards import CARDS
from local.psp.faults import FaultPlan
from local.psp.journal import Journal
from local.psp.once import Answer, Call, Keys
from local.psp.payment import OPEN, REQUIRES_ACTION, Movement, Payment
from local.psp.refusals import CARD_ERROR, Refused
from local.psp.settings import ASYNCHRONOUS, Settings
from local.psp.settling import Settling

BANK_SAID_NO = "processor_declined"
ACCOUNT_CLOSED = "account_closed"

Body = dict[str, Any]
Outcome = tuple[int, dict[str, Any], str]


@dataclass(order=True, slots=True)
class Due:
    """Something that happens by itself at a set time: a hold runs out, or pending money settles."""

    at: int
    order: int
    act: Callable[[int], None] = field(compare=False)


class Psp:
    """All payments of one merchant account; `now` gives whole seconds, `run` tells the ids of two runs apart."""

    def __init__(self, now: Callable[[], int], run: str = "1") -> None:
        self._now = now
        self._run = run
        self._made = 0
        self._due: list[Due] = []
        self._by_metadata: dict[tuple[str, str], list[str]] = {}
        self.settings = Settings()
        self.plan = FaultPlan()
        self.journal = Journal(run)
        self.keys = Keys()
        self.payments: dict[str, Payment] = {}
        self.settling = Settling(self, run)

    def authorize(self, key: str | None, body: Body) -> Answer:
        """Hold money on a card: authorized, declined (402) or requires_action."""
        asked, now = requests.read_authorize(body), self.advance()
        card = CARDS[asked.token]

        def act(_fault: str | None) -> Outcome:
            payment = self._open(asked, now)
            if card.decline_code is not None:
                return self._decline(payment, card.decline_code, key, now)
            if not card.requires_action:
                return self._hold(201, payment, key, now)
            self.journal.record("requires_action", payment, payment.amount, now, key=key)
            self.journal.announce("payment.requires_action", payment, now, self.plan, "authorize")
            return 201, payment.document(), payment.id

        call = Call("authorize", "/payments", key, body, asked.metadata, trouble=card.trouble)
        return self.keys.once(call, self.plan, act)

    def authenticate(self, key: str | None, payment_id: str, body: Body) -> Answer:
        """The shopper answers the bank's question, so the payment is held or declined."""
        succeeded, now, payment = requests.read_authenticate(body), self.advance(), self.payment(payment_id)

        def act(_fault: str | None) -> Outcome:
            if payment.stage != REQUIRES_ACTION:
                raise Refused(409, "no_action_required", "This payment does not wait for the shopper.")
            if succeeded:
                return self._hold(200, payment, key, now)
            return self._decline(payment, "authentication_failed", key, now)

        return self._change("authenticate", "authenticate", key, payment, body, act)

    def capture(self, key: str | None, payment_id: str, body: Body) -> Answer:
        """Take held money, all or part; `final` releases the rest."""
        asked, now, payment = requests.read_capture(body), self.advance(), self.payment(payment_id)

        def act(fault: str | None) -> Outcome:
            payment.check_currency(asked.currency)
            if fault == "expires_before_capture" and payment.stage == OPEN:
                self._expire(payment, now)
            payment.check_capture(asked.amount, self.settings.max_captures)
            manner = CARDS[payment.token].capture
            if manner == "refused" or (manner == "refused_once" and not payment.captures):
                return self._refuse_capture(payment, asked, key, now)
            fails = manner == "fails_later" or fault == "capture_fails_later"
            pending = fails or fault == "capture_settles_later" or self.settings.manner == ASYNCHRONOUS
            # Where one authorization carries one capture, taking part of it lets the rest go.
            final = asked.final or self.settings.max_captures == 1
            capture = payment.capture(self.new_id("cap"), asked.amount, final, now, pending)
            effect = "capture_pending" if pending else "captured"
            self.journal.record(effect, payment, asked.amount, now, key=key, reference=capture.id)
            if capture.released:
                self.journal.record("released", payment, capture.released, now, key=key, reference=capture.id)
            if pending:
                self._later(payment, capture, BANK_SAID_NO if fails else None, now)
            else:
                self._announce("payment.captured", payment, "capture", capture, now)
            return 201, self._moved("capture", payment, capture), payment.id

        return self._change("capture", "capture", key, payment, body, act)

    def void(self, key: str | None, payment_id: str, body: Body) -> Answer:
        """Let go of everything that was not captured."""
        requests.read_void(body)
        now, payment = self.advance(), self.payment(payment_id)

        def act(_fault: str | None) -> Outcome:
            released = payment.void()
            self.journal.record("voided", payment, released, now, key=key)
            self.journal.announce("payment.voided", payment, now, self.plan, "void")
            answer = {"object": "void", "amount": released, "currency": payment.currency, "payment": payment.document()}
            return 200, answer, payment.id

        return self._change("void", "void", key, payment, body, act)

    def refund(self, key: str | None, payment_id: str, body: Body) -> Answer:
        """Give captured money back, all or part."""
        asked, now, payment = requests.read_refund(body), self.advance(), self.payment(payment_id)

        def act(fault: str | None) -> Outcome:
            payment.check_currency(asked.currency)
            payment.check_refund(asked.amount)
            fails = CARDS[payment.token].refund == "fails_later" or fault == "refund_fails_later"
            pending = fails or self.settings.manner == ASYNCHRONOUS
            refund = payment.refund(self.new_id("ref"), asked.amount, now, pending)
            effect = "refund_pending" if pending else "refunded"
            self.journal.record(effect, payment, asked.amount, now, key=key, reference=refund.id)
            if pending:
                self._later(payment, refund, ACCOUNT_CLOSED if fails else None, now)
            else:
                self._announce("refund.succeeded", payment, "refund", refund, now)
            if fault == "refund_comes_back":
                wait = self.settings.come_back_seconds + (self.settings.settle_seconds if pending else 0)
                self.at(now + wait, partial(self._settle, payment, refund, ACCOUNT_CLOSED))
            return 201, self._moved("refund", payment, refund), payment.id

        return self._change("refund", "refunds", key, payment, body, act)

    def get(self, payment_id: str) -> dict[str, Any]:
        """One payment as it is now."""
        self.advance()
        return self.payment(payment_id).document()

    def find_by_key(self, key: str) -> dict[str, Any]:
        """What became of the call with this key: its first answer and the payment as it is now."""
        self.advance()
        known = self.keys.get(key)
        if known is None:
            return {"payments": [], "operation": None}
        return {"payments": [self.payments[known.payment_id].document()], "operation": known.document()}

    def find_by_metadata(self, wanted: dict[str, str]) -> dict[str, Any]:
        """The newest 100 payments that carry all of this metadata."""
        self.advance()
        rarest = min((self._by_metadata.get(pair, []) for pair in wanted.items()), key=len)
        found = [self.payments[each] for each in reversed(rarest)]
        matching = [payment for payment in found if wanted.items() <= payment.metadata.items()]
        return {"payments": [payment.document() for payment in matching[:100]], "operation": None}

    def configure(self, asked: requests.Configure) -> None:
        """Change settings and planned faults; a new plan lets go of events that an old one held back."""
        for name, value in asked.settings.items():
            setattr(self.settings, name, value)
        if asked.faults is not None:
            self.plan = FaultPlan(asked.faults)
            self.journal.release_held()
        self.settling.keep_rhythm()

    def advance(self) -> int:
        """Let everything happen whose time has come; returns the time it is."""
        now = self._now()
        while self._due and self._due[0].at <= now:
            heapq.heappop(self._due).act(now)
        return now

    def at(self, time: int, act: Callable[[int], None]) -> None:
        """Let something happen at a time."""
        heapq.heappush(self._due, Due(time, self._next(), act))

    def payment(self, payment_id: str) -> Payment:
        """A payment of ours; any other is refused."""
        payment = self.payments.get(payment_id)
        if payment is None:
            raise Refused(404, "payment_not_found", "There is no such payment.")
        return payment

    def new_id(self, kind: str) -> str:
        """An id of a kind that no other run makes."""
        return f"{kind}_{self._run}_{self._next():08d}"

    def _run_out(self, payment: Payment, now: int) -> None:
        if payment.stage == OPEN:
            self._expire(payment, now)

    def _expire(self, payment: Payment, now: int) -> None:
        released = payment.expire()
        self.journal.record("expired", payment, released, now, key=None)
        self.journal.announce("payment.expired", payment, now, self.plan, "expire")

    def _change(
        self,
        operation: str,
        path: str,
        key: str | None,
        payment: Payment,
        body: Body,
        act: Callable[[str | None], Outcome],
    ) -> Answer:
        call = Call(operation, f"/payments/{payment.id}/{path}", key, body, payment.metadata, payment.id)
        return self.keys.once(call, self.plan, act)

    def _hold(self, status: int, payment: Payment, key: str | None, now: int) -> Outcome:
        payment.authorize(now + self.settings.auth_window_seconds)
        self._expect_expiry(payment)
        self.journal.record("authorized", payment, payment.amount, now, key=key)
        self.journal.announce("payment.authorized", payment, now, self.plan, "authorize")
        return status, payment.document(), payment.id

    def _decline(self, payment: Payment, decline_code: str, key: str | None, now: int) -> Outcome:
        payment.decline(decline_code)
        self.journal.record("declined", payment, payment.amount, now, key=key)
        self.journal.announce("payment.declined", payment, now, self.plan, "authorize")
        refusal = Refused(CARD_ERROR, "card_declined", "The card was declined.", decline_code=decline_code)
        return CARD_ERROR, {**refusal.document(), "payment": payment.document()}, payment.id

    def _refuse_capture(self, payment: Payment, asked: requests.TakeMoney, key: str | None, now: int) -> Outcome:
        capture = payment.refuse_capture(self.new_id("cap"), asked.amount, asked.final, now, BANK_SAID_NO)
        self.journal.record("capture_failed", payment, asked.amount, now, key=key, reference=capture.id)
        self._announce("payment.capture_failed", payment, "capture", capture, now)
        refusal = Refused(CARD_ERROR, "capture_failed", "The bank refused.", decline_code=BANK_SAID_NO)
        return CARD_ERROR, {**refusal.document(), "payment": payment.document()}, payment.id

    def _settle(self, payment: Payment, movement: Movement, failure_code: str | None, now: int) -> None:
        """A capture or refund that was accepted goes through after all, or does not, or comes back."""
        if movement.status == "failed":
            return
        name, done, told = "refund", "refunded", "refund.succeeded"
        released = payment.released
        if movement in payment.captures:
            name, done, told = "capture", "captured", "payment.captured"
            payment.settle_capture(movement, failure_code)
            if payment.stage == OPEN:
                self._expect_expiry(payment)
        elif movement.status == "succeeded":
            payment.return_refund(movement, failure_code or ACCOUNT_CLOSED)
        else:
            payment.settle_refund(movement, failure_code)
        if failure_code is not None:
            done, told = f"{name}_failed", "payment.capture_failed" if name == "capture" else "refund.failed"
        self.journal.record(done, payment, movement.amount, now, key=None, reference=movement.id)
        if payment.released > released and payment.end is not None:
            # The hold had ended while this was under way.
            self.journal.record(payment.end, payment, payment.released - released, now, key=None)
        self._announce(told, payment, name, movement, now)

    def _announce(self, kind: str, payment: Payment, name: str, movement: Movement, now: int) -> None:
        self.settling.moved(kind, payment, movement, now)
        self.journal.announce(kind, payment, now, self.plan, name, (name, movement))

    def _moved(self, name: str, payment: Payment, movement: Movement) -> dict[str, Any]:
        return {"object": name, **movement.document(), "currency": payment.currency, "payment": payment.document()}

    def _expect_expiry(self, payment: Payment) -> None:
        assert payment.capture_before is not None
        self.at(payment.capture_before, partial(self._run_out, payment))

    def _later(self, payment: Payment, movement: Movement, failure_code: str | None, now: int) -> None:
        self.at(now + self.settings.settle_seconds, partial(self._settle, payment, movement, failure_code))

    def _open(self, asked: requests.Authorize, now: int) -> Payment:
        payment = Payment(
            self.new_id("pay"), asked.amount, asked.currency, asked.token, asked.metadata, now, REQUIRES_ACTION
        )
        self.payments[payment.id] = payment
        for pair in payment.metadata.items():
            self._by_metadata.setdefault(pair, []).append(payment.id)
        return payment

    def _next(self) -> int:
        self._made += 1
        return self._made
