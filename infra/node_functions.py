"""The function behind the HTTP API by which nodes work: its routes, and what it may touch."""

from __future__ import annotations

from infra import grants as g
from infra.function_spec import GATEWAY_TIMEOUT, FunctionSpec

WORK = "/v1/fulfillment-orders/{fulfillment_order_id}"

AT_NODES = (
    FunctionSpec(
        "fulfillment",
        "Shows a node its work and takes its verbs, from accept to ship; asks carriers for rates and labels.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.listed("orders", "get", "batch", "delete"),
            *g.table("stock", "batch", "query", "put", "update"),
            *g.table("registry", "batch", "query"),
            *g.table("events", "query"),
            *g.CARRIER_SECRET,
            *g.KEEP_LABEL_FILES,
        ),
        # A customer on the way has a link and no token.
        open_routes=("GET /v1/arrivals/{name}", "POST /v1/arrivals/{name}"),
        routes=(
            *("POST /v1/fulfillment-orders/{fulfillment_order_id}/rates", "GET /v1/labels/{label_id}"),
            "GET /v1/labels/{label_id}/file",
            *("POST /v1/nodes/{node_id}/manifests", "GET /v1/nodes/{node_id}/manifests/{manifest_id}"),
            *("POST /v1/nodes/{node_id}/carrier-pickups", "GET /v1/nodes/{node_id}/carrier-pickups/{pickup_id}"),
            "POST /v1/nodes/{node_id}/carrier-pickups/{pickup_id}/cancel",
            *("POST /v1/fulfillment-orders/{fulfillment_order_id}/labels", "POST /v1/labels/{label_id}/void"),
            "GET /v1/fulfillment-orders",
            "GET /v1/fulfillment-orders/{fulfillment_order_id}",
            *(f"POST {WORK}/{verb}" for verb in ("receive", "hand-over", "extend", "arrival")),
            "POST /v1/fulfillment-orders/{fulfillment_order_id}/hold",
            "POST /v1/fulfillment-orders/{fulfillment_order_id}/release-hold",
            "POST /v1/fulfillment-orders/{fulfillment_order_id}/split",
            "POST /v1/fulfillment-orders/{fulfillment_order_id}/merge",
            "POST /v1/fulfillment-orders/{fulfillment_order_id}/move",
            "POST /v1/fulfillment-orders/{fulfillment_order_id}/reschedule",
            *("POST /v1/fulfillment-orders/{fulfillment_order_id}/{action}", "POST /v1/nodes/{node_id}/device-actions"),
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
    ),
)
