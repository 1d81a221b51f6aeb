"""Sorts of nodes: places, weights, ties, and an order that is random and always the same."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from oms.inventory.ages import Ages
from oms.registry.model import Node
from oms.sourcing.costs import terms_by
from oms.sourcing.model import Source
from oms.sourcing.sorts import Sort, sort_costs
from oms.sourcing.strategy import Scenario, Step
from tests.unit.sourcing.test_split_limits import node_at

UNITS = {"N0": 5, "N1": 2, "N2": 5, "N3": 9}


def nodes(**attributes: Any) -> dict[str, Node]:
    return {
        name: node_at(name).model_copy(update={"attributes": {"rank": attributes[name]} if name in attributes else {}})
        for name in UNITS
    }


def costs(*sorts: dict[str, Any], seed: str = "o-1", **attributes: Any) -> dict[str, int]:
    return sort_costs([Sort.model_validate(one) for one in sorts], nodes(**attributes), UNITS, seed)


@pytest.mark.capability("E2")
def test_each_place_costs_its_cents_and_equals_share_one():
    assert costs({"by": "most_available", "cents": 10}) == {"N3": 0, "N0": 10, "N2": 10, "N1": 20}
    assert costs({"by": "least_available", "cents": 10}) == {"N1": 0, "N0": 10, "N2": 10, "N3": 20}
    assert costs() == dict.fromkeys(UNITS, 0)


@pytest.mark.capability("E2")
def test_data_of_a_node_sorts_as_whole_numbers_and_nodes_without_come_last():
    by = {"by": "attribute", "attribute": "rank", "cents": 7}
    assert costs(by, N0=10, N1="9", N2="x") == {"N1": 0, "N0": 7, "N2": 14, "N3": 14}
    assert costs({**by, "first": "highest"}, N0=10, N1="9", N2=-3) == {"N0": 0, "N1": 7, "N2": 14, "N3": 21}
    assert costs(by, N0=True, N1="1" * 16, N2="1.5", N3="0") == {"N3": 0, "N0": 7, "N1": 7, "N2": 7}


@pytest.mark.capability("E2")
def test_what_has_lain_longest_comes_first_and_unknown_before_it():
    sort = [Sort(by="oldest_stock", cents=10)]
    found = sort_costs(sort, nodes(), UNITS, "", {"N0": 3, "N1": None, "N2": 90})
    assert found == {"N1": 0, "N2": 10, "N0": 20, "N3": 30}
    assert sort_costs(sort, nodes(), UNITS, "", {"N0": 3, "N1": 3}) == {"N0": 0, "N1": 0, "N2": 10, "N3": 10}
    assert sort_costs(sort, nodes(), UNITS, "") == dict.fromkeys(UNITS, 0)


@pytest.mark.capability("E2")
def test_of_several_items_the_one_that_has_lain_longest_counts_where_there_are_units_of_it():
    places = {("A", "N0"): 5, ("B", "N0"): 90, ("A", "N1"): 40, ("B", "N1"): 40, ("A", "N2"): 400, ("C", "N3"): 800}
    days = Ages(date(2026, 11, 23), {place: date(2026, 11, 23) - timedelta(days=n) for place, n in places.items()})
    available = dict.fromkeys(places, 1) | {("A", "N2"): 0}
    step = Step("one", Scenario(id="one", cents_per_100_km=0, sorts=[Sort(by="oldest_stock", cents=10)]), ages=days)
    sources = [Source(name, None) for name in UNITS]
    _, terms = terms_by(step, sources, nodes(), None, available, {"A", "B"})
    assert terms.shipment_cost == {"N0": 0, "N1": 10, "N2": 20, "N3": 20}
    _, terms = terms_by(step, sources, nodes(), None, {**available, ("B", "N3"): 1}, {"A", "B"})
    assert terms.shipment_cost == {"N3": 0, "N0": 10, "N1": 20, "N2": 30}


@pytest.mark.capability("E2")
def test_sorts_add_up_with_their_weights():
    both = costs({"by": "most_available", "cents": 100}, {"by": "attribute", "attribute": "rank", "cents": 1}, N2=1)
    assert both == {"N3": 1, "N2": 100, "N0": 101, "N1": 201}


@pytest.mark.capability("E2")
def test_random_is_fair_over_orders_and_the_same_for_one():
    one = {"by": "random", "cents": 1}
    assert costs(one, seed="o-7") == costs(one, seed="o-7")
    firsts = Counter(min(found, key=found.__getitem__) for n in range(400) if (found := costs(one, seed=f"o-{n}")))
    assert set(firsts) == set(UNITS)
    assert all(70 <= count <= 130 for count in firsts.values())


@pytest.mark.capability("E2")
@given(units=st.dictionaries(st.sampled_from(list(UNITS)), st.integers(0, 9)), cents=st.integers(1, 99))
def test_more_is_never_dearer(units: dict[str, int], cents: int):
    found = sort_costs([Sort(by="most_available", cents=cents)], nodes(), units, "")
    for one in UNITS:
        for other in UNITS:
            assert (found[one] < found[other]) == (units.get(one, 0) > units.get(other, 0))


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": "attribute", "cents": 1},
        {"by": "random", "attribute": "rank", "cents": 1},
        {"by": "random", "cents": 0},
        {"by": "mood", "cents": 1},
    ],
)
def test_a_sort_that_says_nothing_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        Sort.model_validate(wrong)
