"""How much tax an order can have: what is accepted can be read again, told on the buses and posted."""

from __future__ import annotations

from typing import Any

import pytest

from oms.orders.taxing import Taxable, TaxRate
from tests.functions.test_taxes import AUSTIN, PATH, before_tax, hold
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world
from tests.pos_doors import Till, sold_line, transaction

__all__ = ["doors", "world"]
LARGEST = 10**15


def rates(count: int, ppm: int = 1000) -> dict[str, Any]:
    """A rate of each of some jurisdictions for the whole of Texas."""
    place = {"country": "US", "region": "TX", "rate_ppm": ppm}
    return {"rates": [{"jurisdiction": f"J{number:03}", **place} for number in range(count)]}


def refused(doors: Doors, order: dict[str, Any]) -> list[tuple[str, str]]:
    """The pointers and codes with which an order is refused; nothing of it is stored."""
    with doors.world.unchanged():
        answer = doors.api("place_order").post("/v1/orders", order)
    assert (answer.status, answer.body["code"]) == (422, "invalid_request"), answer.body
    return [(one["pointer"], one["code"]) for one in answer.body["errors"]]


@pytest.mark.capability("N5")
def test_a_place_with_more_jurisdictions_than_a_line_holds_is_refused_and_twenty_are_not(doors: Doors):
    hold(doors, rates(21))
    sent = before_tax(line("A", 1, 10_000))
    assert refused(doors, sent) == [("/lines/0/taxes", "too_long")]
    rules = doors.api("rule_sets")
    assert rules.put(PATH, rates(20), headers={"if-match": "2"}).status == 200
    assert rules.post(f"{PATH}/promotions", {"number": 2}, headers={"if-match": "3"}).status == 200
    seen = doors.see(doors.place(sent))
    assert (seen["lines"][0]["tax"], len(seen["lines"][0]["taxes"])) == (200, 20)


@pytest.mark.capability("N5")
def test_a_computed_tax_above_the_largest_amount_is_refused(doors: Doors):
    """Two jurisdictions take all of the price each: twice the largest amount."""
    sent = before_tax(line("A", 1, LARGEST), mode="external_rate")
    sent["lines"][0]["taxes"] = [{"jurisdiction": name, "rate_ppm": 1_000_000} for name in ("J1", "J2")]
    found = refused(doors, sent)
    assert ("/lines/0/tax", "less_than_equal") in found
    assert ("/totals/total", "less_than_equal") in found
    assert ("/payments/0/amount", "less_than_equal") in found
    sent["lines"][0] |= {"unit_price": LARGEST // 3, "total": LARGEST // 3}
    sent["totals"] = {"goods": LARGEST // 3, "total": LARGEST // 3}
    assert doors.see(doors.place(sent))["totals"]["total"] == 3 * (LARGEST // 3)


@pytest.mark.capability("N5")
def test_an_order_has_no_more_jurisdictions_than_its_parcel_and_its_entry_hold(doors: Doors):
    """Eleven lines with twenty jurisdictions each, all different: the limit is two hundred."""
    lines = [
        {**line("A", 1, 100, tax=20), "taxes": [{"jurisdiction": f"J{n}-{k}", "amount": 1} for k in range(20)]}
        for n in range(11)
    ]
    assert refused(doors, document(*lines, ship_to=AUSTIN)) == [("/lines", "too_many_jurisdictions")]
    seen = doors.see(doors.place(document(*lines[:10], ship_to=AUSTIN)))
    assert seen["totals"]["tax"] == 200
    sale = transaction(1, *({**sold_line("A", 1, 100, tax=20), "taxes": one["taxes"]} for one in lines))
    with doors.world.unchanged():
        told = Till(doors).tell(sale)
    assert (told.status, told.pointers) == (422, ["/lines"])


@pytest.mark.capability("N5")
def test_the_same_limit_holds_for_what_is_computed(doors: Doors):
    """Twenty jurisdictions in each of eleven places."""
    places = [{**AUSTIN, "postal_code": f"787{number:02}"} for number in range(11)]
    made = [
        {"jurisdiction": f"J{n}-{k}", "country": "US", "postal_codes": [f"787{n:02}"], "rate_ppm": 10_000}
        for n in range(11)
        for k in range(20)
    ]
    hold(doors, {"rates": made})
    lines = [line("A", 1, 100, ship_to=place) for place in places]
    assert refused(doors, before_tax(*lines)) == [("/lines", "too_many_jurisdictions")]
    doors.place(before_tax(*lines[:10]))


@pytest.mark.capability("N5")
@pytest.mark.parametrize("blank", ["-", " ", "- -"])
def test_a_postal_code_without_letter_or_digit_is_no_rate_for_every_place(doors: Doors, blank: str):
    rate = {"jurisdiction": "US-TX", "country": "US", "postal_codes": [blank], "rate_ppm": 10_000}
    with doors.world.unchanged():
        answer = doors.api("rule_sets").put(PATH, {"rates": [rate]})
    assert (answer.status, answer.pointers) == (422, ["/rates/0/postal_codes/0"])


@pytest.mark.capability("N5")
def test_a_long_table_is_looked_through_once_for_each_place(doors: Doors, monkeypatch: pytest.MonkeyPatch):
    """Ten lines that go to one place, with postage: its rates are sought for goods and for the charge."""
    hold(doors, rates(1, ppm=82_500))
    asked: list[str] = []
    is_for = TaxRate.is_for

    def counted(rate: TaxRate, one: Taxable) -> bool:
        asked.append(rate.jurisdiction)
        return is_for(rate, one)

    monkeypatch.setattr(TaxRate, "is_for", counted)
    sent = before_tax(*(line("A", 1, 100 + number, line_id=str(number)) for number in range(10)))
    sent["charges"] = [{"kind": "shipping", "amount": 500}]
    sent["totals"] |= {"charges": 500, "total": sent["totals"]["total"] + 500}
    seen = doors.see(doors.place(sent))
    # 8.25 % of 1.00 to 1.03 is 8 cents, of 1.04 to 1.09 it is 9, and of 5.00 it is 41.
    assert [one["tax"] for one in (*seen["lines"], *seen["charges"])] == [*4 * [8], *6 * [9], 41]
    assert asked == 2 * ["J000"]


@pytest.mark.capability("N5")
def test_a_repeat_after_other_rates_were_promoted_answers_the_first_total(doors: Doors):
    hold(doors, rates(1, ppm=82_500))
    sent, api = before_tax(line("A", 1, 1000)), doors.api("place_order")
    first = api.post("/v1/orders", sent, key="k-1")
    rules = doors.api("rule_sets")
    assert rules.put(PATH, rates(1, ppm=90_000), headers={"if-match": "2"}).status == 200
    assert rules.post(f"{PATH}/promotions", {"number": 2}, headers={"if-match": "3"}).status == 200
    with doors.world.unchanged():
        again, other = api.post("/v1/orders", sent, key="k-1"), api.post("/v1/orders", sent, key="k-2")
    assert [(one.status, one.body["id"], one.body["total"]) for one in (first, again, other)] == [
        (status, first.body["id"], 1083) for status in (201, 201, 200)
    ]
