"""The functions behind the HTTP API that stores work with: drawers, returns, gift cards, tills and papers."""

from __future__ import annotations

from infra import grants as g
from infra.function_spec import GATEWAY_TIMEOUT, FunctionSpec, Ring
from infra.paper_functions import PAPERS

# Tills speak over HTTP and over the store bus.
POS_QUARANTINED = Ring(
    "PosTransactionsQuarantined",
    "A till told a transaction otherwise than before; the second telling is kept and has no effect.",
    "quarantined-till-transactions",
)

AT_STORES = (
    *PAPERS,
    FunctionSpec(
        "drawers",
        "Opens, counts and closes sessions of cash drawers, and takes in each movement of cash once.",
        (
            *g.COMMAND,
            *g.table("ledger", "get", "batch", "query", "put"),
            *g.table("registry", "query"),
            # A refund in cash is paid in the transaction of the order that owes it.
            *g.CHANGE_ORDER,
        ),
        routes=(
            *("POST /v1/drawers/{drawer_id}/sessions", "GET /v1/drawers/{drawer_id}/sessions"),
            "GET /v1/drawer-sessions/{session_id}",
            *("GET /v1/drawer-sessions/{session_id}/movements", "POST /v1/drawer-sessions/{session_id}/movements"),
            *("POST /v1/drawer-sessions/{session_id}/end", "POST /v1/drawer-sessions/{session_id}/counts"),
            *("POST /v1/drawer-sessions/{session_id}/close", "POST /v1/drawer-sessions/{session_id}/restatements"),
        ),
        memory=512,
        timeout=15,
    ),
    FunctionSpec(
        "returns",
        "Takes back what customers bring or send, with what is owed for it, and tries failed refunds again.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.table("stock", "put", "update"),
            *g.table("registry", "batch", "query"),
        ),
        routes=(
            *("POST /v1/orders/{order_id}/returns", "GET /v1/returns/{return_id}"),
            "GET /v1/orders/{order_id}/returnable",
            *("POST /v1/returns/{return_id}/decision", "POST /v1/returns/{return_id}/receipts"),
            *("POST /v1/returns/{return_id}/inspection", "POST /v1/returns/{return_id}/cancel"),
            "POST /v1/returns/{return_id}/reopen",
            "POST /v1/orders/{order_id}/refunds/{refund_id}/attempts",
            "POST /v1/orders/{order_id}/refunds/{refund_id}/confirmations",
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
    FunctionSpec(
        "gift_cards",
        "Issues gift cards and store credit, shows them, and recognises what will not be used as income.",
        (
            *g.COMMAND,
            *g.table("ledger", "get", "query", "put", "update"),
            *g.table("registry", "query"),
        ),
        routes=(
            *("POST /v1/gift-cards", "GET /v1/gift-cards/{card_id}"),
            "POST /v1/gift-cards/{card_id}/breakage",
        ),
        memory=512,
        timeout=15,
    ),
    FunctionSpec(
        "pos",
        "Takes in transactions of tills, each once; a sale becomes an order, and missing numbers are known.",
        (
            *g.COMMAND,
            # What is owed for a return pays a sale in the transaction of the order that owes it.
            *g.CHANGE_ORDER,
            # An order is found by what its channel calls it.
            *g.listed("orders", "get"),
            *g.table("stock", "batch", "query", "put", "update", "delete"),
            *g.table("ledger", "get", "query", "put", "update"),
            *g.table("registry", "batch", "query"),
        ),
        routes=("POST /v1/pos/transactions", "GET /v1/pos/workstations"),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
        rings=(POS_QUARANTINED,),
    ),
)
