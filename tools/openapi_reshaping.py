"""What the handlers' code does not say about the routes by which work is reshaped."""

from __future__ import annotations

from oms.fulfillment.views import FulfillmentOrderView
from tools.openapi_shapes import VERSION, Route

RESHAPING_ROUTES = {
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/hold": Route(
        "Hold work back",
        {200: FulfillmentOrderView},
        notes=(
            "Work must not begin until every hold on it is gone, released or expired. Possible until something of "
            "it was picked; a node that has it lays it aside. `released_by` says who may release the hold, by "
            "default whoever is like its caller."
        ),
        if_match=VERSION,
    ),
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/release-hold": Route(
        "Release holds of work",
        {200: FulfillmentOrderView},
        notes=(
            "One by its number or, without one, every hold that the caller may release. When none is left the "
            "work is given to its node once more, with the whole time to answer. The body may be empty."
        ),
        if_match=VERSION,
    ),
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/split": Route(
        "Split work",
        {200: FulfillmentOrderView},
        notes=(
            "The units named, which nobody may have picked, become a fulfilment order of their own at the same "
            "node, under the same holds. The answer is the new one."
        ),
        if_match=VERSION,
    ),
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/merge": Route(
        "Merge work",
        {200: FulfillmentOrderView},
        notes=(
            "The other fulfilment order, of the same order, node, method and destination, becomes part of this "
            "one. Nobody may have accepted either. For operators."
        ),
        if_match=VERSION,
    ),
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/move": Route(
        "Move work to another node",
        {200: FulfillmentOrderView},
        notes=(
            "What nobody has picked, or some units of it, becomes a fulfilment order of the node named: stock, "
            "capacity and work change hands at once or not at all. The answer is the new one. For operators."
        ),
        if_match=VERSION,
    ),
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/reschedule": Route(
        "Release work later",
        {200: FulfillmentOrderView},
        notes=(
            "The work is not to begin before `release_at`; a node that has it lays it aside until then. Possible "
            "until something of it was picked. For operators."
        ),
        if_match=VERSION,
    ),
}
