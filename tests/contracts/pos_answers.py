"""Calls about tills, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway
from tests.pos_doors import DAY, event_only, later, sold_line, transaction


def tills(gateway: Gateway) -> None:
    path = "/v1/pos/transactions"
    sale = transaction(11, sold_line("A", 1, 1000, tax=83), later("A", 1, 1000))
    status, sold = gateway.send("POST", path, sale)
    assert (status, sold["order_status"]) == (201, "IN_PROGRESS")
    assert gateway.send("POST", path, sale)[0] == 200
    assert gateway.send("POST", path, {**sale, "cashier": "bob"})[1]["code"] == "transaction_taken"
    assert gateway.send("POST", path, event_only(14))[1]["order_id"] is None
    days = gateway.send("GET", f"/v1/pos/workstations?node_id=S1&business_date={DAY}")[1]
    assert days["workstations"][0]["gaps"] == [{"first": 12, "last": 13}]
    assert len(days["conflicts"]) == 1
    numbers = {key: sale[key] for key in ("node_id", "workstation", "business_date")}
    brought = {"receipt": {**numbers, "sequence": 11}, "reason": "x", "lines": [{"line_no": 1, "quantity": 1}]}
    back = {**numbers, "sequence": 15, "type": "return", "cashier": "ann", "currency": "USD", "brought_back": brought}
    back["tenders"] = [{"tender": "cash", "amount": 1083}]
    assert gateway.send("POST", path, back)[1]["owed"] == 1083
