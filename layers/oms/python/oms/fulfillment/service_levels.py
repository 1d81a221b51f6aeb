"""Service levels: how soon nodes accept and pick the work of a method, and what is done when they do not. Pure.

They are a rule set of kind `service-levels`. Times are minutes in which the node is open, from the release of the work
on; work that waits for legs is counted from the end of that wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from oms.fulfillment.model import COUNTER_METHODS, Deadline, DeadlineKind, DeadlineStep, Do, FulfillmentOrder
from oms.platform.clock import format_instant, parse_instant
from oms.platform.fields import Code, Percent, Percents
from oms.platform.intake import Request
from oms.registry.hours import collected_at, end_of_open_time, open_time_between, ready_at, respond_by
from oms.registry.model import Node
from oms.sourcing.consolidation import Codes, NodeFilter

KIND = "service-levels"
_AT_ONCE = timedelta(seconds=60)
Minutes = Annotated[int, Field(strict=True, ge=1, le=20_160)]
# How work reaches the customer or, as a leg, another node.
WorkMethod = Literal["ship", "pickup", "ship_to_store", "delivery", "transfer"]


def _ids_once(levels: tuple[ServiceLevel, ...]) -> tuple[ServiceLevel, ...]:
    if len({one.id for one in levels}) != len(levels):
        raise ValueError("an id stands in the list twice")
    return levels


class ServiceLevel(Request):
    """How soon work of some methods and services is accepted and picked at some nodes; what is left out holds for all.

    The node is reminded at shares of the time, in percent; a person is told at `escalate_percent` of it. Work that the
    node has not accepted at `reroute_percent` of the time for that goes to others, where they have all of it.
    Work that was accepted and of which nothing is picked at `reclaim_percent` of the time for that is asked back, where
    others have all of it; a node that says nothing for `reclaim_minutes` has let go of it.
    What was promised is at risk `at_risk_minutes` before it is to leave, or to be ready, and has not.
    """

    id: Code
    methods: Annotated[tuple[WorkMethod, ...], Field(max_length=5)] = ()
    services: Codes = ()
    where: NodeFilter = NodeFilter()
    accept_minutes: Minutes | None = None
    pick_minutes: Minutes | None = None
    remind_percent: Percents = ()
    escalate_percent: Percent = 100
    reroute_percent: Percent | None = None
    reclaim_percent: Percent | None = None
    reclaim_minutes: Minutes = 30
    at_risk_minutes: Minutes | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.remind_percent and self.remind_percent[-1] >= self.escalate_percent:
            raise ValueError("a reminder comes before a person is told")
        if self.reroute_percent is not None and self.reroute_percent < self.escalate_percent:
            raise ValueError("a person is told before work goes to others, or with it")
        if self.reroute_percent is not None and self.accept_minutes is None:
            raise ValueError("only what is to be accepted in some time goes to others after it")
        if self.reclaim_percent is not None and self.reclaim_percent < self.escalate_percent:
            raise ValueError("a person is told before work is asked back, or with it")
        if self.reclaim_percent is not None and self.pick_minutes is None:
            raise ValueError("only what is to be picked in some time is asked back after it")
        return self

    def fits(self, work: FulfillmentOrder, node: Node | None) -> bool:
        """Whether it is about some work of a node; one that the registry does not know is no named one."""
        return (
            (not self.methods or work.method in self.methods)
            and (not self.services or work.service in self.services)
            and (self.where == NodeFilter() if node is None else self.where.admits(node))
        )


class ServiceLevels(Request):
    """Service levels; of those that fit some work the first holds."""

    levels: Annotated[tuple[ServiceLevel, ...], Field(max_length=100), AfterValidator(_ids_once)] = ()


def deadlines_for(
    work: FulfillmentOrder, node: Node | None, levels: Iterable[ServiceLevel], start: datetime
) -> tuple[Deadline, ...]:
    """What some work has to meet from an instant on; nothing where no level fits."""
    level = next((one for one in levels if one.fits(work, node)), None)
    if level is None:
        return ()
    found = []
    for kind, minutes in ((DeadlineKind.ACCEPT, level.accept_minutes), (DeadlineKind.PICK, level.pick_minutes)):
        if minutes is not None:
            found.append(_deadline(kind, minutes, level, node, start))
    if level.at_risk_minutes is not None and work.due_at is not None and not work.is_leg:
        found.append(_promise(work, parse_instant(work.due_at), level.at_risk_minutes, node, start))
    return tuple(sorted(found, key=lambda one: one.at))


def _deadline(kind: DeadlineKind, minutes: int, level: ServiceLevel, node: Node | None, start: datetime) -> Deadline:
    steps = [(Do.REMIND, percent) for percent in level.remind_percent]
    steps.append((Do.ESCALATE, level.escalate_percent))
    if kind is DeadlineKind.ACCEPT and level.reroute_percent is not None:
        steps.append((Do.REROUTE, level.reroute_percent))
    timed = [DeadlineStep(do=do, at=_at(node, start, minutes, percent)) for do, percent in steps]
    if kind is DeadlineKind.PICK and level.reclaim_percent is not None:
        reclaimed = _at(node, start, minutes, level.reclaim_percent)
        taken = _at(node, parse_instant(reclaimed), level.reclaim_minutes, 100)
        timed += [DeadlineStep(do=Do.RECLAIM, at=reclaimed), DeadlineStep(do=Do.REROUTE, at=taken)]
    return Deadline(kind=kind, at=_at(node, start, minutes, 100), steps=tuple(timed))


def _promise(work: FulfillmentOrder, due: datetime, minutes: int, node: Node | None, start: datetime) -> Deadline:
    """What was promised, and the warning so many open minutes before; work that comes later is warned of at once."""
    room = timedelta(minutes=minutes)
    open_time = due - start if node is None else open_time_between(node, start, due)
    warned = None if open_time <= room else open_time - room
    at = None if warned is None else (start + warned if node is None else end_of_open_time(node, start, warned))
    later = _next_chance(work, node, max(due, start))
    return Deadline(
        kind=DeadlineKind.PROMISE,
        at=format_instant(due),
        # An instant that is over when the work is released is none that a workflow waits for.
        steps=(DeadlineStep(do=Do.WARN, at=format_instant(max(at or start, start + _AT_ONCE))),),
        next_at=None if later is None else format_instant(later),
    )


def _next_chance(work: FulfillmentOrder, node: Node | None, missed: datetime) -> datetime | None:
    """When work leaves, or is ready, that has missed an instant: with the next collection, else a lead time later.

    A node that names neither has the time that it has to answer.
    """
    if node is None:
        return respond_by(None, missed)
    if work.method not in COUNTER_METHODS and node.lead_time.collections is not None:
        return collected_at(node, missed + timedelta(seconds=1))
    return ready_at(node, missed) if node.lead_time.minutes else respond_by(node, missed)


def _at(node: Node | None, start: datetime, minutes: int, percent: int) -> str:
    """The instant at which a share of some open minutes is over; at a node that never opens, of any minutes."""
    needed = timedelta(seconds=minutes * 60 * percent // 100)
    open_time = None if node is None else end_of_open_time(node, start, needed)
    return format_instant(open_time or start + needed)
