"""Adyen over its Checkout API: authorisations are answered at once, every modification later by a message.

A modification is answered `received`, which is Approved and pending; what our books have been told decides how it
ended. A token is `<shopper reference>/<stored payment method>`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import quote

from oms.payments.adapters.adyen_books import HELD, Books, Change
from oms.payments.adapters.calls import UNREADABLE, Calls
from oms.payments.adapters.minor_units import ADYEN, NotPayable, amount_for
from oms.payments.port import (
    Approved,
    AuthorizeRequest,
    Capabilities,
    CaptureRequest,
    Declined,
    NoTrace,
    PaymentProvider,
    ProviderPayment,
    RefundRequest,
    RequiresAction,
    Result,
    SettlementList,
    Unknown,
    Verb,
)
from oms.platform.commands import Runtime

CAPABILITIES = Capabilities(
    max_captures=1,
    incremental=False,
    extended=False,
    asynchronous=True,
    fee_returned_on_refund=False,
    hold_time={"visa": timedelta(days=7), "mastercard": timedelta(days=7), "amex": timedelta(days=7)},
)
NOT_PAYABLE = "amount_not_payable"
# Two calls with one key at the same time: the first has not been answered yet.
_IN_PROGRESS = "704"
_LONGEST_REFERENCE = 80
_NOT_YET = frozenset({"Pending", "Received", "PresentToShopper", "AuthenticationNotRequired", "AuthenticationFinished"})
_ACTION = frozenset({"RedirectShopper", "ChallengeShopper", "IdentifyShopper"})
_PATHS: Mapping[str, str] = {"capture": "captures", "void": "cancels", "refund": "refunds"}
Modification = Literal["capture", "void", "refund"]


def reference_of(tenant: str, key: str) -> str:
    """What a call is named at Adyen: its tenant and key, shortened where they are too long for a reference."""
    plain = f"{tenant}.{key}"
    if len(plain) <= _LONGEST_REFERENCE:
        return plain
    return f"{tenant}.{hashlib.sha256(key.encode()).hexdigest()[:40]}"


@dataclass(frozen=True, slots=True)
class AdyenAccount:
    """A merchant account and the connection to it; each tenant has its own books.

    `max_captures` above 1 only where Adyen has enabled multiple partial captures.
    """

    calls: Calls
    merchant_account: str
    max_captures: int = 1

    def of(self, runtime: Runtime, tenant: str) -> PaymentProvider:
        """The provider of one tenant."""
        return Adyen(self.calls, self.merchant_account, Books(runtime.database, tenant), self.max_captures)


def account(endpoint: str, api_key: str, merchant_account: str, max_captures: int = 1) -> AdyenAccount:
    """The account at an endpoint such as https://checkout-test.adyen.com/v71."""
    headers = {"X-API-Key": api_key, "Content-Type": "application/json"}
    calls = Calls(endpoint, headers, refused=frozenset({401, 403}))
    return AdyenAccount(calls, merchant_account, max_captures)


@dataclass(frozen=True, slots=True)
class Adyen:
    """A merchant account as one tenant uses it."""

    calls: Calls
    merchant_account: str
    books: Books
    max_captures: int = 1

    @property
    def capabilities(self) -> Capabilities:
        return replace(CAPABILITIES, max_captures=self.max_captures)

    def authorize(self, request: AuthorizeRequest, *, key: str) -> Result:
        """Hold money on a card that Adyen has stored."""
        shopper, slash, stored = request.token.partition("/")
        if not slash or not shopper or not stored:
            return Declined("token_unknown", by_rule=True)
        try:
            value = amount_for(ADYEN, request.amount, request.currency)
        except NotPayable:
            return Declined(NOT_PAYABLE, by_rule=True)
        name = reference_of(self.books.tenant, key)
        self.books.ask(name, request.order_id, request.payment_id)
        body = {
            "merchantAccount": self.merchant_account,
            "amount": {"currency": request.currency, "value": value},
            "reference": name,
            "paymentMethod": {"type": "scheme", "storedPaymentMethodId": stored},
            "shopperReference": shopper,
            "shopperInteraction": "ContAuth",
            "recurringProcessingModel": "CardOnFile",
            "additionalData": {"manualCapture": "true"},
            "metadata": {
                "tenant": request.tenant,
                "order_id": request.order_id,
                "payment_id": request.payment_id,
            },
        }
        answer = self._send("/payments", body, key)
        if not isinstance(answer, Mapping):
            return answer
        return self._authorized(name, request, answer)

    def capture(self, request: CaptureRequest, *, key: str) -> Result:
        """Take held money; the result comes later."""
        return self._modify("capture", request.reference, key, request.amount, request.currency)

    def void(self, reference: str, *, key: str, amount: int | None = None) -> Result:
        """Let go of everything that is held; the result comes later. A part of it Adyen does not let go of."""
        if amount is not None:
            return Declined("partial_void_not_supported", reference, by_rule=True)
        found = self.get(reference)
        if not isinstance(found, ProviderPayment):
            return Unknown("not told yet")
        held = found.authorized - found.captured - found.capture_pending - found.released
        if not found.authorized:
            # A customer who has not confirmed has nothing held that could be let go of.
            return Approved(reference, 0, found.currency)
        return self._modify("void", reference, key, held, found.currency)

    def refund(self, request: RefundRequest, *, key: str) -> Result:
        """Give captured money back; the result comes later, and may be taken back days after that."""
        if request.to is not None:
            return Declined("new_balance_not_supported", by_rule=True)
        return self._modify("refund", request.reference, key, request.amount, request.currency)

    def get(self, reference: str) -> ProviderPayment | NoTrace | Unknown:
        """The payment as we have been told."""
        told = self.books.payment(reference)
        return NoTrace() if told is None else told.shown(reference, several=self.max_captures > 1)

    def find(self, key: str, *, verb: Verb = "authorize", reference: str | None = None) -> Result | NoTrace:
        """What became of a call, as we have been told; before that, asking again under the same key is safe."""
        name = reference_of(self.books.tenant, key)
        if verb == "authorize":
            answer = self.books.answer(name)
            return NoTrace() if answer is None else _ended(answer)
        told = self.books.payment(reference) if reference else None
        if told is None or not reference:
            return NoTrace()
        for change in told.of(verb):
            if change.our_reference == name:
                if change.status == "failed":
                    return Declined(_code(change.reason), reference)
                released = int(str(told.payment["held"])) - change.amount if self._lets_go(verb) else 0
                pending = change.status == "pending"
                currency = str(told.payment["currency"])
                return Approved(reference, change.amount, currency, change.id, released, pending=pending)
        return NoTrace()

    def list_settlement(self, payout_id: str) -> SettlementList | NoTrace | Unknown:
        """Adyen writes what it paid out into reports, and lists it nowhere else."""
        return NoTrace()

    def _lets_go(self, verb: str) -> bool:
        return verb == "capture" and self.max_captures == 1

    def _authorized(self, name: str, request: AuthorizeRequest, answer: Mapping[str, Any]) -> Result:
        """An authorisation is noted as it was answered: its message may come much later."""
        code = answer.get("resultCode")
        reference = answer.get("pspReference")
        if not isinstance(code, str) or not isinstance(reference, str) or not reference:
            return Unknown(UNREADABLE)
        if code in _NOT_YET:
            return Unknown(code.lower())
        status = HELD if code == "Authorised" else "action" if code in _ACTION else "failed"
        noted = {
            "status": status,
            "held": request.amount if status == HELD else 0,
            "currency": request.currency,
            "reason": str(answer.get("refusalReason") or code),
        }
        self.books.answered(name, reference, noted)
        # The customer may have confirmed, and a message said so, before this answer was given once more.
        return _ended(self.books.answer(name) or {**noted, "reference": reference})

    def _modify(self, verb: Modification, reference: str, key: str, amount: int, currency: str) -> Result:
        name = reference_of(self.books.tenant, key)
        body: dict[str, Any] = {"merchantAccount": self.merchant_account, "reference": name}
        if verb != "void":
            try:
                body["amount"] = {"currency": currency, "value": amount_for(ADYEN, amount, currency)}
            except NotPayable:
                return Declined(NOT_PAYABLE, reference, by_rule=True)
        answer = self._send(f"/payments/{quote(reference, safe='')}/{_PATHS[verb]}", body, key)
        if not isinstance(answer, Mapping):
            return replace(answer, reference=reference) if isinstance(answer, Declined) else answer
        made = answer.get("pspReference")
        if answer.get("status") != "received" or not isinstance(made, str) or not made:
            return Unknown(UNREADABLE)
        self.books.accepted(reference, Change(made, verb, name, amount))
        # A message may have been faster than this answer.
        found = self.find(key, verb=verb, reference=reference)
        return Approved(reference, amount, currency, made, pending=True) if isinstance(found, NoTrace) else found

    def _send(self, path: str, body: Mapping[str, Any], key: str) -> Mapping[str, Any] | Declined | Unknown:
        answer = self.calls.send("POST", path, json.dumps(body, separators=(",", ":")).encode(), key)
        if isinstance(answer, Unknown):
            return answer
        status, document = answer
        if status in (200, 201):
            return document
        code = str(document.get("errorCode") or status)
        if code == _IN_PROGRESS or status == 409:
            return Unknown("in progress")
        return Declined(f"adyen_{code}", by_rule=True)


def _ended(answer: Mapping[str, Any]) -> Result:
    """How an authorisation ended, in the words of our port."""
    reference = str(answer["reference"])
    if answer["status"] == HELD:
        return Approved(reference, int(answer["held"]), str(answer["currency"]))
    if answer["status"] == "action":
        return RequiresAction(reference)
    return Declined(_code(str(answer["reason"])), reference)


def _code(reason: str | None) -> str:
    """A reason in words as a code, such as `not_enough_balance`."""
    return re.sub(r"[^a-z0-9]+", "_", (reason or "refused").lower()).strip("_")[:64] or "refused"
