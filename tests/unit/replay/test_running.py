"""The order of calls, the moves of the clock, and patience where it is due; the system is played by a few lines."""

import io
import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.progress import Failed
from local.state import Answer
from tests.unit.replay.samples import BEGIN, document, line
from tools.replaying import running
from tools.replaying.api import Refused, Said
from tools.replaying.documents import Document
from tools.replaying.plan import make_plan
from tools.replaying.progress_bar import ProgressBar
from tools.replaying.running import Replay


def refusal(status: int, code: str, detail: str) -> Refused:
    body = f'{{"code": "{code}", "detail": "{detail}"}}'.encode()
    return Refused(Answer(status, {}, body))


class FakeClock:
    """Stands still until it is moved; remembers each move."""

    def __init__(self) -> None:
        self.instant = BEGIN - timedelta(hours=1)
        self.moves: list[datetime] = []

    def now(self) -> datetime:
        return self.instant

    def move_to(self, instant: datetime) -> None:
        if instant > self.instant:
            self.instant = instant
            self.moves.append(instant)


class FakeSystem:
    """Takes every order; an order is done when the clock has passed its ship_after."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.calls: list[tuple[str, datetime]] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self.refusals: list[Refused] = []
        self.slow = 0.0
        self.lock = threading.Lock()

    def send(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Said:
        assert method == "POST"
        assert key
        if path.endswith("/cancellations"):
            time.sleep(self.slow)
        with self.lock:
            self.calls.append((key.removeprefix("replay-run-"), self.clock.now()))
            if path.endswith("/cancellations"):
                if self.refusals:
                    raise self.refusals.pop(0)
                ship_after = datetime.fromisoformat(self.orders[path.split("/")[3]]["ship_after"])
                assert self.clock.now() < ship_after
                return Said(200, {}, False)
            if path == "/v1/orders" and self.refusals:
                raise self.refusals.pop(0)
            if path == "/v1/orders":
                order_id = f"ord_{len(self.orders)}"
                self.orders[order_id] = {"total": body["totals"]["total"], **body["attributes"]}
                return Said(201, {"id": order_id, "total": body["totals"]["total"]}, False)
            return Said(200, {}, False)

    def get(self, path: str) -> dict[str, Any]:
        order = self.orders[path.split("/")[3]]
        held = datetime.fromisoformat(order.get("ship_after", "2000-01-01T00:00:00Z")) > self.clock.now()
        state = "CONFIRMED" if held else "COMPLETED"
        return {"status": state, "total": order["total"], "shipments": [], "payments": []}

    @property
    def order_of_calls(self) -> list[str]:
        return [name for name, _ in self.calls]


def replay(*documents: Document, speed: float | None = None) -> tuple[Replay, FakeSystem, FakeClock]:
    clock = FakeClock()
    system = FakeSystem(clock)
    bar = ProgressBar(len(documents), io.StringIO())
    made = Replay(system, clock, make_plan(documents), "run", bar, speed)  # type: ignore[arg-type]
    return made, system, clock


GOODS = line("A", 5, "2.00")


def test_the_clock_goes_along_the_documents_and_never_back() -> None:
    made, system, clock = replay(
        document("1", GOODS),
        document("2", GOODS, minutes=5, customer="2"),
        document("3", GOODS, minutes=9, customer="3"),
    )
    outcome = made.run()
    assert clock.moves == [BEGIN, BEGIN + timedelta(minutes=5), BEGIN + timedelta(minutes=9)]
    assert outcome.documents == 3
    assert sorted(system.order_of_calls) == ["1", "2", "3"]
    assert all(placed.state and placed.state.is_settled for placed in outcome.placed.values())


def test_a_customers_documents_go_in_order_and_a_cancellation_before_its_goods() -> None:
    made, system, _ = replay(
        document("1", GOODS),
        document("C2", line("A", -2, "2.00"), minutes=1),
        document("3", GOODS, minutes=2),
        document("C4", line("A", -5, "2.00"), minutes=3),
        document("5", GOODS, minutes=200, customer="other"),
    )
    system.slow = 0.1
    outcome = made.run()
    assert system.order_of_calls == ["1", "C2-1", "3", "C4-3", "5"]
    assert [(c.document.number, c.units) for c in outcome.cancellations] == [("C2", {1: 2}), ("C4", {1: 5})]


def test_goods_that_wait_over_night_leave_before_a_long_holiday() -> None:
    days = 24 * 60
    made, _, clock = replay(
        document("1", GOODS),
        document("C2", line("A", -2, "2.00"), minutes=2 * days),
        document("3", GOODS, minutes=20 * days, customer="other"),
    )
    outcome = made.run()
    assert clock.moves == [
        BEGIN,
        BEGIN + timedelta(days=2),
        BEGIN + timedelta(days=2, minutes=15, seconds=1),
        BEGIN + timedelta(days=20),
    ]
    assert all(placed.state and placed.state.is_settled for placed in outcome.placed.values())


def test_a_straggler_may_end_on_another_day_but_before_its_hold_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "NIGHT_SECONDS", 0.0)
    days = 24 * 60
    made, system, clock = replay(
        *(document(str(number), GOODS, minutes=number * days, customer=str(number)) for number in range(1, 9))
    )
    get, read_at = system.get, []

    def slow(path: str) -> dict[str, Any]:
        answer = get(path)
        if path.endswith("ord_0"):
            read_at.append(clock.now())
            # Its parcel is late: it leaves when it is looked at for the fourth time.
            answer["status"] = "CONFIRMED" if len(read_at) < 4 else "COMPLETED"
        return answer

    monkeypatch.setattr(system, "get", slow)
    outcome = made.run()
    assert outcome.placed["1"].is_settled
    # Placed on the second of December: five nights pass without waiting for it, the sixth does not.
    assert set(read_at) == {BEGIN + timedelta(days=6)}


def test_a_cancellation_is_repeated_while_its_order_is_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "HAND_OVER_PAUSE_SECONDS", 0.01)
    made, system, _ = replay(document("1", GOODS), document("C2", line("A", -2, "2.00"), minutes=1))
    send, busy = (
        system.send,
        [refusal(409, "action_not_available", "The order is being handed to its nodes; repeat")] * 3,
    )

    def hand_over(method: str, path: str, body: Any = None, *, key: str | None = None) -> Said:
        if path.endswith("/cancellations") and busy:
            raise busy.pop()
        return send(method, path, body, key=key)

    monkeypatch.setattr(system, "send", hand_over)
    outcome = made.run()
    assert not busy
    assert len(outcome.cancellations) == 1
    assert not outcome.refusals


def test_refused_sales_are_reported_and_their_cancellations_with_them() -> None:
    made, system, _ = replay(document("1", GOODS), document("C2", line("A", -2, "2.00"), minutes=1))
    system.refusals = [refusal(422, "invalid_request", "no")]
    outcome = made.run()
    assert not outcome.placed
    assert [reject.reason.name for reject in outcome.rejects] == ["REFUSED_SALE", "SALE_REFUSED"]
    assert [reject.value for reject in outcome.rejects] == [10, -4]
    assert len(outcome.refusals) == 1


def test_refused_cancellations_are_reported_with_their_value() -> None:
    made, system, _ = replay(document("1", GOODS), document("C2", line("A", -2, "2.00"), minutes=1))
    send = system.send

    def packed(method: str, path: str, body: Any = None, *, key: str | None = None) -> Said:
        if path.endswith("/cancellations"):
            raise refusal(409, "action_not_available", "Only 0 units of line 1 can still be cancelled.")
        return send(method, path, body, key=key)

    system.send = packed  # type: ignore[method-assign]
    outcome = made.run()
    assert [(reject.reason.name, reject.value) for reject in outcome.rejects] == [("REFUSED_CANCELLATION", -4)]
    assert not outcome.cancellations


def test_a_stock_change_that_is_refused_ends_the_replay() -> None:
    made, system, _ = replay(document("1", line("A", -2, "0.0"), customer=""))

    def refuse(method: str, path: str, body: Any = None, *, key: str | None = None) -> Said:
        raise refusal(409, "out_of_stock", "there is not enough")

    system.send = refuse  # type: ignore[method-assign]
    with pytest.raises(Failed, match="document 1"):
        made.run()


def test_speed_is_an_upper_limit() -> None:
    documents = [document(str(number), GOODS, customer=str(number)) for number in range(6)]
    made, _, _ = replay(*documents, speed=20)
    made.run()
    assert made.seconds >= 5 / 20
