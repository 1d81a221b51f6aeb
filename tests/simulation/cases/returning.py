"""Every changing call about returns, with a body that can be read."""

from __future__ import annotations

from typing import Any

RETURNS: dict[tuple[str, str], Any] = {
    ("POST", "/v1/orders/ord_1/returns"): {
        "node_id": "albany",
        "reason": "too_small",
        "lines": [{"line_no": 1, "quantity": 1}],
    },
    ("POST", "/v1/orders/ord_1/refunds/rfd_1_1/attempts"): {"reason": "once more"},
    ("POST", "/v1/orders/ord_1/refunds/rfd_1_1/confirmations"): {"reference": "R-1"},
    ("PUT", "/v1/return-rules/usual"): {"rules": [{"id": "all", "window_days": 30}]},
    ("POST", "/v1/return-rules/usual/promotions"): {"number": 1},
    ("POST", "/v1/return-rules/usual/rollbacks"): {},
    ("POST", "/v1/returns/rma_1_1/decision"): {"decision": "approve", "reason": "looked at"},
    ("POST", "/v1/returns/rma_1_1/receipts"): {"node_id": "albany", "lines": [{"line_no": 1, "received": 1}]},
    ("POST", "/v1/returns/rma_1_1/inspection"): {
        "node_id": "albany",
        "lines": [{"line_no": 1, "quantity": 1, "grade": "A", "disposition": "restock"}],
    },
    ("POST", "/v1/returns/rma_1_1/cancel"): {"reason": "kept"},
    ("POST", "/v1/returns/rma_1_1/reopen"): {"reason": "found"},
}
