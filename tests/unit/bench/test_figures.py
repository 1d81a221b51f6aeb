"""How figures are judged, summed up and shown; how processor time is found."""

import json
import subprocess

import pytest

from bench import figures
from bench.__main__ import FAMILIES as FIGURE_FAMILIES
from bench.__main__ import SCRIPTS
from bench.figures import Figure, at_least, at_most, exactly, percentile, table
from bench.processes import Process, below, read_stat


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [(range(1, 101), 99, 99), (range(1, 101), 50, 50), ([5], 99, 5), ([3, 1, 2], 100, 3), (range(1, 1001), 99.9, 999)],
)
def test_a_percentile_is_a_value_that_was_measured(values, percent, expected):
    assert percentile(values, percent) == expected


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1], 0), ([1], 101)])
def test_a_percentile_of_nothing_is_refused(values, percent):
    with pytest.raises(ValueError, match="percent"):
        percentile(values, percent)


def test_goals():
    assert [at_least("a", v, "", 40).met for v in (39.9, 40)] == [False, True]
    assert [at_most("a", v, "", 40).met for v in (40, 40.1)] == [True, False]
    assert [exactly("a", v, "", 100).met for v in (99, 100, 101)] == [False, True, False]
    # What is rounded for people is judged as it was measured.
    assert at_most("a", 120.001, "ms", 120) == Figure("a", 120.0, "ms", "<= 120", False)


@pytest.fixture
def latest(tmp_path, monkeypatch):
    """Where results are written; reads them back."""
    monkeypatch.setattr(figures, "LATEST", tmp_path / "latest.json")
    return lambda: json.loads((tmp_path / "latest.json").read_text())


FAMILIES = ("hot_sku", "order_placed_", "usd_fixed")


def test_a_row_has_exactly_what_was_agreed(latest):
    figures.record([at_most("hot_sku_p99_s", 7.584, "s", 10, "another: 11 s")], "hot_sku", FAMILIES)
    assert latest() == {
        "hot_sku_p99_s": {
            "value": 7.58,
            "unit": "s",
            "goal": "<= 10",
            "compared_with": "another: 11 s",
            "machine": figures.machine(),
            "commit": figures.commit(),
        }
    }


def test_a_family_is_replaced_as_a_whole_and_others_stay(latest):
    figures.record([Figure("hot_sku_old", 1, "x"), Figure("hot_sku_5xx", 2, "x")], "hot_sku", FAMILIES)
    figures.record([Figure("order_placed_refused", 5, "y")], "order_placed_", FAMILIES)
    figures.record([Figure("hot_sku_5xx", 3, "x")], "hot_sku", FAMILIES)
    assert {name: row["value"] for name, row in latest().items()} == {"hot_sku_5xx": 3, "order_placed_refused": 5}


def test_rows_of_a_script_that_is_no_more_go(latest):
    figures.record([Figure("usd_fixed_per_month", 1, "x")], "usd_fixed", FAMILIES)
    figures.record([Figure("hot_sku_5xx", 3, "x")], "hot_sku", ("hot_sku",))
    assert set(latest()) == {"hot_sku_5xx"}


def test_every_script_writes_below_its_own_family():
    assert set(FIGURE_FAMILIES) == set(SCRIPTS)
    families = list(FIGURE_FAMILIES.values())
    assert not [(one, other) for one in families for other in families if one is not other and other.startswith(one)]
    known = json.loads(figures.LATEST.read_text())
    assert [name for name in known if not name.startswith(tuple(families))] == []
    fields = ["value", "unit", "goal", "compared_with", "machine", "commit"]
    assert [name for name, row in known.items() if list(row) != fields] == []


def test_what_the_bench_writes_does_not_count_as_a_change(monkeypatch):
    asked = []

    def git(words, **_):
        asked.append(words)
        said = "a1b2c3d" if "rev-parse" in words else ""
        return subprocess.CompletedProcess(words, 0, stdout=said)

    monkeypatch.setattr(subprocess, "run", git)
    assert figures.commit() == "a1b2c3d"
    assert asked[1][-2:] == [".", ":(exclude)bench/results"]


def test_the_table_says_what_was_missed():
    shown = table([at_least("quick", 1, "x", 2), at_most("small", 1, "x", 2), Figure("plain", 1234.5, "y")])
    assert [line.split()[0] for line in shown.splitlines()] == ["figure", "quick", "small", "plain"]
    assert "MISSED" in shown.splitlines()[1]
    assert "met" in shown.splitlines()[2]
    assert "1,234.5" in shown.splitlines()[3]


def test_a_process_may_have_any_name():
    fields = " ".join(str(number) for number in range(4, 53))
    process = read_stat(f"17 (a ) (b)) S {fields}")
    assert process == Process(pid=17, parent=4, began=22, ticks=14 + 15, reaped=16 + 17)


def test_everything_below_a_process():
    def process(pid, parent):
        return Process(pid, parent, began=0, ticks=0, reaped=0)

    everything = [process(1, 0), process(2, 1), process(3, 2), process(4, 1), process(5, 3)]
    assert [found.pid for found in below(everything, 2)] == [2, 3, 5]
    assert below(everything, 9) == []
