"""Gift cards beside payment cards, through the functions up to the ledger's lines: scenarios F03, F04 and F10."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oms.finance.commands import Books
from oms.payments.commands import CaptureRefused
from tests.money_doors import Lines, Money, gift, paid
from tests.order_doors import Doors, doors  # noqa: F401  (a fixture)
from tests.order_world import line, world  # noqa: F401  (a fixture)
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)


@pytest.fixture
def money(doors: Doors, books: Books) -> Money:
    return Money(doors, books)


def authorized(amount: int) -> tuple[str, Lines]:
    return "payment_authorized", [("9010", amount), ("9020", -amount)]


def released(amount: int) -> tuple[str, Lines]:
    return "payment_released", [("9020", amount), ("9010", -amount)]


def captured(account: str, amount: int, let_go: int = 0) -> tuple[str, Lines]:
    open_before = amount + let_go
    return "payment_captured", [(account, amount), ("2010", -amount), ("9020", open_before), ("9010", -open_before)]


def net(*posted: list[tuple[str, Lines]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entries in posted:
        for _, lines in entries:
            for account, amount in lines:
                sums[account] = sums.get(account, 0) + amount
    return {account: amount for account, amount in sorted(sums.items()) if amount}


@pytest.mark.capability("K2", "K4", "N1")
def test_the_gift_card_pays_first_and_the_card_is_authorised_anew_for_each_capture(money: Money):
    """F03: 25.00 and 75.00, of which 40.00 leaves first, at a provider with one capture for an authorisation."""
    money.doors.world.provider.max_captures = money.doors.world.provider.says_max_captures = 1
    card = money.sold(2500)
    order_id, work = money.ready(line("A", 5, 2000), payments=[gift(card, 2500), paid(7500)])
    money.act(work, "ship", {1: 2})
    assert money.capture(order_id, work) == 4000
    assert money.sums(card) == (0, 0, 0)
    money.act(work, "ship", {1: 3})
    assert money.capture(order_id, work) == 6000
    posted = money.posted(order_id)
    assert posted == [
        authorized(2500),
        authorized(7500),
        ("goods_transferred", [("2010", 4000), ("4010", -4000)]),
        captured("2020", 2500),
        captured("1110", 1500, let_go=6000),
        ("goods_transferred", [("2010", 6000), ("4010", -6000)]),
        authorized(6000),
        captured("1110", 6000),
    ]
    assert net(posted) == {"1110": 7500, "2020": 2500, "4010": -10000}


@pytest.mark.capability("K5", "K6", "K2")
def test_what_a_cancellation_leaves_unneeded_is_released_last_rank_first(money: Money):
    """F04: three units of 69.00 on a gift card of 185.00 and a card of 22.00; one unit is cancelled."""
    card = money.sold(18500)
    order_id, work = money.ready(line("A", 3, 6900), payments=[gift(card, 18500), paid(2200)])
    assert money.sums(card) == (0, 18500, 18500)
    money.cancel(order_id, {1: 1})
    assert money.sums(card) == (4700, 13800, 18500)
    assert money.doors.world.provider.effects == [("authorize", "psp_1", 2200), ("void", "psp_1", 2200)]
    money.act(work, "ship", {1: 2})
    assert money.capture(order_id, work) == 13800
    assert money.sums(card) == (4700, 0, 4700)
    posted = money.posted(order_id)
    assert posted == [
        authorized(18500),
        authorized(2200),
        released(2200),
        released(4700),
        ("goods_transferred", [("2010", 13800), ("4010", -13800)]),
        captured("2020", 13800),
    ]
    assert net(posted) == {"2020": 13800, "4010": -13800}


@pytest.mark.capability("K7", "N1", "N6")
def test_a_gift_card_is_sold_spent_and_its_rest_recognised(money: Money):
    """F10: sold for 50.00 in cash, 32.48 of it spent on the web, 17.52 never used."""
    card = money.sold(5000, expires_on="2026-12-31")
    order_id, work = money.ready(line("A", 1, 3000, tax=248), payments=[gift(card, 3248)])
    money.act(work, "ship")
    assert money.capture(order_id, work) == 3248
    sold = money.posted_of(card)
    assert sold == [("gift_card_issued", [("1010", 5000), ("2020", -5000)])]
    money.doors.world.clock.instant += timedelta(days=60)
    answer = money.people.post(f"/v1/gift-cards/{card}/breakage", {"reason": "expired"})
    assert (answer.status, answer.body["recognized"], answer.body["balance"]) == (200, 1752, 0)
    broken = money.posted_of(card)
    assert broken == [("gift_card_breakage", [("2020", 1752), ("4030", -1752)])]
    spent = money.posted(order_id)
    assert spent == [
        authorized(3248),
        ("goods_transferred", [("2010", 3248), ("4010", -3000), ("2040", -248)]),
        captured("2020", 3248),
    ]
    assert net(sold, broken, spent) == {"1010": 5000, "2040": -248, "4010": -3000, "4030": -1752}


@pytest.mark.capability("K9", "N1")
def test_a_hold_that_goes_with_a_refused_capture_is_no_longer_open(money: Money):
    """The bank closes the account: nothing is taken, nothing is held, and a person is told."""
    order_id, work = money.ready(line("A", 3, 1000), payments=[paid(3000)])
    money.act(work, "ship", {1: 2})
    money.doors.world.provider.script["capture"] = ["closed"]
    with pytest.raises(CaptureRefused, match="account_closed"):
        money.capture(order_id, work)
    posted = money.posted(order_id)
    assert posted[2:] == [("payment_capture_failed", [("9020", 3000), ("9010", -3000)])]
    assert net(posted) == {"2010": 2000, "4010": -2000}
    (payment,) = money.doors.see(order_id)["payments"]
    assert (payment["state"], payment["captured"], payment["released"]) == ("EXPIRED", 0, 3000)


@pytest.mark.capability("K2", "N1")
def test_money_that_a_channel_took_is_posted_without_a_memorandum(money: Money):
    """The marketplace took 20.00 of 30.00; the shipments use it up before the card is asked."""
    taken = {"provider": "marketplace", "amount": 2000, "captured": True, "reference": "M-77"}
    order_id, work = money.ready(line("A", 3, 1000), payments=[taken, paid(1000)])
    money.act(work, "ship", {1: 1})
    money.act(work, "ship", {1: 2})
    assert money.capture(order_id, work) == 1000
    posted = money.posted(order_id)
    assert posted == [
        ("payment_captured", [("1110", 2000), ("2010", -2000)]),
        authorized(1000),
        ("goods_transferred", [("2010", 1000), ("4010", -1000)]),
        ("goods_transferred", [("2010", 2000), ("4010", -2000)]),
        captured("1110", 1000),
    ]
    assert net(posted) == {"1110": 3000, "4010": -3000}


@pytest.mark.capability("K4", "N6")
def test_goods_that_are_collected_are_paid_for_when_they_are_ready(money: Money):
    """F05: held on 29 November, ready on the 30th, collected on 1 December."""
    clock = money.doors.world.clock
    clock.instant = datetime(2026, 11, 29, 17, tzinfo=UTC)
    goods = line("A", 1, 5000, tax=413, method="pickup", pickup_node="S1")
    order_id, work = money.ready(goods, payments=[paid(5413, capture_on="ready")])
    clock.instant += timedelta(days=1)
    money.stage(order_id, work)
    ready = money.posted(order_id)
    assert ready == [authorized(5413), captured("1110", 5413)]
    assert net(ready) == {"1110": 5413, "2010": -5413}
    assert (money.doors.see(order_id)["status"], money.doors.see(order_id)["payment_status"]) == (
        "IN_PROGRESS",
        "CAPTURED",
    )
    clock.instant += timedelta(days=1)
    money.act(work, "hand-over")
    assert money.capture(order_id, work) == 0
    posted = money.posted(order_id)
    assert posted == [*ready, ("goods_transferred", [("2010", 5413), ("4010", -5000), ("2040", -413)])]
    assert net(posted) == {"1110": 5413, "2040": -413, "4010": -5000}
    days = {one.rule: one.business_date.isoformat() for one in money.entries}
    assert days == {
        "payment_authorized": "2026-11-29",
        "payment_captured": "2026-11-30",
        "goods_transferred": "2026-12-01",
    }
    assert money.doors.world.provider.amount("capture") == 5413
