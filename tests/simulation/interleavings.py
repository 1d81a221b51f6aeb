"""Two sides at once, in every order: a search over who goes on at each call, with at most one trouble at any call.

A run is a list of choices; each is made by a copy of the process from where the two begin. Where two lists lead to the
same state (the same tables, the same answers heard by both sides, the same provider) only one of them is followed
further: reads that do not disturb each other need not be tried in every order, and nothing is left out.

A read of what nobody else changes is the same whenever it happens, so there nobody takes turns; stillness.py finds out
which reads these are, and the search holds every run to it. A side may still be held up there, since the product may
look at its clock behind it; but not at reads of the registry, which are all over the place and say nothing of time.

While the two sides are at work no time passes and nothing else happens, unless a side is held up: that is one of the
troubles, and then everything that follows from the other side, deliveries included, happens in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.simulation.directed import People
from tests.simulation.machine.faults import CRASH_AFTER, CRASH_BEFORE
from tests.simulation.own_chance import OwnChance
from tests.simulation.sides import Side
from tests.simulation.stillness import READS, Stillness

HELD_UP = "held up"
NONE = "none"
TROUBLES = (NONE, CRASH_BEFORE, CRASH_AFTER, HELD_UP)
# Reads have no effect: dying at one leaves the same behind as dying at the next call that has one. For the same reason
# dying before an effect is dying after the one before it, so only a side that has done nothing yet dies before one.
# How requests name the table of nodes, items and rules.
REGISTRY = "RegistryTable"
AT_READS = (NONE, HELD_UP)
LATER = (NONE, CRASH_AFTER, HELD_UP)
# Longer than every delivery takes, shorter than any function may run.
HOLD = 3_000
Act = Callable[[Side], object]
# How often sides may take turns (None: as often as they can), and whether a trouble may strike.
Bound = tuple[int | None, bool]
State = int


class Followed(BaseException):
    """This state has been reached before, and all that can follow is looked at there."""


@dataclass(slots=True)
class Run:
    """One list of choices as it went: the states it passed, the choice made in each, and what was wrong in the end."""

    choices: list[int] = field(default_factory=list)
    path: list[tuple[State, int]] = field(default_factory=list)
    branches: list[int] = field(default_factory=list)
    followed: State | None = None
    known_end: bool = False
    trouble: str = NONE
    wrong: list[str] = field(default_factory=list)
    points: set[tuple[str, str, str]] = field(default_factory=set)
    # What nobody had seen before, and what is known of reads from now on.
    new: list[State] = field(default_factory=list)
    still: Stillness = field(default_factory=Stillness)


class Stage:
    """A simulation in which two sides are at work, and the choices between them."""

    def __init__(self, simulation: Any, bound: Bound) -> None:
        self.simulation = simulation
        self.run = Run()
        self.sides = [Side(simulation, number) for number in (0, 1)]
        self._given: list[int] = []
        self._seen: set[State] = set()
        self._most_switches, self._troubled = bound
        self._of: dict[Any, int] = {}
        self._active = False
        self._frozen = False
        self._switches = 0
        self._last: int | None = None
        self._salt = 0
        self._rows: dict[Any, int] = {}
        self._facts: list[Any] = []
        self._wire()

    def _wire(self) -> None:
        simulation, scheduler = self.simulation, self.simulation.scheduler
        self._through, self._at_call = simulation.aws.through, simulation.faults.at_call
        self._call, simulation.aws.call = simulation.aws.call, self.call
        self._pass_on, self._spawn, self._pause = scheduler.pass_on, scheduler.spawn, simulation.aws.pause
        # The tables outlive this stage, so what is put in their way goes with it.
        self._take_changes = partial(type(simulation.tables).take_changes, simulation.tables)
        simulation.aws.through, simulation.faults.at_call = self.through, self.at_call
        scheduler.pass_on, scheduler.spawn, scheduler.schedule = self.pass_on, self.spawn, self.choose
        simulation.aws.pause = simulation.pause = self.pause
        simulation.tables.take_changes = self.take_changes
        simulation.chance = OwnChance(self)

    def prepare(self, act: Callable[[Side], Any]) -> Any:
        """Bring the account to where the two begin; no time passes but what is waited for."""
        side, made = self.sides[0], []
        self._frozen = True
        self._of[self._spawn("before", lambda: made.append(act(side)))] = side.number
        self.simulation.scheduler.run(done=lambda: bool(made))
        self._of.clear()
        side.tries, side.begun, side.effects, side.heard = 0, 0, 0, []
        return made[0]

    def play(self, first: Act, second: Act, choices: Sequence[int], seen: set[State], still: Stillness) -> Run:
        """Let both act at once, then everything come to rest; after that there is nothing left to play."""
        self.run, self._given, self._seen = Run(list(choices), still=still), list(choices), seen
        scheduler, done = self.simulation.scheduler, []
        self._active = self._frozen = True

        def act(side: Side, does: Act) -> None:
            does(side)
            done.append(side)

        for side, does in zip(self.sides, (first, second), strict=True):
            task = self._spawn(f"side {side.number}", partial(act, side, does))
            self._of[task] = side.number
        try:
            scheduler.run(done=lambda: len(done) == 2)
        except Followed:
            self._leave()
            scheduler.abandon()
            return self.run
        self._leave()
        end = self.end()
        self.run.known_end = end in self._seen
        if self.run.known_end:
            scheduler.abandon()
            return self.run
        self._see(end)
        self.simulation.run_until_quiet(People(self.simulation).finish)
        self.run.wrong = [f"{found.invariant} {found.where}: {found.what}" for found in self.simulation.violations]
        scheduler.abandon()
        return self.run

    def _leave(self) -> None:
        """The two are no longer at work."""
        self._active = self._frozen = False
        del self.simulation.tables.take_changes

    # -- what replaces the machine's own

    def spawn(self, name: str, work: Any, scope: Any = None) -> Any:
        task = self._spawn(name, work, scope)
        side = self.side
        if side is not None:
            self._of[task] = side
            self.sides[side].begun += 1
        return task

    def pass_on(self, milliseconds: int) -> None:
        self._pass_on(0 if self._frozen and self.side is not None else milliseconds)

    def pause(self, seconds: float) -> None:
        self._pause(0.0 if self._frozen and self.side is not None else seconds)

    def take_changes(self) -> Any:
        written, changes = self._take_changes()
        for change in changes:
            if self._active:
                self.run.still.hears(self.side, change.table, change.pk, change.sk, change.before, change.after)
            self._rows[change.table, change.pk, change.sk] = hash(repr(change.after))
            if change.table == "events":
                self._facts.append((change.pk, change.sk))
        return written, changes

    def call(self, service: str, operation: str, request: Mapping[str, Any]) -> Any:
        side = self.side
        if side is None:
            return self._call(service, operation, request)
        self.sides[side].at_still = self._active and self.run.still.is_still(side, operation, request)
        self.sides[side].at_registry = self.sides[side].at_still and REGISTRY in repr(request)
        try:
            return self._call(service, operation, request)
        finally:
            self.sides[side].at_still = self.sides[side].at_registry = False

    def through(self, service: str, operation: str, effect: Any, write: bool) -> Any:
        side = self.side
        if side is None or not self._active:
            return self._through(service, operation, effect, write)

        def heard() -> Any:
            self.sides[side].about_to = None
            try:
                answer = effect()
            except Exception as error:
                self.sides[side].heard.append(hash(repr(error)))
                raise
            self.sides[side].heard.append(hash(_told(answer)))
            return answer

        return self._through(service, operation, heard, write)

    def at_call(self, function: str, operation: str, *, write: bool) -> str | None:
        fault = self._at_call(function, operation, write=write)
        side = self.side
        if side is None or not self._active:
            return fault
        self.run.points.add((f"{side} {function}", operation, str(len(self.sides[side].heard))))
        if self.run.trouble != NONE or self.sides[side].at_registry:
            return fault
        self.sides[side].about_to = operation
        possible = AT_READS if operation in READS else LATER if self.sides[side].effects else TROUBLES
        if not self._troubled:
            possible = possible[:1]
        kind = possible[self.pick(len(possible), ("trouble", side, operation)) if len(possible) > 1 else 0]
        self.run.trouble = kind
        self.sides[side].effects += operation not in READS
        if kind == HELD_UP:
            self._salt = hash((self.state(), kind))
            self.simulation.scheduler.sleep(HOLD)
            return fault
        if kind != NONE:
            self.sides[side].about_to = kind
        return fault if kind == NONE else kind

    @property
    def side(self) -> int | None:
        """Whose task runs now."""
        return self._of.get(self.simulation.scheduler.current)

    # -- choices

    def choose(self, tasks: list[Any]) -> int:
        """Which task goes on: one of the sides as long as one can, and between these every one in turn."""
        own = [place for place, task in enumerate(tasks) if task in self._of] if self._active else []
        if not own:
            return 0
        for place in own:
            if tasks[place].scope is None:
                return place
        present = self.side
        if present is not None and (self.sides[present].at_still or self._switches == self._most_switches):
            return 0
        place = own[0]
        if len(own) > 1:
            sides = tuple((self._of[tasks[place]], tasks[place].name) for place in own)
            place = own[self.pick(len(own), ("turn", present, sides))]
        if present is not None and self._of[tasks[place]] != present:
            self._switches += 1
        return place

    def pick(self, count: int, question: Any) -> int:
        state = hash((self.state(), question))
        place = len(self.run.path)
        if place < len(self._given):
            number = self._given[place]
        else:
            if state in self._seen:
                self.run.followed = state
                raise Followed
            self._see(state)
            number = 0
            self.run.choices.append(0)
        self.run.path.append((state, number))
        self.run.branches.append(count)
        return number

    def _see(self, state: State) -> None:
        self._seen.add(state)
        self.run.new.append(state)

    def state(self) -> State:
        """Everything that the future depends on while the two are at work, as one number."""
        sides = tuple(
            (side.tries, side.begun, side.effects > 0, side.about_to, tuple(side.heard)) for side in self.sides
        )
        limit = None if self._most_switches is None else self._switches
        return hash((sides, limit, self.run.trouble, *self._world()))

    def end(self) -> State:
        """Everything that the future depends on when both are done: the world, and what clients were told."""
        told = tuple((each["path"], each["status"], each["text"]) for each in self.simulation.gateway.exchanges)
        return hash(("end", told, *self._world()))

    def _world(self) -> tuple[Any, ...]:
        money = len(self.simulation.provider.psp.journal.log)
        rows = frozenset(self._rows.items())
        return money, rows, tuple(self._facts), self._salt, self.simulation.scheduler.now


def _told(answer: Any) -> str:
    """An answer as text, without what differs between equal answers."""
    content = getattr(answer, "_content", None)
    if content is not None:
        return f"{answer.status} {content!r}"
    if isinstance(answer, dict) and "Body" in answer:
        return "an object"
    return repr(answer)
