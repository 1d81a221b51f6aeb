"""`python -m tests.simulation.crash_points`: every call of every handler is broken in each way, and all comes right.

Each story (crash_stories.py, house_stories.py, leg_stories.py) is first told on a calm day, and every call that a
handler makes is written down with all that the same invocation has asked for before it: that is a crash point. Then the
story is told again for each of them and each kind of fault; what follows is redelivery, recovery and quiet, and the
checker has to be silent.

    fail before      the call is refused and nothing happens
    crash after      it happens, and the function dies before it hears of it
    response lost    it happens, and the function hears nothing

To die after a question is to die after the call before it: a question changes nothing, and a dead worker forgets its
answer. So it is not told again where the invocation had made another call before; the table counts it as met there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulation import (  # noqa: F401 - they tell their stories
    activation_stories,
    carrier_stories,
    cash_stories,
    choice_stories,
    crash_stories,
    deadline_stories,
    demand_stories,
    device_stories,
    edit_stories,
    goodwill_stories,
    house_stories,
    intake_stories,
    leg_stories,
    notice_stories,
    paper_stories,
    payment_stories,
    picking_stories,
    pickup_stories,
    provider_stories,
    refund_stories,
    reserve_stories,
    reshape_stories,
    return_stories,
    settlement_stories,
    supplier_stories,
    tender_stories,
    till_stories,
    webhook_stories,
)
from tests.simulation.machine.faults import ANSWER_LOST, BROKEN, CRASH_AFTER
from tests.simulation.machine.healing import LEFT_ALONE
from tests.simulation.telling import STORIES, simulated_for, tell

KINDS = {BROKEN: "fail before", CRASH_AFTER: "crash after", ANSWER_LOST: "response lost"}
# Calls that change nothing.
QUESTIONS = {"GetItem", "BatchGetItem", "Query", "Scan", "GetSecretValue", "GetObject", "ListObjectsV2"}
_VERBS = {"Put": "put", "Update": "change", "Delete": "remove", "ConditionCheck": "check"}


@dataclass(frozen=True, slots=True)
class Point:
    """One call that can be broken: the nth of a function in a story, named by all that its invocation did so far."""

    story: str
    function: str
    nth: int
    service: str
    operation: str
    path: tuple[str, ...]
    # Reached only when what nobody finished has lain for a day.
    is_late: bool

    @property
    def name(self) -> tuple[str, tuple[str, ...]]:
        return self.function, self.path

    def is_met_before(self, kind: str) -> bool:
        """Whether the same trouble at the call before it leaves the same behind."""
        return kind == CRASH_AFTER and self.operation in QUESTIONS and len(self.path) > 1


class Recorder:
    """Listens to a simulation and writes down every call of every function."""

    def __init__(self, simulation: Any, story: str) -> None:
        self.points: list[Point] = []
        self._story = story
        self._simulation = simulation
        self._paths: dict[Any, tuple[str, ...]] = {}
        self._asked: tuple[str, str, str] | None = None
        self._day_over: int | None = None
        self._call, self._at_call = simulation.aws.call, simulation.faults.at_call
        simulation.aws.call, simulation.faults.at_call = self.call, self.at_call

    def call(self, service: str, operation: str, request: Mapping[str, Any]) -> Any:
        self._asked = (service, operation, shape(service, operation, request))
        return self._call(service, operation, request)

    def at_call(self, function: str, operation: str, *, write: bool) -> str | None:
        service, _, asked = self._asked or ("psp", operation, f"psp {operation}")
        self._asked = None
        invocation = self._simulation.invocation
        path = self._paths[invocation] = extended(self._paths.get(invocation, ()), asked)
        fault = self._at_call(function, operation, write=write)
        nth = self._simulation.faults.calls[function]
        self.points.append(Point(self._story, function, nth, service, operation, path, self._is_late()))
        return fault

    def _is_late(self) -> bool:
        """Whether all has been healing for so long that people would finish what is left."""
        if not self._simulation.faults.over:
            return False
        now = self._simulation.scheduler.now
        if self._day_over is None:
            self._day_over = now + LEFT_ALONE
        return now >= self._day_over


def extended(path: tuple[str, ...], asked: str) -> tuple[str, ...]:
    """The path with one more call; in a loop over the same calls every round after the second is the same points."""
    path = (*path, asked)
    for length in range(1, len(path) // 3 + 1):
        if path[-length:] == path[-2 * length : -length] == path[-3 * length : -2 * length]:
            return path[:-length]
    return path


def shape(service: str, operation: str, request: Mapping[str, Any]) -> str:
    """What a request is about, without what differs from run to run."""
    if operation == "TransactWriteItems":
        actions = [next(iter(action.items())) for action in request["TransactItems"]]
        return " ".join(dict.fromkeys(f"{_VERBS[verb]} {_place(body)}" for verb, body in actions))
    if service == "dynamodb" and "TableName" in request:
        return f"{operation} {_place(request)}"
    return f"{service} {operation}"


def _place(body: Mapping[str, Any]) -> str:
    key = body.get("Key") or body.get("Item") or {}
    return f"{body['TableName']}/{key.get('sk', {}).get('S', '').split('#')[0]}"


def crash_points() -> tuple[list[Point], list[str]]:
    """Every crash point of all stories, each once, where it is met first; and what is wrong on a calm day already."""
    found: dict[Any, Point] = {}
    wrong: list[str] = []
    for name in STORIES:
        simulation = simulated_for(name)
        recorder = Recorder(simulation, name)
        tell(name, simulation)
        wrong += [f"{name}, on a calm day: {violation}" for violation in simulation.violations]
        for point in recorder.points:
            found.setdefault(point.name, point)
    return list(found.values()), wrong


def strike(point: Point, kind: str, seen: set[tuple[str, str, str]]) -> list[str]:
    """Break one call in one way; what is wrong in the end. `seen` gets every call that was made."""
    simulation = simulated_for(point.story)
    simulation.before_call(point.function, point.nth, kind)
    try:
        tell(point.story, simulation, to_the_end=point.is_late)
    except Exception as error:  # noqa: BLE001 - a story that cannot be told to its end is a finding
        return [f"{type(error).__name__}: {error}"]
    finally:
        simulation.scheduler.abandon()
    seen |= simulation.aws.seen
    fired = {key for key in simulation.faults.fired if key[0] == kind and key[1] == point.function}
    wrong = [] if fired else ["the call was not made again"]
    return wrong + [f"{found.invariant} {found.where}: {found.what}" for found in simulation.violations]


def run(
    points: Sequence[Point], seen: set[tuple[str, str, str]] | None = None
) -> Iterator[tuple[Point, str, list[str]]]:
    """Break each of these calls in each way that is not met before."""
    for point in points:
        for kind in KINDS:
            met = point.is_met_before(kind)
            yield point, kind, [] if met else strike(point, kind, set() if seen is None else seen)


def table(points: Sequence[Point], done: Counter[tuple[str, str, str, str]]) -> str:
    """How many points of each handler and call there are, and how many were broken in each way."""
    rows: Counter[tuple[str, str, str]] = Counter((p.function, p.service, p.operation) for p in points)
    lines = [f"{'handler':<22} {'call':<32} {'points':>6}  " + "  ".join(KINDS.values())]
    for (function, service, operation), count in sorted(rows.items()):
        broken = [done[function, service, operation, kind] for kind in KINDS]
        shown = "  ".join(f"{number:>{len(name)}}" for number, name in zip(broken, KINDS.values(), strict=True))
        lines.append(f"{function:<22} {f'{service} {operation}':<32} {count:>6}  {shown}")
    total = len(points) * len(KINDS)
    lines.append(f"{len(points)} points, {sum(done.values())} of {total} broken: {100 * sum(done.values()) // total} %")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.crash_points", description=__doc__.split("\n")[0])
    parser.add_argument("--handler", help="only this one")
    arguments = parser.parse_args()
    begun = time.process_time()
    points, wrong_already = crash_points()
    points = [point for point in points if arguments.handler in (None, point.function)]
    print("\n".join(wrong_already))
    done: Counter[tuple[str, str, str, str]] = Counter()
    failed = len(wrong_already)
    for point, kind, wrong in run(points):
        done[point.function, point.service, point.operation, kind] += 1
        for what in wrong:
            print(f"{point.story}: {point.function} call {point.nth} ({point.path[-1]}), {KINDS[kind]}: {what}"[:300])
        failed += bool(wrong)
    print(table(points, done))
    print(f"{failed} runs with findings, {time.process_time() - begun:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
