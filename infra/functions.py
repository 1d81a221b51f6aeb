"""Every function of the product: what starts it, what it may touch, how long and how large it may get.

The row's name is the folder under functions/. The template, the tests and the docs all follow this table.
"""

from __future__ import annotations

from infra import grants as g
from infra.function_spec import FunctionSpec, Ring

# The gateway gives up after 30 seconds, so a function behind it must answer, or stop, a moment before.
GATEWAY_TIMEOUT = 29
# Requests a second, and how many may come at once: far above a busy day, far below what could hurt. The API description
# publishes both.
RATE_LIMIT = 500
BURST_LIMIT = 1_000

HTTP = (
    FunctionSpec(
        "place_order",
        "Takes an order from a channel, plans and reserves its units, and stores it.",
        (
            *g.COMMAND,
            *g.SAGA,
            *g.table("orders", "get", "put"),
            *g.HOLD,
            *g.table("registry", "batch", "query"),
        ),
        routes=("POST /v1/orders",),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
        limits=("LINE_LIMIT",),
    ),
    FunctionSpec(
        "read_orders",
        "Shows an order, its timeline, why its nodes were chosen, or a list of orders.",
        (*g.listed("orders", "get", "batch", "query"), *g.table("events", "query")),
        routes=(
            *("GET /v1/orders", "GET /v1/orders/{order_id}", "GET /v1/orders/{order_id}/timeline"),
            "GET /v1/orders/{order_id}/decisions",
        ),
        memory=512,
        timeout=15,
    ),
    FunctionSpec(
        "change_orders",
        "Cancels an order or lines of it, and settles a review.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.table("stock", "put", "update")),
        routes=("POST /v1/orders/{order_id}/cancellations", "POST /v1/orders/{order_id}/review"),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "registry",
        "Keeps nodes and items, one by one or in bulk.",
        (*g.COMMAND, *g.table("registry", "batch", "query", "put")),
        routes=(
            *("PUT /v1/nodes", "GET /v1/nodes", "PUT /v1/nodes/{node_id}", "GET /v1/nodes/{node_id}"),
            *("PUT /v1/items", "PUT /v1/items/{sku}", "GET /v1/items/{sku}"),
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "inventory",
        "Records stock movements, shows the stock of an item and its ledger, and what can be had where.",
        (*g.COMMAND, *g.table("stock", "batch", "query", "put", "update"), *g.table("registry", "batch", "query")),
        routes=(
            "POST /v1/inventory/movements",
            "GET /v1/inventory/{sku}",
            "GET /v1/inventory/{sku}/movements",
            "GET /v1/availability",
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "reservations",
        "Holds the units of a basket for a while, changes, shows and ends such a hold.",
        (*g.COMMAND, *g.HOLD, *g.table("registry", "batch", "query")),
        routes=(
            "POST /v1/reservations",
            "GET /v1/reservations/{reservation_id}",
            "PATCH /v1/reservations/{reservation_id}",
            "DELETE /v1/reservations/{reservation_id}",
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "rule_sets",
        "Keeps the rules of stock as versions that are drafted, promoted, rolled back and compared.",
        (*g.COMMAND, *g.table("registry", "get", "batch", "query", "put")),
        routes=(
            *("GET /v1/inventory/rules", "GET /v1/inventory/rules/{rule_set_id}"),
            "GET /v1/inventory/rules/{rule_set_id}/versions/{number}",
            "GET /v1/inventory/rules/{rule_set_id}/diff",
            "PUT /v1/inventory/rules/{rule_set_id}",
            "POST /v1/inventory/rules/{rule_set_id}/promotions",
            "POST /v1/inventory/rules/{rule_set_id}/rollbacks",
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "fulfillment",
        "Shows a node its work and takes its verbs: accept, reject, pick, pack, ship, close and the others.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.listed("orders", "batch"), *g.table("stock", "put", "update")),
        routes=(
            "GET /v1/fulfillment-orders",
            "GET /v1/fulfillment-orders/{fulfillment_order_id}",
            "POST /v1/fulfillment-orders/{fulfillment_order_id}/{action}",
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "psp_webhook",
        "Takes a signed message of the payment provider and settles the payment from the provider's own state.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.table("orders", "get"), *g.PSP_SECRET),
        open_routes=("POST /v1/webhooks/{provider}",),
        memory=512,
        timeout=15,
    ),
    FunctionSpec(
        "finance",
        "Asks for an export, lists exports, and shows the trial balance and the journal.",
        (*g.COMMAND, *g.listed("ledger", "batch", "query"), *g.READ_EXPORTS),
        routes=(
            "POST /v1/finance/exports",
            "GET /v1/finance/exports",
            "GET /v1/finance/trial-balance",
            "GET /v1/finance/journal",
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "console",
        "Serves the files of the operator console from the API's own address.",
        open_routes=("GET /console", "GET /console/{file}"),
        memory=512,
        timeout=10,
    ),
)

WORKFLOW_TASKS = (
    FunctionSpec(
        "source_order",
        "Confirms or improves the plan of an order and turns reservations into allocations.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.table("stock", "query", "put", "update"),
            *g.table("registry", "batch", "query"),
        ),
        memory=512,
    ),
    FunctionSpec(
        "authorize_payment",
        "Authorises the payment of an order at the provider, once.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.PSP_SECRET),
        memory=512,
    ),
    FunctionSpec(
        "release_fulfillment",
        "Hands a fulfilment order to its node and keeps the token by which the workflow is answered.",
        (*g.COMMAND, *g.CHANGE_ORDER),
        # A node may have shipped before the wait began; then the function answers its own token.
        later=g.ANSWER_FULFILLMENT_WORKFLOW,
    ),
    FunctionSpec(
        "capture_payment",
        "Captures exactly the amount of what was shipped, once.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.PSP_SECRET),
        memory=512,
    ),
    FunctionSpec(
        "escalate_fulfillment",
        "Puts a fulfilment order that needs a person in front of an operator.",
        (*g.COMMAND, *g.CHANGE_ORDER),
    ),
)

QUEUE_CONSUMERS = (
    FunctionSpec(
        "start_order_workflow",
        "Runs the order workflow for each order that may go on.",
        g.RUN_ORDER_WORKFLOW,
        detail_types=(("OrderPlaced", {"status": ["CONFIRMED"]}), "OrderReviewAccepted", "OrderPaymentSettled"),
        timeout=60,
        # A run may wait for the provider as long as the function may: its neighbours must not wait with it.
        batch=1,
        concurrency=20,
    ),
    FunctionSpec(
        "resume_fulfillment",
        "Tells a waiting fulfilment workflow what its node did.",
        (*g.table("orders", "query", "put"), *g.ANSWER_FULFILLMENT_WORKFLOW),
        detail_types=(
            "ShipmentShipped",
            "FulfillmentOrderRejected",
            "FulfillmentOrderClosed",
            "FulfillmentOrderCancelled",
            "FulfillmentOrderCancellationAccepted",
        ),
        concurrency=10,
    ),
    FunctionSpec(
        "release_payment",
        "Gives back at the provider what is held and will never be taken.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.PSP_SECRET),
        detail_types=("OrderCancelled", "OrderLinesCancelled"),
        timeout=60,
        concurrency=10,
    ),
    FunctionSpec(
        "node_messages",
        "Takes what stores, warehouses and suppliers say over the store bus, as the same commands as over HTTP.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.table("stock", "put", "update")),
        memory=512,
        concurrency=10,
    ),
    FunctionSpec(
        "post_ledger",
        "Turns money events into balanced journal entries, each once.",
        (*g.table("ledger", "get", "query", "put", "check"), *g.table("registry", "query")),
        detail_types=(
            "PaymentAuthorized",
            "PaymentReleased",
            "PaymentExpired",
            "PaymentCaptured",
            "PaymentCaptureFailed",
            "ShipmentShipped",
        ),
        concurrency=10,
        rings=(
            Ring(
                "PostingsQuarantined",
                "A fact with money was told twice with different content; the second telling is not in the ledger.",
                "quarantined-postings",
            ),
        ),
    ),
    FunctionSpec(
        "finance_export",
        "Writes the journal of a business date as Parquet and CSV with its manifest.",
        (*g.COMMAND, *g.table("ledger", "get", "batch", "query", "put", "update"), *g.WRITE_EXPORTS),
        detail_types=("FinanceExportRequested",),
        memory=1024,
        timeout=300,
        concurrency=2,
        layers=("export",),
    ),
    FunctionSpec(
        "expire_reservations",
        "Tells of baskets that were kept too long, and gives back what they still hold.",
        (*g.COMMAND, *g.HOLD),
        timeout=60,
        batch=1,
        concurrency=2,
    ),
    FunctionSpec(
        "recover_sagas",
        "Finds what stopped half-way: undoes placements whose runner died, and finishes unfinished orders.",
        (
            *g.COMMAND,
            *g.SAGA,
            *g.CHANGE_ORDER,
            *g.listed("orders", "get", "delete"),
            *g.table("stock", "put", "update"),
            *g.PSP_SECRET,
            *g.RUN_ORDER_WORKFLOW,
        ),
        memory=512,
        timeout=300,
        # A tenant's round may last minutes: the next tenant must have the whole time of the function too.
        batch=1,
        concurrency=2,
        rings=(Ring("OrdersUnfinished", "An order could not be finished for an hour.", "unfinished-orders"),),
    ),
)

STREAM_CONSUMERS = (
    FunctionSpec(
        "publish_events",
        "Publishes each event that was stored, to the domain bus and, where nodes need it, to the store bus.",
        g.PUBLISH,
    ),
    FunctionSpec(
        "inventory_stream",
        "Applies stock movements that arrive on the inventory stream.",
        (*g.COMMAND, *g.table("stock", "batch", "query", "put", "update"), *g.table("registry", "batch", "query")),
        memory=512,
        sets_aside=True,
    ),
)

FUNCTIONS = {spec.name: spec for spec in (*HTTP, *WORKFLOW_TASKS, *QUEUE_CONSUMERS, *STREAM_CONSUMERS)}
