"""`make sourcing DIR=… OUT=…`: solve every instance of the format `sourcing/1` with the product's own optimiser.

For each `DIR/<name>.json` a solution `OUT/<name>.json` is written. The table has one row for each family of instances;
times are those of the wall clock, instance read and optimiser imported.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from oms.sourcing.solver.batch import solve_together
from oms.sourcing.solver.highs import highs
from oms.sourcing.solver.instances import read_network, read_orders, write_solution
from oms.sourcing.solver.single import PATIENT, solve_order


@dataclass(slots=True)
class Family:
    """What came of the instances of one family."""

    proven: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def row(self, name: str) -> str:
        times = sorted(self.milliseconds)
        count = len(times)
        middle, late = times[count // 2], times[min(count - 1, count * 99 // 100)]
        return f"{name:<12}{count:>10}{self.proven:>9}{middle:>10.2f}{late:>10.2f}{times[-1]:>10.2f}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", default="")
    parser.add_argument("--out", default="")
    parser.add_argument("--seconds", type=float, default=2.8, help="for each batch; 10 to 30 for one of 1,000 orders")
    asked = parser.parse_args(arguments)
    if not asked.dir or not asked.out:
        print("Name the folder of instances and the folder for solutions: make sourcing DIR=… OUT=…", file=sys.stderr)
        return 2
    paths = sorted(Path(asked.dir).glob("*.json"))
    if not paths:
        print(f"There are no instances (*.json) in {asked.dir}.", file=sys.stderr)
        return 2
    out = Path(asked.out)
    out.mkdir(parents=True, exist_ok=True)
    families: dict[str, Family] = {}
    for path in paths:
        solution, proven = solve(json.loads(path.read_text(encoding="utf-8")), asked.seconds)
        (out / path.name).write_text(json.dumps(solution), encoding="utf-8")
        family = families.setdefault(path.stem.rsplit("-", 1)[0], Family())
        family.proven += proven
        family.milliseconds.append(solution["time_ms"])
    print(f"{'family':<12}{'instances':>10}{'proven':>9}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}")
    for name, family in families.items():
        print(family.row(name))
    return 0


def solve(document: dict, seconds: float) -> tuple[dict, bool]:
    """The solution of one instance, and whether it is proven to be the best. `seconds` is the time of a batch."""
    network, orders = read_network(document), read_orders(document)
    begun = perf_counter()
    if document["kind"] == "single":
        answers = [solve_order(network, orders[0], PATIENT)]
    else:
        answers = solve_together(network, orders, seconds, library=highs())
    milliseconds = (perf_counter() - begun) * 1000
    proven = document["kind"] == "single" and answers[0].proven
    return write_solution(document["id"], milliseconds, answers), proven


if __name__ == "__main__":
    sys.exit(main())
