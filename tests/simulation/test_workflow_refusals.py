"""What the interpreter does not model is refused before anything runs."""

from __future__ import annotations

import pytest

from tests.simulation.machine.workflows import NotModelled
from tests.simulation.workflow_host import ScriptedHost
from tests.simulation.workflow_parts import mapping, passing, play, task

MAP_OF_FILES = mapping({"I": passing()}) | {"ItemReader": {"Resource": "arn:aws:states:::s3:getObject"}}
DISTRIBUTED = {"StartAt": "I", "States": {"I": passing()}, "ProcessorConfig": {"Mode": "DISTRIBUTED"}}


@pytest.mark.parametrize(
    "state",
    [
        passing(Assign={"a": 1}),
        passing(QueryLanguage="JSONata"),
        passing(Parameters={"x.$": "States.Format('{}', $.a)"}),
        passing(Parameters={"deep": [{"x.$": "$..a"}]}),
        passing(InputPath="$.a[*]"),
        passing(InputPath="$.a[?(@.b == 1)]"),
        passing(InputPath="$.a[0:2]"),
        passing(InputPath="a"),
        passing(ResultPath="$.a[0]"),
        passing(ResultPath="$$.a"),
        passing(OutputPath="$$.State.EnteredTime"),
        passing(Next="Nowhere", End=False),
        {"Type": "Pass"},
        passing(Next="A"),
        {"Type": "Activity", "End": True},
        task(Resource="arn:aws:states:::sqs:sendMessage"),
        task(Resource="arn:aws:states:::states:startExecution.sync:2"),
        task(Parameters={"FunctionName": "f", "Qualifier": "1"}),
        task(Credentials={}),
        task(TimeoutSeconds=1, TimeoutSecondsPath="$.a"),
        task(HeartbeatSeconds=1),
        task(Parameters={"FunctionName": "f", "Payload": {"t.$": "$$.Task.Token"}}),
        task(Retry=[{"ErrorEquals": ["E"], "Backoff": 1}]),
        task(Retry=[{"ErrorEquals": ["States.ALL", "E"]}]),
        task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]),
        task(Retry=[{"ErrorEquals": ["E"], "JitterStrategy": "HALF"}]),
        task(Catch=[{"ErrorEquals": ["States.Runtime"], "Next": "A"}]),
        task(Catch=[{"ErrorEquals": ["E"], "Next": "Nowhere"}]),
        task(Catch=[{"ErrorEquals": [], "Next": "A"}]),
        {"Type": "Wait", "End": True},
        {"Type": "Wait", "Seconds": 1, "SecondsPath": "$.a", "End": True},
        {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringIs": "b", "Next": "A"}]},
        {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": "1", "Next": "A"}]},
        {"Type": "Choice", "Choices": [{"Not": {"Variable": "$.a", "Next": "A"}, "Next": "A"}]},
        {"Type": "Choice", "Choices": [], "Default": "Nowhere"},
        {"Type": "Fail", "ErrorPath": "$.e"},
        {"Type": "Parallel", "End": True, "Branches": [{"StartAt": "I", "States": {"I": passing(Assign={})}}]},
        mapping({"I": passing()}, ToleratedFailureCount=1),
        mapping({"I": passing()}, Parameters={}),
        mapping({"I": {"Type": "Nothing"}}),
        mapping({"I": passing()}) | {"ItemProcessor": DISTRIBUTED},
        MAP_OF_FILES,
    ],
)
def test_what_is_not_modelled_is_refused(state):
    host = ScriptedHost()
    with pytest.raises(NotModelled):
        play({"First": {**task("first"), "Next": "A"} | {"End": False}, "A": state}, {}, host)
    assert host.calls == []
    assert host.notes == []


@pytest.mark.parametrize("field", ["Version", "QueryLanguage"])
def test_a_whole_definition_with_an_unknown_field_is_refused(field):
    with pytest.raises(NotModelled):
        play({"A": passing()}, {}, **{field: "1.0"})
