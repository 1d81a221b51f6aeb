"""Any life of an order: whatever happens in whatever order, quantities, money, stock and roll-ups stay true.

The world's checks count everything anew after every step; a refused step must have changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oms.orders.amounts import Amounts, share
from oms.orders.charges import line_total, order_charges
from oms.orders.model import status
from oms.payments.commands import CaptureRefused, TransientFailure
from oms.platform.problems import Problem
from tests.order_world import World, line

LIVES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
VERBS = ("accept", "reject", "pick", "pack", "ship", "stage", "hand-over")

lines = st.lists(
    st.builds(
        line,
        sku=st.sampled_from("AABC"),
        quantity=st.integers(1, 5),
        price=st.integers(0, 1001),
        tax=st.integers(0, 77),
        freight=st.sampled_from([0, 0, 99]),
        method=st.sampled_from(["ship", "ship", "delivery"]),
    ),
    min_size=1,
    max_size=3,
)
units = st.none() | st.none() | st.dictionaries(st.integers(1, 3), st.integers(1, 5), min_size=1, max_size=2)
names = st.sampled_from((*VERBS[:5], *VERBS, "cancel", "cancel", "cancel", "capture", "resume"))
steps = st.lists(
    st.tuples(names, st.integers(0, 3), units),
    min_size=3,
    max_size=14,
)


def attempt(world: World, step: Callable[..., object], *asked: Any, **more: Any) -> None:
    """Take a step; one that is refused must have changed nothing, and whatever happened, everything adds up."""
    before, moved = world.tables(), list(world.provider.effects)
    try:
        step(*asked, **more)
    except Problem:
        assert world.database.rows == before
        assert world.provider.effects == moved
    except (CaptureRefused, TransientFailure):
        pass
    world.check()


@pytest.mark.capability("B1", "B2", "D4", "H6", "K4")
@LIVES
@given(lines=lines, early=st.none() | units, steps=steps, postage=st.sampled_from([0, 250]), refusals=st.booleans())
def test_everything_adds_up_in_every_life(lines, early, steps, postage, refusals):
    world = World()
    order_id = world.placed(*lines, postage=postage)
    world.check()
    if early is not None:
        attempt(world, world.cancel, order_id, early)
    world.source(order_id)
    world.check()
    world.authorize(order_id)
    world.check()
    works = [world.release(str(work["fulfillment_order_id"])) for work in world.to_release(order_id)]
    if refusals:
        world.provider.script["capture"] = ["lost_after", "", "lost_before", "pending"]
    for verb, which, quantities in steps:
        if verb == "cancel":
            attempt(world, world.cancel, order_id, quantities)
        elif works and verb in VERBS:
            reason = {"reason": "damaged"} if verb == "reject" else {}
            attempt(world, world.act, works[which % len(works)], verb, quantities, **reason)
        elif works:
            attempt(world, world.capture if verb == "capture" else world.resume, works[which % len(works)])
    _finish(world, order_id, works)


def _finish(world: World, order_id: str, works: list[str]) -> None:
    """Ship what is left, cancel what nobody will do, take the money: then the books must be closed."""
    world.provider.script.clear()
    for key, (_, answer) in list(world.provider._answers.items()):
        if getattr(answer, "pending", False):
            world.provider.settle(key)
    for work in works:
        if not world.work(work).is_closed:
            attempt(world, world.act, work, "ship")
    attempt(world, world.cancel, order_id)
    for work in works:
        world.capture(work)
        world.check()
    world.release_payment(order_id)
    world.check()
    order = world.order(order_id)
    assert status(order).value in ("COMPLETED", "CANCELLED")
    shipped = sum((shipment.amounts for shipment in order.shipments), Amounts())
    if status(order).value == "COMPLETED" and not order.cancelled:
        assert shipped == sum((line_total(one) for one in order.lines), order_charges(order.header))
    assert world.provider.amount("capture") == shipped.total
    for held in world.provider.held.values():
        assert held.capturable == 0
    for sku in "ABC":
        for node in ("DC1", "S1", "S2"):
            assert world.stock(sku, node).reserved == world.stock(sku, node).allocated == 0


@pytest.mark.capability("B2")
@LIVES
@given(lines=lines, steps=steps)
def test_reading_an_order_again_gives_the_same_answer(lines, steps):
    world = World()
    order_id = world.placed(*lines)
    works = world.released(order_id)
    for verb, which, quantities in steps:
        if verb in VERBS:
            attempt(world, world.act, works[which % len(works)], verb, quantities, reason="damaged")
    first = world.view(order_id)
    assert world.view(order_id) == first
    with world.unchanged():
        world.view(order_id)


@pytest.mark.capability("A4", "H6")
@settings(max_examples=300, deadline=None)
@given(
    amounts=st.builds(
        Amounts,
        goods=st.integers(0, 10**9),
        discount=st.integers(0, 10**9),
        shipping=st.integers(0, 10**6),
        tax=st.integers(0, 10**6),
    ),
    parcels=st.lists(st.integers(1, 7), min_size=1, max_size=8),
)
def test_the_shares_of_all_parcels_are_the_line(amounts, parcels):
    whole, given_away, done = sum(parcels), Amounts(), 0
    for units in parcels:
        part = share(amounts, done, done + units, whole)
        assert min(part.goods, part.discount, part.shipping, part.tax) >= 0
        exact = amounts.goods * units / whole
        assert abs(part.goods - exact) <= 1
        given_away, done = given_away + part, done + units
    assert given_away == amounts
