"""Gift cards at a till: cash for one lies in the drawer, and what is spent of one is spent everywhere."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

import pytest

from tests.drawer_doors import Drawers, pieces
from tests.money_doors import Money
from tests.order_doors import doors  # noqa: F401  (a fixture)
from tests.order_world import TENANT, world  # noqa: F401  (a fixture)
from tests.pos_ledger import TODAY, Ledger, lines_of
from tests.unit.finance.world import books, close_day, finance_cloud  # noqa: F401  (fixtures)


@pytest.mark.capability("K7", "N1")
def test_a_card_sold_for_cash_is_expected_in_the_drawer(doors, books):
    """F10 in a drawer: 100.00 at first, a card for 50.00 of which 20.00 by payment card, and 130.00 are counted."""
    drawers, money, ledger = Drawers(doors), Money(doors), Ledger(doors, books)
    session = drawers.opened(opening_float=10000)
    paid = [
        {"tender": "cash", "amount": 3000},
        {"tender": "card", "amount": 2000, "provider": "strict", "reference": "r"},
    ]
    card = money.sold(5000, session_id=session, tenders=paid)
    assert drawers.see(session)["movements"] == 1
    assert money.told(f"STOREDVALUE#{card}")[0]["detail"]["data"]["business_date"] == "2026-11-23"
    assert drawers.end(session).status == 200
    assert drawers.count(session, pieces(n10000=1, n1000=3)).status == 200
    closed = drawers.close(session)
    assert (closed.status, closed.body["expected"], closed.body["variance"]) == (200, 13000, 0)
    posted = ledger.posted()
    assert lines_of(posted, "gift_card_issued") == [[("1010", 3000), ("1110", 2000), ("2020", -5000)]]
    assert lines_of(posted, "drawer_moved") == []
    in_drawer = [
        line for one in posted if one.drawer_session == session for line in one.lines if line.account == "1010"
    ]
    assert sum(line.debit - line.credit for line in in_drawer) == 0


@pytest.mark.capability("K7")
def test_a_card_that_is_sold_into_a_closed_drawer_states_it_anew(doors, books):
    drawers, money, ledger = Drawers(doors), Money(doors), Ledger(doors, books)
    session = drawers.counted(pieces(n10000=1, n500=1), opening_float=10000)
    assert drawers.close(session, api=drawers.manager, by="max").status == 200
    ledger.posted()
    close_day(books, TODAY, "100", TENANT)
    money.sold(500, session_id=session)
    seen = drawers.see(session)
    assert (seen["state"], seen["expected"], seen["variance"]) == ("RESTATED", 10500, 0)
    late = [one for one in ledger.posted(TODAY.replace(day=24)) if one.late_from == TODAY]
    assert lines_of(late, "gift_card_issued") == [[("1010", 500), ("2020", -500)]]
    assert lines_of(late, "drawer_restated") == [[("6030", 500), ("1010", -500)]]


@pytest.mark.capability("K7")
def test_a_card_is_sold_into_an_own_session_of_its_store_currency_and_date(doors):
    drawers, money = Drawers(doors), Money(doors)
    session, elsewhere = drawers.opened(), drawers.opened("D9", node_id="S2")
    euros = drawers.opened("D2", currency="EUR")
    with doors.world.unchanged():
        for name, more, code in (
            (elsewhere, {}, "unknown_session"),
            ("drw_404", {}, "unknown_session"),
            (euros, {}, "other_currency"),
            (session, {"business_date": "2026-11-22"}, "other_business_date"),
        ):
            refused = money.issue(5000, session_id=name, **more)
            assert (refused.status, refused.pointers) == (422, ["/session_id"])
            assert refused.body["errors"][0]["code"] == code
