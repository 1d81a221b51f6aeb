"""The functions behind the HTTP API: their routes, what they may touch, and the limits of the gateway."""

from __future__ import annotations

from infra import grants as g
from infra.console_functions import CONSOLE
from infra.function_spec import GATEWAY_TIMEOUT, FunctionSpec
from infra.node_functions import AT_NODES, WORK
from infra.payment_functions import PAYMENT_HTTP
from infra.store_functions import AT_STORES
from infra.webhook_functions import WEBHOOK_HTTP

# Requests a second, and how many at once: far above a busy day, far below what hurts. The API description has both.
RATE_LIMIT = 500
BURST_LIMIT = 1_000
RULE_SET_PATHS = (
    *("inventory/rules", "sourcing/strategies", "sourcing/rate-cards", "tax-rates", "goodwill-rules", "pay-in-store"),
    *("service-levels", "collection-rules", "choice-rules", "return-rules", "notices/rules", "papers/rules"),
)
RULE_SET_ROUTES = (
    "GET /v1/<path>",
    "GET /v1/<path>/{rule_set_id}",
    "GET /v1/<path>/{rule_set_id}/versions/{number}",
    "GET /v1/<path>/{rule_set_id}/diff",
    "PUT /v1/<path>/{rule_set_id}",
    "POST /v1/<path>/{rule_set_id}/promotions",
    "POST /v1/<path>/{rule_set_id}/rollbacks",
)

HTTP = (
    *PAYMENT_HTTP,
    *WEBHOOK_HTTP,
    FunctionSpec(
        "place_order",
        "Takes an order from a channel, at once or as a draft, plans and reserves its units, and stores it.",
        (
            *g.COMMAND,
            *g.SAGA,
            *g.listed("orders", "get", "put"),
            *g.HOLD,
            *g.table("registry", "batch", "query"),
        ),
        # A customer who was sent a draft has a link and no token.
        open_routes=("GET /v1/draft-links/{name}", "POST /v1/draft-links/{name}"),
        routes=(
            *("POST /v1/orders", "POST /v1/drafts", "GET /v1/drafts/{draft_id}", "PUT /v1/drafts/{draft_id}"),
            *("POST /v1/drafts/{draft_id}/submit", "POST /v1/drafts/{draft_id}/link"),
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
        limits=("LINE_LIMIT",),
    ),
    FunctionSpec(
        "read_orders",
        "Shows an order, its changes and timeline, why its nodes were chosen, its notices, or a list of orders.",
        (*g.listed("orders", "get", "batch", "query"), *g.table("events", "query")),
        routes=(
            *("GET /v1/orders", "GET /v1/orders/{order_id}", "GET /v1/orders/{order_id}/timeline"),
            "GET /v1/orders/{order_id}/changes",
            *("GET /v1/orders/{order_id}/decisions", "GET /v1/orders/{order_id}/notices", "GET /v1/parcels/unknown"),
        ),
        memory=512,
        timeout=15,
    ),
    FunctionSpec(
        "change_orders",
        "Edits and cancels orders, changes their ways, settles reviews and choices, and tells their customers again.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.table("orders", "get"),
            *g.table("stock", "batch", "query", "put", "update"),
            *g.table("registry", "batch", "query"),
        ),
        # A customer who may choose has a link and no token.
        open_routes=("GET /v1/choices/{name}", "POST /v1/choices/{name}"),
        routes=(
            *("POST /v1/orders/{order_id}/cancellations", "POST /v1/orders/{order_id}/review"),
            "POST /v1/orders/{order_id}/edits",
            *("POST /v1/orders/{order_id}/method-changes", "POST /v1/parcels/{tracking_number}/claims"),
            "POST /v1/orders/{order_id}/notices/{notice_id}/resend",
            *(f"POST {WORK}/substitutions", f"POST {WORK}/choices/{{choice_id}}/answer"),
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "registry",
        "Keeps nodes and items, one by one or in bulk, what suppliers ask for items, and codes of digital items.",
        (*g.COMMAND, *g.table("registry", "batch", "query", "put"), *g.listed("orders", "batch", "put")),
        routes=(
            *("PUT /v1/nodes", "GET /v1/nodes", "PUT /v1/nodes/{node_id}", "GET /v1/nodes/{node_id}"),
            *("PUT /v1/items", "PUT /v1/items/{sku}", "GET /v1/items/{sku}"),
            *("PUT /v1/supplier-items", "POST /v1/items/{sku}/licences", "GET /v1/items/{sku}/licences"),
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "inventory",
        "Records stock movements, shows the stock of an item and its ledger, and what can be had where.",
        (*g.COMMAND, *g.table("stock", "batch", "query", "put", "update"), *g.table("registry", "batch", "query")),
        routes=(
            *("POST /v1/inventory/movements", "POST /v1/inventory/snapshots"),
            "GET /v1/inventory/{sku}",
            "GET /v1/inventory/{sku}/movements",
            *("GET /v1/availability", "GET /v1/availability/levels"),
            *("PUT /v1/hot-stock", "GET /v1/hot-stock"),
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "supply",
        "Keeps what is to arrive at nodes and when, and takes in what was dispatched and received.",
        (
            *g.COMMAND,
            *g.table("stock", "get", "batch", "query", "put", "update"),
            *g.table("registry", "batch", "query"),
        ),
        routes=(
            *("PUT /v1/supply/{supply_id}", "GET /v1/supply/{supply_id}", "GET /v1/supply"),
            "POST /v1/supply/{supply_id}/dispatch",
            "POST /v1/supply/{supply_id}/receipts",
            "POST /v1/supply/{supply_id}/close",
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "reservations",
        "Holds the units of a basket for a while, changes, shows and ends such a hold.",
        (*g.COMMAND, *g.HOLD, *g.listed("orders"), *g.table("registry", "batch", "query")),
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
        "simulations",
        "Plans an order that nobody places, or past orders by a draft strategy, without any effect.",
        (
            *g.listed("orders", "batch", "query"),
            *g.table("commands", "get"),
            *g.table("stock", "batch", "query"),
            *g.table("registry", "batch", "query"),
        ),
        routes=("POST /v1/sourcing/simulations",),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
        limits=("LINE_LIMIT",),
    ),
    FunctionSpec(
        "promises",
        "Says before it is bought how a basket could be had: from where, when and for which fee.",
        (
            *g.table("commands", "get", "put"),
            *g.listed("orders"),
            *g.table("stock", "batch", "query"),
            *g.table("registry", "batch", "query"),
        ),
        routes=("POST /v1/promises", "GET /v1/promises/{promise_id}"),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "capacity",
        "Shows what a node has to do and may take on, takes in done tasks, pauses it, and makes its pick waves.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *(*g.RECORD_STOCK, *g.table("stock", "get")),  # what a task asked to count is corrected with it
            *g.listed("orders", "get", "batch", "put"),
        ),
        routes=(
            "GET /v1/nodes/{node_id}/capacity",
            "POST /v1/nodes/{node_id}/pause",
            "POST /v1/nodes/{node_id}/resume",
            *("GET /v1/nodes/{node_id}/tasks", "GET /v1/tasks"),
            *("GET /v1/tasks/{task_id}", "POST /v1/tasks/{task_id}/completions"),
            "POST /v1/nodes/{node_id}/waves",
            "GET /v1/nodes/{node_id}/waves/{wave_id}",
            "POST /v1/nodes/{node_id}/waves/{wave_id}/close",
        ),
        memory=512,
        timeout=15,
    ),
    *AT_STORES,
    FunctionSpec(
        "rule_sets",
        "Keeps rules of stock, sourcing, taxes, collecting, notices and papers as versions, and previews notices.",
        (*g.COMMAND, *g.table("registry", "get", "batch", "query", "put")),
        routes=(
            *(route.replace("<path>", path) for path in RULE_SET_PATHS for route in RULE_SET_ROUTES),
            "POST /v1/notices/previews",
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    *AT_NODES,
    FunctionSpec(
        "psp_webhook",
        "Takes signed messages: settles a payment from the provider's own state, and records what carriers tell.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.table("orders", "get"), *g.TENDERS, *g.CARRIER_SECRET),
        open_routes=("POST /v1/webhooks/{provider}",),
        memory=512,
        timeout=15,
    ),
    FunctionSpec(
        "finance",
        "Seals and shows days, asks for and lists exports, and shows the trial balance, the journal and documents.",
        (
            *g.COMMAND,
            *g.listed("ledger", "get", "batch", "query", "put", "update"),
            *g.table("registry", "query"),
            *g.table("orders", "query"),
            *g.READ_EXPORTS,
        ),
        routes=(
            "GET /v1/finance/days/{date}",
            "GET /v1/finance/days/{date}/exceptions",
            "POST /v1/finance/days/{date}/seal",
            "DELETE /v1/finance/days/{date}/seal",
            "POST /v1/finance/exports",
            "GET /v1/finance/exports",
            *("GET /v1/finance/trial-balance", "GET /v1/finance/journal", "GET /v1/finance/documents"),
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "settlements",
        "Takes in payouts, deposits, bank lines, disputes, write-offs and suppliers' invoices; shows what takes long.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.listed("orders", "get"),
            *g.table("ledger", "get", "batch", "query", "put", "delete"),
            *g.table("registry", "query"),
        ),
        routes=(
            *("POST /v1/finance/settlements", "GET /v1/finance/settlements"),
            *("GET /v1/finance/settlements/exceptions", "GET /v1/finance/settlements/{settlement_id}"),
            *("POST /v1/finance/deposits", "POST /v1/finance/bank-lines"),
            "POST /v1/finance/provider-balances",
            "POST /v1/finance/suspense/{suspense_id}/resolution",
            *("POST /v1/finance/disputes", "POST /v1/finance/disputes/{dispute_id}/outcome"),
            *("POST /v1/orders/{order_id}/write-offs", "POST /v1/finance/intercompany"),
            *("GET /v1/purchase-orders", "GET /v1/purchase-orders/{purchase_order_id}"),
            "POST /v1/purchase-orders/{purchase_order_id}/invoices",
            "POST /v1/purchase-orders/{purchase_order_id}/invoices/{invoice_id}/decision",
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    CONSOLE,
)
