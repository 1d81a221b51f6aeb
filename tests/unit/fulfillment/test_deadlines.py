"""Deadlines of work: in open minutes of its node, what is due when, and how long the workflow waits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from oms.fulfillment.deadlines import due_steps, next_deadline, wait_seconds, wants_rerouting, with_deadline, with_done
from oms.fulfillment.model import Deadline, DeadlineKind, DeadlineStep, Do, FulfillmentOrder, Status, WorkLine
from oms.fulfillment.service_levels import ServiceLevel, ServiceLevels, deadlines_for
from oms.platform.clock import format_instant
from oms.platform.intake import validate
from oms.platform.problems import InvalidRequest
from oms.registry.model import Holiday, WeeklyHours
from tests.order_nodes import PLACES, node

# Monday, noon in New York.
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
HOURS = WeeklyHours(monday=(("09:00", "18:00"),), tuesday=(("09:00", "18:00"),), wednesday=(("09:00", "18:00"),))
STORE = node("S1", *PLACES["S1"]).model_copy(update={"hours": HOURS, "time_zone": "America/New_York"})
LEVEL = validate(
    ServiceLevel,
    {
        "id": "stores",
        "accept_minutes": 60,
        "pick_minutes": 120,
        "remind_percent": [50],
        "escalate_percent": 100,
        "reroute_percent": 150,
    },
)


def work(status: Status = Status.OPEN, start: datetime = NOON, level: ServiceLevel = LEVEL, **more) -> FulfillmentOrder:
    made = FulfillmentOrder(
        id="ful_1_1",
        order_id="ord_1",
        node_id="S1",
        legal_entity="100",
        group_no=1,
        method="ship",
        status=status,
        lines=(WorkLine(line_no=1, sku="A", quantity=2),),
        created_at=format_instant(NOON),
        respond_by=format_instant(NOON + timedelta(hours=20)),
        timeout_seconds=72_000,
    ).model_copy(update=more)
    return made.model_copy(update={"deadlines": deadlines_for(made, STORE, [level], start)})


def after(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def steps(made: FulfillmentOrder) -> list[tuple[str, str, datetime]]:
    return [(d.kind.value, s.do.value, datetime.fromisoformat(s.at)) for d in made.deadlines or () for s in d.steps]


def test_a_service_level_becomes_instants():
    assert [(d.kind.value, d.at) for d in work().deadlines or ()] == [
        ("ACCEPT", "2026-11-23T18:00:00.000Z"),
        ("PICK", "2026-11-23T19:00:00.000Z"),
    ]
    assert steps(work()) == [
        ("ACCEPT", "REMIND", after(30)),
        ("ACCEPT", "ESCALATE", after(60)),
        ("ACCEPT", "REROUTE", after(90)),
        ("PICK", "REMIND", after(60)),
        ("PICK", "ESCALATE", after(120)),
    ]


@pytest.mark.parametrize(
    ("start", "accept_by"),
    [
        # 17:40 on Monday: 20 minutes until the store closes, 40 on Tuesday morning.
        ("2026-11-23T22:40:00Z", "2026-11-24T14:40:00.000Z"),
        # The store is closed on Thursday; the next it knows is Monday.
        ("2026-11-26T15:00:00Z", "2026-11-30T15:00:00.000Z"),
        # Monday evening, when the store is closed: on Tuesday at ten.
        ("2026-11-24T00:00:00Z", "2026-11-24T15:00:00.000Z"),
        # Before and after the clocks go forward on 8 March, at 09:00 of the store both times.
        ("2026-03-04T23:00:00Z", "2026-03-09T14:00:00.000Z"),
    ],
)
def test_only_open_time_counts(start: str, accept_by: str):
    accept, _ = work(start=datetime.fromisoformat(start)).deadlines or ()
    assert accept.at == accept_by


def test_a_holiday_does_not_count():
    closed = STORE.model_copy(update={"holidays": (Holiday(date=date(2026, 11, 24)),)})
    accept, _ = deadlines_for(work(), closed, [LEVEL], datetime(2026, 11, 24, 0, tzinfo=UTC))
    assert accept.at == "2026-11-25T15:00:00.000Z"


@pytest.mark.parametrize(
    ("level", "fits"),
    [
        ({}, True),
        ({"methods": ["pickup"]}, False),
        ({"methods": ["pickup", "ship"]}, True),
        ({"services": ["express"]}, False),
        ({"where": {"kinds": ["store"]}}, True),
        ({"where": {"nodes": ["DC1"]}}, False),
    ],
)
def test_a_level_is_for_some_work(level: dict, fits: bool):
    made = validate(ServiceLevel, {"id": "one", "accept_minutes": 5, **level})
    store = STORE.model_copy(update={"kind": "store"})
    assert bool(deadlines_for(work(), store, [made], NOON)) is fits


@pytest.mark.parametrize(
    "wrong",
    [
        {"remind_percent": [50, 50]},
        {"remind_percent": [100]},
        {"reroute_percent": 90},
        {"accept_minutes": None, "reroute_percent": 150},
        {"accept_minutes": 0},
        {"methods": ["digital"]},
    ],
)
def test_a_level_that_makes_no_sense_is_refused(wrong: dict):
    with pytest.raises(InvalidRequest):
        validate(ServiceLevels, {"levels": [{"id": "one", "accept_minutes": 60, **wrong}]})


def test_what_is_due_and_how_long_to_wait():
    waiting = work()
    assert (due_steps(waiting, NOON), next_deadline(waiting, NOON)) == ([], after(30))
    assert wait_seconds(waiting, NOON) == 30 * 60
    ((deadline, step),) = due_steps(waiting, after(30))
    assert (deadline.kind, step.do) == (DeadlineKind.ACCEPT, Do.REMIND)
    reminded = with_done(waiting, deadline, step)
    assert (due_steps(reminded, after(31)), next_deadline(reminded, after(31))) == ([], after(60))
    # Both are due where a timer came late: in the order of their times.
    assert [step.do for _, step in due_steps(waiting, after(70))] == [Do.REMIND, Do.ESCALATE]
    assert (wants_rerouting(waiting, after(89)), wants_rerouting(waiting, after(90))) == (False, True)


def test_what_the_work_has_overtaken_is_not_due_any_more():
    taken = work(Status.ACCEPTED)
    assert due_steps(taken, after(59)) == []
    assert not wants_rerouting(taken, after(1_000))
    assert [(d.kind.value, s.do.value) for d, s in due_steps(taken, after(60))] == [("PICK", "REMIND")]
    # While it is open, the time to pick it is waited for, too: it may be accepted at any moment.
    asked_for = [next_deadline(work(), after(minutes)) for minutes in (61, 91)]
    assert asked_for == [after(90), after(120)]
    picked = tuple(line.model_copy(update={"picked": 2}) for line in taken.lines)
    assert due_steps(taken.model_copy(update={"status": Status.PICKING, "lines": picked}), after(200)) == []
    assert due_steps(work(Status.PACKED), after(200)) == []


@pytest.mark.parametrize(
    ("status", "minutes", "rerouted", "seconds"),
    [
        # Patience ends with the last time that the service level names or the node's time to answer, the later one.
        (Status.OPEN, 130, True, 64_200),
        (Status.PACKED, 10, False, 71_400),
        (Status.PACKED, 1_200, True, 72_000),
        (Status.READY, 1_200, False, 72_000),
        (Status.ACCEPTED, 1_199, False, 60),
    ],
)
def test_when_nothing_more_is_named_the_node_has_its_usual_time(status, minutes, rerouted, seconds):
    made = work(status)
    assert wants_rerouting(made, after(minutes)) is rerouted
    assert wait_seconds(made, after(minutes)) == seconds


def test_without_service_levels_only_the_usual_time_counts():
    made = work(level=validate(ServiceLevel, {"id": "none", "methods": ["pickup"]}))
    assert (made.deadlines, next_deadline(made, NOON), wait_seconds(made, NOON)) == ((), None, 72_000)
    assert (wants_rerouting(made, after(1_199)), wants_rerouting(made, after(1_200))) == (False, True)


def test_a_deadline_takes_the_place_of_the_one_of_its_kind():
    later = Deadline(kind=DeadlineKind.ACCEPT, at=format_instant(after(600)), steps=())
    moved = with_deadline(work(), later)
    assert [(one.kind.value, one.at) for one in moved.deadlines or ()] == [
        ("PICK", "2026-11-23T19:00:00.000Z"),
        ("ACCEPT", "2026-11-24T03:00:00.000Z"),
    ]
    step = DeadlineStep(do=Do.REMIND, at=format_instant(NOON))
    assert step.done is False
