"""The routes of what is changed of an order after it was placed, for the description of the API."""

from __future__ import annotations

from oms.orders.change_views import ChangeOrders
from oms.orders.edit_views import EditView
from tools.openapi_shapes import VERSION, Route

EDIT_ROUTES: dict[str, Route] = {
    "POST /v1/orders/{order_id}/edits": Route(
        "Look at an edit of an order, or carry it out",
        {200: EditView, 202: EditView},
        notes=(
            "With `mode: preview` nothing of the order changes: the answer says what the order would come to, whence "
            "units would come, what would be collected or given back, and what stands against each action. Its "
            "`preview_id` can be committed for 15 minutes; where it would do something else by then, the commit is "
            "refused (`edit_outdated`). A commit is one transaction against the version in If-Match, of all actions or "
            "none. More units are work of their own that joins the order; the difference is held on the same card, and "
            "that work waits for it. Fewer units keep the hold and capture less. Prices and discounts need the scope "
            "`orders.change_price`. 202: a node that has taken units is asked for them."
        ),
        if_match=VERSION,
    ),
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
