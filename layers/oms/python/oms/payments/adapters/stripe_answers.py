"""What Stripe's PaymentIntents, refunds and errors mean in the words of our port. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from oms.payments.adapters.minor_units import STRIPE, amount_from
from oms.payments.port import (
    KEY_REUSED,
    Approved,
    Declined,
    Movement,
    ProviderPayment,
    RequiresAction,
    Result,
    Unknown,
)

# The names under which our keys stand in metadata; those of captures begin with _CAPTURED_BY.
AUTHORIZED_BY = "authorize_key"
REFUNDED_BY = "refund_key"
_CAPTURED_BY = "capture_"
# Answers to a key whose first call has not ended, which say nothing about its end.
_NOT_YET = frozenset({"idempotency_key_in_use", "lock_timeout"})
_PENDING = frozenset({"pending", "requires_action"})
_FAILED = frozenset({"failed", "canceled"})
Reader = Callable[[Mapping[str, Any]], Result]


def mark_of(key: str) -> str:
    """The name of metadata that says that a capture was made under a key; names have at most 40 characters."""
    return f"{_CAPTURED_BY}{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def authorized(intent: Mapping[str, Any]) -> Result:
    """What became of an authorisation, also where its money has been taken or let go of since."""
    status, reference = intent["status"], intent["id"]
    if status in ("requires_action", "requires_confirmation"):
        return RequiresAction(reference)
    if status == "processing":
        return Unknown("processing")
    if not _was_held(intent):
        error = intent.get("last_payment_error") or {}
        code = error.get("decline_code") or error.get("code") or status
        return Declined(str(code), reference)
    return Approved(reference, _ours(intent, intent["amount"]), _currency(intent), capture_before=_until(intent))


def captured(intent: Mapping[str, Any], key: str, *, several: bool) -> Result:
    """A capture, as it left its mark on the intent."""
    amount = int(intent["metadata"][mark_of(key)])
    return Approved(
        reference=intent["id"],
        amount=_ours(intent, amount),
        currency=_currency(intent),
        movement_id=_capture_id(intent, mark_of(key), several=several),
        released=0 if several else _released(intent),
    )


def voided(intent: Mapping[str, Any]) -> Result:
    """What the end of an intent let go of; nothing where nothing had been held."""
    return Approved(intent["id"], _released(intent) if _was_held(intent) else 0, _currency(intent))


def is_cancelled_by_us(intent: Mapping[str, Any]) -> bool:
    """Whether an intent was cancelled, and not by running out of time."""
    return intent["status"] == "canceled" and intent.get("cancellation_reason") != "automatic"


def refunded(made: Mapping[str, Any], reference: str) -> Result:
    """What became of a refund; it may fail days after it succeeded."""
    if made["status"] in _FAILED:
        return Declined(str(made.get("failure_reason") or made["status"]), reference)
    return Approved(
        reference,
        _ours(made, made["amount"]),
        _currency(made),
        made["id"],
        pending=made["status"] in _PENDING,
    )


def refused(status: int, document: Mapping[str, Any]) -> Result:
    """What an error means: a bank's no, a rule of Stripe, or nothing that could be relied on."""
    error = document["error"]
    kind, code = error["type"], error.get("code")
    if status in (409, 424) or code in _NOT_YET or kind == "api_error":
        return Unknown(str(code or f"status {status}"))
    if kind == "idempotency_error":
        return Declined(KEY_REUSED, by_rule=True)
    intent = error.get("payment_intent") or {}
    return Declined(str(error.get("decline_code") or code or kind), intent.get("id"), by_rule=status != 402)


def payment(intent: Mapping[str, Any], refunds: Iterable[Mapping[str, Any]], *, several: bool) -> ProviderPayment:
    """A payment as Stripe has it now."""
    metadata, currency = intent["metadata"], _currency(intent)
    held = _was_held(intent)
    released = _released(intent) if held else 0
    given = _given_back(intent, refunds, released)
    movements = tuple(_movement(made) for made in given)
    return ProviderPayment(
        reference=intent["id"],
        status=_status(intent),
        currency=currency,
        authorized=_ours(intent, intent["amount"]) if held else 0,
        captured=_ours(intent, intent["amount_received"]),
        capture_pending=0,
        released=released,
        refunded=sum(made.amount for made in movements if made.status == "succeeded"),
        refund_pending=sum(made.amount for made in movements if made.status == "pending"),
        capture_before=_until(intent),
        tenant=metadata.get("tenant"),
        order_id=metadata.get("order_id"),
        payment_id=metadata.get("payment_id"),
        captures=tuple(
            Movement(
                _capture_id(intent, name, several=several),
                _ours(intent, int(amount)),
                "succeeded",
                0 if several else released,
            )
            for name, amount in sorted(metadata.items())
            if name.startswith(_CAPTURED_BY)
        ),
        refunds=movements,
    )


def _status(intent: Mapping[str, Any]) -> str:
    """Stripe's own word, but `failed` where the customer did not confirm or the bank said no."""
    status = str(intent["status"])
    return "failed" if status == "requires_payment_method" and intent.get("last_payment_error") else status


def _was_held(intent: Mapping[str, Any]) -> bool:
    """Whether a bank has ever held the money of an intent."""
    if intent["status"] in ("requires_capture", "succeeded"):
        return True
    charge = intent.get("latest_charge")
    return intent["status"] == "canceled" and isinstance(charge, Mapping) and charge["status"] != "failed"


def _released(intent: Mapping[str, Any]) -> int:
    return _ours(intent, intent["amount"] - intent["amount_received"] - intent["amount_capturable"])


def _given_back(
    intent: Mapping[str, Any], refunds: Iterable[Mapping[str, Any]], released: int
) -> list[Mapping[str, Any]]:
    """The refunds of captured money. What a capture lets go of Stripe may list as a refund too, which is not one."""
    given = list(refunds)
    for made in given:
        ours = REFUNDED_BY in (made.get("metadata") or {})
        if not ours and released and _ours(intent, made["amount"]) == released:
            return [other for other in given if other is not made]
    return given


def _movement(made: Mapping[str, Any]) -> Movement:
    status = "failed" if made["status"] in _FAILED else "pending" if made["status"] in _PENDING else "succeeded"
    return Movement(made["id"], _ours(made, made["amount"]), status, 0, made.get("failure_reason"))


def _capture_id(intent: Mapping[str, Any], mark: str, *, several: bool) -> str:
    """The charge, by which Stripe settles a capture; with several of them each needs a name of its own."""
    charge = intent["latest_charge"]
    name = str(charge["id"] if isinstance(charge, Mapping) else charge)
    return f"{name}:{mark.removeprefix(_CAPTURED_BY)}" if several else name


def _until(intent: Mapping[str, Any]) -> datetime | None:
    """Until when a hold can be captured: the charge says so, and no rule of days replaces it."""
    charge = intent.get("latest_charge")
    card = ((charge.get("payment_method_details") or {}).get("card") or {}) if isinstance(charge, Mapping) else {}
    seconds = card.get("capture_before")
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None


def _currency(document: Mapping[str, Any]) -> str:
    return str(document["currency"]).upper()


def _ours(document: Mapping[str, Any], amount: int) -> int:
    return amount_from(STRIPE, amount, _currency(document))
