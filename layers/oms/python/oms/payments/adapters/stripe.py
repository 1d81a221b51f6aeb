"""Stripe over its HTTP API: PaymentIntents that are held first and captured by hand.

Stripe tells nobody what became of an idempotency key, so each call leaves its key in the metadata of what it makes:
an authorisation and its captures on the PaymentIntent, a refund on itself. A cancelled intent is looked at as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from oms.payments.adapters import stripe_answers as answers
from oms.payments.adapters.calls import UNREADABLE, Calls
from oms.payments.adapters.minor_units import STRIPE, NotPayable, amount_for
from oms.payments.port import (
    AuthorizeRequest,
    Capabilities,
    CaptureRequest,
    Declined,
    NoTrace,
    ProviderPayment,
    RefundRequest,
    Result,
    SettlementList,
    Unknown,
    Verb,
)

ENDPOINT = "https://api.stripe.com"
API_VERSION = "2026-10-28.endive"
# A PaymentIntent holds fifty entries of metadata and we write four of our own; Stripe captures at most fifty times.
MOST_CAPTURES = 40
CAPABILITIES = Capabilities(
    max_captures=1,
    incremental=False,
    extended=False,
    asynchronous=False,
    fee_returned_on_refund=False,
    hold_time={"visa": timedelta(days=7), "mastercard": timedelta(days=7), "amex": timedelta(days=7)},
)
NOT_PAYABLE = "amount_not_payable"
_CHARGE = ("expand[]", "latest_charge")
_INTENTS = "/v1/payment_intents"
Fields = list[tuple[str, str]]


class Stripe:
    """The account of an API key; `max_captures` above 1 only where Stripe has agreed to multicapture."""

    def __init__(
        self,
        api_key: str,
        *,
        endpoint: str = ENDPOINT,
        max_captures: int = 1,
        connect_timeout: float = 2.0,
        read_timeout: float = 10.0,
    ) -> None:
        if not 1 <= max_captures <= MOST_CAPTURES:
            raise ValueError(f"from 1 to {MOST_CAPTURES} captures of one authorisation")
        headers = {
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Stripe-Version": API_VERSION,
        }
        self._calls = Calls(
            endpoint,
            headers,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            refused=frozenset({401, 403}),
        )
        self._several = max_captures > 1
        self._capabilities = replace(CAPABILITIES, max_captures=max_captures)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def authorize(self, request: AuthorizeRequest, *, key: str) -> Result:
        """Hold money on a card; the token is a PaymentMethod (pm_…)."""
        try:
            amount = amount_for(STRIPE, request.amount, request.currency)
        except NotPayable:
            return Declined(NOT_PAYABLE, by_rule=True)
        fields: Fields = [
            ("amount", str(amount)),
            ("currency", request.currency.lower()),
            ("payment_method", request.token),
            ("payment_method_types[]", "card"),
            ("capture_method", "manual"),
            ("confirm", "true"),
            ("metadata[tenant]", request.tenant),
            ("metadata[order_id]", request.order_id),
            ("metadata[payment_id]", request.payment_id),
            (f"metadata[{answers.AUTHORIZED_BY}]", key),
            _CHARGE,
        ]
        if self._several:
            fields.append(("payment_method_options[card][request_multicapture]", "if_available"))
        return self._ask(_INTENTS, fields, key, answers.authorized)

    def capture(self, request: CaptureRequest, *, key: str) -> Result:
        """Take held money; without multicapture Stripe lets go of the rest."""
        try:
            amount = amount_for(STRIPE, request.amount, request.currency)
        except NotPayable:
            return Declined(NOT_PAYABLE, request.reference, by_rule=True)
        fields: Fields = [
            ("amount_to_capture", str(amount)),
            (f"metadata[{answers.mark_of(key)}]", str(amount)),
            _CHARGE,
        ]
        if self._several:
            fields.append(("final_capture", "true" if request.final else "false"))
        path = f"{_INTENTS}/{quote(request.reference, safe='')}/capture"
        return self._ask(path, fields, key, lambda intent: answers.captured(intent, key, several=self._several))

    def void(self, reference: str, *, key: str, amount: int | None = None) -> Result:
        """Cancel the intent, which lets go of everything that is held; a part of it Stripe does not let go of."""
        if amount is not None:
            return Declined("partial_void_not_supported", reference, by_rule=True)
        path = f"{_INTENTS}/{quote(reference, safe='')}/cancel"
        return self._ask(path, [_CHARGE], key, answers.voided)

    def refund(self, request: RefundRequest, *, key: str) -> Result:
        """Give captured money back."""
        if request.to is not None:
            return Declined("new_balance_not_supported", by_rule=True)
        try:
            amount = amount_for(STRIPE, request.amount, request.currency)
        except NotPayable:
            return Declined(NOT_PAYABLE, request.reference, by_rule=True)
        fields: Fields = [
            ("payment_intent", request.reference),
            ("amount", str(amount)),
            (f"metadata[{answers.REFUNDED_BY}]", key),
        ]
        return self._ask("/v1/refunds", fields, key, lambda made: answers.refunded(made, request.reference))

    def get(self, reference: str) -> ProviderPayment | NoTrace | Unknown:
        """The payment as it is now."""
        intent = self._intent(reference)
        if not isinstance(intent, Mapping):
            return intent
        # Of what was never taken nothing was given back.
        refunds = self._refunds(reference) if intent.get("amount_received") else []
        if isinstance(refunds, Unknown):
            return refunds
        try:
            return answers.payment(intent, refunds, several=self._several)
        except (KeyError, TypeError, AttributeError, ValueError):
            return Unknown(UNREADABLE)

    def find(self, key: str, *, verb: Verb = "authorize", reference: str | None = None) -> Result | NoTrace:
        """What became of a call, by the key that it left behind.

        Stripe's search shows an authorisation up to a minute late: until then there is no trace of it, and asking once
        more under the same key gives the first answer.
        """
        try:
            if verb == "authorize":
                return self._find_authorization(key)
            if not reference:
                return NoTrace()
            return self._find_refund(key, reference) if verb == "refund" else self._find_on(reference, key, verb)
        except (KeyError, TypeError, AttributeError, ValueError):
            return Unknown(UNREADABLE)

    def list_settlement(self, payout_id: str) -> SettlementList | NoTrace | Unknown:
        """An automatic payout with its balance transactions; of a manual one Stripe keeps no list."""
        payout = self._look(f"/v1/payouts/{quote(payout_id, safe='')}")
        if not isinstance(payout, Mapping):
            return payout
        rows = self._pages("/v1/balance_transactions", ("payout", payout_id))
        return rows if isinstance(rows, Unknown) else SettlementList(payout, tuple(rows))

    def close(self) -> None:
        """End the connection."""
        self._calls.close()

    def _find_authorization(self, key: str) -> Result | NoTrace:
        quoted = key.replace("\\", "\\\\").replace("'", "\\'")
        query = [("query", f"metadata['{answers.AUTHORIZED_BY}']:'{quoted}'"), ("expand[]", "data.latest_charge")]
        found = self._look(f"{_INTENTS}/search?{urlencode(query)}")
        if isinstance(found, NoTrace):
            # Stripe has no search for this account, which says nothing about the call.
            return Unknown("no search")
        if isinstance(found, Unknown):
            return found
        return answers.authorized(found["data"][0]) if found["data"] else NoTrace()

    def _find_on(self, reference: str, key: str, verb: Verb) -> Result | NoTrace:
        intent = self._intent(reference)
        if not isinstance(intent, Mapping):
            return intent
        if verb == "void":
            return answers.voided(intent) if answers.is_cancelled_by_us(intent) else NoTrace()
        if answers.mark_of(key) not in intent["metadata"]:
            return NoTrace()
        return answers.captured(intent, key, several=self._several)

    def _find_refund(self, key: str, reference: str) -> Result | NoTrace:
        refunds = self._refunds(reference)
        if isinstance(refunds, Unknown):
            return refunds
        for made in refunds:
            if (made.get("metadata") or {}).get(answers.REFUNDED_BY) == key:
                return answers.refunded(made, reference)
        return NoTrace()

    def _intent(self, reference: str) -> Mapping[str, Any] | NoTrace | Unknown:
        return self._look(f"{_INTENTS}/{quote(reference, safe='')}?{urlencode([_CHARGE])}")

    def _refunds(self, reference: str) -> list[Mapping[str, Any]] | Unknown:
        """All refunds of a payment, newest first."""
        return self._pages("/v1/refunds", ("payment_intent", reference))

    def _pages(self, path: str, wanted: tuple[str, str]) -> list[Mapping[str, Any]] | Unknown:
        """A list of Stripe, page by page."""
        found: list[Mapping[str, Any]] = []
        more: Fields = []
        while True:
            page = self._look(f"{path}?{urlencode([wanted, ('limit', '100'), *more])}")
            if isinstance(page, NoTrace):
                return found
            if isinstance(page, Unknown):
                return page
            try:
                found.extend(page["data"])
                if not page["has_more"]:
                    return found
                more = [("starting_after", str(page["data"][-1]["id"]))]
            except (KeyError, TypeError, IndexError):
                return Unknown(UNREADABLE)

    def _look(self, path: str) -> Mapping[str, Any] | NoTrace | Unknown:
        answer = self._calls.send("GET", path)
        if isinstance(answer, Unknown):
            return answer
        status, document = answer
        if status == 404:
            return NoTrace()
        return document if status == 200 else Unknown(f"status {status}")

    def _ask(self, path: str, fields: Fields, key: str, read: answers.Reader) -> Result:
        answer = self._calls.send("POST", path, urlencode(fields).encode(), key)
        if isinstance(answer, Unknown):
            return answer
        status, document = answer
        try:
            return read(document) if status == 200 else answers.refused(status, document)
        except (KeyError, TypeError, AttributeError, ValueError):
            return Unknown(UNREADABLE)
