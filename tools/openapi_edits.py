"""The routes of what is changed of an order after it was placed, for the description of the API."""

from __future__ import annotations

from oms.orders.change_views import ChangeOrders
from tools.openapi_shapes import Route

EDIT_ROUTES: dict[str, Route] = {
    "GET /v1/orders/{order_id}/changes": Route(
        "Read the change orders of an order",
        {200: ChangeOrders},
        notes=(
            "Oldest first. Whatever changes what was agreed (an edit, a cancellation, another way, a substitution, a "
            "return, lost units sent again, a sale of what was reserved) is written once as a delta and never changed. "
            "The `original` of the order and the `amounts` of all its change orders sum up to its `summary`, to the "
            "minor unit and by component. Goodwill is given beside the order and is none."
        ),
    ),
}
