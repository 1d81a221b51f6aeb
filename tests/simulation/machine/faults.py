"""What goes wrong in a run: which kinds at all, how many, and where. A run of zeros has none of it.

Each run draws its own handful of kinds and a small budget, because a fault that is rare everywhere is met nowhere, and
twenty at once hide each other. `over` ends them all: what follows is the healing.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.simulation.machine.choices import Choices

# What may befall one call of a function to the outside.
THROTTLED = "throttled"
BROKEN = "broken"
CRASH_BEFORE = "crash_before"
CRASH_AFTER = "crash_after"
ANSWER_LOST = "answer_lost"
CONTENDED = "contended"
SLOW = "slow"
CALL_KINDS = (THROTTLED, BROKEN, CRASH_BEFORE, CRASH_AFTER, ANSWER_LOST, CONTENDED, SLOW)
# What may befall a delivery, a worker or a read; these do no harm by themselves and need no budget.
WEATHER = (
    "bus_twice",
    "bus_late",
    "queue_twice",
    "queue_late",
    "small_batches",
    "stream_late",
    "cold_start",
    "clock_skew",
    "stale_index",
    "webhook_late",
)
# What the provider may do, in the words of local/psp/faults.py.
PROVIDER_KINDS = (
    "timeout_before_effect",
    "timeout_after_effect",
    "error_before_effect",
    "error_after_effect",
    "slow",
    "capture_settles_later",
    "capture_fails_later",
    "event_before_reply",
    "event_twice",
    "event_never",
)
# What may befall an exchange between a client and the API, a call of a workflow to a function, an entry for a bus,
# or a message that comes back: it is set aside at once, as after the last of its tries, and sent again in the end.
OTHER_KINDS = ("request_lost", "reply_lost", "invoke_refused", "entry_refused", "given_up")
# What the product does only with large orders or slow runners, made usual.
KNOBS = ("small_sagas", "short_leases", "tiny_shards")
WORST_SKEW = 300_000
# Functions that few runs call, and how much likelier a call of theirs is broken.
SELDOM_CALLED = frozenset({"escalate_fulfillment", "inventory", "read_orders", "recover_sagas"})
SELDOM_FACTOR = 6


class Faults:
    """The faults of one run; every question is a choice, and none is asked where nothing can come of it.

    `budget` is how many may still strike, `tricks` how many of the provider's; `spared` calls come first, so that later
    functions meet theirs too; `page` bounds a page, where it is not 0.
    """

    def __init__(self, choices: Choices, wanted: bool) -> None:
        self.choices = choices
        self.over = not wanted
        self.fired: Counter[tuple[str, ...]] = Counter()
        self.hooks: dict[str, dict[int, str]] = {}
        self.calls: Counter[str] = Counter()
        self.kinds: frozenset[str] = frozenset()
        self.budget = 0
        self.tricks = 0
        self.spared = 0
        self.rate = 0.0
        self.page = 0
        self.knobs: frozenset[str] = frozenset()
        if wanted:
            every = (*CALL_KINDS, *WEATHER, *(f"psp_{kind}" for kind in PROVIDER_KINDS), *OTHER_KINDS)
            self.kinds = frozenset(kind for kind in every if choices.strikes(0.35))
            self.budget = choices.pick(9)
            self.tricks = choices.pick(4)
            self.spared = (0, 20, 40, 80)[choices.pick(4)]
            self.rate = (0.015, 0.04, 0.12)[choices.pick(3)]
            self.page = 1 + choices.pick(5) if choices.strikes(0.12) else 0
            self.knobs = frozenset(knob for knob in KNOBS if choices.strikes(0.12))
        self._call_kinds = tuple(kind for kind in CALL_KINDS if kind in self.kinds)

    def at_call(self, function: str, operation: str, *, write: bool) -> str | None:
        """What befalls this call, if anything."""
        self.calls[function] += 1
        hooks = self.hooks.get(function)
        if hooks:
            hooked = hooks.pop(self.calls[function], None)
            if hooked is not None:
                self.fired[hooked, function, operation] += 1
                return hooked
        if self.over or not self.budget or not self._call_kinds:
            return None
        if self.spared:
            self.spared -= 1
            return None
        rate = min(0.5, self.rate * SELDOM_FACTOR) if function in SELDOM_CALLED else self.rate
        number = self.choices.pick(len(self._call_kinds) + 1, rate)
        if not number:
            return None
        kind = self._call_kinds[number - 1]
        if kind == CONTENDED and not write:
            return None
        self.budget -= 1
        self.fired[kind, function, operation] += 1
        return kind

    def spend(self, kind: str, where: str, likelihood: float | None = None) -> bool:
        """Whether a fault outside of calls strikes here; it takes from the budget."""
        if self.over or not self.budget or kind not in self.kinds:
            return False
        if not self.choices.strikes(min(0.5, self.rate * 2) if likelihood is None else likelihood):
            return False
        self.budget -= 1
        self.fired[kind, where] += 1
        return True

    def provider(self, kinds: tuple[str, ...], operation: str) -> str | None:
        """Which of these the provider does to this call or event."""
        if self.over or not self.tricks:
            return None
        enabled = [kind for kind in kinds if f"psp_{kind}" in self.kinds]
        number = self.choices.pick(len(enabled) + 1, 0.5) if enabled else 0
        if not number:
            return None
        self.tricks -= 1
        self.fired[f"psp_{enabled[number - 1]}", operation] += 1
        return enabled[number - 1]

    def weather(self, kind: str, likelihood: float = 0.2) -> bool:
        """Whether something harmless but unusual happens."""
        if self.over or kind not in self.kinds or not self.choices.strikes(likelihood):
            return False
        self.fired[(kind,)] += 1
        return True

    def delay(self, kind: str, usual: int) -> int:
        """How long something takes, in milliseconds: as usual, or up to minutes."""
        if not self.weather(kind):
            return usual
        return usual + (50, 1_000, 20_000, 200_000, 900_000)[self.choices.pick(5)]

    def how_many(self, most: int) -> int:
        """How many of at most so many are taken together."""
        if most > 1 and self.weather("small_batches", 0.5):
            return 1 + self.choices.pick(most)
        return most

    def cold_start(self) -> bool:
        return self.weather("cold_start", 0.3)

    def skew(self) -> int:
        """How far a new worker's clock is off."""
        if not self.weather("clock_skew", 0.5):
            return 0
        return (self.choices.pick(21) - 10) * WORST_SKEW // 10

    def stale(self, changes: int) -> int:
        """How many of the latest changes an index read misses."""
        if not changes or not self.weather("stale_index", 0.3):
            return 0
        return 1 + self.choices.pick(changes)

    def came_by(self, way: str, where: str) -> None:
        """Note a way that only trouble leads to, such as a message that comes back."""
        self.fired[way, where] += 1

    def report(self) -> dict[str, Any]:
        return {" ".join(key): count for key, count in sorted(self.fired.items())}
