"""The shapes of the calls: what a body must look like before the provider thinks about it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from local.psp.cards import CARDS
from local.psp.faults import Fault, read_fault
from local.psp.refusals import Refused
from local.psp.settings import ASYNCHRONOUS, SYNCHRONOUS

OPEN = "open"
LARGEST_AMOUNT = 99_999_999
LONGEST_KEY = 255
SUPPORTED = (
    "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS INR JPY KRW KWD MXN NOK NZD PLN RON SEK SGD THB TRY USD ZAR"
)
CURRENCIES = frozenset(SUPPORTED.split())
CARD_NUMBER = re.compile(r"(?:\d[ -]?){13,19}")


@dataclass(frozen=True, slots=True)
class Authorize:
    amount: int
    currency: str
    token: str
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class TakeMoney:
    """A capture or a refund; `final` means something for captures only."""

    amount: int
    currency: str | None
    final: bool = False


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """A dispute of a capture, of the last one where none is named; `warning` takes no money yet."""

    payment: str
    capture: str | None
    amount: int | None
    reason: str
    warning: bool


@dataclass(frozen=True, slots=True)
class Configure:
    """What a configuration call changes; a field that was not sent is None and stays as it is."""

    webhook: dict[str, Any] | None = None
    remove_webhook: bool = False
    faults: list[Fault] | None = None
    settings: dict[str, int | str | None] = field(default_factory=dict)


def read_body(raw: bytes) -> dict[str, Any]:
    """The JSON object in a request body; an empty body counts as an empty object."""
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        raise Refused(400, "body_unparsable", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Refused(422, "body_not_object", "The body must be a JSON object.")
    return body


def read_key(key: str | None) -> str:
    if not key:
        raise Refused(400, "idempotency_key_missing", "Send an Idempotency-Key header.")
    if len(key) > LONGEST_KEY:
        raise Refused(400, "idempotency_key_invalid", f"A key has at most {LONGEST_KEY} characters.")
    return key


def read_authorize(body: dict[str, Any]) -> Authorize:
    _only(body, {"amount", "currency", "token", "capture", "metadata"})
    if body.get("capture") is not False:
        raise Refused(422, "capture_mode_unsupported", "Send capture: false and capture later.", param="capture")
    currency = _currency(body)
    if currency is None:
        raise Refused(422, "field_missing", "currency is missing.", param="currency")
    token = body.get("token")
    if not isinstance(token, str) or token not in CARDS:
        if isinstance(token, str) and CARD_NUMBER.search(token):
            raise Refused(422, "card_number_refused", "Send a token, never a card number.", param="token")
        raise Refused(422, "token_unknown", "No such token.", param="token")
    return Authorize(_amount(body), currency, token, _metadata(body))


def read_capture(body: dict[str, Any]) -> TakeMoney:
    _only(body, {"amount", "currency", "final"})
    final = body.get("final")
    if not isinstance(final, bool):
        raise Refused(422, "final_invalid", "Say final: true or final: false.", param="final")
    return TakeMoney(_amount(body), _currency(body), final)


def read_refund(body: dict[str, Any]) -> TakeMoney:
    _only(body, {"amount", "currency"})
    return TakeMoney(_amount(body), _currency(body))


def read_void(body: dict[str, Any]) -> None:
    _only(body, set())


def read_authenticate(body: dict[str, Any]) -> bool:
    """Whether the shopper proved who they are: {outcome: succeeded | failed}."""
    _only(body, {"outcome"})
    if body.get("outcome") not in ("succeeded", "failed"):
        raise Refused(422, "outcome_invalid", "outcome is succeeded or failed.", param="outcome")
    return bool(body["outcome"] == "succeeded")


def read_dispute(body: dict[str, Any]) -> OpenDispute:
    """A dispute that an admin call opens: {payment, capture?, amount?, reason?, stage?: warning | open}."""
    _only(body, {"payment", "capture", "amount", "reason", "stage"})
    texts = [body.get("payment", ""), body.get("capture") or "", body.get("reason", "fraudulent")]
    if not all(isinstance(text, str) for text in texts):
        raise Refused(422, "field_invalid", "payment, capture and reason are text.", param="payment")
    if body.get("stage", OPEN) not in ("warning", OPEN):
        raise Refused(422, "stage_invalid", "stage is warning or open.", param="stage")
    amount = None if body.get("amount") is None else _amount(body)
    return OpenDispute(texts[0], texts[1] or None, amount, texts[2], body.get("stage") == "warning")


def read_outcome(body: dict[str, Any]) -> str:
    """How a dispute goes on: {outcome: won | lost | open}."""
    _only(body, {"outcome"})
    if body.get("outcome") not in ("won", "lost", OPEN):
        raise Refused(422, "outcome_invalid", "outcome is won, lost or open.", param="outcome")
    return str(body["outcome"])


def read_pay_out(body: dict[str, Any]) -> str | None:
    """Which currency is paid out, None for all: {currency?}."""
    _only(body, {"currency"})
    return _currency(body)


SETTINGS = {
    "auth_window_seconds": 1,
    "settle_seconds": 0,
    "come_back_seconds": 0,
    "slow_milliseconds": 0,
    "hang_milliseconds": 0,
    "max_captures": 1,
    "fee_basis_points": 0,
    "fee_fixed": 0,
    "dispute_fee": 0,
    "payout_every_seconds": 1,
}
OPTIONAL = ("max_captures", "payout_every_seconds")


def read_configure(body: dict[str, Any]) -> Configure:
    _only(body, {"webhook", "faults", "manner", "dispute_fee_returned", *SETTINGS})
    webhook, faults = body.get("webhook"), body.get("faults")
    if webhook is not None:
        _check_webhook(webhook)
    if faults is not None and not isinstance(faults, list):
        raise Refused(422, "fault_invalid", "faults is a list.", param="faults")
    settings: dict[str, int | str | None] = {}
    if "dispute_fee_returned" in body:
        if not isinstance(body["dispute_fee_returned"], bool):
            raise Refused(
                422, "setting_invalid", "dispute_fee_returned is true or false.", param="dispute_fee_returned"
            )
        settings["dispute_fee_returned"] = body["dispute_fee_returned"]
    if "manner" in body:
        if body["manner"] not in (SYNCHRONOUS, ASYNCHRONOUS):
            raise Refused(422, "setting_invalid", "manner is synchronous or asynchronous.", param="manner")
        settings["manner"] = body["manner"]
    for name in SETTINGS.keys() & body.keys():
        value = body[name]
        unlimited = name in OPTIONAL and value is None
        if not unlimited and (type(value) is not int or value < SETTINGS[name]):
            raise Refused(422, "setting_invalid", f"{name} is a whole number from {SETTINGS[name]}.", param=name)
        settings[name] = value
    return Configure(
        webhook,
        "webhook" in body and webhook is None,
        None if faults is None else [read_fault(fault) for fault in faults],
        settings,
    )


def _check_webhook(webhook: Any) -> None:
    texts = isinstance(webhook, dict) and all(isinstance(webhook.get(name, ""), str) for name in ("url", "secret"))
    if not texts or not set(webhook) <= {"url", "secret", "types"}:
        raise Refused(422, "webhook_invalid", "webhook has url, secret and types.", param="webhook")
    if not str(webhook.get("url", "")).startswith("http://"):
        raise Refused(422, "webhook_invalid", "The webhook url starts with http://.", param="webhook.url")
    types = webhook.get("types")
    if types is not None and not (isinstance(types, list) and all(isinstance(kind, str) for kind in types)):
        raise Refused(422, "webhook_invalid", "types is a list of event types.", param="webhook.types")


def _only(body: dict[str, Any], known: set[str]) -> None:
    for name in body:
        if name not in known:
            raise Refused(422, "field_unknown", f"There is no field {name[:40]!r} here.", param=name[:40])


def _amount(body: dict[str, Any]) -> int:
    amount = body.get("amount")
    # bool is a kind of int in Python and 1.0 == 1, so only the exact type will do.
    if type(amount) is not int or amount <= 0:
        raise Refused(422, "amount_invalid", "amount is a whole number of minor units above 0.", param="amount")
    if amount > LARGEST_AMOUNT:
        raise Refused(422, "amount_too_large", f"amount is at most {LARGEST_AMOUNT}.", param="amount")
    return amount


def _currency(body: dict[str, Any]) -> str | None:
    currency = body.get("currency")
    if currency is not None and (not isinstance(currency, str) or currency not in CURRENCIES):
        raise Refused(422, "currency_invalid", "currency is a supported ISO 4217 code.", param="currency")
    return currency


def _metadata(body: dict[str, Any]) -> dict[str, str]:
    metadata = body.get("metadata", {})
    if not isinstance(metadata, dict) or len(metadata) > 20:
        raise Refused(422, "metadata_invalid", "metadata is an object of at most 20 texts.", param="metadata")
    for name, value in metadata.items():
        if not isinstance(value, str) or len(name) > 40 or len(value) > 500:
            raise Refused(422, "metadata_invalid", "metadata holds short texts only.", param="metadata")
    return metadata
