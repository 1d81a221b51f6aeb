"""docs/cost.md says what was metered, and what was metered is what the code still does."""

import json
from collections import Counter
from dataclasses import asdict

import pytest

from bench import cost_page
from bench.order_cost import dollars_per_million
from bench.usd_fixed import IDLE, idle_bill
from infra.functions import FUNCTIONS
from infra.settings import ROOT
from tests.order_world import World, line
from tests.template import template

METER = json.loads(cost_page.METER.read_text())


def test_the_page_is_made_from_the_meter():
    assert cost_page.PAGE.read_text() == cost_page.current_page()


def test_the_goal_is_kept():
    assert dollars_per_million(METER) <= cost_page.GOAL


def test_the_meter_names_the_functions_as_they_are_deployed():
    metered = {name: function["memory"] for name, function in METER["functions"].items()}
    assert metered == {name: FUNCTIONS[name].memory for name in metered}


def test_the_meter_counts_the_states_of_the_happy_path():
    states = json.loads((ROOT / "infra" / "workflows" / "fulfillment.asl.json").read_text())
    path, name = [], states["StartAt"]
    while name is not None:
        state = states["States"][name]
        path.append(name)
        shipped = [choice["Next"] for choice in state.get("Choices", ()) if choice.get("StringEquals") == "SHIPPED"]
        name = shipped[0] if shipped else state.get("Next")
    assert METER["transitions"] == len(path)


def test_one_order_writes_the_items_that_were_metered():
    world = World()
    written = Counter()
    committed = world.database.commit

    def commit(writes):
        written.update((write.table, write.key.sk.split("#", 1)[0]) for write in writes)
        committed(writes)

    world.database.commit = commit
    order_id = world.placed(line("A", 1), line("B", 1))
    (work_id,) = world.released(order_id)
    for verb in ("accept", "pick", "pack", "ship"):
        world.act(work_id, verb)
    world.resume(work_id)
    world.capture(work_id)
    # The ledger and the levels of stock follow from streams and buses, which this world has not got.
    own = [row for row in METER["writes"] if row["table"] != "ledger" and row["item"] != "LEVEL"]
    metered = Counter((row["table"], row["item"]) for row in own)
    assert written == metered


@pytest.mark.parametrize("target", ["aws", "local"])
def test_the_idle_bill_counts_the_template(target):
    assert [asdict(row) for row in idle_bill(template(target))] == json.loads(IDLE.read_text())
