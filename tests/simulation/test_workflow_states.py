"""Choice, Wait, Succeed, Fail, Map and Parallel."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulation.machine.workflows import TaskFailed
from tests.simulation.workflow_host import ScriptedHost
from tests.simulation.workflow_parts import error, mapping, output, passing, play, task


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ({"StringEquals": "a"}, "a", True),
        ({"StringEquals": "a"}, 1, False),
        ({"StringLessThan": "b"}, "a", True),
        ({"StringGreaterThanEquals": "b"}, "a", False),
        ({"StringMatches": "a*.x"}, "a-and-b.x", True),
        ({"StringMatches": "a*.x"}, "a-and-b.xy", False),
        ({"StringMatches": r"a\*"}, "a*", True),
        ({"StringMatches": r"a\*"}, "ab", False),
        ({"NumericEquals": 1}, 1.0, True),
        ({"NumericEquals": 1}, True, False),
        ({"NumericEquals": 1}, "1", False),
        ({"NumericLessThan": 2}, 1, True),
        ({"NumericLessThanEquals": 2}, 2, True),
        ({"NumericGreaterThan": 2}, 2, False),
        ({"NumericGreaterThanEquals": 2}, 2, True),
        ({"BooleanEquals": True}, True, True),
        ({"BooleanEquals": False}, True, False),
        ({"BooleanEquals": True}, 1, False),
        ({"TimestampLessThan": "2026-01-02T00:00:00Z"}, "2026-01-02T00:30:00+01:00", True),
        ({"TimestampEquals": "2026-01-02T00:00:00Z"}, "yesterday", False),
        ({"IsNull": True}, None, True),
        ({"IsNull": True}, "a", False),
        ({"IsString": True}, "a", True),
        ({"IsNumeric": False}, "a", True),
        ({"IsBoolean": True}, False, True),
        ({"IsTimestamp": True}, "2026-01-02T00:00:00Z", True),
        ({"IsTimestamp": True}, "2026-01-02", False),
        ({"StringEqualsPath": "$.other"}, "here", True),
        ({"NumericGreaterThanPath": "$.two"}, 3, True),
    ],
)
def test_a_rule_compares(rule, value, expected):
    given = {"v": value, "other": "here", "two": 2}
    assert chosen({"Variable": "$.v", **rule}, given) is expected


V1 = {"Variable": "$.v", "NumericEquals": 1}
W1 = {"Variable": "$.w", "NumericEquals": 1}


@pytest.mark.parametrize(
    ("rule", "given", "expected"),
    [
        ({"And": [V1, W1]}, {"v": 1, "w": 1}, True),
        ({"And": [V1, W1]}, {"v": 0}, False),
        ({"Or": [V1, W1]}, {"v": 1}, True),
        ({"Or": [V1, W1]}, {"v": 0, "w": 0}, False),
        ({"Not": V1}, {"v": 0}, True),
        ({"And": [{"Variable": "$.v", "IsPresent": True}, V1]}, {}, False),
        ({"Variable": "$.v", "IsPresent": False}, {}, True),
        ({"Variable": "$.v", "IsPresent": True}, {"v": None}, True),
    ],
)
def test_rules_are_combined(rule, given, expected):
    assert chosen(rule, given) is expected


def chosen(rule: dict[str, Any], given: Any) -> bool:
    choice = {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"}
    host = ScriptedHost()
    assert output({"A": choice, "Yes": passing(), "No": passing()}, given, host) == given
    return host.states[1] == "Yes"


def test_a_choice_of_what_is_not_there_fails():
    choice = {"Type": "Choice", "Choices": [{**V1, "Next": "B"}], "Default": "B"}
    assert error({"A": choice, "B": passing()}, {}) == "States.Runtime"


def test_the_first_rule_that_holds_decides_and_without_one_the_run_fails():
    choices = [{**V1, "Next": "B"}, {"Variable": "$.v", "NumericLessThan": 2, "Next": "C"}]
    states = {"A": {"Type": "Choice", "Choices": choices}, "B": passing(Result="b"), "C": passing(Result="c")}
    assert [output(states, {"v": value}) for value in (1, 0)] == ["b", "c"]
    assert error(states, {"v": 2}) == "States.NoChoiceMatched"


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"Seconds": 5}, 5),
        ({"SecondsPath": "$.s"}, 6),
        ({"Timestamp": "2027-01-15T08:00:07Z"}, 7),
        ({"TimestampPath": "$.at"}, 8),
        ({"Timestamp": "2026-01-15T08:00:07Z"}, 0),
    ],
)
def test_a_wait_waits(fields, seconds):
    host = ScriptedHost()
    given = {"s": 6, "at": "2027-01-15T08:00:08Z"}
    assert output({"A": {"Type": "Wait", "End": True, **fields}}, given, host) == given
    assert host.sleeps == [seconds]


@pytest.mark.parametrize(
    "fields", [{"SecondsPath": "$.wrong"}, {"TimestampPath": "$.wrong"}, {"SecondsPath": "$.gone"}]
)
def test_a_wait_for_nonsense_fails(fields):
    assert error({"A": {"Type": "Wait", "End": True, **fields}}, {"wrong": "soon"}) == "States.Runtime"


def test_succeed_and_fail_end_a_run():
    assert output({"A": {"Type": "Succeed", "OutputPath": "$.n"}}, {"n": 1}) == 1
    run = play({"A": {"Type": "Fail", "Error": "Bad", "Cause": "very"}}, {})
    assert run == {"status": "FAILED", "error": "Bad", "cause": "very"}


def test_a_map_runs_its_states_for_each_item():
    selector = {"at.$": "$$.Map.Item.Index", "item.$": "$$.Map.Item.Value", "all.$": "$.n"}
    host = ScriptedHost()
    state = mapping({"I": task()}, ItemsPath="$.list", ItemSelector=selector, MaxConcurrency=3, ResultPath="$.out")
    assert output({"A": state}, {"list": ["x", "y"], "n": 5}, host) == {
        "list": ["x", "y"],
        "n": 5,
        "out": [{"at": 0, "item": "x", "all": 5}, {"at": 1, "item": "y", "all": 5}],
    }
    assert host.limits == [3]
    assert host.kinds.count("MapIterationSucceeded") == 2


def test_a_map_of_nothing_and_of_no_list():
    assert output({"A": mapping({"I": passing()})}, []) == []
    assert error({"A": mapping({"I": passing()})}, {"a": 1}) == "States.Runtime"


def test_a_map_without_a_limit_runs_forty_at_once():
    host = ScriptedHost()
    output({"A": mapping({"I": passing()})}, [1], host)
    output({"A": mapping({"I": passing()}, MaxConcurrency=100)}, [1], host)
    assert host.limits == [40, 40]


def test_an_item_that_fails_fails_the_map_which_may_retry_and_catch():
    state = mapping(
        {"I": task()},
        Retry=[{"ErrorEquals": ["E"], "MaxAttempts": 1}],
        Catch=[{"ErrorEquals": ["E"], "Next": "B", "ResultPath": "$"}],
    )
    host = ScriptedHost({"work": [1, TaskFailed("E", "why"), 1, TaskFailed("E", "why")]})
    assert output({"A": state, "B": passing()}, [1, 2], host) == {"Error": "E", "Cause": "why"}
    assert host.kinds.count("MapIterationFailed") == 2
    assert host.sleeps == [1]


def test_the_item_is_known_within_its_states_only():
    inner = passing(Parameters={"v.$": "$$.Map.Item.Value"})
    after = {"B": passing(Parameters={"v.$": "$$.Map.Item.Value"})}
    assert output({"A": mapping({"I": inner})}, [7]) == [{"v": 7}]
    assert error({"A": {**mapping({"I": inner}), "Next": "B"} | {"End": False}, **after}, [7]) == "States.Runtime"


def test_parallel_runs_every_branch_with_the_same_input():
    branches = [{"StartAt": "L", "States": {"L": task("left")}}, {"StartAt": "R", "States": {"R": passing(Result=2)}}]
    state = {"Type": "Parallel", "Branches": branches, "Parameters": {"m.$": "$.n"}, "End": True}
    assert output({"A": state}, {"n": 1}) == [{"m": 1}, 2]
    state |= {"Catch": [{"ErrorEquals": ["E"], "Next": "B", "ResultPath": "$.f"}]}
    host = ScriptedHost({"left": [TaskFailed("E", "why")]})
    caught = output({"A": state, "B": passing()}, {"n": 1}, host)
    assert caught == {"n": 1, "f": {"Error": "E", "Cause": "why"}}
