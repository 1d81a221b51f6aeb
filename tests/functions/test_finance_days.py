"""A finance day: cash, cards and web of all stores side by side, each cent where it lies, and the seals."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

from typing import Any

import pytest

from tests.drawer_doors import pieces
from tests.unit.finance import world
from tests.unit.finance.company import DAY, FINANCE, Company, company, sale  # noqa: F401
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)

F01_AND_F02 = [
    world.authorized("O1", 11325),
    world.shipped("O1", 10000, shipping=500, tax=825),
    world.captured("O1", 11325),
    world.authorized("O2", 11325),
    world.shipped("O2", 6000, shipping=500, tax=495),
    world.captured("O2", 6995, final=False),
    world.shipped("O2", 4000, tax=330, shipment="2"),
    world.captured("O2", 4330, capture="2"),
]


def day_of(company: Company, entity: str = "100", **more: Any) -> dict[str, Any]:
    answer = company.finance.get(f"{DAY}?entity={entity}", **more)
    assert answer.status == 200, answer.body
    return dict(answer.body)


def trade(company: Company) -> None:
    """The drawers of F11 and F12; the card of F12 and the card refund of F06 are not told by drawers."""
    one, two = company.open("D1", 20000), company.open("D2", 10000)
    for number, (kind, amount, more) in enumerate(
        (
            ("cash_sale", 5413, {"tax": 413}),
            ("cash_sale", 2165, {"tax": 165}),
            ("cash_sale", 10825, {"tax": 825}),
            ("cash_refund", 1083, {}),
            ("paid_in", 5000, {"reason": "change"}),
            ("paid_out", 1250, {"reason": "supplies"}),
            ("drop", 20000, {"reference": "bag-1"}),
        ),
        start=1,
    ):
        company.move(one, number, kind, amount, **more)
    company.move(two, 1, "cash_sale", 3413, tax=260)
    company.close(one, pieces(n10000=2, n500=1, n100=4, n25=1, n10=1, n5=1))
    company.close(two, pieces(n10000=1, n2000=1, n1000=1, n100=4, n10=1, n5=1, n1=3))
    company.post(*F01_AND_F02)


@pytest.mark.capability("N3")
def test_the_worked_finance_day(company: Company):
    trade(company)
    company.later()
    shown = day_of(company)
    assert shown["takings"] == [
        {"store": "S12", "means": "cash", "currency": "USD", "taken": 21816, "refunded": 1083, "net": 20733},
        {"store": "web", "means": "card_not_present", "currency": "USD", "taken": 22650, "refunded": 0, "net": 22650},
    ]
    assert shown["totals"] == [{"currency": "USD", "taken": 44466, "refunded": 1083, "net": 43383}]
    assert shown["places"] == [
        {"store": "S12", "account": "1020", "name": "store safe", "currency": "USD", "amount": 19358},
        {"store": "web", "account": "1110", "name": "card clearing", "currency": "USD", "amount": 22650},
    ]
    assert shown["over_short"] == [{"store": "S12", "currency": "USD", "amount": -125}]
    assert 19358 == 20733 - 1250 - 125  # what was taken, less what was paid out, less what is missing
    assert (shown["entity"], shown["business_date"], shown["state"]) == ("100", "2026-11-20", "OPEN")
    assert [(one["store"], one["state"], one["against"]) for one in shown["stores"]] == [
        ("S12", "OPEN", []),
        ("web", "OPEN", []),
    ]
    assert shown["silent"] == ["S13"]


@pytest.mark.capability("N3")
def test_a_sealed_day_shows_the_same_and_who_sealed_it(company: Company):
    trade(company)
    company.later()
    before = day_of(company)
    assert [company.seal(name).status for name in ("S12", "web")] == [200, 200]
    assert company.export() == "close"
    company.post(sale("O9"))
    after = day_of(company)
    for name in ("takings", "totals", "places", "over_short"):
        assert after[name] == before[name]
    assert after["state"] == "CLOSED"
    assert [(one["store"], one["state"], one["seal"]["sealed_by"]) for one in after["stores"]] == [
        ("S12", "SEALED", "finance"),
        ("web", "SEALED", "finance"),
    ]


@pytest.mark.capability("N3")
def test_money_in_an_open_drawer_lies_in_the_drawer_and_stands_against_the_seal(company: Company):
    path = company.open()
    company.move(path, 1, "cash_sale", 500)
    company.move(path, 2, "drop", 300, reference="bag-1")
    company.post()
    shown = day_of(company)
    assert [(one["account"], one["amount"]) for one in shown["places"]] == [("1010", 10200), ("1020", -9700)]
    (store,) = shown["stores"]
    session = path.rsplit("/", 1)[1]
    assert store["against"] == [{"code": "drawer_not_closed", "detail": f"Session {session} of drawer D1 is OPEN."}]


@pytest.mark.capability("N3")
def test_a_card_in_a_store_is_present_and_stored_value_is_apart(company: Company):
    company.post(
        sale("O1", "S12", 2000, channel="store"),
        sale("O2", "S12", 700, channel="shop"),
        sale("O3", "S12", 300, tender="gift_card"),
        sale("O4", "S12", 200, tender="store_credit", currency="EUR"),
    )
    assert [(one["means"], one["currency"], one["net"]) for one in day_of(company)["takings"]] == [
        ("card_not_present", "USD", 700),
        ("card_present", "USD", 2000),
        ("gift_card", "USD", 300),
        ("store_credit", "EUR", 200),
    ]


def test_a_day_of_nobody_is_empty(company: Company):
    shown = day_of(company, "200")
    assert (shown["takings"], shown["stores"], shown["silent"], shown["state"]) == ([], [], [], "OPEN")
    assert day_of(company, tenant="other")["silent"] == []


@pytest.mark.parametrize(
    ("url", "status", "pointer"),
    [
        (DAY, 422, "/query/entity"),
        (f"{DAY}?entity=100&colour=red", 422, "/query/colour"),
        ("/v1/finance/days/today?entity=100", 422, "/date"),
    ],
)
def test_a_wrong_question_names_its_parameter(company: Company, url: str, status: int, pointer: str):
    answer = company.finance.get(url)
    assert (answer.status, answer.pointers) == (status, [pointer])


def test_who_may_not_read_finance_sees_no_day(company: Company):
    assert company.finance.get(f"{DAY}?entity=100", scopes=(FINANCE[1],)).status == 403
