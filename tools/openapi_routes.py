"""What the handlers' code does not say about a route: a summary, its answers, and parameters read by hand.

Methods, paths, scopes, bodies, queries that are models, and the need of an Idempotency-Key are read from the handlers.
"""

from __future__ import annotations

from typing import Literal

from oms.fulfillment.commands import VERBS
from oms.fulfillment.protocol import Action
from oms.fulfillment.request import REQUESTS, ActionRequest
from oms.fulfillment.views import FulfillmentOrderView
from oms.orders.simulations import Simulation
from oms.orders.views import OrderSummary, OrderView
from oms.promises.model import Promise
from oms.registry.commands import MOST_ITEMS, MOST_NODES
from oms.registry.model import PutItem, PutNode
from tools import openapi_answers as answers
from tools import openapi_appeasements as appeasements
from tools import openapi_levels as levels
from tools import openapi_notices as notices
from tools import openapi_shards as shards
from tools import openapi_stock as stock
from tools.openapi_activations import ACTIVATION_ROUTES
from tools.openapi_carriers import CARRIER_ROUTES
from tools.openapi_choices import CHOICE_ROUTES
from tools.openapi_collection import COLLECTION_ROUTES
from tools.openapi_disputes import DISPUTE_ROUTES
from tools.openapi_drafts import DRAFT_ROUTES
from tools.openapi_edits import EDIT_ROUTES
from tools.openapi_finance import FINANCE_ROUTES
from tools.openapi_method_changes import METHOD_CHANGE_ROUTES
from tools.openapi_money_routes import MONEY_ROUTES
from tools.openapi_node_routes import NODE_ROUTES
from tools.openapi_payments import PAYMENT_ROUTES
from tools.openapi_pos import POS_ROUTES
from tools.openapi_purchasing import PURCHASING_ROUTES
from tools.openapi_reshaping import RESHAPING_ROUTES
from tools.openapi_returns import RETURN_ROUTES
from tools.openapi_rule_sets import RULE_SET_ROUTES
from tools.openapi_settlement import SETTLEMENT_ROUTES
from tools.openapi_shapes import CONFIGURATION, VERSION, OrderListQuery, Route, Rows, WorkListQuery
from tools.openapi_webhooks import WEBHOOK_ROUTES

# Verbs that may say more than the others have a route of their own.
_OWN_ROUTES = (Action.RECEIVE, Action.HAND_OVER)
NodeAction = Literal[tuple(verb.value for verb in VERBS if verb not in _OWN_ROUTES)]  # type: ignore[valid-type]


ROUTES: dict[str, Route] = {
    "POST /v1/orders": Route(
        "Place an order",
        {201: OrderSummary, 200: OrderSummary},
        notes=(
            "Once per Idempotency-Key, and once per channel and `external_id`: the same content under a new key is "
            "answered 200 with the first answer. An accepted order has its units. An order that fails a business check "
            "is kept as PENDING_REVIEW; a malformed one is refused and nothing is stored or reserved. Its validators "
            "are listed in `validations`: `schema` and `sums` always say pass there, since an order that fails them is "
            "refused, and no validator says warn so far."
        ),
    ),
    "GET /v1/orders": Route(
        "List orders, or find one by its external id", {200: answers.OrderList}, query=OrderListQuery
    ),
    "GET /v1/orders/{order_id}": Route("Read an order", {200: OrderView}),
    "GET /v1/orders/{order_id}/timeline": Route("Read what happened to an order", {200: answers.Timeline}),
    "GET /v1/orders/{order_id}/decisions": Route(
        "Read why the nodes of an order were chosen",
        {200: stock.Decisions},
        notes=(
            "One for its placement, and one where a better plan took over before a node had the work. `says` is for "
            "a person; `candidates` are the nodes that were looked at, `runner_up` is the best plan without the first."
        ),
    ),
    "POST /v1/orders/{order_id}/cancellations": Route(
        "Cancel an order or units of it",
        {200: OrderSummary, 202: OrderSummary},
        notes=(
            "Units that have not left; without `lines`, all of them. Those that no node has taken are cancelled "
            "at once. Where a node has accepted the work it is asked first: the answer is 202, and the units are "
            "cancelled when the node answers `cancel-response` with `accepted`."
        ),
        if_match=VERSION,
    ),
    **DRAFT_ROUTES,
    **EDIT_ROUTES,
    **METHOD_CHANGE_ROUTES,
    **CHOICE_ROUTES,
    "POST /v1/orders/{order_id}/review": Route("Settle the review of an order", {200: OrderSummary}, if_match=VERSION),
    "PUT /v1/nodes": Route(
        "Load nodes",
        {200: answers.NodesLoaded},
        notes="Each row is taken or refused for itself; what is already there changes nothing.",
        rows=Rows("nodes", PutNode, MOST_NODES),
    ),
    "GET /v1/nodes": Route("List nodes", {200: answers.NodeList}),
    "PUT /v1/nodes/{node_id}": Route(
        "Put a node",
        {201: answers.NodeDocument, 200: answers.NodeDocument},
        notes="In force from `effective_from`; earlier versions stay readable. The body may leave out `id`.",
        named="id",
        if_match=CONFIGURATION,
    ),
    "GET /v1/nodes/{node_id}": Route("Read a node", {200: answers.NodeDocument}),
    "PUT /v1/items": Route(
        "Load items",
        {200: answers.ItemsLoaded},
        notes="Each row is taken or refused for itself; what is already there changes nothing.",
        rows=Rows("items", PutItem, MOST_ITEMS),
    ),
    "PUT /v1/items/{sku}": Route(
        "Put an item",
        {201: answers.ItemDocument, 200: answers.ItemDocument},
        notes=(
            "The body may leave out `sku`. A `kit` has `components`, each an item of kind `stock`, and says what to do "
            "`when_short` of one: `reject` sends the whole kit elsewhere, `split` only that component. It has no stock "
            "of its own, and an order keeps what it was made of when it was placed."
        ),
        named="sku",
        if_match=CONFIGURATION,
    ),
    "GET /v1/items/{sku}": Route("Read an item", {200: answers.ItemDocument}),
    "POST /v1/inventory/movements": Route(
        "Record stock movements",
        {200: stock.RecordedMovements},
        notes=(
            "At most 500. With `source` and `sequence`, repeated and late movements change nothing. A correction "
            "(adjusted, damaged, restored, scrapped, safety_changed) needs a reason and the scope `inventory.correct`; "
            "above the limits of the rules of stock it needs `inventory.correct_any`."
        ),
    ),
    "POST /v1/inventory/snapshots": Route(
        "Record counts of a source",
        {200: stock.RecordedMovements},
        notes=(
            "At most 500. A count states what was on hand at `as_of`; what moved since, claims too, stays. A count is "
            "a correction: it needs a reason, unless its source is trusted, and the scope `inventory.correct`."
        ),
    ),
    "GET /v1/inventory/{sku}": Route("Read the stock of an item", {200: stock.Stock}),
    "GET /v1/inventory/{sku}/movements": Route(
        "Read the stock ledger of an item at a node",
        {200: stock.StockLedger},
        notes="Newest first. The sum of `changes` over all of it is the stock row.",
    ),
    "GET /v1/availability": Route(
        "See what can be had where",
        {200: stock.Availability},
        notes=(
            "For browsing: nothing is held, and an order is judged by the stock at its own moment. At most 100 SKUs "
            "and 100 nodes; closed nodes and those without the wanted journey give nothing. With `channel` the rules "
            "of stock are applied, and `kept_back` says which of them keeps what. A node has as many of a kit as its "
            "components make, and what is kept back of a kit is kept back of these."
        ),
    ),
    "GET /v1/availability/levels": Route(
        "See how much the network and its regions have",
        {200: levels.Levels},
        notes="As it was summed up last, some seconds ago. Rules of stock name the regions and what is low and high.",
    ),
    "PUT /v1/hot-stock": Route(
        "Foretell great demand",
        {200: shards.MarkedStock},
        notes=(
            "Before a launch: the stock of these items is laid apart within seconds, so that many can claim it at "
            "once. Without `node_ids` at every node that has the item; with 0 a second the demand is over. Demand that "
            "nobody has foretold is measured, and marked for a quarter of an hour."
        ),
    ),
    "GET /v1/hot-stock": Route("See which stock is in great demand", {200: shards.HotStockList}),
    "POST /v1/sourcing/simulations": Route(
        "Simulate how orders would be sourced",
        {200: Simulation},
        notes=(
            "Without any effect. With `order`, how that order would be sourced now and why. With `replay`, past orders "
            "under the strategies that hold and under the versions named in `strategies`, from the same stock: what is "
            "there now and what the order itself was given. At most 25 orders a call; `next_cursor` goes on."
        ),
    ),
    "POST /v1/promises": Route(
        "Ask how a basket could be had",
        {201: Promise},
        notes=(
            "For each method and each service of the live rate cards: whether each line can be had, from what kinds of "
            "node, between which days and for which fee. Nothing is held; an order that names the promise within half "
            "an hour is held to it."
        ),
    ),
    "GET /v1/promises/{promise_id}": Route("Read a promise", {200: Promise}),
    **CARRIER_ROUTES,
    **NODE_ROUTES,
    **COLLECTION_ROUTES,
    **MONEY_ROUTES,
    **appeasements.ROUTES,
    **notices.ROUTES,
    **RETURN_ROUTES,
    **PAYMENT_ROUTES,
    **POS_ROUTES,
    **ACTIVATION_ROUTES,
    **PURCHASING_ROUTES,
    **SETTLEMENT_ROUTES,
    **DISPUTE_ROUTES,
    **WEBHOOK_ROUTES,
    "POST /v1/reservations": Route(
        "Hold the units of a basket",
        {201: stock.ReservationDocument},
        notes=(
            "For `ttl_seconds`, from a minute to 31 days. From that instant on the units are available to anybody. An "
            "order that names the reservation has its units, and nobody can take them in between."
        ),
    ),
    "GET /v1/reservations/{reservation_id}": Route("Read a reservation", {200: stock.ReservationDocument}),
    "PATCH /v1/reservations/{reservation_id}": Route(
        "Hold other quantities, or until another instant",
        {200: stock.ReservationDocument},
        notes="`ttl_seconds` counts from now. What is held stays held until the change is made.",
        if_match=VERSION,
    ),
    "DELETE /v1/reservations/{reservation_id}": Route(
        "Give a reservation up", {200: stock.ReservationDocument}, if_match=VERSION
    ),
    **RULE_SET_ROUTES,
    "GET /v1/fulfillment-orders": Route(
        "List the work of a node",
        {200: answers.FulfillmentOrderList},
        query=WorkListQuery,
        required=("node", "status"),
        refusals=(404,),
    ),
    "GET /v1/fulfillment-orders/{fulfillment_order_id}": Route("Read a fulfilment order", {200: FulfillmentOrderView}),
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/receive": Route(
        "Say what of a leg has arrived",
        {200: FulfillmentOrderView},
        notes=(
            "By the node that the leg goes to, its `destination_node`. Without `lines` everything that is on its way "
            "has arrived, but for what is `lost` or `damaged`; `over` is what came beyond what was sent. Each needs a "
            "`reason`, and is a task of the node that sent it. What is in none of them is still on its way. The "
            "units are part of the work of that node, which waits for the other legs. The body may be empty."
        ),
        if_match=VERSION,
    ),
    **RESHAPING_ROUTES,
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/{action}": Route(
        "Say what a node did",
        {200: FulfillmentOrderView},
        notes=(
            "Without `lines` it means everything that is left. `reject` and `close` need a `reason`, and so does "
            "`cancel-response` where `accepted` is false; it says whether the node lets go of what it was asked to "
            "cancel. Several packages name what is in each, and their contents are exactly what leaves. `close` "
            "may say `short`: what exactly its reason is about, such as one component of a kit; the rest is available "
            "again. `pick` takes scanned codes, and what is short with a reason for each: only this is given up unless "
            "the node rejects the whole of it (`when_short`). `pack` takes cartons, which are the packages when they "
            "leave. `unpack` and `unstage` go one step back. The body may be empty."
        ),
        if_match=VERSION,
        path={"action": NodeAction},
        bodies=(ActionRequest, *(body for verb, body in REQUESTS.items() if verb is not Action.RECEIVE)),
    ),
    "POST /v1/webhooks/{provider}": Route(
        "Take a message of the payment provider",
        {200: answers.HintTaken},
        notes="A hint only: the provider's own state decides. Repeated, late and reordered messages change nothing.",
        path={"provider": Literal["strict", "stripe", "adyen"]},
    ),
    **FINANCE_ROUTES,
    "GET /console": Route("Open the operator console", {200: "text/html"}),
    "GET /console/{file}": Route("Read a file of the console", {200: "*/*"}),
}
