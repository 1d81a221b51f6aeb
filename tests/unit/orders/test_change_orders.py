"""Any changes in any order: the original and all change orders are the summary, and what was agreed is never rewritten.

Both are counted anew after every step (tests/order_changes.py), and money, stock and quantities at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oms.orders.edit_commands import edit_order
from oms.orders.edit_requests import EditRequest
from oms.orders.method_changes import MethodChange
from oms.platform.intake import validate
from oms.platform.money import shares_by_weight
from oms.platform.principal import Principal
from oms.platform.problems import Problem
from oms.returns.commands import return_order
from oms.returns.requests import ReturnRequest
from oms.sourcing.changing_method import change_method
from tests.order_changes import check_changes
from tests.order_world import NEW_YORK, TENANT, World, line

EDITOR = Principal(TENANT, "ann", "agent", frozenset({"orders.write", "orders.change_price", "returns.write"}))
lines = st.lists(
    st.builds(
        line,
        sku=st.sampled_from("AB"),
        quantity=st.integers(1, 3),
        price=st.integers(0, 1001),
        tax=st.integers(0, 77),
        off=st.sampled_from([0, 0, 7]),
        freight=st.sampled_from([0, 0, 99]),
    ).filter(lambda one: one["unit_price"] * one["quantity"] >= 7),
    min_size=1,
    max_size=2,
)
numbers = st.integers(1, 4)
action = st.one_of(
    st.builds(lambda n, q: {"action": "set_quantity", "line_no": n, "quantity": q}, numbers, st.integers(0, 4)),
    st.builds(lambda n, p: {"action": "change_price", "line_no": n, "unit_price": p}, numbers, st.integers(0, 1200)),
    st.builds(
        lambda sku, q, p: {"action": "add_line", "line": line(sku, q, p)}, *(st.sampled_from("AB"), numbers, numbers)
    ),
    st.builds(lambda a: {"action": "add_discount", "discount": {"amount": a, "source": "x"}}, st.integers(1, 50)),
    st.just({"action": "change_address", "ship_to": {**NEW_YORK, "street": "2 Fifth Ave"}}),
    st.just({"action": "remove_discount", "source": "promo-1"}),
)
step = st.one_of(
    st.tuples(st.just("edit"), st.lists(action, min_size=1, max_size=2)),
    st.tuples(st.just("edit"), st.lists(action, min_size=1, max_size=2)),
    st.tuples(st.just("cancel"), st.dictionaries(numbers, st.integers(1, 2), min_size=1, max_size=1)),
    st.tuples(st.just("ship"), st.integers(0, 3)),
    st.tuples(st.just("back"), st.tuples(numbers, st.integers(1, 2))),
    st.tuples(st.just("move"), st.tuples(numbers, st.integers(1, 2))),
)


def change(world: World, order_id: str, kind: str, what: Any) -> None:
    """One change; one that is refused has changed nothing."""
    before = world.tables()
    try:
        _STEPS[kind](world, order_id, what)
    except Problem:
        assert world.database.rows == before


def _edit(world: World, order_id: str, actions: Any) -> None:
    request = validate(EditRequest, {"mode": "commit", "reason": "customer", "actions": actions})
    version = world.order(order_id).header.version
    call = world.call("edit_order", request, principal=EDITOR, expected_version=version)
    edit_order(world.runtime, call, order_id, request)
    world.released(order_id)


def _ship(world: World, order_id: str, which: int) -> None:
    works = [work.id for work in world.order(order_id).fulfillment_orders if not work.is_closed]
    if works:
        world.act(works[which % len(works)], "ship")
        world.capture(works[which % len(works)])


def _back(world: World, order_id: str, what: tuple[int, int]) -> None:
    lines = [{"line_no": what[0], "quantity": what[1], "disposition": "sellable"}]
    request = validate(ReturnRequest, {"node_id": "S1", "reason": "too_big", "lines": lines})
    return_order(world.runtime, world.call("return_order", request, principal=EDITOR), order_id, request)


def _move(world: World, order_id: str, what: tuple[int, int]) -> None:
    lines = [{"line_no": what[0], "quantity": what[1]}]
    wish = {"reason": "customer", "method": "pickup", "pickup_node": "S1", "lines": lines}
    request = validate(MethodChange, wish)
    change_method(world.runtime, world.call("change_method", request, principal=EDITOR), order_id, request)


_STEPS: dict[str, Callable[[World, str, Any], object]] = {
    "edit": _edit,
    "cancel": lambda world, order_id, units: world.cancel(order_id, units),
    "ship": _ship,
    "back": _back,
    "move": _move,
}


@pytest.mark.capability("C3", whole=True)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=lines, postage=st.sampled_from([0, 250]), steps=st.lists(step, min_size=1, max_size=4))
def test_the_original_and_all_change_orders_are_the_summary_whatever_is_changed(lines, postage, steps):
    world = World()
    order_id = world.placed(*lines, postage=postage)
    first = {slot: row for slot, row in world.tables().items() if slot[1].sk.startswith(("AGREED", "LINES#"))}
    world.released(order_id)
    for kind, what in steps:
        change(world, order_id, kind, what)
        check_changes(world.database, TENANT, world.order(order_id))
    world.check()
    after = world.tables()
    assert {slot: after[slot] for slot in first} == first


@pytest.mark.capability("S1")
@settings(max_examples=300, deadline=None)
@given(amount=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_parts_by_weight_sum_to_the_whole_and_are_less_than_one_unit_off(amount, weights):
    parts, whole = shares_by_weight(amount, weights), sum(weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert not whole or abs(part * whole - amount * weight) < whole
