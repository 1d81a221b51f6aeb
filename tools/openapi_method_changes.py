"""The route of orders that go another way, for the description of the API."""

from __future__ import annotations

from oms.orders.views import OrderSummary
from tools.openapi_shapes import VERSION, Route

METHOD_CHANGE_ROUTES: dict[str, Route] = {
    "POST /v1/orders/{order_id}/method-changes": Route(
        "Send units of an order another way",
        {200: OrderSummary},
        notes=(
            "Units that are not picked go by another method, to another store or address. They are taken out of their "
            "lines and are lines of their own from then on, with their share of the money; `charges` of the new way "
            "may be lower than what they were charged, and what costs more is refused."
        ),
        if_match=VERSION,
    ),
}
