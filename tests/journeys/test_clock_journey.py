"""The whole system on this machine, with time under the tester's hand: what depends on the clock follows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.shop import Shop, line, order, until

DC = "dc-columbus"
DAY = timedelta(days=1)


@pytest.fixture
def clock(shop: Shop) -> Iterator[Shop]:
    """The shop, whose clock a test may move; it is set back to the real time."""
    before = shop.running.clock_offset
    yield shop
    shop.running.clock_offset = before


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def move_to(shop: Shop, instant: datetime) -> None:
    """What `make clock OFFSET=…` does."""
    shop.running.clock_offset = round((instant - datetime.now(UTC)).total_seconds())


def journal(shop: Shop, order_id: str, rule: str) -> dict[str, Any]:
    """The journal entry of an order by its posting rule, once it is posted."""

    def look() -> dict[str, Any] | None:
        entries = shop.get(f"/v1/finance/journal?order_id={order_id}", client="acme-finance")["entries"]
        return next((entry for entry in entries if entry["rule"] == rule), None)

    return until(look, f"no {rule} of {order_id} was posted")


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("O8")
def test_business_dates_due_times_and_holds_follow_the_clock(clock: Shop) -> None:
    """Two orders on one machine, more than a week apart; the hold of the first one's payment runs out between them."""
    shop, sku = clock, clock.new_item({DC: 10})
    first_id = shop.place(order(line(sku, 1, 4000)))
    work = shop.work_of(first_id, "OPEN")
    first = shop.settled(first_id, "AUTHORIZED")
    placed, held_until = moment(first["placed_at"]), moment(first["payments"][0]["capture_before"])
    assert abs(placed - datetime.now(UTC)) < timedelta(minutes=5)
    assert placed + DAY <= moment(work["respond_by"]) < placed + DAY + timedelta(minutes=5)
    assert held_until > placed + DAY
    today = moment(journal(shop, first_id, "payment_authorized")["business_date"]).date()

    # A moment before the hold ends everything stands as it was.
    move_to(shop, held_until - timedelta(minutes=10))
    assert shop.order(first_id)["payment_status"] == "AUTHORIZED"

    move_to(shop, held_until + timedelta(minutes=1))
    expired = shop.settled(first_id, "EXPIRED")
    assert expired["payments"][0]["captured"] == 0
    row = next(row for row in shop.get(f"/v1/orders/{first_id}/timeline")["events"] if row["event"] == "PaymentExpired")
    assert moment(row["occurred_at"]) >= held_until

    second_id = shop.place(order(line(sku, 2, 1500)))
    second = shop.work_of(second_id, "OPEN")
    placed_later = moment(shop.order(second_id)["placed_at"])
    assert timedelta(0) <= placed_later - held_until < timedelta(minutes=10)
    assert placed_later + DAY <= moment(second["respond_by"]) < placed_later + DAY + timedelta(minutes=5)
    assert shop.node_does(second["id"], "ship").status == 200
    assert shop.settled(second_id)["status"] == "COMPLETED"
    posted = journal(shop, second_id, "payment_captured")
    assert posted["original_business_date"] == posted["business_date"]
    passed = (held_until - placed).days
    assert moment(posted["business_date"]).date() - today in (timedelta(days=passed), timedelta(days=passed + 1))
