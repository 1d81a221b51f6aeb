"""Messages of the strict provider, as hints. Pure."""

from __future__ import annotations

from oms.payments.adapters.messages import part, text
from oms.payments.hints import About, Hint
from oms.platform.intake import read_json

PROVIDER = "strict"
SIGNATURE_HEADER = "psp-signature"


def hint_of(raw: bytes) -> Hint:
    """What a message is about; one that is no JSON is refused."""
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


def _about(kind: str) -> About:
    if kind == "payment.expired":
        return "expired"
    if kind == "refund.failed":
        return "refund_failed"
    return "refund" if kind.startswith("refund.") else "payment"
