"""What rules of stock keep from a channel: never more is claimed than they leave, whoever comes in between."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.model import BUCKETS, StockRow
from oms.inventory.rules import KIND, InventoryRules, LiveInventoryRules, Where, share
from oms.inventory.store import rows_of
from oms.platform.problems import ActionNotAvailable, OutOfStock
from oms.rulesets.commands import promote_rule_set, put_rule_set, roll_back_rule_set
from oms.sourcing.strategy import NodeFilter
from tests.order_nodes import nodes
from tests.order_world import TENANT, World, line, world

__all__ = ["world"]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHANNELS = ("web", "store", "marketplace")


def row(on_hand: int, **taken: int) -> StockRow:
    buckets = {name: taken.get(name, 0) for name in BUCKETS} | {"on_hand": on_hand}
    free = on_hand - sum(taken.values())
    return StockRow("A", "DC1", **buckets, available=free, version=1)


def live(**content: Any) -> list[LiveInventoryRules]:
    return [LiveInventoryRules("usual", 1, InventoryRules.model_validate(content))]


def hold(world: World, content: dict[str, Any], key: str = "rules") -> None:
    """Let a content hold from now on."""
    rules = InventoryRules.model_validate(content)
    drafted = put_rule_set(world.runtime, world.call("put_rule_set", [content], key), KIND, key, rules)
    promoting = world.call("promote_rule_set", [key], f"{key}-promoted", expected_version=drafted.body["version"])
    promote_rule_set(world.runtime, promoting, KIND, key, int(drafted.body["newest_number"]))


amounts = st.one_of(
    st.fixed_dictionaries({"units": st.integers(0, 40)}), st.fixed_dictionaries({"percent": st.integers(0, 100)})
)


@pytest.mark.capability("D5", "D6")
@given(
    on_hand=st.integers(0, 60),
    safety=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from([(), *[(c,) for c in CHANNELS]]), amounts), max_size=4
    ),
    pools=st.lists(st.tuples(st.sampled_from(CHANNELS), amounts), max_size=3),
)
def test_what_a_channel_may_claim_is_what_rules_leave(on_hand: int, safety: Any, pools: Any):
    rules = live(
        safety=[{"id": f"s{i}", "priority": p, "channels": c, **a} for i, (p, c, a) in enumerate(safety)],
        pools=[{"id": f"p{i}", "channels": [c], **a} for i, (c, a) in enumerate(pools)],
    )
    for channel in CHANNELS:
        may = share(rules, row(on_hand), None, nodes()[0], channel, NOW)
        assert may.claimable == max(0, on_hand - may.keep)
        assert may.keep == sum(reason.units for reason in may.reasons)
        deciding = [(p, _units(a, on_hand)) for p, c, a in safety if not c or channel in c]
        foreign = sum(_units(a, on_hand) for c, a in pools if c != channel)
        assert may.keep == foreign + (max(deciding)[1] if deciding else 0)


def _units(amount: dict[str, int], on_hand: int) -> int:
    return amount["units"] if "units" in amount else -(-on_hand * amount["percent"] // 100)


@given(on_hand=st.integers(1, 60), percent=st.integers(1, 100))
def test_a_share_is_rounded_up(on_hand: int, percent: int):
    rules = live(safety=[{"id": "s", "priority": 1, "percent": percent}])
    kept = share(rules, row(on_hand), None, nodes()[0], "web", NOW).keep
    assert kept * 100 >= on_hand * percent > (kept - 1) * 100


@pytest.mark.capability("D6")
def test_no_channel_takes_what_is_ring_fenced_for_another(world: World):
    """All but five at DC1 are for the store; two orders of the web that race get those five together."""
    held = world.stock("A", "DC1").available
    hold(world, {"pools": [{"id": "p", "channels": ["store"], "units": held - 5}]})
    for other in ("S1", "S2"):
        hold(world, {"exclusions": [{"id": "only", "where": {"nodes": [other]}}]}, key=f"without-{other}")
    with world.unchanged(), pytest.raises(OutOfStock):
        world.placed(line("A", 6))
    other: list[str] = []

    def overtaken(name: str, act: Any) -> Any:
        if name == "commit" and not other:
            other.append("begun")
            other[0] = world.placed(line("A", 3), external_id="twin")
        return act()

    world.database.around = overtaken
    with pytest.raises(OutOfStock):
        world.placed(line("A", 4), external_id="late")
    world.database.around = lambda name, act: act()
    assert world.stock("A", "DC1").available == held - 3
    world.placed(line("A", 2))
    assert world.stock("A", "DC1").available == held - 5
    with world.unchanged(), pytest.raises(OutOfStock):
        world.placed(line("A", 1))
    world.check()


@pytest.mark.capability("D5", "R8")
def test_a_promotion_counts_from_the_very_next_order(world: World):
    held = _available(world)
    world.placed(line("A", 1))
    hold(world, {"safety": [{"id": "all", "priority": 1, "percent": 100}]})
    with world.unchanged(), pytest.raises(OutOfStock):
        world.placed(line("A", 1))
    hold(world, {"safety": [{"id": "none", "priority": 2, "units": 0}]}, key="sale")
    world.placed(line("A", 1))
    back = world.call("roll_back_rule_set", ["sale"], "back", expected_version=2)
    with world.unchanged(), pytest.raises(ActionNotAvailable):
        roll_back_rule_set(world.runtime, back, KIND, "sale")
    assert _available(world) == held - 2


def _available(world: World) -> int:
    return sum(row.available for row in rows_of(world.database, TENANT, "A"))


@pytest.mark.capability("D5", "E1")
@pytest.mark.parametrize(
    ("attributes", "wanted", "covered"),
    [
        ({"group": "malls"}, "malls", True),
        ({"group": "malls"}, "mall", False),
        ({}, "None", False),
        ({"group": None}, "None", False),
        ({"group": True}, "true", True),
        ({"group": False}, "true", False),
        ({"group": 7}, "7", True),
    ],
)
def test_a_rule_speaks_of_nodes_by_the_values_of_their_attributes(attributes: Any, wanted: str, covered: bool):
    """What a node does not say is no value, and truth is written as it was put."""
    node = nodes()[0].model_copy(update={"attributes": attributes})
    assert Where(node_attributes={"group": wanted}).covers("A", None, node) is covered
    assert NodeFilter(attributes={"group": wanted}).admits(node) is covered
