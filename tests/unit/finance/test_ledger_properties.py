"""Whatever order facts and exports come in, the books say the same and no line is lost or doubled."""

# ruff: noqa: F811 - fixtures are imported by name

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.finance_export import handler as export_function
from oms.finance.commands import Books
from oms.finance.model import require_balanced
from tests.template import Deployed
from tests.unit.finance import exported, world
from tests.unit.finance.world import finance_cloud  # noqa: F401  (a fixture)

# Each example talks to moto's tables, so there are few, and each may be slow.
FEW = settings(
    max_examples=10, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
AMOUNT = st.integers(min_value=0, max_value=10**9)


@dataclass(frozen=True)
class Parcel:
    goods: int
    discount: int
    shipping: int
    tax: int

    @property
    def total(self) -> int:
        return self.goods - self.discount + self.shipping + self.tax


@st.composite
def parcels(draw: st.DrawFn) -> Parcel:
    goods = draw(AMOUNT)
    return Parcel(goods, draw(st.integers(0, goods)), draw(AMOUNT), draw(AMOUNT))


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Parcel], list[list[dict[str, Any]]]]:
    """Some parcels of some orders, and their facts: shuffled, some told twice, split into batches."""
    orders = draw(st.lists(st.lists(parcels(), min_size=1, max_size=3), min_size=1, max_size=3))
    facts: list[dict[str, Any]] = []
    for name, sent in enumerate(orders):
        facts.append(world.authorized(str(name), sum(parcel.total for parcel in sent)))
        for number, parcel in enumerate(sent):
            facts.append(
                world.shipped(
                    str(name),
                    parcel.goods,
                    discount=parcel.discount,
                    shipping=parcel.shipping,
                    tax=parcel.tax,
                    shipment=str(number),
                )
            )
            facts.append(world.captured(str(name), parcel.total, capture=str(number)))
    told_twice = draw(st.lists(st.sampled_from(facts), max_size=5))
    shuffled = draw(st.permutations(facts + told_twice))
    sizes = draw(st.lists(st.integers(1, 10), min_size=len(shuffled), max_size=len(shuffled)))
    batches = []
    for size in sizes:
        batches.append(shuffled[:size])
        shuffled = shuffled[size:]
    return [parcel for sent in orders for parcel in sent], [batch for batch in batches if batch]


def _expected(sent: list[Parcel]) -> dict[str, int]:
    sums = {
        "1110": sum(parcel.total for parcel in sent),
        "2040": -sum(parcel.tax for parcel in sent),
        "4010": -sum(parcel.goods for parcel in sent),
        "4020": -sum(parcel.shipping for parcel in sent),
        "4092": sum(parcel.discount for parcel in sent),
    }
    return {account: amount for account, amount in sums.items() if amount}


@pytest.fixture(scope="module")
def cloud(finance_cloud: Deployed) -> Deployed:
    return finance_cloud


def _fresh() -> Books:
    made = world.make_books()
    world.clear(made)
    return made


@pytest.mark.capability("N1", "N6")
@FEW
@given(story=stories())
def test_any_order_of_arrival_gives_the_same_balanced_books(
    cloud: Deployed, story: tuple[list[Parcel], list[list[dict[str, Any]]]]
) -> None:
    sent, batches = story
    functions = [_fresh(), world.make_books(seed=7)]
    for number, batch in enumerate(batches):
        assert world.deliver(functions[number % 2], batch) == []
    entries = world.entries_on(functions[0])
    for entry in entries:
        require_balanced(entry.lines)
    assert world.net_change(entries) == _expected(sent)


@pytest.mark.capability("N7")
@FEW
@given(
    story=stories(), exports_after=st.sets(st.integers(0, 6), max_size=4), last=st.sampled_from(["interim", "close"])
)
def test_any_split_over_export_batches_covers_each_line_once(
    cloud: Deployed, story: tuple[list[Parcel], list[list[dict[str, Any]]]], exports_after: set[int], last: str
) -> None:
    sent, batches = story
    functions = [_fresh(), world.make_books(seed=7)]
    for number, batch in enumerate(batches):
        assert world.deliver(functions[number % 2], batch) == []
        if number in exports_after:
            assert exported.run(export_function, functions[0], exported.wish(f"exp_{number}")) == []
    assert exported.run(export_function, functions[0], exported.wish("exp_last", last)) == []

    assert exported.lines_exported() == exported.lines_in_ledger(functions[0], world.TODAY)
    for format in ("csv", "parquet"):
        net: dict[str, int] = {}
        for row in exported.all_rows("journal_lines", format):
            net[row["account"]] = net.get(row["account"], 0) + int(row["debit_minor"]) - int(row["credit_minor"])
        assert {account: amount for account, amount in net.items() if amount} == _expected(sent)
