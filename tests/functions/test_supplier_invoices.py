"""Suppliers' invoices: matched with what was ordered and has left; what differs waits for a person; each owed once."""

from __future__ import annotations

from typing import Any

import pytest

from oms.finance.posting import postings_of
from oms.platform.clock import parse_instant
from tests.functions.test_purchase_orders import PATH, TEA, placed, posted, put, see, shop
from tests.functions.test_rerouting import act
from tests.order_doors import Doors, doors
from tests.order_world import line, world

__all__ = ["doors", "shop", "world"]

SUPPLIER = ("purchasing.write", "purchasing.read", "node.SUP")


def bill(shop: Doors, purchase_id: str, number: str, units: int, cost: int, commission: int, **more: Any) -> Any:
    """An invoice of one line, as the supplier sends it."""
    own = {"line_no": 1, "quantity": units, "unit_cost": cost, "commission": commission}
    body = {"number": number, "currency": "USD", "total": units * cost - commission, "lines": [own]}
    more.setdefault("scopes", SUPPLIER)
    return shop.api("settlements").post(f"{PATH}/{purchase_id}/invoices", body, **more)


def decide(shop: Doors, purchase_id: str, invoice: str, decision: str, **more: Any) -> Any:
    path = f"{PATH}/{purchase_id}/invoices/{invoice}/decision"
    return shop.api("settlements").post(path, {"decision": decision, "reason": "agreed by phone"}, **more)


def booked(shop: Doors) -> list[tuple[str, int, int]]:
    """Account, debit and credit of every line that invoices make."""
    found = []
    for event in shop.told("SupplierInvoiceRecorded", "SupplierInvoiceDecided"):
        detail = event["detail"]
        at = parse_instant(detail["meta"]["occurred_at"])
        for one in postings_of(event["detail-type"], detail["data"], detail["meta"]["id"], at):
            found += [(own.account, own.debit, own.credit) for own in one.entry.lines]
    return found


def tasks(shop: Doors) -> list[str]:
    return [one["reason"] for one in shop.api("capacity").get("/v1/tasks?kind=INVOICE_DIFFERS").body["tasks"]]


@pytest.mark.capability("I2", "N1")
def test_an_invoice_of_what_was_agreed_and_has_left_is_owed_as_it_was_shipped(shop: Doors):
    order_id, work_id, purchase_id = placed(shop, line("TEA", 3))
    act(shop, work_id, "ship", lines=[{"line_no": 1, "quantity": 1}])
    act(shop, work_id, "ship")
    # The commission of one unit and of two is that of three.
    first, second = bill(shop, purchase_id, "R-1", 1, 405, 61), bill(shop, purchase_id, "R-2", 2, 405, 121)
    assert (first.status, second.status) == (201, 201)
    shown = see(shop, purchase_id)
    assert [(one["number"], one["status"], one["difference"]) for one in shown["invoices"]] == [
        *(("R-1", "MATCHED", 0), ("R-2", "MATCHED", 0))
    ]
    assert (shown["lines"][0]["invoiced"], booked(shop), tasks(shop)) == (3, [], [])
    again = bill(shop, purchase_id, "R-2", 2, 405, 121)
    assert (again.status, again.body["invoices"]) == (200, second.body["invoices"])
    # Nothing but the record of the call is new.
    assert (see(shop, purchase_id), len(shop.told("SupplierInvoiceRecorded"))) == (shown, 2)
    with shop.world.unchanged():
        other = bill(shop, purchase_id, "R-2", 2, 406, 121)
    assert (other.status, other.body["code"], other.pointers) == (409, "invoice_number_taken", ["/number"])
    assert posted(shop, order_id)[-1] == ("2210", 0, 689)


@pytest.mark.capability("I2", "N1")
def test_a_difference_within_the_tolerance_is_owed_and_beyond_it_waits_for_a_person(shop: Doors):
    put(shop, {**TEA, "invoice_tolerance_ppm": 10_000})
    _, work_id, purchase_id = placed(shop, line("TEA", 3))
    act(shop, work_id, "ship")
    # One per cent of 405 is 4.05.
    assert bill(shop, purchase_id, "R-1", 1, 409, 0).body["invoices"][0]["status"] == "MATCHED"
    assert booked(shop) == [("5010", 4, 0), ("2210", 0, 4)]
    assert bill(shop, purchase_id, "R-2", 1, 401, 0).body["invoices"][1]["status"] == "MATCHED"
    assert booked(shop)[2:] == [("2210", 4, 0), ("5010", 0, 4)]
    dear = bill(shop, purchase_id, "R-3", 1, 410, 0).body["invoices"][2]
    assert (dear["status"], dear["reason"], dear["difference"]) == ("DIFFERS", "COST_BEYOND_TOLERANCE", 5)
    assert (len(booked(shop)), tasks(shop)) == (4, ["COST_BEYOND_TOLERANCE"])
    with shop.world.unchanged():
        assert decide(shop, purchase_id, dear["id"], "approve", scopes=SUPPLIER).status == 403
        assert decide(shop, purchase_id, "inv_none", "approve").status == 404
    assert decide(shop, purchase_id, dear["id"], "approve").body["invoices"][2]["status"] == "APPROVED"
    assert (booked(shop)[4:], tasks(shop)) == ([("5010", 5, 0), ("2210", 0, 5)], [])
    with shop.world.unchanged():
        late = decide(shop, purchase_id, dear["id"], "reject")
    assert (late.status, late.body["code"]) == (409, "action_not_available")


@pytest.mark.capability("I2")
def test_more_than_has_left_waits_and_counts_no_more_once_it_is_rejected(shop: Doors):
    _, work_id, purchase_id = placed(shop, line("TEA", 3))
    act(shop, work_id, "ship", lines=[{"line_no": 1, "quantity": 2}])
    much = bill(shop, purchase_id, "R-1", 3, 405, 182).body["invoices"][0]
    assert (much["status"], much["reason"]) == ("DIFFERS", "QUANTITY_ABOVE_SHIPPED")
    assert tasks(shop) == ["QUANTITY_ABOVE_SHIPPED"]
    assert decide(shop, purchase_id, much["id"], "reject").status == 200
    assert (see(shop, purchase_id)["lines"][0]["invoiced"], booked(shop), tasks(shop)) == (0, [], [])
    right = bill(shop, purchase_id, "R-2", 2, 405, 121).body["invoices"][1]
    assert (right["status"], right["difference"]) == ("DIFFERS", 1)


@pytest.mark.capability("I2")
def test_what_was_not_agreed_costs_what_its_invoice_says(shop: Doors):
    _, work_id, purchase_id = placed(shop, line("CUP", 2))
    act(shop, work_id, "ship")
    assert bill(shop, purchase_id, "R-1", 2, 300, 0).body["invoices"][0]["status"] == "MATCHED"
    assert booked(shop) == [("5010", 600, 0), ("2210", 0, 600)]


@pytest.mark.capability("I2")
def test_an_invoice_that_makes_no_sense_is_refused_whole(shop: Doors):
    _, work_id, purchase_id = placed(shop, line("TEA", 3))
    act(shop, work_id, "ship")
    row = {"line_no": 1, "quantity": 1, "unit_cost": 405}
    good = {"number": "R-1", "currency": "USD", "total": 405, "lines": [row]}
    bad = [
        ({**good, "total": 404}, "/total"),
        ({**good, "currency": "EUR"}, "/currency"),
        ({**good, "lines": [{**row, "line_no": 9}]}, "/lines/0/line_no"),
        ({**good, "total": 810, "lines": [row, row]}, "/lines/1/line_no"),
        ({**good, "total": -1, "lines": [{**row, "commission": 406}]}, "/lines/0/commission"),
    ]
    path = f"{PATH}/{purchase_id}/invoices"
    with shop.world.unchanged():
        for body, pointer in bad:
            refused = shop.api("settlements").post(path, body, scopes=SUPPLIER)
            assert (refused.status, refused.pointers) == (422, [pointer])
        other = ("purchasing.write", "node.S1")
        assert shop.api("settlements").post(path, good, scopes=other).status == 404
        assert shop.api("settlements").post(path, good, scopes=("purchasing.read", "node.SUP")).status == 403
