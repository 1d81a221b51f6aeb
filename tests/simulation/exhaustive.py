"""The search over all lists of choices of one pair: each state is followed once, and the lists are counted.

It begins anew where a run shows that a read was not as still as it was taken for; then it knows more, so it comes to an
end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.simulation.interleavings import Run, State
from tests.simulation.stillness import Stillness

Play = Callable[[Sequence[int], set[State], Stillness], Run]


@dataclass(slots=True)
class Searched:
    """What a search over one pair has come to; `waiting` lists of choices were not tried when it was ended early."""

    runs: int = 0
    ended: int = 0
    interleavings: int = 0
    findings: list[tuple[list[int], str, str]] = field(default_factory=list)
    points: set[tuple[str, str, str]] = field(default_factory=set)
    troubles: dict[str, int] = field(default_factory=dict)
    waiting: int = 0

    @property
    def complete(self) -> bool:
        return not self.waiting


def search(
    play: Play,
    *,
    most_runs: int | None = None,
    most_seconds: float | None = None,
    stop: bool = False,
) -> Searched:
    """Run every list of choices once; `stop` ends at the first finding, and a bound before the next run."""
    found, seen, still, begun = Searched(), set[State](), Stillness(), time.process_time()
    waiting: list[list[int]] = [[]]
    edges: dict[State, dict[int, State | None]] = {}
    root: State | None = None
    while waiting:
        enough = most_runs is not None and found.runs >= most_runs
        if enough or (most_seconds is not None and time.process_time() - begun >= most_seconds):
            found.waiting = len(waiting)
            break
        given = waiting.pop()
        run = play(given, seen, still)
        still = run.still
        seen.update(run.new)
        found.runs += 1
        if still.is_broken:
            found = Searched(runs=found.runs)
            waiting, edges, root = [[]], {}, None
            seen.clear()
            still.again()
            continue
        found.points |= run.points
        if run.path:
            root = run.path[0][0]
        ends = [state for state, _ in run.path[1:]] + [run.followed]
        for (state, number), after in zip(run.path, ends, strict=True):
            edges.setdefault(state, {})[number] = after
        for place in range(len(given), len(run.path)):
            waiting += [[*run.choices[:place], number] for number in range(1, run.branches[place])]
        if run.followed is None:
            found.ended += not run.known_end
            found.troubles[run.trouble] = found.troubles.get(run.trouble, 0) + 1
            found.findings += [(run.choices, run.trouble, what) for what in run.wrong]
            if stop and run.wrong:
                break
    found.interleavings = _paths(edges, root) if root is not None else found.runs
    return found


def _paths(edges: dict[State, dict[int, State | None]], root: State) -> int:
    """How many lists of choices there are from the first state to an end."""
    counted: dict[State, int] = {}
    stack = [root]
    while stack:
        state = stack[-1]
        after = [end for end in edges[state].values() if end is not None]
        missing = [end for end in after if end not in counted and end in edges]
        if missing:
            stack.append(missing[0])
            assert len(stack) <= len(edges), "the states run in a circle"
            continue
        counted[state] = sum(counted.get(end, 1) for end in after) + len(edges[state]) - len(after)
        stack.pop()
    return counted[root]
