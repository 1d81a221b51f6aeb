"""Who goes on, and what time it is: one virtual clock, timers in a heap, and greenlets that take turns.

Time is whole milliseconds since 1970. It moves a little with every call that a task makes, and jumps to the next timer
when nobody can go on. A task gives others a chance only where it says so (`pass_on`, `sleep`, `wait`), which is at
every call to the outside; so the choices decide every interleaving, and the same choices give the same run.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from greenlet import getcurrent, greenlet

from tests.simulation.machine.choices import Choices

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = 1 << 62
_TOO_LATE = object()


class Killed(BaseException):
    """The task is over: no code of it may run on. Not an Exception, so that no handler catches it."""


class Expired(Exception):
    """What was waited for did not come in time."""


class Scope(Protocol):
    """What must be in place while a task runs, such as the globals of the worker that it runs on."""

    def enter(self) -> None: ...

    def leave(self) -> None: ...


class Slot:
    """Room for one value that a task waits for; the first value stays, and so does that it came too late."""

    __slots__ = ("filled", "task", "value")

    def __init__(self) -> None:
        self.filled = False
        self.value: Any = None
        self.task: Task | None = None


class Task:
    """One thread of work."""

    __slots__ = ("greenlet", "killed", "name", "over", "scope", "work")

    def __init__(self, name: str, work: Callable[[], object], scope: Scope | None) -> None:
        self.name = name
        self.work = work
        self.scope = scope
        self.killed = False
        self.over = False
        self.greenlet: greenlet | None = None


# Greenlets between two tasks, of whatever simulation.
_idle: list[greenlet] = []


def _work(task: Task) -> None:
    """What a greenlet does: one task after another, since a new greenlet is dear."""
    while True:
        try:
            with suppress(Killed):
                task.work()
        finally:
            task.over = True
        present = getcurrent()
        _idle.append(present)
        # Nothing of a task that is over may be kept alive by who waits for the next one.
        del task
        task = present.parent.switch()


class Scheduler:
    """The clock and all tasks; `switching` is how likely another task goes on where one could just carry on."""

    def __init__(self, choices: Choices, start: int) -> None:
        self.choices = choices
        self.now = start
        self.switching = 0.0
        self.ready: list[Task] = []
        self.current: Task | None = None
        self.schedule: Callable[[list[Task]], int] | None = None
        self._timers: list[list[Any]] = []
        self._order = 0
        self._next: int | None = None
        self._hub = getcurrent()
        self._begun: dict[Task, None] = {}

    @property
    def instant(self) -> datetime:
        """The present in UTC."""
        return EPOCH + timedelta(milliseconds=self.now)

    def spawn(self, name: str, work: Callable[[], object], scope: Scope | None = None) -> Task:
        """Start a task; it first runs when it is chosen."""
        task = Task(name, work, scope)
        self.ready.append(task)
        return task

    def after(self, milliseconds: float, action: Callable[[], object], *, patient: bool = False) -> list[Any]:
        """Do something later; it must not block. Returns what `forget` takes.

        A patient timer is no unrest: all may rest while somebody waits for it.
        """
        return self.at(self.now + int(milliseconds), action, patient=patient)

    def at(self, instant: int, action: Callable[[], object], *, patient: bool = False) -> list[Any]:
        self._order += 1
        timer = [instant, self._order, action, patient]
        heapq.heappush(self._timers, timer)
        return timer

    @staticmethod
    def forget(timer: list[Any]) -> None:
        """Do not do it after all."""
        timer[2] = None

    def pass_on(self, milliseconds: int) -> None:
        """A moment passes, and perhaps somebody else goes first."""
        task = self.current
        assert task is not None, "only a task can pass on"
        self.now += milliseconds
        self._fire()
        if self.ready:
            chosen = self._choose([task, *self.ready]) if self.schedule or self.switching else 0
            if chosen:
                self.ready.append(task)
                self._next = chosen - 1
                self._switch(task)
        if task.killed:
            raise Killed

    def sleep(self, milliseconds: float) -> None:
        """The present task does nothing for a while."""
        self.wait(Slot(), milliseconds, quietly=True)

    def wait(
        self, slot: Slot, milliseconds: float | None = None, *, quietly: bool = False, patient: bool = False
    ) -> Any:
        """Wait for the slot's value; without one in time it raises Expired, or quietly answers None."""
        task = self.current
        assert task is not None, "only a task can wait"
        if not slot.filled:
            slot.task = task
            timer = None
            if milliseconds is not None:
                timer = self.after(milliseconds, lambda: self.fill(slot, _TOO_LATE), patient=patient)
            self._switch(task)
            slot.task = None
            if timer is not None:
                self.forget(timer)
        if task.killed:
            raise Killed
        if slot.value is not _TOO_LATE:
            return slot.value
        if quietly:
            return None
        raise Expired

    def fill(self, slot: Slot, value: Any = None) -> bool:
        """Give a slot its value and wake who waits for it; False when it had one."""
        if slot.filled:
            return False
        slot.filled, slot.value = True, value
        if slot.task is not None:
            self.wake(slot.task)
        return True

    def wake(self, task: Task) -> None:
        if task not in self.ready and not task.over:
            self.ready.append(task)

    def kill(self, task: Task) -> None:
        """End a task: it makes no further call."""
        task.killed = True
        self.wake(task)

    def run(self, until: int = NEVER, done: Callable[[], bool] | None = None) -> bool:
        """Let everything go on until `done`, until an instant, or until nothing is left; whether nothing is left."""
        assert self.current is None, "a task cannot run the others"
        assert getcurrent() is self._hub, "only the hub runs the others"
        while done is None or not done():
            self._fire()
            if self.ready:
                place = self._next
                if place is None:
                    place = self._choose(self.ready) if len(self.ready) > 1 else 0
                self._next = None
                self._resume(self.ready.pop(place))
            elif not self._timers:
                return True
            elif self._timers[0][0] > until:
                self.now = until
                return False
            else:
                self.now = max(self.now, self._timers[0][0])
        return False

    def _choose(self, tasks: list[Task]) -> int:
        if self.schedule is not None:
            return self.schedule(tasks)
        return self.choices.pick(len(tasks), self.switching) if self.switching else 0

    def pending(self, *, patient: bool = True) -> list[int]:
        """When something is due, in order, with or without what is waited for patiently."""
        return sorted(timer[0] for timer in self._timers if timer[2] is not None and (patient or not timer[3]))

    def _fire(self) -> None:
        timers = self._timers
        while timers and (timers[0][2] is None or timers[0][0] <= self.now):
            action = heapq.heappop(timers)[2]
            if action is not None:
                action()

    def _resume(self, task: Task) -> None:
        self.current = task
        if task.scope is not None:
            task.scope.enter()
        try:
            if task.greenlet is not None:
                task.greenlet.switch()
            else:
                task.greenlet = _idle.pop() if _idle else greenlet(_work)
                task.greenlet.parent = self._hub
                task.greenlet.switch(task)
        finally:
            self.current = None
            if task.over:
                self._begun.pop(task, None)
            else:
                self._begun[task] = None
            if task.scope is not None:
                task.scope.leave()

    def abandon(self) -> None:
        """End whatever has begun: a greenlet that nobody goes on with keeps alive all that it ever saw."""
        self.schedule, self.switching = None, 0.0
        self.ready.clear()
        self._timers.clear()
        for task in list(self._begun):
            task.killed = True
            while not task.over and task.greenlet is not None and not task.greenlet.dead:
                self.current = task
                if task.scope is not None:
                    task.scope.enter()
                try:
                    task.greenlet.throw(Killed)
                finally:
                    self.current = None
                    if task.scope is not None:
                        task.scope.leave()
        self._begun.clear()

    def _switch(self, task: Task) -> None:
        self._hub.switch()
        assert self.current is task
