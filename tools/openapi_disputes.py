"""The routes of disputes and of money that is given up, and the shapes of their answers, for the API description."""

from __future__ import annotations

from oms.settlement.model import DisputeState
from tools.openapi_answers import Answer
from tools.openapi_payments import WriteOffDocument
from tools.openapi_shapes import Route


class DisputeDocument(Answer):
    """A dispute beside its tender; amounts in minor units."""

    id: str
    provider: str
    dispute_id: str
    reference: str
    legal_entity: str
    store: str
    channel: str
    order_id: str | None
    payment_id: str | None
    amount: int
    fee: int
    currency: str
    reason: str | None
    state: DisputeState
    fee_returned: int
    lost: int
    opened_at: str


DISPUTE_ROUTES: dict[str, Route] = {
    "POST /v1/finance/disputes": Route(
        "Record a dispute",
        {201: DisputeDocument, 200: DisputeDocument},
        notes="While it is open, nothing of its payment is refunded. A warning takes no money.",
        refusals=(409,),
    ),
    "POST /v1/finance/disputes/{dispute_id}/outcome": Route(
        "Say how a dispute ended", {200: DisputeDocument}, refusals=(404, 409)
    ),
    "POST /v1/orders/{order_id}/write-offs": Route(
        "Write off what was delivered and is not paid",
        {201: WriteOffDocument},
        notes="All of it without `amount`. With `tax_relief` its share of the tax is given back.",
        refusals=(404, 409),
    ),
}
