"""The test cards: each token names one way in which a card behaves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """What happens with this token; `None` and False mean that nothing special does.

    `trouble` is a fault of the call that authorises (the kinds of `faults.py`), met once per idempotency key;
    `capture` and `refund` say how later calls end: refused, refused_once or fails_later.
    """

    brand: str = "visa"
    last4: str = "4242"
    decline_code: str | None = None
    requires_action: bool = False
    trouble: str | None = None
    capture: str | None = None
    refund: str | None = None


CARDS: dict[str, Card] = {
    "tok_visa": Card(),
    "tok_mastercard": Card("mastercard", "4444"),
    "tok_amex": Card("amex", "8431"),
    "tok_declined": Card(last4="0002", decline_code="generic_decline"),
    "tok_insufficient_funds": Card(last4="9995", decline_code="insufficient_funds"),
    "tok_expired_card": Card(last4="0069", decline_code="expired_card"),
    "tok_stolen_card": Card(last4="9979", decline_code="stolen_card"),
    "tok_3ds": Card(last4="3155", requires_action=True),
    "tok_timeout_before_effect": Card(trouble="timeout_before_effect"),
    "tok_timeout_after_effect": Card(trouble="timeout_after_effect"),
    "tok_error_before_effect": Card(trouble="error_before_effect"),
    "tok_error_after_effect": Card(trouble="error_after_effect"),
    "tok_slow": Card(trouble="slow"),
    "tok_capture_fails": Card(capture="refused"),
    "tok_capture_fails_once": Card(capture="refused_once"),
    "tok_capture_fails_later": Card(capture="fails_later"),
    "tok_refund_fails_later": Card(refund="fails_later"),
}
