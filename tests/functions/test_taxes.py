"""Taxes through the doors: stated as amounts or rates, or computed from the destination; shared, returned, posted."""

from __future__ import annotations

import random
from typing import Any

import pytest

from oms.finance.commands import Books
from oms.finance.reads import trial_balance
from oms.finance.requests import TrialBalanceQuery
from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.appeasement_doors import People
from tests.order_doors import Doors, doors
from tests.order_nodes import node
from tests.order_world import NEW_YORK, NOW, TENANT, document, line, world
from tests.pos_doors import Till, sold_line, transaction
from tests.refund_doors import Refunds
from tests.unit.finance.world import books, finance_cloud

__all__ = ["books", "doors", "finance_cloud", "world"]

AUSTIN = {**NEW_YORK, "city": "Austin", "region": "TX", "postal_code": "78701"}
RATES = {
    "rates": [
        {"jurisdiction": "US-TX", "country": "US", "region": "TX", "rate_ppm": 62_500},
        {
            "jurisdiction": "US-TX-AUSTIN",
            **{"country": "US", "region": "TX", "postal_codes": ["787"], "rate_ppm": 20_000, "charges": False},
        },
        {"jurisdiction": "US-NV", "country": "US", "region": "NV", "rate_ppm": 68_500},
    ]
}
PATH = "/v1/tax-rates/us"
AT_RATES = [{"jurisdiction": "US-TX", "rate_ppm": 62_500}, {"jurisdiction": "US-TX-AUSTIN", "rate_ppm": 20_000}]


def hold(doors: Doors, content: dict[str, Any] = RATES) -> None:
    """Let some tax rates hold."""
    api = doors.api("rule_sets")
    put = api.put(PATH, content)
    assert put.status == 201, put.body
    assert api.post(f"{PATH}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200


def open_reno(doors: Doors) -> None:
    """A store in Nevada that has five of B."""
    address = {"lines": ["1 Main St"], "city": "Reno", "region": "NV", "postal_code": "89501", "country": "US"}
    doors.world.database.commit([node_write(TENANT, node("RENO", "store", 39.5, -119.8, address=address))])
    doors.world.receive("B", "RENO", 5)
    registry.forget()


def before_tax(*lines: dict[str, Any], mode: str = "platform", **changes: Any) -> dict[str, Any]:
    """An order whose sums are stated before tax, with one tender for all of it."""
    made = document(*lines, ship_to=AUSTIN, tax_mode=mode, **changes)
    made["payments"] = [{"provider": "strict", "token": "tok_visa"}]
    return made


def parts(told: list[dict[str, Any]]) -> dict[str | None, int]:
    return {one["jurisdiction"]: one["amount"] for one in told}


def payable(shop: Refunds) -> dict[str | None, int]:
    """What account 2040 owes each jurisdiction once the ledger has heard of everything."""
    shop.post()
    assert shop.books is not None
    day = NOW.date().isoformat()
    query = TrialBalanceQuery.model_validate({"entity": "100", "from": day})
    found = trial_balance(shop.books.runtime.database, TENANT, query)
    whole = next(one.balance for one in found.accounts if one.account == "2040")
    assert sum(one.balance for one in found.taxes) == whole
    return {one.jurisdiction: -one.balance for one in found.taxes if one.balance}


@pytest.mark.capability("N5", "N1")
def test_the_platform_taxes_by_address_and_by_store_and_gives_back_at_the_original_rate(doors: Doors, books: Books):
    """Shipped to Austin, collected in Reno; the rates change before the goods come back."""
    shop = Refunds(doors, books)
    open_reno(doors)
    hold(doors)
    sent = before_tax(line("A", 2, 2750), line("B", 1, 1000, method="pickup", pickup_node="RENO"))
    sent["charges"] = [{"kind": "shipping", "amount": 500}]
    sent["totals"] |= {"charges": 500, "total": 7000}
    # A dry run says before the purchase what it comes to.
    dry = doors.api("simulations").post("/v1/sourcing/simulations", {"order": sent})
    assert (dry.status, dry.body["dry_run"]["totals"]["total"]) == (200, 7554)
    order_id = doors.place(sent)
    seen = doors.see(order_id)
    assert [(one["tax"], parts(one["taxes"]), one["total"]) for one in seen["lines"]] == [
        (454, {"US-TX": 344, "US-TX-AUSTIN": 110}, 5954),
        (69, {"US-NV": 69}, 1069),
    ]
    assert [one["rate_ppm"] for one in seen["lines"][0]["taxes"]] == [62_500, 20_000]
    # Austin does not tax shipping: 6.25 % of 5.00 is 31.25 cents.
    assert [(one["tax"], parts(one["taxes"])) for one in seen["charges"]] == [(31, {"US-TX": 31, "US-TX-AUSTIN": 0})]
    assert seen["totals"] == {"goods": 6500, "discount": 0, "charges": 500, "tax": 554, "total": 7554}
    assert (seen["tax_mode"], seen["status"]) == ("platform", "CONFIRMED")
    assert [one["amount"] for one in seen["payments"]] == [7554]

    for work in doors.run_order_workflow(order_id):
        verb = "ship" if doors.world.work(work).method == "ship" else "stage"
        doors.world.act(work, verb)
        if verb == "stage":
            doors.world.act(work, "hand-over")
        doors.world.capture(work)
    shipped = {one["mode"]: one for one in doors.see(order_id)["shipments"]}
    assert parts(shipped["ship"]["taxes"]) == {"US-TX": 375, "US-TX-AUSTIN": 110}
    assert parts(shipped["pickup"]["taxes"]) == {"US-NV": 69}
    assert payable(shop) == {"US-NV": 69, "US-TX": 375, "US-TX-AUSTIN": 110}

    dearer = {"rates": [{**one, "rate_ppm": one["rate_ppm"] * 2} for one in RATES["rates"]]}
    rules = doors.api("rule_sets")
    assert rules.put(PATH, dearer, headers={"if-match": "2"}).status == 200
    assert rules.post(f"{PATH}/promotions", {"number": 2}, headers={"if-match": "3"}).status == 200
    first = shop.taken_back(order_id, {1: 1}, shipping=500)
    assert (first["tax"], parts(first["taxes"])) == (258, {"US-TX": 203, "US-TX-AUSTIN": 55})
    assert parts(first["lines"][0]["taxes"]) == {"US-TX": 172, "US-TX-AUSTIN": 55}
    assert payable(shop) == {"US-NV": 69, "US-TX": 172, "US-TX-AUSTIN": 55}
    shop.taken_back(order_id, {1: 1, 2: 1})
    assert payable(shop) == {}


@pytest.mark.capability("N5", whole=True)
@pytest.mark.parametrize("mode", ["external_amount", "external_rate", "platform"])
def test_the_same_tax_comes_from_amounts_from_rates_and_from_the_platform(doors: Doors, books: Books, mode: str):
    """Pick-up goes by the store, ship by the address, and a return by the original rate, wherever rates came from."""
    shop = Refunds(doors, books)
    open_reno(doors)
    hold(doors)
    ship, collect = line("A", 1, 5500), line("B", 1, 1000, method="pickup", pickup_node="RENO")
    nevada = {"jurisdiction": "US-NV", "rate_ppm": 68_500}
    if mode == "external_rate":
        ship, collect = {**ship, "taxes": AT_RATES}, {**collect, "taxes": [nevada]}
    if mode == "external_amount":
        texas = [{**one, "amount": amount} for one, amount in zip(AT_RATES, (344, 110), strict=True)]
        ship |= {"tax": 454, "total": 5954, "taxes": texas}
        collect |= {"tax": 69, "total": 1069, "taxes": [{**nevada, "amount": 69}]}
        order_id = doors.place(document(ship, collect, ship_to=AUSTIN))
    else:
        order_id = doors.place(before_tax(ship, collect, mode=mode))
    seen = doors.see(order_id)
    assert [(one["tax"], parts(one["taxes"])) for one in seen["lines"]] == [
        (454, {"US-TX": 344, "US-TX-AUSTIN": 110}),
        (69, {"US-NV": 69}),
    ]
    assert (seen["tax_mode"], seen["totals"]["total"], seen["payments"][0]["amount"]) == (mode, 7023, 7023)
    for work in doors.run_order_workflow(order_id):
        verbs = ("ship",) if doors.world.work(work).method == "ship" else ("stage", "hand-over")
        for verb in verbs:
            doors.world.act(work, verb)
        doors.world.capture(work)
    assert payable(shop) == {"US-NV": 69, "US-TX": 344, "US-TX-AUSTIN": 110}
    back = shop.taken_back(order_id, {1: 1, 2: 1})
    assert (back["owed"], parts(back["taxes"])) == (7023, {"US-NV": 69, "US-TX": 344, "US-TX-AUSTIN": 110})
    assert payable(shop) == {}


@pytest.mark.capability("N5")
def test_an_order_that_no_rate_is_known_for_is_refused_and_nothing_is_stored(doors: Doors):
    api = doors.api("place_order")
    made = before_tax(
        line("A", 1, 1000), line("B", 1, 1000, ship_to={**AUSTIN, "region": "CA", "postal_code": "94105"})
    )
    with doors.world.unchanged():
        nothing = api.post("/v1/orders", made)
        assert (nothing.status, nothing.body["code"], nothing.pointers) == (
            *(422, "tax_rate_unknown"),
            ["/lines/0", "/lines/1"],
        )
        assert nothing.body["errors"][0]["detail"] == "no rate for US TX 78701"
        assert nothing.body["remedy"].startswith("Put a rate for the place, which may be 0")
    hold(doors)
    with doors.world.unchanged():
        some = api.post("/v1/orders", made)
        assert (some.status, some.body["code"], some.pointers) == (422, "tax_rate_unknown", ["/lines/1"])
        made = before_tax(line("A", 1, 1000))
        del made["ship_to"]
        nowhere = api.post("/v1/orders", made)
        assert (nowhere.status, nowhere.body["code"], nowhere.pointers) == (
            *(422, "invalid_request"),
            ["/lines/0/ship_to"],
        )
        covered = before_tax(line("A", 1, 1000))
        covered["payments"] += [{"provider": "strict", "token": "tok_visa_2", "amount": 1083}]
        left = api.post("/v1/orders", covered)
        assert (left.status, left.pointers) == (422, ["/payments/0/amount"])
        without = document(line("A", 1, 1000))
        del without["payments"][0]["amount"]
        stated = api.post("/v1/orders", without)
        assert (stated.status, stated.pointers) == (422, ["/payments/0/amount"])


@pytest.mark.capability("N5", "L3")
def test_goodwill_takes_its_tax_from_each_jurisdiction_and_a_return_gives_the_rest(doors: Doors, books: Books):
    people, shop = People(doors), Refunds(doors, books)
    sold = line("A", 2, 2750, tax=454)
    sold["taxes"] = [{"jurisdiction": "US-TX", "amount": 344}, {"jurisdiction": "US-TX-AUSTIN", "amount": 110}]
    order_id = people.shipped(people.placed(sold))
    granted = people.ask("agent", order_id, amount=550).body
    # A tenth: 34.4 and 11.0 cents.
    assert granted["parts"] == [
        {
            **{"line_no": 1, "net": 550, "tax": 45},
            "taxes": [{"jurisdiction": "US-TX", "amount": 34}, {"jurisdiction": "US-TX-AUSTIN", "amount": 11}],
        }
    ]
    told = doors.stored_event(order_id, "AppeasementGranted")["detail"]["data"]
    assert (told["tax"], parts(told["taxes"])) == (45, {"US-TX": 34, "US-TX-AUSTIN": 11})
    back = shop.taken_back(order_id, {1: 1})
    assert (back["lines"][0]["tax"], back["lines"][0]["appeased_tax"]) == (227, 23)
    assert parts(back["lines"][0]["appeased_taxes"]) == {"US-TX": 17, "US-TX-AUSTIN": 6}
    assert parts(back["taxes"]) == {"US-TX": 155, "US-TX-AUSTIN": 49}
    back = shop.taken_back(order_id, {1: 1})
    assert parts(back["taxes"]) == {"US-TX": 155, "US-TX-AUSTIN": 50}
    # 344 = 34 + 155 + 155, and 110 = 11 + 49 + 50.
    assert back["owed"] == 2750 - 275 + 205


@pytest.mark.capability("N5", "H6", "J10")
@pytest.mark.parametrize("seed", range(8))
def test_any_sequence_of_parts_and_returns_sums_in_each_jurisdiction(doors: Doors, books: Books, seed: int):
    chance = random.Random(seed)
    shop, people = Refunds(doors, books), People(doors)
    wanted = []
    for sku in "AB":
        units, taxes = chance.randint(1, 5), [chance.randint(0, 60) for _ in range(chance.randint(1, 3))]
        one = line(sku, units, chance.choice([7, 333, 1999]), tax=sum(taxes))
        one["taxes"] = [{"jurisdiction": f"J{n}", "amount": amount} for n, amount in enumerate(taxes)]
        wanted.append(one if chance.random() < 0.8 else {**one, "taxes": []})
    made = document(*wanted, postage=499)
    made["charges"][0]["taxes"] = [{"jurisdiction": "J0", "amount": 30}, {"jurisdiction": "J9", "amount": 19}]
    order_id = doors.place(made)
    (work,) = doors.run_order_workflow(order_id)
    agreed = {one.line_no: one.quantity for one in doors.world.order(order_id).lines}
    first = {number: chance.randint(0, units) for number, units in agreed.items()}
    for units in (first, {number: agreed[number] - units for number, units in first.items()}):
        if any(units.values()):
            doors.world.act(work, "ship", {number: count for number, count in units.items() if count})
            doors.world.capture(work)
    order = doors.world.order(order_id)
    expected: dict[str | None, int] = {}
    for one in (*wanted, *made["charges"]):
        for name, amount in (parts(one["taxes"]) if one["taxes"] else {None: one["tax"]}).items():
            expected[name] = expected.get(name, 0) + amount
    expected = {name: amount for name, amount in expected.items() if amount}
    assert payable(shop) == expected
    for _ in range(6):
        order = doors.world.order(order_id)
        kept = {no: order.shipped(no) - order.returned(no) for no in agreed if order.shipped(no) > order.returned(no)}
        if kept and chance.random() < 0.6:
            number = chance.choice(list(kept))
            shop.taken_back(order_id, {number: chance.randint(1, kept[number])})
        else:
            on = chance.choice(["order", "shipping"])
            assert people.ask("manager", order_id, amount=chance.choice([1, 13]), on=on).status in (201, 409)
    order = doors.world.order(order_id)
    kept = {no: order.shipped(no) - order.returned(no) for no in agreed if order.shipped(no) > order.returned(no)}
    given = sum(one.goods for refund in order.refunds for one in refund.lines if one.line_no == 0)
    if kept:
        shop.taken_back(order_id, kept, shipping=499 - given)
        assert payable_with_goodwill(shop, doors, order_id) == {}


def payable_with_goodwill(shop: Refunds, doors: Doors, order_id: str) -> dict[str | None, int]:
    """The same, less the tax of goodwill, of which the ledger of these tests does not hear."""
    left = payable(shop)
    for refund in doors.world.order(order_id).refunds:
        for one in refund.lines:
            for part in one.taxes or ():
                left[part.jurisdiction] = left.get(part.jurisdiction, 0) - part.amount
            if not one.taxes:
                left[None] = left.get(None, 0) - one.tax
    return {name: amount for name, amount in left.items() if amount}


@pytest.mark.capability("N5", "N1")
def test_a_sale_at_a_till_has_parts_and_its_return_gives_them_back(doors: Doors, books: Books):
    shop = Refunds(doors, books)
    both = [{"jurisdiction": "US-NY", "amount": 40}, {"jurisdiction": "US-NY-NYC", "amount": 45}]
    till = Till(doors)
    sale = till.sale(
        1, sold_line("A", 2, 500, tax=85, taxes=both), sold_line("B", 1, 1000, tax=7, jurisdiction="US-NY")
    )
    told = doors.stored_event(sale["order_id"], "SaleRecorded")["detail"]["data"]
    assert parts(told["taxes"]) == {"US-NY": 47, "US-NY-NYC": 45}
    back = shop.taken_back(sale["order_id"], {1: 1, 2: 1}, to="cash", to_reason="paid in cash")
    assert parts(back["taxes"]) == {"US-NY": 27, "US-NY-NYC": 23}
    with doors.world.unchanged():
        off = till.tell(transaction(2, sold_line("A", 1, 500, tax=86, taxes=both)))
        assert (off.status, off.pointers) == (422, ["/lines/0/taxes"])
