"""One simulated account: everything wired together for one seed, or for one directed test.

    simulation = Simulation(faults=False)                          # a calm day; Simulation(seed=7) is a stormy one
    answer = simulation.http("POST", "/v1/orders", document, key="k-1", client="acme-web")
    assert answer.status == 201
    simulation.run_until_quiet()                                   # heals, rings the schedules, until nothing is due
    simulation.rows("orders")[pk, sk]                              # items as plain values; evidence() has everything
    assert simulation.violations == []

From outside, `http` runs the world until its answer is there; inside an actor it blocks only that actor:

    def clerk():
        simulation.sleep(2)                                        # virtual seconds
        simulation.http("POST", f"/v1/orders/{order_id}/cancellations", {"reason": "late"}, key="k-2")
    simulation.actor("clerk", clerk)

Directed faults strike at the nth call of a function to AWS or the provider, counted from now over all its invocations,
before anything of it happens (crash_before, throttled, broken, contended, slow) or after (crash_after, answer_lost):

    simulation.before_call("place_order", 3, "crash_after")
    simulation.calls("place_order")                                # how many it has made so far

`schedule` decides who goes on, instead of the choices: it gets the tasks that could, the present one first if it can
carry on, and answers with a position. Other doors: `put_stock`, `feed`, `say` (the store bus), `ring` (a schedule),
`heard` (what nodes heard on the store bus), `story` (what happened, line by line), `digest` (its SHA-256).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache, partial
from random import Random
from typing import Any

from tests.simulation.machine import seams
from tests.simulation.machine.aws import SimAws
from tests.simulation.machine.buses import Buses
from tests.simulation.machine.carrier import Carrier
from tests.simulation.machine.choices import Choices
from tests.simulation.machine.doors import Doors
from tests.simulation.machine.evidence import Checker, Evidence, Violation, collect, empty
from tests.simulation.machine.faults import Faults
from tests.simulation.machine.gateway import LONGEST, Answer, Gateway
from tests.simulation.machine.healing import Healing
from tests.simulation.machine.lambdas import Invocation, Lambdas, Worker
from tests.simulation.machine.objects import Intake, Objects
from tests.simulation.machine.psp import Provider
from tests.simulation.machine.queues import Queue
from tests.simulation.machine.runs import Runs
from tests.simulation.machine.scheduler import EPOCH, Scheduler, Slot
from tests.simulation.machine.streams import Stream
from tests.simulation.machine.subscriber import ASLEEP, Subscriber
from tests.simulation.machine.tables import Tables
from tests.simulation.machine.topology import Topology, topology

# Monday noon in UTC, 23 November 2026.
START = 1_795_435_200_000


class Stopped(BaseException):
    """The run has found what it was to find. Not an Exception, so that no handler catches it."""


@cache
def _day(number: int) -> str:
    """A day as text, counted from 1970."""
    return f"{EPOCH + timedelta(days=number):%Y-%m-%d}"


class Simulation(Doors):
    """See the head of this file. There is one at a time in a process."""

    def __init__(
        self,
        seed: int | str = 0,
        choices: Sequence[int] | None = None,
        *,
        faults: bool = True,
        base: Any = None,
        schedule: Callable[[list[Any]], int] | None = None,
    ) -> None:
        seams.install()
        seams.running = self
        self.seed = seed
        self.choices = Choices(seed, choices)
        self.chance = Random(f"chance:{seed}")
        self.topology: Topology = topology()
        self.logger = seams.SimLogger()
        self.story: list[tuple[int, str, str, Any]] | None = None
        self.invocation: Invocation | None = None
        self.rings = 0
        self.stop_at: str | None = None
        self.violations: list[Violation] = []
        self.scheduler = Scheduler(self.choices, base.now if base else START)
        self.scheduler.schedule = schedule
        self.faults = Faults(self.choices, faults)
        if faults:
            self.scheduler.switching = (0.0, 0.1, 0.3, 0.5, 0.8)[self.choices.pick(5)]
        self._wire(base)

    def _wire(self, base: Any) -> None:
        self.tables = base.tables if base else Tables(self.topology)
        self.tables.now = lambda: self.scheduler.now
        if base:
            self.tables.restore(base.snapshot)
        self.lambdas = Lambdas(self)
        self.queues: dict[str, Queue] = {}
        feeds = {feed.source: feed for feed in self.topology.queue_feeds}
        for name, spec in self.topology.queues.items():
            self.queues[name] = Queue(self, spec, feeds.get(name))
        followed = {
            feed.function: Stream(
                self, feed.source, feed, "dynamodb" if feed.source in self.topology.tables else "kinesis"
            )
            for feed in self.topology.stream_feeds
        }
        self._asleep = {name: followed.pop(name) for name in ASLEEP}
        self.streams = {stream.name: stream for stream in followed.values()}
        self.woken: list[Stream] = []
        self.buses = Buses(self)
        for entry in base.accepted if base else ():
            self.buses.remember(entry)
        self.objects = Objects()
        self.intake = Intake()
        self.provider = Provider(self)
        self.carrier = Carrier(self)
        self.subscriber = Subscriber(self)
        self.runs = Runs(self)
        self.gateway = Gateway(self)
        self.aws = SimAws(self)
        self.pause = self.aws.pause
        self.store_bus = self.buses.named("StoreBus")
        self.heard: list[dict[str, Any]] = []
        self.buses.listeners[self.store_bus].append(self._hear)
        self._checker = Checker()
        self._seen = empty(self.tables.plain, self.now())
        self._seen.psp, self._seen.bus = self.provider.psp.journal.log, self.buses.told

    # -- doors for tests and actors

    def http(
        self,
        method: str,
        path: str,
        body: Any = None,
        key: str | None = None,
        *,
        client: str = "acme-web",
        tenant: str | None = None,
        scopes: Sequence[str] | None = None,
        headers: Mapping[str, str] | None = None,
        patience: float = LONGEST / 1000 + 1,
    ) -> Answer:
        """Call the API as a client of the template, or with scopes of one's own; `patience` is in seconds."""
        scope = self.topology.clients.get(client)
        if scopes is not None:
            scope = " ".join(f"{tenant or 'acme'}/{name}" for name in scopes)
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        sent = {**(headers or {}), **({} if key is None else {"idempotency-key": key})}
        ask = partial(self.gateway.exchange, method, path, text, sent, client, scope, int(patience * 1000))
        return self.outside(f"client {client}", ask)

    def outside(self, name: str, act: Callable[[], Any]) -> Any:
        """Do something that may block: here if this is an actor, else as one, while the world goes on."""
        if self.scheduler.current is not None:
            return act()
        slot = Slot()
        self.scheduler.spawn(name, lambda: self.scheduler.fill(slot, act()))
        self.scheduler.run(done=lambda: slot.filled)
        return slot.value

    def actor(self, name: str, act: Callable[[], object], *, after: float = 0) -> Slot:
        """Somebody who acts by themselves, from `after` seconds on; the slot is filled when they are done."""
        slot = Slot()

        def whole() -> None:
            act()
            self.scheduler.fill(slot, True)

        self.scheduler.after(after * 1000, lambda: self.scheduler.spawn(name, whole))
        return slot

    def sleep(self, seconds: float) -> None:
        """The present actor does nothing for so long."""
        self.scheduler.sleep(seconds * 1000)

    def before_call(self, function: str, nth: int, action: str) -> None:
        """A fault at the nth call of a function from now on."""
        self.faults.hooks.setdefault(function, {})[self.calls(function) + nth] = action

    def calls(self, function: str) -> int:
        return self.faults.calls[function]

    def rows(self, table: str) -> dict[tuple[str, str], dict[str, Any]]:
        """The items of a table by its short name."""
        return self.tables.plain[table]

    # -- the run

    def run(self, seconds: float) -> None:
        """Let the world go on for so long."""
        until = self.scheduler.now + int(seconds * 1000)
        self.scheduler.run(until)
        self.scheduler.now = max(self.scheduler.now, until)

    def run_until_quiet(self, finish: Callable[[], object] | None = None) -> bool:
        """End all faults and let everything come to rest; then what must hold at rest is checked. Whether it rested.

        After a day `finish` does what is still left for people to do; without it, it is left to its deadlines.
        """
        self.faults.over = True
        self.scheduler.switching = 0.0
        rested = Healing(self, finish).comes_to_rest()
        if not rested:
            self.violations.append(Violation("LIVENESS", "the account", "it does not come to rest within 45 days"))
        self.violations += self._checker.when_quiet(self.evidence())
        self.lambdas.retire()
        return rested

    def committed(self) -> None:
        """Tables have changed: streams carry it, and what must hold at every step is checked."""
        written, changes = self.tables.take_changes()
        for entry in written:
            stream = self.streams.get(entry.table)
            if stream is not None:
                stream.add_change(entry.before, entry.after)
            for other in self.woken:
                if other.name == entry.table:
                    other.add_change(entry.before, entry.after)
        self._seen.now = self.now()
        found = self._checker.after_commit(changes, self._seen)
        if found:
            self.violations += [violation for violation in found if violation not in self.violations]
            if any(violation.invariant == self.stop_at for violation in found):
                raise Stopped

    def wake(self, function: str) -> None:
        """Let a function follow its stream from now on that nobody has needed so far."""
        self.woken.append(self._asleep.pop(function))

    def evidence(self) -> Evidence:
        """Everything that can be seen now."""
        return collect(self)

    def now(self) -> str:
        return self.at(self.scheduler.now)

    @staticmethod
    def at(milliseconds: int) -> str:
        """An instant as text, with milliseconds."""
        seconds, rest = divmod(milliseconds, 1000)
        days, second = divmod(seconds, 86_400)
        minutes, second = divmod(second, 60)
        return f"{_day(days)}T{minutes // 60:02}:{minutes % 60:02}:{second:02}.{rest:03}Z"

    @property
    def worker(self) -> Worker:
        assert self.invocation is not None
        return self.invocation.worker

    def worker_time(self) -> int:
        """What the clock of the present worker says."""
        return self.scheduler.now + (self.invocation.worker.skew if self.invocation is not None else 0)

    def note(self, who: str, what: str, detail: Any) -> None:
        """A line of the story, where it is wanted."""
        if self.story is not None:
            self.story.append((self.scheduler.now, who, what, detail))

    def digest(self) -> str:
        """The SHA-256 of the story and of what is stored at its end."""
        tables = {name: [[*key, row] for key, row in sorted(rows.items())] for name, rows in self.tables.plain.items()}
        told = [self.story, self.choices.made, tables, self.provider.psp.journal.log]
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()

    def _hear(self, event: Mapping[str, Any]) -> None:
        self.heard.append(dict(event))
