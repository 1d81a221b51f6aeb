"""Whose money it is: a client of one store or channel does nothing with the money of another, and nothing far ahead."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.functions.test_disputes import captured, dispute, tender
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world
from tests.refund_doors import Refunds

__all__ = ["doors", "world"]
OF_S1 = ("finance.write", "finance.read", "node.S1")


def deposit(doors: Doors, bag_id: str, **more: Any) -> Answer:
    scopes = more.pop("scopes", OF_S1)
    body = {"store": "S1", "bag_id": bag_id, "amount": 100, "currency": "USD", "prepared_by": "ann"}
    today = doors.world.clock.now().date()
    whole = {**body, "business_date": today.isoformat(), **more}
    return doors.api("settlements").post("/v1/finance/deposits", whole, scopes=scopes)


@pytest.mark.capability("N4")
def test_a_store_prepares_its_own_bags_and_not_of_days_to_come(doors: Doors):
    today = doors.world.clock.now().date()
    with doors.world.unchanged():
        assert deposit(doors, "B1", store="S2").status == 404
        late = deposit(doors, "B1", business_date=(today + timedelta(days=2)).isoformat())
        assert (late.status, late.pointers) == (422, ["/business_date"])
    assert deposit(doors, "B1").status == 201


@pytest.mark.capability("N4")
def test_a_client_of_a_store_has_nothing_to_do_with_the_treasury(doors: Doors):
    order_id, reference = captured(doors)
    api = doors.api("settlements")
    item = {"kind": "charge", "reference": reference, "amount": 2165, "fee": 0}
    payout = {"provider": "strict", "payout_id": "po_1", "currency": "USD", "business_date": "2026-11-23"}
    line_ = {"line_id": "L1", "amount": 100, "currency": "USD", "booked_on": "2026-11-23"}
    transfer = {"transfer_id": "T1", "from_entity": "100", "to_entity": "200", "gross": 1, "currency": "USD"}
    calls = {
        "/v1/finance/settlements": {"legal_entity": "100", "payouts": [{**payout, "items": [item], "net": 2165}]},
        "/v1/finance/bank-lines": {"legal_entity": "100", "account": "DE02", "lines": [line_]},
        "/v1/finance/disputes": {
            **{"provider": "strict", "dispute_id": "dp_1", "reference": reference, "amount": 1},
            "currency": "USD",
        },
        f"/v1/orders/{order_id}/write-offs": {"reason": "gone"},
        "/v1/finance/intercompany": {**transfer, "business_date": "2026-11-23"},
        "/v1/finance/suspense/sus_1/resolution": {"as": "WRITE_OFF", "reason": "gone"},
    }
    with doors.world.unchanged():
        for path, body in calls.items():
            assert (path, api.post(path, body, scopes=OF_S1).status) == (path, 404)
        assert api.get("/v1/finance/settlements", scopes=OF_S1).status == 404
        assert api.get("/v1/finance/settlements/exceptions?legal_entity=100", scopes=OF_S1).status == 404


@pytest.mark.capability("N4")
def test_money_is_not_booked_far_ahead(doors: Doors):
    api, far = doors.api("settlements"), "2026-12-25"
    payout = {"provider": "strict", "payout_id": "po_1", "currency": "USD", "business_date": far, "net": 1}
    whole = {**payout, "items": [{"kind": "charge", "reference": "c", "amount": 1}]}
    line_ = {"line_id": "L1", "amount": 100, "currency": "USD", "booked_on": far}
    with doors.world.unchanged():
        paid = api.post("/v1/finance/settlements", {"legal_entity": "100", "payouts": [whole]})
        assert (paid.status, paid.pointers) == (422, ["/payouts/0/business_date"])
        booked = api.post("/v1/finance/bank-lines", {"legal_entity": "100", "account": "DE02", "lines": [line_]})
        assert (booked.status, booked.pointers) == (422, ["/lines/0/booked_on"])


@pytest.mark.capability("K12")
def test_a_dispute_is_in_the_currency_of_its_payment(doors: Doors):
    order_id, reference = captured(doors)
    with doors.world.unchanged():
        refused = dispute(doors, reference, currency="EUR")
        assert (refused.status, refused.pointers) == (422, ["/currency"])
    assert tender(doors, order_id).disputed == 0


@pytest.mark.capability("K8")
def test_a_store_tries_only_its_own_returns_again(doors: Doors):
    shop = Refunds(doors)
    order_id = shop.delivered(line("A", 1, 4000, tax=330))
    shop.taken_back(order_id, {1: 1}, at="S1")
    doors.world.provider.script["refund"] = ["declined"]
    assert shop.pay(order_id) == []
    path = f"/v1/orders/{order_id}/refunds/{shop.refund(order_id)['id']}/attempts"
    body = {"reason": "the card is lost", "to": "cash", "to_reason": "the card is lost"}
    with doors.world.unchanged():
        assert doors.api("returns").post(path, body, scopes=("returns.write", "node.S2")).status == 404
    assert doors.api("returns").post(path, body, scopes=("returns.write", "node.S1")).status == 200


@pytest.mark.capability("N6")
def test_only_the_channel_that_took_the_money_says_that_it_gave_it_back(doors: Doors):
    shop = Refunds(doors)
    taken = {"provider": "marketplace", "amount": 3000, "captured": True, "reference": "M-77"}
    order_id = doors.place(document(line("A", 3, 1000), payments=[taken]))
    units = {"reason": "changed_mind", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", units).status == 200
    path = f"/v1/orders/{order_id}/refunds/{shop.refund(order_id)['id']}/confirmations"
    api = doors.api("returns")
    with doors.world.unchanged():
        assert api.post(path, {"reference": "R-5"}, scopes=("returns.write", "channel.store")).status == 403
        assert api.post(path, {"reference": "R-5"}, scopes=("returns.write", "node.S1")).status == 404
    assert api.post(path, {"reference": "R-5"}, scopes=("returns.write", "channel.web")).status == 200
