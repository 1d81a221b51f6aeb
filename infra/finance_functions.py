"""The functions of finance behind queues: what posts, numbers documents, writes files and grants goodwill."""

from __future__ import annotations

from infra import grants as g
from infra.function_spec import FunctionSpec, Ring
from infra.goodwill_functions import GOODWILL_CONSUMERS

FINANCE_CONSUMERS = (
    *GOODWILL_CONSUMERS,
    FunctionSpec(
        "post_ledger",
        "Turns money events into balanced journal entries, each once.",
        (*g.table("ledger", "get", "query", "put", "update", "check"), *g.table("registry", "query")),
        detail_types=(
            "PaymentAuthorized",
            "PaymentReleased",
            "PaymentExpired",
            "PaymentCaptured",
            "PaymentCaptureFailed",
            "ShipmentShipped",
            "PurchaseOrderShipped",
            *("SupplierInvoiceRecorded", "SupplierInvoiceDecided"),
            "RefundOwed",
            "RefundExecuted",
            "RefundFailed",
            "ReturnAccepted",
            "ParcelClaimed",
            "DrawerOpened",
            "DrawerMovementRecorded",
            "DrawerClosed",
            "DrawerRestated",
            *("GiftCardIssued", "GiftCardBreakageRecognized"),
            "PayoutRecorded",
            "DepositPrepared",
            "BankCredited",
            "BankDebited",
            "SuspenseResolved",
            "DisputeFundsWithdrawn",
            "DisputeLost",
            "DisputeWon",
            "WriteOffPosted",
            "IntercompanySettled",
            "IntercompanyNetted",
            "SaleRecorded",
            "AppeasementGranted",
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
        "Writes the journal of a date with its manifest, seals stores that are ready, and writes claims on parcels.",
        (
            *g.COMMAND,
            *g.listed("ledger", "get", "batch", "query", "put", "update"),
            *g.table("registry", "query"),
            *g.table("orders", "batch", "query"),
            *g.WRITE_EXPORTS,
        ),
        detail_types=("FinanceExportRequested", "ParcelClaimed"),
        memory=1024,
        timeout=300,
        concurrency=2,
        layers=("export",),
    ),
    FunctionSpec(
        "number_documents",
        "Gives each invoice, credit memo and purchase order the next number of its legal entity, without a gap.",
        g.table("ledger", "get", "put"),
        detail_types=("ShipmentShipped", "SaleRecorded", "ReturnAccepted", "AppeasementGranted", "PurchaseOrderPlaced"),
        # All documents of an entity and kind go through one counter.
        concurrency=2,
    ),
)
