"""How figures are judged, summed up and shown; how processor time is found."""

import json

import pytest

from bench import figures
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


def test_figures_that_were_not_measured_now_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "RESULTS", tmp_path)
    monkeypatch.setattr(figures, "LATEST", tmp_path / "latest.json")
    figures.record([at_least("a", 1, "x", 2), Figure("b", 5, "y")])
    figures.record([at_least("a", 3, "x", 2, "another: 1")])
    known = json.loads((tmp_path / "latest.json").read_text())
    assert (known["a"]["value"], known["a"]["goal"], known["a"]["compared_with"]) == (3, ">= 2", "another: 1")
    assert known["b"]["value"] == 5
    assert set(known["a"]) >= {"value", "unit", "goal", "compared_with", "machine", "commit"}


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
