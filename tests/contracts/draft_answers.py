"""What the API says of drafts: made, edited, shared, submitted, and paid by a link."""

from __future__ import annotations

from typing import Any

from tests.contracts.described import Gateway
from tests.order_world import document, line

CARD = {"provider": "strict", "token": "tok_visa"}
DRAFT: dict[str, Any] = {**document(line("A", 1), external_id="draft-1"), "payments": []}
DRAFT_BODIES: dict[str, Any] = {"submit": {}, "link": {}}


def draft(gateway: Gateway, **changes: Any) -> str:
    """The id of a new draft."""
    status, made = gateway.send("POST", "/v1/drafts", {**DRAFT, **changes})
    assert status == 201
    return str(made["id"])


def drafts(gateway: Gateway) -> None:
    """One is submitted by the channel, the other paid by its customer."""
    gateway.world.add_item("ASSAM", {"DC1": 9})
    own = {"lines": [line("ASSAM", 1)]}
    path = f"/v1/drafts/{draft(gateway, **own)}"
    quote = {**DRAFT, **own, "quote_number": "Q-1"}
    assert gateway.send("PUT", path, quote, headers={"if-match": "1"})[1]["version"] == 2
    payments = {"payments": [{**CARD, "amount": 1000}]}
    assert gateway.send("POST", f"{path}/submit", payments)[0] == 201
    assert gateway.send("POST", f"{path}/submit", payments)[0] == 200
    assert gateway.send("GET", path)[1]["state"] == "PLACED"
    other = draft(gateway, **own, external_id="draft-2")
    link = str(gateway.send("POST", f"/v1/drafts/{other}/link")[1]["path"])
    assert gateway.send("GET", link)[1]["state"] == "DRAFT"
    assert gateway.send("POST", link, CARD)[0] == 201
    assert gateway.send("POST", link, CARD)[0] == 200
    assert gateway.send("POST", link, {**CARD, "token": "tok_other"})[0] == 409
