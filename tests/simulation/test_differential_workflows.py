"""The interpreter against the running local engine: random machines and both deployed definitions end the same way."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.engine_side import Engine, engine, start_engine
from tests.simulation.machine.workflows import TaskFailed
from tests.simulation.machine_side import MACHINE, Bench
from tests.simulation.random_machines import INVOKE, STEPS, Case, case
from tests.simulation.test_deployed_workflows import ALONE, REJECTED, SHIPPED, WALKS, WORK, Answer
from tests.simulation.workflow_gaps import GAPS
from tests.simulation.workflow_host import After, ScriptedHost, deployed_definition, ends
from tests.template import ACCOUNT, REGION

__all__ = ["engine", "start_engine"]

MACHINES = 400
HERE = f"{REGION}:{ACCOUNT}"
FUNCTION = re.compile(rf"arn:aws:lambda:{HERE}:function:(\w+)")
STEPS_OF_WORK = ("release_fulfillment", "capture_payment", "reroute_fulfillment", "escalate_fulfillment")
BATCH = 50


class TwinHost(ScriptedHost):
    """Functions as scripted_function.py has them."""

    def __init__(self, script: dict[str, list[dict[str, Any]]]) -> None:
        super().__init__({step: [_outcome(one) for one in outcomes] for step, outcomes in script.items()})

    def invoke(self, function_arn: str, payload: Any, timeout: float | None) -> Any:
        try:
            return super().invoke(function_arn, payload, timeout)
        except Answer:
            # There is no token to answer.
            return payload

    def _next(self, name: str, asked: Any, default: Any, timeout: float | None) -> Any:
        if isinstance(asked, dict) and "fail" in asked:
            raise TaskFailed(asked["fail"])
        return super()._next(name, asked, default, timeout)


def _outcome(one: dict[str, Any]) -> Any:
    if "silent" in one:
        return After(10_000, None)
    found = TaskFailed(one["raise"]) if "raise" in one else one.get("value")
    if "refuse" in one:
        found = Answer(one["refuse"])
    return After(one["seconds"], found) if "seconds" in one else found


@pytest.fixture(scope="module")
def functions(engine: Engine) -> dict[str, str]:
    """The scripted functions by their steps."""
    engine.script("none", {})
    return {step: engine.function("run_task", step) for step in (*STEPS, "echo")}


def played(found: Case, folder: Path) -> dict[str, Any]:
    """The same by the whole machine of the simulation: tasks that take turns, tokens, a clock."""
    bench = Bench(folder)
    runs = bench.runs_of(json.loads(json.dumps(found.definition).replace('"@', '"arn:')), found.script)
    execution = runs.start(MACHINE, None, found.given)
    bench.settle()
    kinds = [state for kind, state in execution.history if kind.endswith("StateEntered")]
    run: dict[str, Any] = {"status": execution.status}
    run |= {"output": execution.output} if execution.status == "SUCCEEDED" else {"error": execution.error}
    states = [state for state in kinds if state in found.definition["States"]]
    return {**run, "states": states, "calls": {step: bench.calls[step] for step in STEPS}}


def simulated(found: Case) -> dict[str, Any]:
    """How the interpreter ends, with the states it entered and the calls it made."""
    host = TwinHost(found.script)
    text = json.dumps(found.definition).replace('"@', '"arn:')
    run = ends(json.loads(text), found.given, host)
    run.pop("cause", None)
    states = [state for state in host.states if state in found.definition["States"]]
    calls = {step: sum(1 for name, _ in host.calls if name == step) for step in STEPS}
    return {**run, "states": states, "calls": calls}


def _plain(run: dict[str, Any]) -> dict[str, Any]:
    """Without the words of causes, which each side chooses for itself."""
    return json.loads(json.dumps(run), object_hook=lambda part: {k: v for k, v in part.items() if k != "Cause"})


@pytest.mark.parametrize("first", range(0, MACHINES, BATCH))
def test_random_machines_end_the_same_way(
    engine: Engine, functions: dict[str, str], first: int, tmp_path: Path
) -> None:
    cases, running = [case(number) for number in range(first, first + BATCH)], []
    for found in cases:
        engine.script(found.name, found.script)
        text = json.dumps(found.definition)
        for step, arn in functions.items():
            text = text.replace(f'"@{step}"', f'"{arn}"')
        running.append(engine.start(engine.machine(text), found.given))
    for found, execution in zip(cases, running, strict=True):
        theirs = engine.end(execution)
        theirs["states"] = [state for state in theirs["states"] if state in found.definition["States"]]
        theirs["calls"] = engine.calls(found.name, STEPS)
        for ours in (simulated(found), played(found, tmp_path)):
            assert _plain(ours) == _plain(theirs), f"{found.name}: {found}"


def _said(outcome: Any) -> dict[str, Any]:
    """An outcome of the interpreter's tests in the words of the scripted function."""
    if isinstance(outcome, Answer):
        return {"refuse": outcome.error}
    if isinstance(outcome, TaskFailed):
        return {"raise": outcome.error}
    if isinstance(outcome, dict) and "wait_seconds" in outcome:
        # It is waited for in real time.
        outcome = {**outcome, "wait_seconds": 3}
    return {"silent": True} if isinstance(outcome, After) else {"value": outcome}


@pytest.fixture(scope="module")
def deployed(engine: Engine) -> dict[str, str]:
    """Both workflows of the template in the engine, over scripted functions."""
    engine.script("child", {"release_fulfillment": [{"refuse": "CANCELLED"}] * 99})
    machines: dict[str, str] = {}
    for name in ("FulfillmentWorkflow", "OrderWorkflow"):
        text = json.dumps(deployed_definition(name))
        for step in sorted(set(FUNCTION.findall(text))):
            text = text.replace(f'"arn:aws:lambda:{HERE}:function:{step}"', f'"{engine.function("run_task", step)}"')
        for other, arn in machines.items():
            text = text.replace(f"arn:aws:states:{HERE}:stateMachine:{other}", arn)
        machines[name] = engine.machine(text)
    return machines


def test_every_walk_through_the_fulfilment_workflow_is_the_same(engine: Engine, deployed: dict[str, str]) -> None:
    walks = {**WALKS, "unknown answer": ([Answer("LOST"), SHIPPED], {}, [])}
    walks["escalation fails"] = ([REJECTED], {"escalate_fulfillment": [TaskFailed("E")] * 11}, [])
    walks["capture rides out"] = ([SHIPPED], {"capture_payment": [TaskFailed("Busy")] * 14}, [])
    cases = {}
    for number, (name, (release, more, _)) in enumerate(walks.items()):
        script = {
            step: [_said(one) for one in some]
            for step, some in {"release_fulfillment": release, **ALONE, **more}.items()
        }
        # A silent node is waited for in real time.
        seconds = 3 if {"silent": True} in script["release_fulfillment"] else 60
        given = {**WORK, "order_id": f"walk{number}", "timeout_seconds": seconds, "rest_seconds": seconds}
        engine.script(f"walk{number}", script)
        cases[name] = (given, script, engine.start(deployed["FulfillmentWorkflow"], given))
    for name, (given, script, execution) in cases.items():
        host = TwinHost(script)
        ours = ends(deployed_definition("FulfillmentWorkflow"), given, host)
        ours.pop("cause", None)
        try:
            theirs = engine.end(execution)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
        assert {**ours, "states": host.states} == theirs, name
        called = {step: len([one for one, _ in host.calls if one == step]) for step in STEPS_OF_WORK}
        assert called == engine.calls(given["order_id"], STEPS_OF_WORK), name


@pytest.mark.parametrize("outcome", ["AUTHORIZED", "NOT_REQUIRED", "DECLINED", "nothing to start"])
@pytest.mark.parametrize("trouble", ["none", "busy", "failing", "started before"])
def test_the_order_workflow_is_the_same(engine: Engine, deployed: dict[str, str], outcome: str, trouble: str) -> None:
    name = f"{outcome}-{trouble}".replace(" ", "-")
    works = [{**WORK, "order_id": "child", "fulfillment_order_id": f"{name}-{n}"} for n in range(3)]
    answer = {"outcome": outcome, "fulfillment_orders": [] if "nothing" in outcome else works}
    errors = {"busy": 4, "failing": 5}.get(trouble, 0)
    script = {"source_order": [{"raise": "Busy"}] * errors, "authorize_payment": [{"value": answer}]}
    engine.script(name, script)
    host = TwinHost(script)
    if trouble == "started before":
        engine.start(deployed["FulfillmentWorkflow"], {**works[0], "other": 1}, name=works[0]["fulfillment_order_id"])
        host.script["FulfillmentWorkflow"] = [TaskFailed("ExecutionAlreadyExists")]
    given = {"tenant": "acme", "order_id": name}
    theirs = engine.end(engine.start(deployed["OrderWorkflow"], given))
    ours = ends(deployed_definition("OrderWorkflow"), given, host)
    ours.pop("cause", None)
    top = [state for state in host.states if state in deployed_definition("OrderWorkflow")["States"]]
    inner = [state for state in theirs.pop("states") if state in deployed_definition("OrderWorkflow")["States"]]
    assert (ours, top) == (theirs, inner)


@pytest.mark.parametrize("name", GAPS)
def test_a_gap_is_as_listed(engine: Engine, functions: dict[str, str], name: str) -> None:
    gap = GAPS[name]
    case_name = f"gap-{list(GAPS).index(name)}"
    found = Case(case_name, gap.definition, {"case": case_name}, gap.script)
    engine.script(case_name, gap.script)
    text = json.dumps(gap.definition)
    for step, arn in functions.items():
        text = text.replace(f'"@{step}"', f'"{arn}"')
    theirs = engine.end(engine.start(engine.machine(text), found.given))
    assert gap.short(simulated(found)) == gap.simulated, gap.why
    assert gap.short(theirs) == gap.engine, gap.why


def test_the_engine_hands_out_one_token_for_all_attempts(engine: Engine, functions: dict[str, str]) -> None:
    """A gap: on AWS, and in the interpreter, an answer to an attempt that has failed is nobody's any more."""
    retry = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1}]
    payload = {"case": "tokens", "task_token.$": "$$.Task.Token"}
    wait = {"Type": "Task", "Resource": f"{INVOKE}.waitForTaskToken", "Retry": retry, "End": True, "TimeoutSeconds": 30}
    wait["Parameters"] = {"FunctionName": functions["one"], "Payload": payload}
    machine = {"StartAt": "Wait", "States": {"Wait": wait}}
    engine.script("tokens", {"one": [{"raise": "Busy"}, {"raise": "Busy"}, {"value": 1}]})
    host = ScriptedHost({functions["one"].rsplit(":", 1)[1]: [TaskFailed("Busy"), TaskFailed("Busy"), 1]})
    assert (
        ends(machine, {}, host)["output"] == engine.end(engine.start(engine.machine(json.dumps(machine)), {}))["output"]
    )
    assert (host.tokens, engine.tokens("tokens")) == (3, 1)
