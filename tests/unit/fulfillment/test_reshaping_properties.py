"""Whatever is done to the work of an order, in whatever sequence, no unit of it is made, lost or sent twice. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.fulfillment import protocol, reshape, sharing
from oms.fulfillment.model import FulfillmentOrder, HoldReason, HoldRole, Status, WorkHold, WorkLine
from oms.fulfillment.protocol import Action
from oms.platform.clock import format_instant
from oms.platform.problems import Problem

ORDERED = {1: 5, 2: 2}
BEGUN = frozenset({Status.ACCEPTED, Status.PICKING, Status.PACKED, Status.READY, Status.COMPLETED})


def work() -> FulfillmentOrder:
    return FulfillmentOrder(
        id="ful_1_1",
        order_id="ord_1",
        node_id="S1",
        legal_entity="100",
        group_no=1,
        method="ship",
        status=Status.SCHEDULED,
        lines=tuple(WorkLine(line_no=n, sku="A", quantity=units) for n, units in ORDERED.items()),
        created_at="2026-11-23T12:00:00.000Z",
    )


@dataclass
class Order:
    """All the work of an order, and what left of each line."""

    works: dict[str, FulfillmentOrder] = field(default_factory=lambda: {"ful_1_1": work()})
    now: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def put(self, *works: FulfillmentOrder) -> None:
        self.works |= {one.id: one for one in works}

    @property
    def next_id(self) -> str:
        return f"ful_1_{len(self.works) + 1}"

    def hold(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        role = (HoldRole.NODE, HoldRole.OPERATOR)[number % 2]
        ends = format_instant(self.now + timedelta(hours=1)) if number % 3 else None
        placed = {"hold_no": 0, "placed_by": "me", "placed_at": format_instant(self.now), "expires_at": ends}
        self.put(reshape.hold(one, WorkHold(reason=HoldReason.OTHER, released_by=role, **placed)))

    def release_hold(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        self.put(reshape.release_holds(one, None, (HoldRole.NODE, HoldRole.OPERATOR)[number % 2], self.now)[0])

    def reschedule(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        self.put(reshape.reschedule(one, format_instant(self.now + timedelta(minutes=1 + number))))

    def wake(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        """The workflow looks at the work after a while, and gives it to its node where it may."""
        self.now += timedelta(minutes=20)
        after, _ = reshape.without_what_is_over(one, self.now)
        if after.status is Status.SCHEDULED and not after.is_paused:
            after = after.model_copy(update={"status": Status.OPEN})
        self.put(after)

    def split(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        self.put(*sharing.split(one, units, self.next_id, self.now))

    def move(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        node = "S2" if one.node_id == "S1" else "S1"
        left, moved = sharing.move_away(one, units or None)
        self.put(left, sharing.parted(one, moved, self.next_id, node, self.now, (), 60))

    def merge(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        other = list(self.works.values())[number % len(self.works)]
        both, gone, _ = sharing.merge(one, other)
        self.put(gone, both)

    def accept(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        self.put(protocol.accept(one))

    def pick(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        self.put(protocol.pick(one, units or None))

    def pack(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        self.put(protocol.pack(one, units or None))

    def ship(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        self.put(protocol.leave(one, units or None, Action.SHIP))

    def cancel(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        self.put(protocol.cancel(one, units))

    def ask(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        self.put(protocol.request_cancellation(one, units, "late") if number % 2 else protocol.reject_cancellation(one))

    def close(self, one: FulfillmentOrder, units: dict[int, int], number: int) -> None:
        self.put(protocol.close(one, "damaged"))

    def counts(self, of: str) -> Counter[int]:
        return Counter({n: sum(getattr(one.line(n), of) for one in self._with(n)) for n in ORDERED})

    def _with(self, line_no: int) -> list[FulfillmentOrder]:
        return [one for one in self.works.values() if any(line.line_no == line_no for line in one.lines)]


VERBS = [name for name in vars(Order) if not name.startswith(("_", "put", "next", "counts", "works", "now"))]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(VERBS),
        st.integers(0, 8),
        st.dictionaries(st.sampled_from(sorted(ORDERED)), st.integers(1, 5), max_size=2),
    ),
    max_size=40,
)


def holds_are_kept(before: dict[str, FulfillmentOrder], after: Order) -> None:
    """Units that were under a hold are under one until it is released: no split, move or merge sets them free."""
    for one in after.works.values():
        source = before.get(one.replaces or "")
        if one.id not in before and source is not None and source.holds:
            assert [kept.reason for kept in one.holds] == [kept.reason for kept in source.holds]
            assert one.status is Status.ON_HOLD


@pytest.mark.capability("H3")
@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_no_sequence_makes_loses_or_sends_a_unit_twice(steps: list[tuple[str, int, dict[int, int]]]):
    order = Order()
    for verb, number, units in steps:
        before, shipped = dict(order.works), order.counts("shipped")
        one = list(order.works.values())[number % len(order.works)]
        try:
            getattr(order, verb)(one, units, number)
        except Problem:
            # A refusal changes nothing.
            assert order.works == before
            continue
        holds_are_kept(before, order)
        for n, ordered in ORDERED.items():
            # Each unit is with one work, or was cancelled or given up there; and what has left, stays so.
            assert sum(order.counts(of)[n] for of in ("held", "cancelled", "given_up")) == ordered
            assert shipped[n] <= order.counts("shipped")[n] <= ordered
        for was in before.values():
            now = order.works[was.id]
            assert now == was or not was.is_closed, "what is over changed"
            assert not (was.holds and now.status in BEGUN), "it began under a hold"
        for now in order.works.values():
            for line in now.lines:
                assert 0 <= line.shipped <= line.packed <= line.picked <= line.held
            assert not (now.is_closed and any(line.remaining for line in now.lines))
            assert (now.status is Status.ON_HOLD) == bool(now.holds) or now.is_closed
