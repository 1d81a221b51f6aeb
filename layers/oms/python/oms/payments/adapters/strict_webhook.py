"""Messages of the strict provider, as hints or as news of disputes and payouts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oms.payments.adapters.messages import part, text
from oms.payments.events import DisputeReported, PayoutReported
from oms.payments.hints import About, Hint
from oms.payments.news import MessageUnreadable, News, Told, news_for
from oms.platform.clock import format_instant, instant_of
from oms.platform.intake import read_json

PROVIDER = "strict"
SIGNATURE_HEADER = "psp-signature"


def told_by(raw: bytes, account: Mapping[str, Any]) -> tuple[Hint | Told, ...]:
    """What a message says: news of a dispute or payout, or a hint about a payment; one that is no JSON is refused."""
    document = part(read_json(raw))
    if is_news(document):
        return news_for(account, text(document, "type"), lambda legal_entity: news_of(document, legal_entity))
    return (hint_of(raw),)


def hint_of(raw: bytes) -> Hint:
    """Which payment a message is about; one that is no JSON is refused."""
    document = read_json(raw)
    kind = text(part(document), "type")
    payment = part(document, "data", "payment")
    metadata = part(payment, "metadata")
    return Hint(
        PROVIDER,
        _about(kind),
        text(payment, "id"),
        *(str(metadata.get(name, "")) for name in ("tenant", "order_id", "payment_id")),
    )


def news_of(document: Mapping[str, Any], legal_entity: str) -> News:
    """What a message says of a dispute or a payout; one that lacks what is needed raises MessageUnreadable."""
    message_id = text(document, "id")
    payout, dispute = part(document, "data", "payout"), part(document, "data", "dispute")
    try:
        if text(document, "type").startswith("payout."):
            return PayoutReported(
                provider=PROVIDER,
                message_id=message_id,
                payout_id=payout["id"],
                legal_entity=legal_entity,
                listed=payout["reconciled"],
            )
        return DisputeReported(
            provider=PROVIDER,
            message_id=message_id,
            dispute_id=dispute["id"],
            reference=dispute["capture"],
            payment=dispute["payment"],
            legal_entity=legal_entity,
            amount=dispute["amount"],
            fee=dispute["fee"],
            currency=dispute["currency"],
            withdrawn=dispute["withdrawn"],
            outcome=dispute["status"] if dispute["status"] in ("won", "lost") else None,
            fee_returned=dispute["fee_returned"],
            reason=dispute["reason"],
            opened_at=format_instant(instant_of(dispute["created"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MessageUnreadable("a dispute or payout without what it consists of") from error


def is_news(document: Mapping[str, Any]) -> bool:
    """Whether a message is about a dispute or a payout."""
    return text(document, "type").startswith(("dispute.", "payout."))


def _about(kind: str) -> About:
    if kind == "payment.expired":
        return "expired"
    if kind == "refund.failed":
        return "refund_failed"
    return "refund" if kind.startswith("refund.") else "payment"
