"""A process that dies: at each call to the tables or the provider in turn, before it or after it took effect.

for point in crash_points(world_factory, step):     # every place where `step` can die
    ...                                              # the world as the crash left it: repeat and compare
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.order_world import World

MOST_CALLS = 200


class Died(BaseException):
    """The process is gone: nothing in it catches this."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where it died, and the world that it left behind."""

    number: int
    when: str
    call: str
    world: World


class Breaker:
    """Lets calls pass and dies at one of them; `only` limits what counts as a call."""

    def __init__(self, at: int, when: str, only: Callable[[str], bool]) -> None:
        self.left, self.when, self.only = at, when, only
        self.call = ""

    def __call__(self, name: str, act: Callable[[], Any]) -> Any:
        if not self.only(name):
            return act()
        self.left -= 1
        if self.left != 0:
            return act()
        self.call = name
        if self.when == "after":
            act()
        raise Died(f"{self.when} {name}")


def crash_points(
    make: Callable[[], World], step: Callable[[World], object], only: Callable[[str], bool] = lambda name: True
) -> Iterator[Point]:
    """The worlds in which `step` died at its first call, its second, and so on, until it runs to its end.

    A read that was answered and then lost is as good as one that was never made, so reads die before only.
    """
    for number in range(1, MOST_CALLS):
        for when in ("before", "after"):
            world = make()
            breaker = Breaker(number, when, only)
            world.database.around = breaker
            world.provider.around = breaker
            died = False
            try:
                step(world)
            except Died:
                died = True
            world.database.around = lambda name, act: act()
            world.provider.around = lambda name, act: act()
            if not died:
                return
            if when == "before" or not breaker.call.startswith(("get", "query")):
                yield Point(number, when, breaker.call, world)
    raise AssertionError("the step never ends")
