"""What the handlers' code does not say about goods that customers collect: rules, and routes of the counter."""

from __future__ import annotations

from oms.fulfillment.arriving import ArrivalPage
from oms.fulfillment.collection_rules import CollectionRules
from oms.fulfillment.views import FulfillmentOrderView
from oms.rulesets.model import Status as RuleStatus
from tools.openapi_answers import Answer
from tools.openapi_shapes import VERSION, Route
from tools.openapi_stock import RuleSetDocument


class CollectionRuleVersion(Answer):
    """One version of collection rules, with its content."""

    number: int
    status: RuleStatus
    created_at: str
    created_by: str
    content: CollectionRules


class CollectionRuleSet(RuleSetDocument):
    """Collection rules with the contents of the version that holds and of the newest one."""

    live: CollectionRuleVersion | None
    newest: CollectionRuleVersion


COLLECTION_ROUTES: dict[str, Route] = {
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/hand-over": Route(
        "Hand goods over at the counter",
        {200: FulfillmentOrderView},
        notes=(
            "Without `lines` all that is left leaves, but for what is `refused`: that is cancelled, goes back to the "
            "shelf (damaged units are held back) and is owed back where it was paid. The fulfilment order's "
            "`collection` names the proofs of which one is needed, and lines may need an age check. After too many "
            "wrong codes none is looked at for a while. The body may be empty where nothing is asked for."
        ),
        if_match=VERSION,
    ),
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/extend": Route(
        "Keep goods longer for a customer",
        {200: FulfillmentOrderView},
        notes="So many more days on which the node is open, behind the last one, or from now on where that is over.",
        if_match=VERSION,
    ),
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/arrival": Route(
        "Say where a customer is who collects",
        {200: FulfillmentOrderView},
        notes="By the channel of the order. The node is told; the same said again changes nothing.",
        if_match=VERSION,
    ),
    "GET /v1/arrivals/{name}": Route(
        "See whether goods can be collected",
        {200: ArrivalPage},
        notes=(
            "Takes no token: the name of the link is all that is needed, and it opens nothing else. The customer is "
            "sent it with the message that the goods are ready, where a rule says `curbside`."
        ),
    ),
    "POST /v1/arrivals/{name}": Route(
        "Say that a customer is on the way or there", {200: ArrivalPage}, "Takes no token, as above."
    ),
}
