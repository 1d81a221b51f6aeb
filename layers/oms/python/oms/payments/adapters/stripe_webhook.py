"""Messages of Stripe, signed or by its partner bus on EventBridge, as hints or as news. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oms.payments.adapters.messages import part, text
from oms.payments.adapters.stripe_news import is_news, news_of_event
from oms.payments.hints import About, Hint
from oms.payments.news import Told, news_for
from oms.platform.intake import read_json

PROVIDER = "stripe"
SIGNATURE_HEADER = "stripe-signature"
PARTNER_SOURCE = "aws.partner/stripe.com/"
# What is told of a payment and its captures. All other types are about something else: disputes, payouts, customers.
_PAYMENTS: Mapping[str, About] = {
    "payment_intent.amount_capturable_updated": "payment",
    "payment_intent.canceled": "expired",
    "payment_intent.payment_failed": "payment",
    "payment_intent.processing": "payment",
    "payment_intent.requires_action": "payment",
    "payment_intent.succeeded": "payment",
    "charge.captured": "payment",
    "charge.expired": "expired",
    "charge.refunded": "refund",
}
_REFUNDS = frozenset({"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"})


class NotOfStripe(ValueError):
    """An event on the partner bus that is not of the shape that Stripe sends."""


def read_event(raw: bytes) -> Mapping[str, Any]:
    """The event that a signed body is; one that is no JSON is refused."""
    return part(read_json(raw))


def told_by(event: Mapping[str, Any], account: Mapping[str, Any]) -> tuple[Hint | Told, ...]:
    """What an event says: a hint about a payment, or news of a dispute or payout; nothing where it is neither."""
    if is_news(event):
        return news_for(account, text(event, "type"), lambda legal_entity: news_of_event(event, legal_entity))
    hint = hint_of_event(event)
    return () if hint is None else (hint,)


def event_of(envelope: Mapping[str, Any]) -> Mapping[str, Any]:
    """The Stripe event in an event of the partner bus, by whose `id` repeats are known.

    Nothing is signed there: the bus and its rule say who speaks. Another source or shape raises NotOfStripe.
    """
    event = part(envelope, "detail")
    if not text(envelope, "source").startswith(PARTNER_SOURCE):
        raise NotOfStripe("source")
    if not text(event, "id") or text(event, "object") != "event":
        raise NotOfStripe("detail")
    if text(envelope, "detail-type") != text(event, "type"):
        raise NotOfStripe("detail-type")
    return event


def hint_of_event(event: Mapping[str, Any]) -> Hint | None:
    """What an event is about, None where it is no payment."""
    kind = text(event, "type")
    about_this = part(event, "data", "object")
    if kind in _REFUNDS:
        failed = text(about_this, "status") in ("failed", "canceled")
        return _hint("refund_failed" if failed else "refund", text(about_this, "payment_intent"), {})
    about = _PAYMENTS.get(kind)
    if about is None:
        return None
    name = "id" if kind.startswith("payment_intent.") else "payment_intent"
    return _hint(about, text(about_this, name), part(about_this, "metadata"))


def _hint(about: About, reference: str, metadata: Mapping[str, Any]) -> Hint | None:
    # A charge without an intent is none of ours.
    if not reference:
        return None
    return Hint(PROVIDER, about, reference, *(text(metadata, name) for name in ("tenant", "order_id", "payment_id")))
