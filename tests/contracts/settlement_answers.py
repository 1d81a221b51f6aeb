"""Calls about settlement, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway
from tests.order_world import line

ITEMS = [
    {"kind": "charge", "reference": "cap_1", "amount": 3000, "fee": 117},
    {"kind": "refund", "reference": "ref_1", "amount": -500},
    {"kind": "adjustment", "reference": "adj_1", "amount": -100},
]
PAYOUT = {
    **{"provider": "strict", "payout_id": "po_1", "currency": "USD", "business_date": "2026-11-18"},
    **{"items": ITEMS, "net": 2283},
}
BAG = {
    **{"store": "S1", "bag_id": "B1", "amount": 40940, "currency": "USD", "business_date": "2026-11-23"},
    "prepared_by": "ann",
}
LINE = {"line_id": "L1", "amount": 40440, "currency": "USD", "booked_on": "2026-11-23", "end_to_end_id": "B1"}
DISPUTE = {
    **{"provider": "strict", "dispute_id": "dp_1", "reference": "cap_1", "amount": 3000, "currency": "USD"},
    **{"fee": 1500, "legal_entity": "100", "reason": "fraudulent"},
}
TRANSFER = {
    **{"transfer_id": "ic-1", "from_entity": "100", "to_entity": "200", "gross": 4330, "currency": "USD"},
    "business_date": "2026-11-23",
}


def settlement(gateway: Gateway) -> None:
    """Every route of settlement, with each of its answers."""
    told = {"legal_entity": "100", "payouts": [PAYOUT]}
    first, payouts = gateway.send("POST", "/v1/finance/settlements", told)
    assert (first, gateway.send("POST", "/v1/finance/settlements", told)[0]) == (201, 200)
    other = {**PAYOUT, "items": [{"kind": "fee", "reference": "f_1", "amount": -5}], "net": -5}
    refused = gateway.send("POST", "/v1/finance/settlements", {**told, "payouts": [other]})
    assert (refused[0], refused[1]["code"]) == (409, "settlement_conflict")
    shown = gateway.send("GET", f"/v1/finance/settlements/{payouts['payouts'][0]['settlement_id']}")[1]
    assert [one["match"] for one in shown["items"]] == ["WAITING", "WAITING", "NOT_NEEDED"]
    assert len(gateway.send("GET", "/v1/finance/settlements?status=unmatched")[1]["unmatched"]) == 2
    assert gateway.send("POST", "/v1/finance/deposits", BAG)[0] == 201
    assert gateway.send("POST", "/v1/finance/deposits", BAG)[0] == 200
    lines = {"legal_entity": "100", "account": "DE02", "lines": [LINE, {**LINE, "line_id": "L2", "amount": -700}]}
    credited, _ = gateway.send("POST", "/v1/finance/bank-lines", lines)[1]["lines"]
    assert (credited["matched"], credited["difference"]) == ("deposit", 500)
    assert gateway.send("POST", "/v1/finance/bank-lines", lines)[0] == 200
    kept = {"provider": "strict", "currency": "USD", "business_date": "2026-11-23", "pending": 500, "available": 0}
    balances = {"legal_entity": "100", "balances": [kept]}
    for status in (201, 200):
        assert gateway.send("POST", "/v1/finance/provider-balances", balances)[0] == status
    exceptions = gateway.send("GET", "/v1/finance/settlements/exceptions?legal_entity=100")[1]
    assert sorted(one["code"] for one in exceptions["exceptions"]) == ["T13", "T13", "T13", "T5"]
    assert len(exceptions["conflicts"]) == 1
    path = f"/v1/finance/suspense/{credited['suspense_id']}/resolution"
    answer = gateway.send("POST", path, {"as": "CASH_SHORT", "reason": "counted again"})
    assert (answer[0], answer[1]["open"]) == (200, 0)
    _disputes(gateway)
    for more, net in (({}, 4330), ({"transfer_id": "ic-2", "gross_back": 4000}, 330)):
        assert gateway.send("POST", "/v1/finance/intercompany", {**TRANSFER, **more})[1]["net"] == net
    assert gateway.send("POST", "/v1/finance/intercompany", TRANSFER)[0] == 200
    _write_off(gateway)


def _disputes(gateway: Gateway) -> None:
    warned = gateway.send("POST", "/v1/finance/disputes", {**DISPUTE, "stage": "warning"})
    opened = gateway.send("POST", "/v1/finance/disputes", DISPUTE)
    other = gateway.send("POST", "/v1/finance/disputes", {**DISPUTE, "dispute_id": "dp_2"})
    assert [status for status, _ in (warned, opened, other)] == [201, 200, 201]
    for (_, dispute), outcome in ((opened, "lost"), (other, "won")):
        path = f"/v1/finance/disputes/{dispute['id']}/outcome"
        assert gateway.send("POST", path, {"outcome": outcome})[1]["state"] == outcome.upper()


def _write_off(gateway: Gateway) -> None:
    world = gateway.world
    order_id = world.placed(line("C", 2, 1000, tax=165), external_id="never-paid")
    (work,) = world.released(order_id)
    world.act(work, "ship", lines={1: 2})
    world.provider.script["capture"] = ["declined"]
    try:
        world.capture(work)
    except RuntimeError:
        world.provider.script.clear()
    answer = gateway.send("POST", f"/v1/orders/{order_id}/write-offs", {"reason": "nobody pays", "tax_relief": True})
    assert (answer[0], answer[1]["tax"]) == (201, 165)
