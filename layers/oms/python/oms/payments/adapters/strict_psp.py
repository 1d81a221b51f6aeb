"""The strict provider over HTTP: our port's requests as its JSON, its answers as our results.

It makes each call once: what to do about an Unknown outcome is the caller's decision, which has the idempotency key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from oms.payments.adapters.calls import UNREADABLE, Calls
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

SIGNATURE_HEADER = "psp-signature"
# The first call under this key has not been answered yet, so nobody can say how it will end.
STILL_RUNNING = "idempotency_key_in_use"
_PAGE = 100
CAPABILITIES = Capabilities(
    max_captures=None,
    incremental=False,
    extended=False,
    asynchronous=False,
    fee_returned_on_refund=False,
    hold_time={"visa": timedelta(days=7), "mastercard": timedelta(days=7), "amex": timedelta(days=7)},
)


class StrictPsp:
    """The provider at `endpoint`; time-outs are seconds for connecting and for each wait on the answer.

    `max_captures` is how many captures our account may make of one authorisation; None means any number.
    """

    def __init__(
        self,
        endpoint: str,
        api_key: str,
        *,
        max_captures: int | None = None,
        connect_timeout: float = 2.0,
        read_timeout: float = 10.0,
    ) -> None:
        headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
        self._calls = Calls(endpoint, headers, connect_timeout=connect_timeout, read_timeout=read_timeout)
        self._capabilities = replace(CAPABILITIES, max_captures=max_captures)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def authorize(self, request: AuthorizeRequest, *, key: str) -> Result:
        """Hold money on a card."""
        metadata = {"tenant": request.tenant, "order_id": request.order_id, "payment_id": request.payment_id}
        body = {
            "amount": request.amount,
            "currency": request.currency,
            "token": request.token,
            "capture": False,
            "metadata": metadata,
        }
        return self._move("authorize", "/payments", body, key)

    def capture(self, request: CaptureRequest, *, key: str) -> Result:
        """Take held money."""
        body = {"amount": request.amount, "currency": request.currency, "final": request.final}
        return self._move("capture", f"/payments/{quote(request.reference, safe='')}/capture", body, key)

    def void(self, reference: str, *, key: str, amount: int | None = None) -> Result:
        """Let go of everything that is held and not captured; a part of it this provider does not let go of."""
        if amount is not None:
            return Declined("partial_void_not_supported", reference, by_rule=True)
        return self._move("void", f"/payments/{quote(reference, safe='')}/void", {}, key)

    def refund(self, request: RefundRequest, *, key: str) -> Result:
        """Give captured money back."""
        body = {"amount": request.amount, "currency": request.currency}
        return self._move("refund", f"/payments/{quote(request.reference, safe='')}/refunds", body, key)

    def get(self, reference: str) -> ProviderPayment | NoTrace | Unknown:
        """The payment as it is now."""
        answer = self._send("GET", f"/payments/{quote(reference, safe='')}")
        if isinstance(answer, Unknown):
            return answer
        status, document = answer
        if status == 404:
            return NoTrace()
        try:
            return _payment(document) if status == 200 else Unknown(f"status {status}")
        except (KeyError, TypeError):
            return Unknown(UNREADABLE)

    def find(self, key: str, *, verb: Verb = "authorize", reference: str | None = None) -> Result | NoTrace:
        """What became of the call that was made under this key."""
        answer = self._send("GET", f"/payments?idempotency_key={quote(key, safe='')}")
        if isinstance(answer, Unknown):
            return answer
        status, document = answer
        if status != 200:
            return Unknown(f"status {status}")
        try:
            operation = document["operation"]
            if operation is None:
                return NoTrace()
            if operation["running"]:
                return Unknown(STILL_RUNNING)
            result = _result(operation["name"], operation["status"], operation["answer"])
            return _settled(result, document["payments"])
        except (KeyError, TypeError):
            return Unknown(UNREADABLE)

    def list_settlement(self, payout_id: str) -> SettlementList | NoTrace | Unknown:
        """A payout with its balance transactions, page by page."""
        path = f"/payouts/{quote(payout_id, safe='')}/transactions?limit={_PAGE}"
        rows: list[Mapping[str, Any]] = []
        after = ""
        while True:
            answer = self._send("GET", path + after)
            if isinstance(answer, Unknown):
                return answer
            status, document = answer
            if status == 404:
                return NoTrace()
            if status != 200:
                return Unknown(f"status {status}")
            try:
                rows.extend(document["transactions"])
                if not document["has_more"]:
                    return SettlementList(document["payout"], tuple(rows))
                after = f"&after={quote(document['transactions'][-1]['id'], safe='')}"
            except (KeyError, TypeError, IndexError):
                return Unknown(UNREADABLE)

    def close(self) -> None:
        self._calls.close()

    def _move(self, operation: str, path: str, body: Mapping[str, Any], key: str) -> Result:
        answer = self._send("POST", path, body, key)
        if isinstance(answer, Unknown):
            return answer
        try:
            return _result(operation, *answer)
        except (KeyError, TypeError):
            return Unknown(UNREADABLE)

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, key: str | None = None
    ) -> tuple[int, dict[str, Any]] | Unknown:
        payload = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        return self._calls.send(method, path, payload, key)


def _result(operation: str, status: int, document: Mapping[str, Any]) -> Result:
    """What an answer of the provider means, given at once or looked up later."""
    error = document.get("error")
    if error is not None:
        if error["code"] == STILL_RUNNING:
            return Unknown(STILL_RUNNING)
        reference = document.get("payment", {}).get("id")
        return Declined(error.get("decline_code") or error["code"], reference, by_rule=status != 402)
    if operation in ("capture", "refund", "void"):
        return Approved(
            reference=document["payment"]["id"],
            amount=document["amount"],
            currency=document["currency"],
            movement_id=document.get("id"),
            released=document.get("released", 0),
            pending=document.get("status") == "pending",
        )
    if document["status"] == "requires_action":
        return RequiresAction(document["id"])
    return Approved(
        reference=document["id"],
        amount=document["amount_authorized"],
        currency=document["currency"],
        capture_before=_instant(document["capture_before"]),
    )


def _settled(result: Result, payments: Sequence[Mapping[str, Any]]) -> Result:
    """A result that was pending as it is now: the first answer to a call never changes, the movement does."""
    if not isinstance(result, Approved) or not result.pending:
        return result
    movements = [m for payment in payments for m in (*payment["captures"], *payment["refunds"])]
    movement = next(m for m in movements if m["id"] == result.movement_id)
    if movement["status"] == "failed":
        return Declined(movement["failure_code"], result.reference)
    return replace(result, pending=movement["status"] == "pending")


def _payment(document: Mapping[str, Any]) -> ProviderPayment:
    metadata = document["metadata"]
    return ProviderPayment(
        reference=document["id"],
        status=document["status"],
        currency=document["currency"],
        authorized=document["amount_authorized"],
        captured=document["amount_captured"],
        capture_pending=document["amount_capture_pending"],
        released=document["amount_released"],
        refunded=document["amount_refunded"],
        refund_pending=document["amount_refund_pending"],
        capture_before=_instant(document["capture_before"]),
        tenant=metadata.get("tenant"),
        order_id=metadata.get("order_id"),
        payment_id=metadata.get("payment_id"),
        captures=tuple(_movement(capture) for capture in document["captures"]),
        refunds=tuple(_movement(refund) for refund in document["refunds"]),
    )


def _movement(document: Mapping[str, Any]) -> Movement:
    return Movement(
        document["id"],
        document["amount"],
        document["status"],
        document.get("released", 0),
        document.get("failure_code"),
    )


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
