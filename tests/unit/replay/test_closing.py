"""What is told to finance on a date and in which order, and what counts as explained; the system is played."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest

from local.progress import Failed
from tests.unit.replay.samples import document, line
from tools.replaying import closing as module
from tools.replaying.api import Said
from tools.replaying.closing import Closing, check_days
from tools.replaying.orders import OrderState
from tools.replaying.outcome import Outcome, Placed
from tools.replaying.plan import make_plan
from tools.replaying.progress_bar import ProgressBar

FRIDAY = date(2011, 3, 4)
FORCED = {"check": "SEAL", "kind": "forced", "store": "uk-online-run", "found": None, "detail": "the count is lost"}
AGED = {
    **{"check": "T5", "kind": "aged", "store": "treasury", "account": "1035", "currency": "GBP"},
    **{"expected": 0, "found": 500, "detail": "payout stl_1"},
}


class FakeClock:
    def __init__(self) -> None:
        self.instant = datetime(2011, 3, 4, 18, tzinfo=UTC)

    def move_to(self, instant: datetime) -> None:
        self.instant = max(self.instant, instant)


class FakeLog:
    """The provider took 5.00 on Friday."""

    def read(self) -> list[dict[str, Any]]:
        at = int(datetime(2011, 3, 4, 12, tzinfo=UTC).timestamp())
        metadata = {"order_id": "ord_1"}
        return [{"effect": "captured", "reference": "cap_1", "amount": 500, "at": at, "metadata": metadata}]


class FakeSystem:
    """A ledger that has what was told, and dates that close when their export was asked for."""

    def __init__(self, exceptions: list[dict[str, Any]] | None = None) -> None:
        self.exceptions = exceptions or []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.keys: list[str] = []
        self.closed: set[str] = set()
        self.books = {"2011-03-04": {"1110": 500, "4010": -500}}
        self.closes = True

    def send(self, method: str, path: str, body: Any = None, *, key: str | None = None, client: str = "") -> Said:
        assert method == "POST"
        assert key is not None
        assert key not in self.keys
        self.keys.append(key)
        self.calls.append((path, body))
        if path == "/v1/finance/exports" and self.closes:
            self.closed.add(body["business_date"])
        for payout in body.get("payouts", ()):
            on = self.books.setdefault(payout["business_date"], {})
            fees = sum(item["fee"] for item in payout["items"])
            on |= {"1035": payout["net"], "6010": fees, "1110": -payout["net"] - fees}
        for booked in body.get("lines", ()):
            on = self.books.setdefault(booked["booked_on"], {})
            on |= {"1040": booked["amount"], "1035": on.get("1035", 0) - booked["amount"]}
        return Said(201, {}, False)

    def get(self, path: str, client: str = "") -> Any:
        where, _, query = path.partition("?")
        assert "entity=uk-run" in query
        if where.endswith("/trial-balance"):
            day = query.split("from=")[1][:10]
            return {"accounts": [_sum(account, amount) for account, amount in self.books.get(day, {}).items()]}
        if where.endswith("/exports"):
            day = query.split("business_date=")[1]
            return {"exports": [{"url": f"http://127.0.0.1/{day}"}] if day in self.closed else []}
        day = where.split("/")[4]
        if where.endswith("/exceptions"):
            return {"final": day in self.closed, "checks": ["T1", "T5", "SEAL"], "exceptions": self.exceptions}
        stores = [{"store": "uk-online-run", "state": "OPEN"}, {"store": "treasury", "state": "SEALED"}]
        return {"state": "CLOSED" if day in self.closed else "OPEN", "stores": stores}


def _sum(account: str, amount: int) -> dict[str, Any]:
    return {"account": account, "currency": "GBP", "debit": max(amount, 0), "credit": max(-amount, 0)}


def played(monkeypatch: pytest.MonkeyPatch, system: FakeSystem) -> tuple[Closing, Outcome, FakeClock]:
    totals = {"entries": 4, "lines": 6, "memo_lines": 4, "currencies": [{"debit_minor": 1000}]}
    monkeypatch.setattr(module, "_fetch", lambda url: {"control_totals": totals})
    monkeypatch.setattr(module, "CATCHES_UP_SECONDS", 0.3)
    monkeypatch.setattr(module, "CLOSES_SECONDS", 0.3)
    (step,) = make_plan([document("1", line("A", 2, "2.50"))]).steps
    assert step.sale
    outcome, clock = Outcome(), FakeClock()
    shipped = {"goods": 500, "discount": 0, "shipping": 0, "tax": 0}
    state = OrderState("COMPLETED", 500, shipped, {1: 2}, 500, 0, 0, 1)
    outcome.place(Placed(step.sale, "ord_1", 500, False, state))
    bar = ProgressBar(1, io.StringIO())
    return Closing(system, clock, "run", FakeLog(), bar, FRIDAY, FRIDAY), outcome, clock  # type: ignore[arg-type]


def test_money_is_paid_out_on_the_next_date_and_booked_on_the_one_after(monkeypatch: pytest.MonkeyPatch) -> None:
    system = FakeSystem()
    closing, outcome, clock = played(monkeypatch, system)
    closing.finish(outcome)
    assert [day.day.day for day in closing.days] == [4, 5, 6]
    assert clock.instant == datetime(2011, 3, 7, 4, 5, tzinfo=UTC)
    told = [(path.removeprefix("/v1/finance/"), body) for path, body in system.calls]
    assert [path for path, _ in told] == [
        *("provider-balances", "days/2011-03-04/seal", "exports"),
        *("settlements", "provider-balances", "days/2011-03-05/seal", "exports"),
        *("bank-lines", "provider-balances", "days/2011-03-06/seal", "exports"),
    ]
    kept = [body["balances"][0] for path, body in told if path == "provider-balances"]
    assert [(one["pending"], one["fees"]) for one in kept] == [(455, 45), (0, 0), (0, 0)]
    assert {body["store"] for path, body in told if path.endswith("/seal")} == {"uk-online-run"}
    assert closing.settled() == module.checks.Settled(gross=500, fees=45, booked=455)
    assert check_days(closing.days).shown == "3 closed, 2 checks each, 0 unexplained exceptions"
    assert closing.days[0].text == (
        "2011-03-04       4 entries      10 lines          10.00 GBP  2 checks, 0 unexplained"
    )


def test_a_date_that_is_closed_is_only_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    system = FakeSystem()
    system.closed = {"2011-03-04", "2011-03-05", "2011-03-06"}
    closing, outcome, clock = played(monkeypatch, system)
    before = clock.instant
    closing.finish(outcome)
    assert (system.calls, clock.instant) == ([], before)
    assert [day.entries for day in closing.days] == [4, 4, 4]


def test_an_exception_that_nobody_explained_is_a_fault_and_a_forced_seal_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closing, outcome, _ = played(monkeypatch, FakeSystem([FORCED, AGED]))
    closing.close_next(outcome)
    (day,) = closing.days
    assert day.text.endswith("2 checks, 1 unexplained: 1 of SEAL, 1 of T5")
    assert check_days(closing.days).faults == (
        "2011-03-04 T5 aged treasury 1035 expected 0, found 500 GBP: payout stl_1",
    )
    closing, outcome, _ = played(monkeypatch, FakeSystem([FORCED]))
    closing.close_next(outcome)
    assert check_days(closing.days).holds


def test_a_date_that_does_not_close_ends_the_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    system = FakeSystem()
    system.closes = False
    closing, outcome, _ = played(monkeypatch, system)
    with pytest.raises(Failed, match="business date 2011-03-04 of uk-run did not close"):
        closing.close_next(outcome)
