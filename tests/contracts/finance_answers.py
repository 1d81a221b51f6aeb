"""Calls about business days, for the check of every answer."""

from __future__ import annotations

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
