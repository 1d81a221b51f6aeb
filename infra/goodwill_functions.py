"""The function that grants goodwill by the rules of the retailer."""

from __future__ import annotations

from infra import grants as g
from infra.function_spec import FunctionSpec

GOODWILL_CONSUMERS = (
    FunctionSpec(
        "grant_goodwill",
        "Grants what a rule says to a customer for whom something went wrong, without a call, once for each.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.table("orders", "batch"),
            *g.table("registry", "batch", "query"),
            # When goods were ready that a customer has collected.
            *g.table("events", "query"),
        ),
        detail_types=(
            "ParcelDelivered",
            ("ShipmentShipped", {"mode": ["pickup"]}),
            ("OrderLinesCancelled", {"reason": ["nothing_to_come", "waited_long_enough"]}),
            ("ParcelClaimed", {"reason": ["lost"]}),
        ),
        concurrency=5,
    ),
)
