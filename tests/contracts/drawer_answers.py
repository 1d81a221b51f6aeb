"""Calls about cash drawers, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway

OPENING = {"node_id": "S1", "device": "T1", "cashier": "ann", "currency": "USD", "opening_float": 10000}
SALE = {"sequence": 1, "kind": "cash_sale", "amount": 500, "tax": 38}
COUNT = {"counted_by": "bob", "lines": [{"denomination": 10000, "pieces": 1}, {"denomination": 500, "pieces": 1}]}
# A body for each call about a session, by the end of its path.
BODIES: dict[str, dict[str, object]] = {
    "movements": SALE,
    "end": {"ended_by": "ann"},
    "counts": COUNT,
    "close": {"closed_by": "ann"},
    "restatements": {"reason": "offline", "stated_by": "max", "movement": {**SALE, "sequence": 2}},
}


def opened(gateway: Gateway, drawer: str = "D1") -> str:
    status, session = gateway.send("POST", f"/v1/drawers/{drawer}/sessions", OPENING)
    assert (status, session["state"]) == (201, "OPEN")
    return str(session["id"])


def drawers(gateway: Gateway) -> None:
    path = f"/v1/drawer-sessions/{opened(gateway)}"
    assert gateway.send("POST", f"{path}/movements", SALE)[0] == 201
    assert gateway.send("POST", f"{path}/movements", SALE)[0] == 200
    assert gateway.send("POST", f"{path}/movements", {**SALE, "amount": 501})[1]["code"] == "sequence_taken"
    assert gateway.send("GET", f"{path}/movements")[0] == 409
    for step in ("end", "counts", "close"):
        assert gateway.send("POST", f"{path}/{step}", BODIES[step])[0] == 200
    assert gateway.send("GET", f"{path}/movements")[1]["movements"][0]["amount"] == 500
    assert gateway.send("POST", f"{path}/restatements", BODIES["restatements"])[0] == 409
    assert gateway.send("POST", f"{path}/restatements", BODIES["restatements"], actor="manager")[0] == 201
    assert gateway.send("GET", path)[1]["statements"][1]["variance"] == -500
    assert len(gateway.send("GET", "/v1/drawers/D1/sessions?node_id=S1")[1]["sessions"]) == 1
