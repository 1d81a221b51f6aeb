"""`python -m tests.simulation --seeds 2000 --jobs 2`: run seeds, report what they find, exit with 1 if it is anything.

--first N      the first seed (0)                   --tell SEED    tell the story of one seed
--plant NAME   with a known fault in the product    --trace FILE   tell the story of a recorded run
--shrink       write a short trace of the first finding
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.simulation.shares import in_shares

TWICE_EVERY = 50
REPORT_EVERY = 100
MOST_SHOWN = 20


def main() -> int:
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets must be the same in every run.
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], _environment())
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description="Simulate the whole account.")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--plant")
    parser.add_argument("--trace", type=Path)
    parser.add_argument("--tell", type=int, metavar="SEED")
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--coverage", type=Path, help="write what was broken where, as JSON")
    arguments = parser.parse_args()
    if arguments.trace or arguments.tell is not None:
        return tell(arguments)
    return drive(arguments)


def run(first: int, seeds: int, *, plant: str | None) -> Iterator[dict[str, Any]]:
    """Run a range of seeds; a report now and then, and at the end."""
    from tests.simulation.seeds import play

    points: Counter[tuple[str, ...]] = Counter()
    found: list[dict[str, Any]] = []
    done, begun = 0, time.process_time()
    for seed in range(first, first + seeds):
        twice = seed % TWICE_EVERY == 0
        played = play(seed, plant=plant, told=twice)
        if twice and play(seed, plant=plant, told=True).digest != played.digest:
            found.append({"seed": seed, "invariant": "REPLAY", "what": "two runs of this seed differ"})
        points.update(played.points)
        found += [
            {"seed": seed, "invariant": violation.invariant, "what": f"{violation.where}: {violation.what}"}
            for violation in played.violations
        ]
        done += 1
        if done % REPORT_EVERY == 0 or seed == first + seeds - 1:
            yield {
                "done": done,
                "cpu": time.process_time() - begun,
                "found": found,
                "points": [[*point, count] for point, count in sorted(points.items())],
            }
            done, begun, found = 0, time.process_time(), []
            points.clear()


def drive(arguments: argparse.Namespace) -> int:
    """Run the seeds, in several processes if asked; print what they find."""
    begun, cpu, done = time.monotonic(), 0.0, 0
    points: Counter[tuple[str, ...]] = Counter()
    found: list[dict[str, Any]] = []
    stale = 0 if arguments.plant else replay_corpus()
    for report in _reports(arguments):
        done += report["done"]
        cpu += report["cpu"]
        for entry in report["found"]:
            if len(found) < MOST_SHOWN:
                print(f"seed {entry['seed']}: {entry['invariant']} {entry['what']}"[:400])
            found.append(entry)
        for *point, count in report["points"]:
            points[tuple(point)] += count
        print(f"{done} of {arguments.seeds} seeds, {done / cpu:.0f} seeds/s per core", flush=True)
    print(f"{done} seeds in {time.monotonic() - begun:.0f} s; faults by kind:")
    kinds: Counter[str] = Counter()
    for point, count in points.items():
        kinds[point[0]] += count
    print("  " + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    print(f"  at {len([point for point in points if len(point) == 3])} pairs of function and call")
    if arguments.coverage:
        arguments.coverage.write_text(
            json.dumps([[*point, count] for point, count in sorted(points.items())], indent=1)
        )
    for seed in sorted({entry["seed"] for entry in found})[:MOST_SHOWN]:
        named = sorted({entry["invariant"] for entry in found if entry["seed"] == seed})
        print(f"{', '.join(named)}: make simulate SEED={seed}")
    shown = [entry for entry in found if entry["invariant"] != "REPLAY"]
    if shown and arguments.shrink:
        keep(shown[0], arguments.plant)
    untried = not_tried(done, points) if arguments.plant is None else 0
    if not found and not stale:
        print("No rule was broken.")
    return 1 if found or stale or untried else 0


def not_tried(seeds: int, points: Counter[tuple[str, ...]]) -> int:
    """How much of what a long run must have met was met too seldom; each of it is named."""
    from tests.simulation.coverage import LONG_RUN, OFTEN_ENOUGH, unmet
    from tests.simulation.machine.topology import topology

    if seeds < LONG_RUN:
        return 0
    lacking = unmet(points, topology())
    for what in lacking:
        print(f"less than {OFTEN_ENOUGH} times: {what}")
    return len(lacking)


def replay_corpus() -> int:
    """How many traces break a rule again, or no longer show what was planted in them."""
    from tests.simulation.seeds import CORPUS, load

    stale = 0
    for path in sorted(CORPUS.glob("*.json")):
        trace = load(path)
        again = trace.invariant in trace.replay().invariants
        if again != (trace.plant is not None):
            stale += 1
            shows = "shows" if again else "no longer shows"
            print(f"{path.name} {shows} {trace.invariant}: make simulate TRACE={path.relative_to(Path.cwd())}")
    return stale


def keep(entry: dict[str, Any], plant: str | None) -> Path:
    """Shrink a finding and write it to the corpus."""
    from tests.simulation.seeds import CORPUS, Trace, play
    from tests.simulation.shrink import shrink

    played = play(entry["seed"], plant=plant)
    trace = shrink(Trace(entry["seed"], played.choices, entry["invariant"], plant))
    name = f"{(plant or 'found').replace(' ', '-')}-{entry['invariant'].lower()}-{entry['seed']}.json"
    trace.save(CORPUS / name)
    print(f"written: {CORPUS / name}, {sum(map(bool, trace.choices))} choices")
    return CORPUS / name


def tell(arguments: argparse.Namespace) -> int:
    """Replay a trace, or run a seed, and print its story."""
    from tests.simulation.seeds import load, play

    if arguments.trace:
        played = load(arguments.trace).replay(told=True)
    else:
        played = play(arguments.tell, plant=arguments.plant, told=True)
    print("\n".join(played.story))
    struck = ", ".join(f"{' '.join(point)} ({count})" for point, count in sorted(played.points.items()))
    print(f"\nStruck: {struck or 'nothing'}")
    for violation in played.violations:
        print(violation)
    if not played.violations:
        print("No rule was broken.")
    return 1 if played.violations else 0


def _reports(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from tests.simulation.seeds import play

    # What all processes need is loaded before they part.
    play(arguments.first)
    yield from in_shares(partial(run, plant=arguments.plant), arguments.first, arguments.seeds, arguments.jobs)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONHASHSEED": "0"}


if __name__ == "__main__":
    sys.exit(main())
