"""Every function of the product: what starts it, what it may touch, how long and how large it may get.

The row's name is the folder under functions/. The template, the tests and the docs all follow this table.
"""

from __future__ import annotations

from dataclasses import dataclass

from infra import grants as g


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One function. `timeout` in seconds, `memory` in MB; `routes` are `METHOD /path` of the HTTP API.

    `detail_types` are the domain events that reach it over its queue, each perhaps narrowed by fields of its data;
    `concurrency` bounds how many batches of that queue run at once. `open_routes` take no token: the function itself
    proves who calls. `layers` are those above the two that all functions have. `later` grants are given
    once the workflows exist, since a workflow must name its task functions first.
    """

    name: str
    purpose: str
    grants: tuple[g.Grant, ...] = ()
    routes: tuple[str, ...] = ()
    open_routes: tuple[str, ...] = ()
    detail_types: tuple[str | tuple[str, dict[str, list[str]]], ...] = ()
    memory: int = 256
    timeout: int = 30
    concurrency: int | None = None
    batch: int = 10
    layers: tuple[str, ...] = ()
    later: tuple[g.Grant, ...] = ()


# The gateway gives up after 30 seconds, so a function behind it must answer, or stop, a moment before.
GATEWAY_TIMEOUT = 29

HTTP = (
    FunctionSpec(
        "place_order",
        "Takes an order from a channel, plans and reserves its units, and stores it.",
        (*g.COMMAND, *g.change("orders", "stock"), *g.read("registry")),
        routes=("POST /v1/orders",),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "read_orders",
        "Shows an order, its timeline, or a list of orders.",
        g.read("orders", "events"),
        routes=("GET /v1/orders", "GET /v1/orders/{order_id}", "GET /v1/orders/{order_id}/timeline"),
        memory=512,
        timeout=15,
    ),
    FunctionSpec(
        "change_orders",
        "Cancels an order or lines of it, and settles a review.",
        (*g.COMMAND, *g.change("orders", "stock"), *g.read("registry")),
        routes=("POST /v1/orders/{order_id}/cancellations", "POST /v1/orders/{order_id}/review"),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "registry",
        "Keeps nodes and items, one by one or in bulk.",
        (*g.COMMAND, *g.change("registry")),
        routes=(
            "PUT /v1/nodes",
            "GET /v1/nodes",
            "PUT /v1/nodes/{node_id}",
            "GET /v1/nodes/{node_id}",
            "PUT /v1/items",
            "PUT /v1/items/{sku}",
            "GET /v1/items/{sku}",
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "inventory",
        "Records stock movements and shows the stock of an item.",
        (*g.COMMAND, *g.change("stock"), *g.read("registry")),
        routes=("POST /v1/inventory/movements", "GET /v1/inventory/{sku}"),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "fulfillment",
        "Shows a node its work and takes what it did: accept, reject, pick, pack, ship.",
        (*g.COMMAND, *g.change("orders", "stock")),
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
        (*g.COMMAND, *g.change("orders"), *g.PSP_SECRET),
        open_routes=("POST /v1/webhooks/{provider}",),
        memory=512,
        timeout=15,
    ),
    FunctionSpec(
        "finance",
        "Asks for an export, lists exports, and shows the trial balance and the journal.",
        (*g.COMMAND, *g.read("ledger"), *g.READ_EXPORTS),
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
        (*g.COMMAND, *g.change("orders", "stock"), *g.read("registry")),
        memory=512,
    ),
    FunctionSpec(
        "authorize_payment",
        "Authorises the payment of an order at the provider, once.",
        (*g.COMMAND, *g.change("orders"), *g.PSP_SECRET),
        memory=512,
    ),
    FunctionSpec(
        "release_fulfillment",
        "Hands a fulfilment order to its node and keeps the token by which the workflow is answered.",
        (*g.COMMAND, *g.change("orders")),
        # A node may have shipped before the wait began; then the function answers its own token.
        later=g.ANSWER_FULFILLMENT_WORKFLOW,
    ),
    FunctionSpec(
        "capture_payment",
        "Captures exactly the amount of what was shipped, once.",
        (*g.COMMAND, *g.change("orders"), *g.PSP_SECRET),
        memory=512,
    ),
    FunctionSpec(
        "escalate_fulfillment",
        "Puts a fulfilment order that needs a person in front of an operator.",
        (*g.COMMAND, *g.change("orders")),
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
        (*g.read("orders"), *g.ANSWER_FULFILLMENT_WORKFLOW),
        detail_types=("ShipmentShipped", "FulfillmentOrderRejected", "FulfillmentOrderCancelled"),
        concurrency=10,
    ),
    FunctionSpec(
        "release_payment",
        "Gives back at the provider what is held and will never be taken.",
        (*g.COMMAND, *g.change("orders"), *g.PSP_SECRET),
        detail_types=("OrderCancelled", "OrderLinesCancelled"),
        timeout=60,
        concurrency=10,
    ),
    FunctionSpec(
        "node_messages",
        "Takes what stores, warehouses and suppliers say over the store bus, as the same commands as over HTTP.",
        (*g.COMMAND, *g.change("orders", "stock")),
        memory=512,
        concurrency=10,
    ),
    FunctionSpec(
        "post_ledger",
        "Turns money events into balanced journal entries, each once.",
        (*g.COMMAND, *g.change("ledger"), *g.read("registry")),
        detail_types=(
            "PaymentAuthorized",
            "PaymentReleased",
            "PaymentCaptured",
            "PaymentCaptureFailed",
            "ShipmentShipped",
        ),
        concurrency=10,
    ),
    FunctionSpec(
        "finance_export",
        "Writes the journal of a business date as Parquet and CSV with its manifest.",
        (*g.COMMAND, *g.change("ledger"), *g.WRITE_EXPORTS),
        detail_types=("FinanceExportRequested",),
        memory=1024,
        timeout=300,
        concurrency=2,
        layers=("export",),
    ),
    FunctionSpec(
        "recover_sagas",
        "Finds work that stopped half-way, and takes it up again.",
        (*g.COMMAND, *g.change("stock"), *g.read("orders"), *g.RUN_ORDER_WORKFLOW),
        memory=512,
        timeout=300,
        concurrency=2,
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
        (*g.COMMAND, *g.change("stock"), *g.read("registry")),
        memory=512,
    ),
)

FUNCTIONS = {spec.name: spec for spec in (*HTTP, *WORKFLOW_TASKS, *QUEUE_CONSUMERS, *STREAM_CONSUMERS)}
