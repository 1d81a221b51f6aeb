"""What the handlers' code does not say about the routes of paying again, and the shapes of their answers."""

from __future__ import annotations

from oms.orders.amounts import Taxed
from oms.payments.link_pages import LinkPage
from tools.openapi_answers import Answer
from tools.openapi_shapes import Route


class PaidAgain(Answer):
    """Which tender another card was given for; the order, or the link, shows what the bank said."""

    order_id: str
    payment_id: str


class WriteOffDocument(Answer):
    """What was given up of an order; `tax` is the share of `amount` that is given back, in minor units, of `taxes`."""

    write_off_id: str
    order_id: str
    legal_entity: str
    store: str
    channel: str
    currency: str
    amount: int
    tax: int
    taxes: list[Taxed]
    reason: str


PAYMENT_ROUTES: dict[str, Route] = {
    "POST /v1/orders/{order_id}/payments": Route(
        "Pay with another card what a tender did not pay",
        {202: PaidAgain},
        "Where a card was declined, its hold could not be renewed, or its money was refused at every attempt.",
    ),
    "GET /v1/pay-links/{name}": Route(
        "See what a pay link asks for",
        {200: LinkPage},
        "Takes no token: the name of the link, which nobody can guess, is the right to see and to pay it.",
    ),
    "POST /v1/pay-links/{name}": Route("Pay by a pay link", {202: PaidAgain}, "Takes no token, as above."),
}
