"""How a story is told: by one actor on a calm day, and then everything comes to rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.simulation.directed import People
from tests.simulation.machine.simulation import Simulation
from tests.simulation.many_items import many_items
from tests.simulation.world import simulated

Story = Callable[[People], None]
STORIES: dict[str, Story] = {}
# Those in which what is left undone stays so until each of its deadlines has passed, for weeks.
LEFT_UNDONE: set[str] = set()


def story(told: Story) -> Story:
    """Add a story under its own name."""
    STORIES[_name(told)] = told
    return told


def left_undone(told: Story) -> Story:
    """Add a story after which nobody finishes anything."""
    LEFT_UNDONE.add(_name(told))
    return story(told)


def _name(told: Story) -> str:
    return told.__name__.replace("_", " ")


def simulated_for(name: str) -> Any:
    """A calm account for a story, with as much in it as the story needs."""
    if "saga" in name or "many" in name:
        return Simulation(0, [], faults=False, base=many_items())
    return simulated(0, [], faults=False)


def tell(name: str, simulation: Any, *, to_the_end: bool = True) -> None:
    """Let a story happen, then everything come to rest; what people have left is finished after a day.

    A story in which nobody finishes anything goes on for weeks, but where only its first day is of interest.
    """
    people = People(simulation)
    simulation.outside(name, lambda: STORIES[name](people))
    simulation.run_until_quiet(None if to_the_end and name in LEFT_UNDONE else people.finish)
