"""A call of each route that changes something: none of them does without a key."""

from __future__ import annotations

import json
import re

from tests.simulation.cases.returning import RETURNS
from tests.simulation.world import line, order
from tests.template import ROOT

SERVICE = {"id": "ground", "zones": [{"id": "any", "cents": 900, "fastest_days": 2, "slowest_days": 5}]}
# Questions that have too much to say for a GET: they take no key, and nothing is kept of them.
QUESTIONS = ("/v1/sourcing/simulations",)
ONE = {"line_no": 1, "quantity": 1}
INVOICE = {"number": "R-1", "currency": "USD", "total": 250, "lines": [{**ONE, "unit_cost": 250}]}
# Every route of the contract that changes something, as method and pattern, in the order in which they are looked for.
CHANGING = sorted(
    (
        (method.upper(), re.sub(r"\{\w+\}", "[^/]+", path))
        for path, methods in json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"].items()
        for method, operation in methods.items()
        if method != "get" and operation["security"] and path not in QUESTIONS
    ),
    key=lambda one: one[1].count("[^/]+"),
)
# A call of each route that changes something, complete but for its key.
MUTATING = {
    ("PUT", "/v1/webhook-subscriptions/erp"): {"url": "https://hooks.example.com/"},
    ("POST", "/v1/webhook-subscriptions/erp/pause"): {"reason": "moving"},
    ("POST", "/v1/webhook-subscriptions/erp/resume"): {},
    ("POST", "/v1/webhook-subscriptions/erp/secret-rotations"): {},
    ("POST", "/v1/webhook-subscriptions/erp/redeliveries"): {
        "delivery_ids": ["2026-11-23T12:00:00.000Z_evt_01M847VV6RTAYAYY5HN8364QNC"]
    },
    ("POST", "/v1/dead-letters/dead-1/redrive"): {},
    ("POST", "/v1/orders"): order("o-9", line("MUG")),
    ("POST", "/v1/drafts"): {**order("o-9", line("MUG")), "payments": []},
    ("PUT", "/v1/drafts/drf_1"): {**order("o-9", line("MUG")), "payments": []},
    ("POST", "/v1/drafts/drf_1/submit"): {},
    ("POST", "/v1/drafts/drf_1/link"): {},
    ("POST", "/v1/orders/ord_1/cancellations"): {"reason": "late"},
    ("POST", "/v1/orders/ord_1/edits"): {"mode": "commit", "preview_id": "edt_1"},
    ("POST", "/v1/orders/ord_1/method-changes"): {
        **{"reason": "late", "method": "pickup", "pickup_node": "albany", "lines": [ONE]},
    },
    ("POST", "/v1/orders/ord_1/review"): {"decision": "accept", "reason": "known"},
    ("POST", "/v1/fulfillment-orders/ful_1/accept"): {},
    ("POST", "/v1/fulfillment-orders/ful_1/receive"): {},
    ("POST", "/v1/fulfillment-orders/ful_1/hand-over"): {},
    ("POST", "/v1/fulfillment-orders/ful_1/extend"): {"days": 1, "reason": "late"},
    ("POST", "/v1/fulfillment-orders/ful_1/arrival"): {"state": "at_store"},
    ("POST", "/v1/fulfillment-orders/ful_1/substitutions"): {"line_no": 1, "quantity": 1},
    ("POST", "/v1/fulfillment-orders/ful_1/choices/chc_1/answer"): {"option": "cancel", "asked": "in_person"},
    ("POST", "/v1/fulfillment-orders/ful_1/hold"): {"reason": "address_check"},
    ("POST", "/v1/fulfillment-orders/ful_1/release-hold"): {},
    ("POST", "/v1/fulfillment-orders/ful_1/split"): {"lines": [{"line_no": 1, "quantity": 1}]},
    ("POST", "/v1/fulfillment-orders/ful_1/merge"): {"other_fulfillment_order_id": "ful_2"},
    ("POST", "/v1/fulfillment-orders/ful_1/move"): {"node_id": "albany"},
    ("POST", "/v1/fulfillment-orders/ful_1/reschedule"): {"release_at": "2026-11-24T00:00:00Z"},
    ("POST", "/v1/fulfillment-orders/ful_1/rates"): {"weight_grams": 700},
    ("POST", "/v1/fulfillment-orders/ful_1/labels"): {"package_no": 1, "weight_grams": 700},
    ("POST", "/v1/labels/lbl_1/void"): {},
    ("POST", "/v1/nodes/albany/manifests"): {"carrier": "USPS", "date": "2026-11-23"},
    ("POST", "/v1/nodes/albany/carrier-pickups"): {
        **{"carrier": "USPS", "window": {"starts_at": "2026-11-23T15:00:00Z", "ends_at": "2026-11-23T17:00:00Z"}},
    },
    ("POST", "/v1/nodes/albany/carrier-pickups/cpu_1/cancel"): {},
    ("POST", "/v1/parcels/1Z1/claims"): {"reason": "lost", "resolution": "reship", "lines": [ONE]},
    ("POST", "/v1/nodes/albany/device-actions"): {
        "device_id": "d-1",
        "actions": [{"id": "a-1", "action": "accept", "subject": "ful_1", "occurred_at": "2026-11-23T12:00:00Z"}],
    },
    ("POST", "/v1/orders/ord_1/notices/ntc_1/resend"): {},
    ("PUT", "/v1/notices/rules/all"): {"off": ["confirmed"]},
    ("POST", "/v1/notices/rules/all/promotions"): {"number": 1},
    ("POST", "/v1/notices/rules/all/rollbacks"): {},
    ("PUT", "/v1/papers/rules/all"): {"logo": "Acme"},
    ("POST", "/v1/papers/rules/all/promotions"): {"number": 1},
    ("POST", "/v1/papers/rules/all/rollbacks"): {},
    ("POST", "/v1/items/MUG/licences"): {"codes": ["AAAA-1"]},
    ("POST", "/v1/purchase-orders/pur_1_1/invoices"): INVOICE,
    ("POST", "/v1/purchase-orders/pur_1_1/invoices/inv_1/decision"): {"decision": "approve", "reason": "agreed"},
    ("PUT", "/v1/supplier-items"): {
        "supplier_items": [{"node_id": "mill", "sku": "MUG", "unit_cost": 250, "currency": "USD"}]
    },
    ("POST", "/v1/inventory/movements"): {
        "movements": [{"sku": "MUG", "node_id": "albany", "kind": "received", "quantity": 1}]
    },
    ("PUT", "/v1/hot-stock"): {"items": [{"sku": "MUG", "per_second": 50, "until": "2026-11-24T00:00:00Z"}]},
    ("POST", "/v1/promises"): {"channel": "web", "lines": [{"sku": "MUG", "quantity": 1}]},
    ("PUT", "/v1/supply/po-1"): {
        "kind": "purchase_order",
        "node_id": "albany",
        "lines": [{"line_no": 1, "sku": "MUG", "quantity": 1, "expected_on": "2026-12-01"}],
    },
    ("POST", "/v1/supply/po-1/dispatch"): {},
    ("POST", "/v1/supply/po-1/receipts"): {},
    ("POST", "/v1/supply/po-1/close"): {"reason": "late"},
    ("POST", "/v1/nodes/albany/pause"): {"reason": "power_cut"},
    ("POST", "/v1/nodes/albany/resume"): {},
    ("POST", "/v1/tasks/tsk_1/completions"): {},
    ("POST", "/v1/reservations"): {"channel": "web", "lines": [{"sku": "MUG", "quantity": 1}]},
    ("PATCH", "/v1/reservations/rsv_1"): {"ttl_seconds": 60},
    ("DELETE", "/v1/reservations/rsv_1"): None,
    ("PUT", "/v1/inventory/rules/usual"): {"safety": []},
    ("POST", "/v1/inventory/rules/usual/promotions"): {"number": 1},
    ("POST", "/v1/inventory/rules/usual/rollbacks"): {},
    ("PUT", "/v1/sourcing/strategies/usual"): {"scenarios": [{"id": "all"}]},
    ("POST", "/v1/sourcing/strategies/usual/promotions"): {"number": 1},
    ("POST", "/v1/sourcing/strategies/usual/rollbacks"): {},
    ("PUT", "/v1/sourcing/rate-cards/usual"): {"currency": "USD", "services": [SERVICE]},
    ("POST", "/v1/sourcing/rate-cards/usual/promotions"): {"number": 1},
    ("POST", "/v1/sourcing/rate-cards/usual/rollbacks"): {},
    ("PUT", "/v1/tax-rates/usual"): {"rates": [{"jurisdiction": "US-NY", "country": "US", "rate_ppm": 40_000}]},
    ("POST", "/v1/tax-rates/usual/promotions"): {"number": 1},
    ("POST", "/v1/tax-rates/usual/rollbacks"): {},
    ("PUT", "/v1/service-levels/usual"): {"levels": [{"id": "all", "accept_minutes": 60}]},
    ("POST", "/v1/service-levels/usual/promotions"): {"number": 1},
    ("POST", "/v1/service-levels/usual/rollbacks"): {},
    ("PUT", "/v1/collection-rules/usual"): {"rules": [{"id": "all", "proofs": ["code"]}]},
    ("PUT", "/v1/choice-rules/usual"): {
        "rules": [{"id": "b", "kind": "BACKORDER", "options": ["wait", "cancel"], "hours": 48, "otherwise": "wait"}]
    },
    **{("POST", f"/v1/{kind}-rules/usual/promotions"): {"number": 1} for kind in ("choice", "goodwill", "collection")},
    **{("POST", f"/v1/{kind}-rules/usual/rollbacks"): {} for kind in ("choice", "goodwill", "collection")},
    ("PUT", "/v1/goodwill-rules/usual"): {"alerts": [{"id": "many", "of": "actor", "grants": 5}]},
    ("PUT", "/v1/pay-in-store/usual"): {"holds": [{"channel": "web", "currency": "USD", "most": 9_000, "hours": 48}]},
    ("POST", "/v1/pay-in-store/usual/promotions"): {"number": 1},
    ("POST", "/v1/pay-in-store/usual/rollbacks"): {},
    ("POST", "/v1/notices/previews"): {"milestone": "confirmed", "locale": "en-US"},
    ("POST", "/v1/nodes/albany/waves"): {},
    ("POST", "/v1/nodes/albany/waves/wav_1/close"): {},
    ("POST", "/v1/inventory/snapshots"): {
        "snapshots": [
            {
                **{"sku": "MUG", "node_id": "albany", "quantity": 3, "source": "wms", "sequence": 1},
                **{"as_of": "2026-11-23T12:00:00Z", "reason": "cycle_count"},
            }
        ]
    },
    ("POST", "/v1/drawers/D1/sessions"): {
        **{"node_id": "albany", "device": "T1", "cashier": "ann", "currency": "USD", "opening_float": 10_000}
    },
    ("POST", "/v1/drawer-sessions/drw_1/movements"): {"sequence": 1, "kind": "cash_sale", "amount": 1},
    ("POST", "/v1/drawer-sessions/drw_1/end"): {"ended_by": "ann"},
    ("POST", "/v1/drawer-sessions/drw_1/counts"): {"counted_by": "bob", "lines": []},
    ("POST", "/v1/drawer-sessions/drw_1/close"): {"closed_by": "ann"},
    ("POST", "/v1/drawer-sessions/drw_1/restatements"): {
        **{"reason": "recount", "stated_by": "max", "count": {"lines": []}}
    },
    ("POST", "/v1/gift-cards"): {
        **{"amount": 500, "currency": "USD", "selling_node": "albany", "channel": "store"},
        "tenders": [{"tender": "cash", "amount": 500}],
    },
    ("POST", "/v1/gift-cards/gft_1/breakage"): {"reason": "expired"},
    ("POST", "/v1/orders/ord_1/appeasements"): {"amount": 100, "reason": "LATE"},
    ("POST", "/v1/appeasements/apm_1_1/decision"): {"decision": "approve", "reason": "seen"},
    ("POST", "/v1/orders/ord_1/payments"): {"payment_id": "pay_1_1", "provider": "strict", "token": "tok_2"},
    **RETURNS,
    ("POST", "/v1/pos/transactions"): {
        **{"node_id": "albany", "workstation": "T1", "business_date": "2026-11-23", "sequence": 1},
        **{"type": "no_sale", "cashier": "ann"},
    },
    ("POST", "/v1/finance/settlements"): {
        "legal_entity": "100",
        "payouts": [
            {
                **{"provider": "strict", "payout_id": "po_1", "currency": "USD", "business_date": "2026-11-22"},
                **{"items": [{"kind": "fee", "reference": "f_1", "amount": -5}], "net": -5},
            }
        ],
    },
    ("POST", "/v1/finance/deposits"): {
        **{"store": "albany", "bag_id": "B1", "amount": 100, "currency": "USD"},
        **{"business_date": "2026-11-22", "prepared_by": "ann"},
    },
    ("POST", "/v1/finance/bank-lines"): {
        **{"legal_entity": "100", "account": "DE02"},
        "lines": [{"line_id": "L1", "amount": 100, "currency": "USD", "booked_on": "2026-11-22"}],
    },
    ("POST", "/v1/finance/provider-balances"): {
        "legal_entity": "100",
        "balances": [
            {
                **{"provider": "strict", "currency": "USD", "business_date": "2026-11-22"},
                **{"pending": 100, "available": 0},
            }
        ],
    },
    ("POST", "/v1/finance/suspense/sus_1/resolution"): {"as": "CASH_SHORT", "reason": "counted"},
    ("POST", "/v1/finance/disputes"): {
        **{"provider": "strict", "dispute_id": "dp_1", "reference": "cap_1", "amount": 100, "currency": "USD"},
        "legal_entity": "100",
    },
    ("POST", "/v1/finance/disputes/dsp_1/outcome"): {"outcome": "lost"},
    ("POST", "/v1/orders/ord_1/write-offs"): {"reason": "nobody pays"},
    ("POST", "/v1/finance/intercompany"): {
        **{"transfer_id": "ic_1", "from_entity": "100", "to_entity": "200", "gross": 100, "currency": "USD"},
        "business_date": "2026-11-22",
    },
    ("POST", "/v1/finance/days/2026-11-22/seal"): {"entity": "100", "store": "albany"},
    ("DELETE", "/v1/finance/days/2026-11-22/seal?entity=100&store=albany"): {},
    ("POST", "/v1/finance/exports"): {"entity": "100", "business_date": "2026-11-22"},
    ("PUT", "/v1/items"): {"items": [{"sku": "CUP", "description": "Cup"}]},
    ("PUT", "/v1/items/CUP"): {"description": "Cup"},
}
