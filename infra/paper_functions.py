"""The function that prints papers: what it reads, and the layer that draws."""

from __future__ import annotations

from infra import grants as g
from infra.function_spec import GATEWAY_TIMEOUT, FunctionSpec

PAPERS = (
    FunctionSpec(
        "papers",
        "Prints pick sheets, packing slips, gift receipts, customs forms and return labels of a node's work as PDF.",
        (
            *g.table("orders", "get", "batch", "query"),
            *g.table("registry", "batch", "query"),
        ),
        routes=(
            "GET /v1/fulfillment-orders/{fulfillment_order_id}/papers/{paper}",
            "GET /v1/nodes/{node_id}/waves/{wave_id}/papers/pick-sheet",
        ),
        memory=512,
        timeout=GATEWAY_TIMEOUT,
        layers=("papers",),
    ),
)
