"""The functions of the payment life cycle: the task of its workflow, what starts it, and those behind the HTTP API."""

from __future__ import annotations

from infra import grants as g
from infra.function_spec import GATEWAY_TIMEOUT, FunctionSpec, Ring

UNMATCHED = Ring("UnmatchedMoney", "Money without an order was given back.", "unmatched-money")
PAYMENT_HTTP = (
    FunctionSpec(
        "appeasements",
        "Grants goodwill on an order within limits, lets somebody else approve what is above them, and shows it.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.listed("orders", "batch"), *g.table("registry", "batch", "query")),
        routes=(
            *("POST /v1/orders/{order_id}/appeasements", "GET /v1/orders/{order_id}/appeasements"),
            "GET /v1/appeasements",
            *("GET /v1/appeasements/{appeasement_id}", "POST /v1/appeasements/{appeasement_id}/decision"),
        ),
        memory=512,
        timeout=15,
    ),
    FunctionSpec(
        "payments",
        "Takes another card for what a tender did not pay, of a channel or of a customer with a pay link.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.table("orders", "get"), *g.TENDERS),
        routes=("POST /v1/orders/{order_id}/payments",),
        open_routes=("GET /v1/pay-links/{name}", "POST /v1/pay-links/{name}"),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
)
PAYMENT_TASKS = (
    FunctionSpec(
        "care_for_payment",
        "Does what is due for the payment of an order, and says when to come again.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.TENDERS, *g.table("stock", "put", "update")),
        memory=512,
    ),
)
PARKED = Ring("SettlementsParked", "A dispute or payout that a provider told of was parked.", "parked-settlements")
UNKNOWN_PARCELS = Ring("ParcelsUnknown", "A carrier told of a parcel that no shipment has.", "unknown-parcels")
PAYMENT_CONSUMERS = (
    FunctionSpec(
        "psp_events",
        "Takes events of Stripe's partner bus, and takes in the disputes, payouts and parcels that were told of.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.table("orders", "get"),
            *g.TENDERS,
            *g.table("ledger", "batch", "query", "delete"),
        ),
        detail_types=("DisputeReported", "PayoutReported", "TrackingReported"),
        memory=512,
        timeout=60,
        concurrency=5,
        rings=(PARKED, UNKNOWN_PARCELS),
    ),
    FunctionSpec(
        "start_payment_workflow",
        "Starts the payment workflow of an order whose payment waits for something.",
        g.START_PAYMENT_WORKFLOW,
        detail_types=(
            *("PaymentActionRequired", "PaymentDeclined", "PaymentCaptureFailed", "PaymentExpired"),
            "PaymentDeferred",
            *("FulfillmentOrderEscalated", "OrderReserved"),
            ("PaymentAuthorized", {"needs_care": [True]}),
        ),
        concurrency=10,
    ),
)
