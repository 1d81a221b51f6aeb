"""Calls about business days, for the check of every answer."""

from __future__ import annotations

from datetime import UTC, date, datetime

from oms.finance.model import PostedEntry
from oms.finance.posting import postings_of
from oms.finance.store import entry_write
from tests.contracts.described import Gateway

# Asking for it is always refused, so it never answers with success.
NEVER_GRANTED = frozenset({"DELETE /v1/finance/days/{date}/seal"})


def days(gateway: Gateway) -> None:
    path = "/v1/finance/days/2026-11-22"
    wish = {"entity": "100", "store": "S1"}
    assert gateway.send("DELETE", f"{path}/seal?entity=100&store=S1")[0] == 404
    assert gateway.send("POST", f"{path}/seal", {**wish, "force": True})[0] == 422
    assert gateway.send("POST", f"{path}/seal", wish)[1]["state"] == "SEALED"
    assert gateway.send("POST", f"{path}/seal", wish)[1]["code"] == "period_sealed"
    assert gateway.send("DELETE", f"{path}/seal?entity=100&store=S1")[0] == 409
    assert gateway.send("GET", f"{path}?entity=100")[1]["stores"][0]["store"] == "S1"
    assert gateway.send("GET", f"{path}/exceptions?entity=100")[1]["exceptions"]
    assert gateway.send("GET", "/v1/finance/documents?entity=100&kind=credit_memo")[0] == 200


def exported(gateway: Gateway, order_id: str) -> None:
    """An export that is asked for, and the journal of an order."""
    wish = {"entity": "100", "business_date": "2026-11-23", "kind": "interim"}
    assert gateway.send("POST", "/v1/finance/exports", wish)[0] == 202
    assert gateway.send("GET", "/v1/finance/exports?business_date=2026-11-23&entity=100")[1]["exports"]
    assert gateway.send("GET", "/v1/finance/trial-balance?entity=100&from=2026-11-23")[0] == 200
    shipped = next(row for row in gateway.world.timeline(order_id) if row["event"] == "ShipmentShipped")
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    (posting,) = postings_of("ShipmentShipped", shipped["data"], "evt_1", at)
    entry = PostedEntry(**posting.entry.model_dump(), posted_at=at, business_date=date(2026, 11, 23))
    gateway.world.database.commit([entry_write("acme", posting, entry)])
    assert gateway.send("GET", f"/v1/finance/journal?order_id={order_id}")[1]["entries"]
