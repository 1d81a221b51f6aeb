"""What a provider says that it keeps at the end of a date: told once, compared with the books, and in the export."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.closing_day import DAY, Closer
from tests.functions.conftest import Answer
from tests.moto_doors import MotoDoors, deployed, moto_doors
from tests.unit.finance import exported

__all__ = ["deployed", "moto_doors"]


@pytest.fixture
def closer(moto_doors: MotoDoors) -> Closer:
    return Closer(moto_doors)


def tell(closer: Closer, amount: int | str, *scopes: str, **more: Any) -> Answer:
    one = {"provider": "strict", "currency": "USD", "business_date": DAY.isoformat()}
    body = {"legal_entity": "100", "balances": [{**one, "pending": amount, "available": 0, **more}]}
    api = closer.doors.api("settlements")
    return api.post("/v1/finance/provider-balances", body, scopes=scopes or ("finance.read", "finance.write"))


@pytest.mark.capability("N3", "N4")
def test_a_balance_that_agrees_is_silent_and_one_that_differs_is_told_of_in_the_files(closer: Closer):
    closer.shipped("1")
    closer.post()
    assert tell(closer, 10967, fees=358).body["balances"] == [
        {
            **{"provider": "strict", "legal_entity": "100", "currency": "USD", "business_date": "2026-11-23"},
            **{"pending": 10967, "available": 0, "fees": 358, "status": "RECORDED"},
        }
    ]
    assert closer.told() == []
    # A second capture, of which the provider's word does not know yet.
    closer.shipped("2")
    closer.post()
    assert closer.told() == [("T4", "differs", None, 11325, 22650)]
    closer.later()
    rows = exported.rows(closer.export(), "close_exceptions")
    assert [
        (row["check"], row["account"], row["expected_minor"], row["found_minor"], row["detail"])
        for row in rows
        if row["check"] != "SEAL"
    ] == [("T4", "1110", "11325", "22650", "balance at strict before its fees")]


@pytest.mark.capability("N3", "N4")
def test_card_clearing_goes_on_from_the_dates_that_closed_before(closer: Closer):
    closer.shipped("1")
    closer.post()
    closer.later()
    closer.export()
    closer.shipped("2")
    closer.post()
    second = DAY + timedelta(days=1)
    assert tell(closer, 22650, business_date=second.isoformat()).status == 201
    assert closer.told(second) == []
    closer.later(days=2)
    rows = exported.rows(closer.export(on=second), "close_exceptions")
    assert {row["check"] for row in rows} == {"SEAL"}


@pytest.mark.capability("N4")
def test_a_balance_is_told_once_and_a_refusal_changes_nothing(closer: Closer):
    assert tell(closer, 100).status == 201
    again = tell(closer, 100)
    assert (again.status, again.body["balances"][0]["status"]) == (200, "REPEATED")
    with closer.world.unchanged():
        ahead = tell(closer, 100, business_date=(DAY + timedelta(days=2)).isoformat())
        assert (ahead.status, ahead.pointers) == (422, ["/balances/0/business_date"])
        assert tell(closer, "1.00").status == 422
        assert tell(closer, 100, "finance.read").status == 403
        assert tell(closer, 100, "finance.write", "node.S1").status == 404
    # What contradicts it is kept for a person, and the first word stands.
    other = tell(closer, 99)
    assert (other.status, other.body["code"], other.pointers) == (409, "settlement_conflict", ["/balances/0"])
    api = closer.doors.api("settlements")
    shown = api.get("/v1/finance/settlements/exceptions?legal_entity=100", scopes=("finance.read",)).body
    assert [(one["kind"], one["name"]) for one in shown["conflicts"]] == [
        ("provider balance", "strict USD 2026-11-23"),
    ]
    assert closer.told() == [("T4", "differs", None, 100, 0)]
