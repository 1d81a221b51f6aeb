"""What the handlers' code does not say about the routes of returns and refunds, and the shapes of their answers."""

from __future__ import annotations

from oms.orders.amounts import Taxed
from oms.payments.refunds import PartState
from oms.returns.model import ReturnLine, State
from oms.returns.requests import PaidBy
from tools.openapi_answers import Answer
from tools.openapi_shapes import VERSION, Route


class ReturnDocument(Answer):
    """What came back at once, in minor units of `currency`; `refund_status` is None where nothing is owed.

    `tax` is that of the goods and of the `shipping` that is given back; `owed` is all of it less `fee` and what an
    appeasement gave before. `taxes` says whose the tax is that goes back now. `version` is the order's.
    """

    id: str
    order_id: str
    node_id: str
    reason: str
    state: State
    lines: list[ReturnLine]
    goods: int
    shipping: int
    tax: int
    taxes: list[Taxed]
    fee: int
    appeased_goods: int
    appeased_tax: int
    owed: int
    currency: str
    to: PaidBy | None
    to_reason: str | None
    refund_id: str | None
    refund_status: PartState | None
    accepted_at: str
    accepted_by: str
    version: int


class RefundAttemptPart(Answer):
    """What is paid by one tender, in minor units."""

    number: int
    tender: str
    amount: int
    state: PartState
    attempt: int


class RefundDocument(Answer):
    """What is owed and how far it is paid, in minor units of `currency`. `version` is the order's."""

    id: str
    order_id: str
    status: PartState
    amount: int
    executed: int
    currency: str
    parts: list[RefundAttemptPart]
    version: int


RETURN_ROUTES: dict[str, Route] = {
    "POST /v1/orders/{order_id}/returns": Route(
        "Take units back in a store",
        {201: ReturnDocument},
        notes=(
            "What was paid for exactly these units is owed from now on, and goes back to the tenders of the order, the "
            "one charged last first; with `to` and `to_reason` to another tender. More than 100 whole units of the "
            "currency in cash need `returns.approve`. Cash waits for a movement of a drawer that names the refund. The "
            "units are stock of the store, damaged ones held back from sale."
        ),
        if_match=VERSION,
        refusals=(404, 409),
    ),
    "GET /v1/returns/{return_id}": Route("Read a return", {200: ReturnDocument}, refusals=(404,)),
    "POST /v1/orders/{order_id}/refunds/{refund_id}/confirmations": Route(
        "Say that the channel gave a refund back",
        {200: RefundDocument},
        notes="What a channel has taken itself it gives back itself; until it says so, the part is planned.",
        if_match=VERSION,
        refusals=(404, 409),
    ),
    "POST /v1/orders/{order_id}/refunds/{refund_id}/attempts": Route(
        "Try a failed refund again",
        {200: RefundDocument},
        notes=(
            "Each part that failed, under a new key; with `to` and `to_reason` by another tender, also what a channel "
            "has not given back."
        ),
        if_match=VERSION,
        refusals=(404, 409),
    ),
}
