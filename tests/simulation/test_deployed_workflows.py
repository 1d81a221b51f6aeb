"""The two deployed definitions, walked by the interpreter along every one of their arrows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulation.machine.workflows import TaskFailed
from tests.simulation.workflow_host import After, ScriptedHost, deployed_definition, ends

WORK = {"tenant": "acme", "order_id": "o1", "fulfillment_order_id": "f1", "timeout_seconds": 600, "rest_seconds": 900}
IDS = {"tenant": "acme", "order_id": "o1", "fulfillment_order_id": "f1"}
WAITS, REST, TAKE, TAKE_PART = (
    "ReleaseFulfillmentOrder",
    "AwaitRestOfShipment",
    "CapturePayment",
    "CapturePartialPayment",
)
TAKE_INCOMPLETE, NOTHING = "CaptureIncompletePayment", "NothingLeftToDo"
ESCALATED = ["EscalateFulfillmentOrder", "MayStillShip"]
REROUTE = "RerouteFulfillmentOrder"
# Nobody else has the units, unless a script says otherwise.
ALONE: dict[str, list[Any]] = {"reroute_fulfillment": [{"rerouted": False}] * 3}
TOLD = [REROUTE, "IsRerouted", *ESCALATED]
LATER = "WaitForRepair"
# What is due when a wait is over: nothing but a reminder, or the node has had its time.
DUE = ["NoteTimeout", "TakeDueDeadlines", "SetNextWait", "WhatIsDue"]
REMINDED, OVERDUE = {"then": "WAIT_ON", "wait_seconds": 300}, {"then": "REROUTE", "wait_seconds": 1_200}
NOT_AGAIN = ["NoteWaitFailure", *ESCALATED, LATER, REST]
EXISTS = "StepFunctions.ExecutionAlreadyExistsException"


class Answer(TaskFailed):
    """What a node has done other than ship everything: the failure that its token is answered with."""


def fulfil(release: list[Any], **script: list[Any]) -> tuple[dict[str, Any], ScriptedHost]:
    host = ScriptedHost({"release_fulfillment": release, **ALONE, **script})
    return ends(deployed_definition("FulfillmentWorkflow"), WORK, host), host


def place(authorized: Any, **script: list[Any]) -> tuple[dict[str, Any], ScriptedHost]:
    host = ScriptedHost({"authorize_payment": [authorized], **script})
    return ends(deployed_definition("OrderWorkflow"), {"tenant": "acme", "order_id": "o1"}, host), host


SHIPPED: dict[str, Any] = {}
TOO_LATE, BUSY, BROKEN = After(10_000, None), TaskFailed("Busy"), TaskFailed("KeyError")
PARTLY, REJECTED, CANCELLED, INCOMPLETE = map(Answer, ("PARTIALLY_SHIPPED", "REJECTED", "CANCELLED", "INCOMPLETE"))
EARLIER = Answer("DUE_EARLIER")
REFUSED = {"capture_payment": [TaskFailed("Declined")]}
WALKS: dict[str, tuple[list[Any], dict[str, list[Any]], list[str]]] = {
    "shipped": ([SHIPPED], {}, [WAITS, TAKE]),
    "in parts": ([PARTLY, PARTLY, SHIPPED], {}, [WAITS, TAKE_PART, REST, TAKE_PART, REST, TAKE]),
    "rejected": ([REJECTED], {}, [WAITS, "NoteRejection", *TOLD, NOTHING]),
    "rejected and re-routed": (
        [REJECTED],
        {"reroute_fulfillment": [{"rerouted": True}]},
        [WAITS, "NoteRejection", REROUTE, "IsRerouted", NOTHING],
    ),
    "not re-routed for long": (
        [REJECTED],
        {"reroute_fulfillment": [BROKEN] * 7},
        [WAITS, "NoteRejection", REROUTE, *ESCALATED, NOTHING],
    ),
    "silent and re-routed": (
        [TOO_LATE],
        {"escalate_fulfillment": [OVERDUE], "reroute_fulfillment": [{"rerouted": True}]},
        [WAITS, *DUE, REROUTE, "IsRerouted", NOTHING],
    ),
    "reminded, then shipped": ([TOO_LATE, SHIPPED], {"escalate_fulfillment": [REMINDED]}, [WAITS, *DUE, REST, TAKE]),
    "due before the wait would end": (
        [EARLIER, TOO_LATE, EARLIER, SHIPPED],
        {"escalate_fulfillment": [REMINDED, OVERDUE, {}, REMINDED]},
        [WAITS, *DUE, REST, *DUE, *TOLD, REST, *DUE, REST, TAKE],
    ),
    "nothing could be taken for long": (
        [TOO_LATE, SHIPPED],
        {"escalate_fulfillment": [BROKEN] * 11},
        [WAITS, *DUE[:2], "NoteDueFailure", *DUE[2:], REST, TAKE],
    ),
    "cancelled": ([CANCELLED], {}, [WAITS, NOTHING]),
    "given up": ([INCOMPLETE], {}, [WAITS, TAKE_INCOMPLETE, "NoteIncomplete", *TOLD, NOTHING]),
    "the rest rejected": ([PARTLY, REJECTED], {}, [WAITS, TAKE_PART, REST, "NoteRejection", *TOLD, NOTHING]),
    "the rest cancelled": ([PARTLY, CANCELLED], {}, [WAITS, TAKE_PART, REST, NOTHING]),
    "the rest given up": (
        [PARTLY, INCOMPLETE],
        {},
        [WAITS, TAKE_PART, REST, TAKE_INCOMPLETE, "NoteIncomplete", *TOLD, NOTHING],
    ),
    "silent, then shipped": (
        [TOO_LATE, SHIPPED],
        {"escalate_fulfillment": [OVERDUE]},
        [WAITS, *DUE, *TOLD, REST, TAKE],
    ),
    "silent twice": (
        [TOO_LATE, TOO_LATE, SHIPPED],
        {"escalate_fulfillment": [OVERDUE, {}, OVERDUE]},
        [WAITS, *DUE, *TOLD, REST, *DUE, *TOLD, REST, TAKE],
    ),
    "not released": ([BROKEN, SHIPPED], {}, [WAITS, "NoteReleaseFailure", *ESCALATED, REST, TAKE]),
    "not released for long": (
        [BROKEN, BROKEN, BROKEN, SHIPPED],
        {},
        [WAITS, "NoteReleaseFailure", *ESCALATED, REST, *NOT_AGAIN, *NOT_AGAIN, TAKE],
    ),
    "closed while it could not be released": (
        [BROKEN, BROKEN, CANCELLED],
        {},
        [WAITS, "NoteReleaseFailure", *ESCALATED, REST, *NOT_AGAIN, NOTHING],
    ),
    "nobody could be told": (
        [REJECTED, REJECTED],
        {"escalate_fulfillment": [BROKEN] * 11},
        [WAITS, "NoteRejection", *TOLD[:3], LATER, REST, "NoteRejection", *TOLD, NOTHING],
    ),
    "released late": ([BUSY] * 8 + [SHIPPED], {}, [WAITS, TAKE]),
    "money not taken": ([SHIPPED], REFUSED, [WAITS, TAKE, "NoteCaptureFailure", *ESCALATED, NOTHING]),
    "money of a part not taken": (
        [PARTLY, SHIPPED],
        REFUSED,
        [WAITS, TAKE_PART, "NotePartialCaptureFailure", *ESCALATED, REST, TAKE],
    ),
    "money of what had left not taken": (
        [INCOMPLETE],
        REFUSED,
        [WAITS, TAKE_INCOMPLETE, "NoteIncompleteCaptureFailure", *ESCALATED, "NoteIncomplete", *TOLD, NOTHING],
    ),
}


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_through_the_fulfilment_workflow(name):
    release, script, states = WALKS[name]
    run, host = fulfil(release, **script)
    assert run["status"] == "SUCCEEDED"
    assert host.states == states


def test_an_answer_that_the_workflow_does_not_know_is_escalated():
    run, host = fulfil([Answer("LOST"), SHIPPED])
    assert run["status"] == "SUCCEEDED"
    assert host.states == [WAITS, "NoteReleaseFailure", *ESCALATED, REST, TAKE]


def test_every_wait_hands_out_its_own_token_and_the_times_of_the_input():
    _, host = fulfil([PARTLY, SHIPPED])
    released = [payload for name, payload in host.calls if name == "release_fulfillment"]
    # Each says how long it is, and which is the first: what is due earlier ends that.
    assert released == [
        {**IDS, "timeout_seconds": 600, "task_token": "token-1"},
        {**IDS, "wait_seconds": 900, "task_token": "token-2"},
    ]
    assert [seconds for name, seconds in host.timeouts if name == "release_fulfillment"] == [600, 900]
    assert [payload for name, payload in host.calls if name == "capture_payment"] == [IDS, IDS]


@pytest.mark.parametrize(
    ("due", "seconds"), [([REMINDED], [600, 300]), ([OVERDUE], [600, 1_200]), ([BROKEN] * 11, [600, 3_600])]
)
def test_a_wait_lasts_until_the_next_thing_is_due(due, seconds):
    _, host = fulfil([TOO_LATE, SHIPPED], escalate_fulfillment=due)
    assert [asked for name, asked in host.timeouts if name == "release_fulfillment"] == seconds
    assert host.calls[1] == ("escalate_fulfillment", IDS)


@pytest.mark.parametrize(
    ("release", "script", "reason"),
    [
        ([TOO_LATE, SHIPPED], {"escalate_fulfillment": [OVERDUE]}, "TIMED_OUT"),
        ([BROKEN, SHIPPED], {}, "RELEASE_FAILED"),
        ([REJECTED], {}, "REJECTED"),
        ([INCOMPLETE], {}, "INCOMPLETE"),
        ([SHIPPED], REFUSED, "CAPTURE_FAILED"),
    ],
)
def test_an_operator_is_told_why(release, script, reason):
    _, host = fulfil(release, **script)
    assert ("escalate_fulfillment", {**IDS, "reason": reason}) in host.calls


def test_a_capture_is_tried_for_hours():
    run, host = fulfil([SHIPPED], capture_payment=[TaskFailed("TransientFailure")] * 14)
    assert run["status"] == "SUCCEEDED"
    # Half of each pause, by the chance of this host: 5 s, doubled up to an hour.
    assert host.sleeps == [min(5 * 2**n, 3600) / 2 for n in range(14)]
    run, host = fulfil([SHIPPED], capture_payment=[TaskFailed("TransientFailure")] * 15)
    assert "NoteCaptureFailure" in host.states


def test_given_up_work_whose_money_is_refused_is_told_twice():
    _, host = fulfil([INCOMPLETE], **REFUSED)
    told = [asked["reason"] for name, asked in host.calls if name == "escalate_fulfillment"]
    assert told == ["CAPTURE_FAILED", "INCOMPLETE"]


def test_a_run_that_can_neither_release_nor_escalate_goes_on_every_hour():
    _, host = fulfil([REJECTED], escalate_fulfillment=[TaskFailed("E")] * 11)
    assert (len(host.sleeps), host.sleeps[-1]) == (11, 3600)
    run, host = fulfil([BROKEN] * 4 + [SHIPPED])
    assert (run["status"], host.sleeps) == ("SUCCEEDED", [3600] * 3)


ONE, TWO = {"fulfillment_order_id": "f1"}, {"fulfillment_order_id": "f2"}
AUTHORIZED = {"outcome": "AUTHORIZED", "fulfillment_orders": [ONE, TWO]}


def test_an_authorised_order_starts_its_fulfilments():
    run, host = place(AUTHORIZED)
    assert run == {"status": "SUCCEEDED", "output": AUTHORIZED}
    started = [asked for name, asked in host.calls if name == "FulfillmentWorkflow"]
    assert started == [{"name": "f1", "input": ONE}, {"name": "f2", "input": TWO}]
    assert host.limits == [5]
    ids = {"tenant": "acme", "order_id": "o1"}
    assert host.calls[:2] == [("source_order", ids), ("authorize_payment", ids)]


@pytest.mark.parametrize("outcome", ["NOT_REQUIRED", "DECLINED"])
def test_an_order_without_a_payment_and_one_that_waits(outcome):
    run, host = place({"outcome": outcome, "fulfillment_orders": [ONE]})
    assert run["status"] == "SUCCEEDED"
    last = {"NOT_REQUIRED": "StartFulfillment", "DECLINED": "AwaitDecision"}[outcome]
    assert host.states[-1] == last


@pytest.mark.parametrize("name", [EXISTS, "ExecutionAlreadyExists"])
def test_a_fulfilment_that_was_started_before_is_not_tried_again(name):
    run, host = place(AUTHORIZED, FulfillmentWorkflow=[TaskFailed(name)])
    assert run["status"] == "SUCCEEDED"
    assert host.states[-3:] == ["StartFulfillment", "AlreadyStarted", "StartFulfillment"]
    assert host.sleeps == []


def test_a_start_that_fails_is_tried_again():
    run, host = place(AUTHORIZED, FulfillmentWorkflow=[TaskFailed("StepFunctions.Throttled")] * 4)
    assert run["status"] == "SUCCEEDED"
    assert host.sleeps == [0.5, 1, 2, 4]


def test_an_order_workflow_has_55_seconds():
    run, _ = place(AUTHORIZED, source_order=[After(28, BUSY), After(29, {})])
    assert run == {"status": "TIMED_OUT"}
    run, _ = place(AUTHORIZED, source_order=[BUSY] * 5)
    assert (run["status"], run["error"]) == ("FAILED", "Busy")
    run, _ = place(AUTHORIZED, source_order=[After(31, {})])
    assert (run["status"], run["error"]) == ("FAILED", "States.Timeout")


def arrows(part: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every way from one state to the next."""
    for name, state in part["States"].items():
        ways = [state.get("Next"), state.get("Default")]
        ways += [one["Next"] for one in (*state.get("Choices", []), *state.get("Catch", []))]
        yield from ((name, way) for way in ways if way)
        if "ItemProcessor" in state:
            yield name, state["ItemProcessor"]["StartAt"]
            yield from arrows(state["ItemProcessor"])


def test_every_arrow_of_both_definitions_was_walked():
    walked: set[tuple[str, str]] = set()
    walks = [fulfil(release, **script) for release, script, _ in WALKS.values()]
    walks += [place(AUTHORIZED), place({**AUTHORIZED, "outcome": "DECLINED"})]
    walks += [place(AUTHORIZED, FulfillmentWorkflow=[TaskFailed(EXISTS)])]
    for _, host in walks:
        walked |= set(zip(host.states, host.states[1:], strict=False))
    for machine in ("OrderWorkflow", "FulfillmentWorkflow"):
        assert set(arrows(deployed_definition(machine))) <= walked
