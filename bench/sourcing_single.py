"""sourcing_*: single orders by the optimiser, on generated instances: time, share proven, and cost of rules of thumb.

`python -m bench.sourcing_single` measures these figures alone, on instances of `tools/make_sourcing_instances`. Times
are those of the processor, as the optimiser waits for nothing: what else the machine does counts for less.
"""

from __future__ import annotations

import subprocess
import sys
from statistics import fmean
from time import process_time

from bench.figures import Figure, at_least, at_most, percentile, table
from bench.sourcing_rules import Rule, fewest_splits, in_turn, nearest, priority
from local.state import ROOT
from oms.sourcing.solver.check import objective
from oms.sourcing.solver.instances import read_network, read_orders
from oms.sourcing.solver.single import PATIENT, solve_order
from tools.make_sourcing_instances import make_instance

SEED = 9001
# Group: instances of each family, and the most milliseconds at the median and at 99 %.
GROUPS: dict[str, tuple[dict[str, int], float, float]] = {
    "small": ({"s_small": 100, "s_typical": 100}, 0.3, 15),
    "wide": ({"s_wide": 60}, 2, 100),
    "large": ({"s_large": 10, "s_xl": 4}, 1000, 1000),
}
RULES: dict[str, Rule] = {"nearest": nearest, "priority": priority, "fewest splits": fewest_splits}
IMPORT = "from time import process_time as t; b = t(); import oms.sourcing.solver.single; print((t() - b) * 1000)"


def measure() -> list[Figure]:
    """Every answer is checked by the rules before it counts."""
    figures = [at_most("sourcing_import_ms", min(_import_milliseconds() for _ in range(3)), "ms", 20)]
    for name, (families, middle, most) in GROUPS.items():
        times, proven = list[float](), 0
        dearer = {rule: list[float]() for rule in RULES}
        documents = [make_instance(family, SEED + n) for family, count in families.items() for n in range(count)]
        for document in documents:
            network, orders = read_network(document), read_orders(document)
            begun = process_time()
            answer = solve_order(network, orders[0], PATIENT)
            times.append((process_time() - begun) * 1000)
            assert objective(network, orders, [answer]) == answer.objective
            proven += answer.proven
            for rule, by in RULES.items():
                other = objective(network, orders, in_turn(network, orders, by))
                if other[:-1] == answer.objective[:-1] and answer.objective[-1]:
                    dearer[rule].append(100 * (other[-1] / answer.objective[-1] - 1))
        told = ", ".join(f"{rule} {fmean(costs):.0f} % dearer" for rule, costs in dearer.items() if costs)
        figures.append(at_least(f"sourcing_{name}_proven", 100 * proven / len(documents), "%", 100, told))
        figures.append(at_most(f"sourcing_{name}_ms_p50", percentile(times, 50), "ms", middle))
        figures.append(at_most(f"sourcing_{name}_ms_p99", percentile(times, 99), "ms", most))
    return figures


def _import_milliseconds() -> float:
    path = {"PYTHONPATH": str(ROOT / "layers" / "oms" / "python")}
    said = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True, env=path).stdout
    return float(said)


if __name__ == "__main__":
    print(table(measure()))
