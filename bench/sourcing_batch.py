"""sourcing_b_*: orders weighed against each other on generated instances, and what rules of thumb cost.

`python -m bench.sourcing_batch` measures these figures alone, with HiGHS where it is installed and without (`_pure`).
Their optimum is not known, so that costs are compared and not gaps. Times are those of the wall clock.
"""

from __future__ import annotations

from time import perf_counter

from bench.figures import Figure, at_least, at_most, table
from bench.sourcing_rules import fewest_splits, in_turn, nearest, priority
from oms.sourcing.solver.batch import solve_in_turn, solve_together
from oms.sourcing.solver.check import objective
from oms.sourcing.solver.highs import highs
from oms.sourcing.solver.instances import read_network, read_orders
from tools.make_sourcing_instances import make_instance

SEED = 9001
# Family: the seconds given without and with HiGHS, the most it may take, and how many % cheaper than fewest splits.
FAMILIES = {
    "b_100": ((2.6, 2.6), (3.0, 3.0), 0.0),
    "b_1k_30": ((9.0, 18.5), (10, 20), 13.5),
    "b_1k_100": ((18, 28), (20, 30), 21.0),
}


def measure() -> list[Figure]:
    """Every plan is checked by the rules before it counts."""
    figures = []
    # The plans with HiGHS are made first, so that those without can be compared with them.
    ways = [("", highs()), ("_pure", None)] if highs() else [("_pure", None)]
    for name, (given, most, cheaper) in FAMILIES.items():
        document = make_instance(name, SEED)
        network, orders = read_network(document), read_orders(document)
        rules = {"nearest": nearest, "priority": priority, "fewest splits": fewest_splits}
        costs = {rule: objective(network, orders, in_turn(network, orders, by))[0] for rule, by in rules.items()}
        costs["in turn"] = objective(network, orders, solve_in_turn(network, orders))[0]
        for way, library in ways:
            begun = perf_counter()
            answers = solve_together(network, orders, given[library is not None], library=library)
            seconds = perf_counter() - begun
            (cost,) = objective(network, orders, answers)
            told = ", ".join(f"{rule} {100 * (other / cost - 1):.2f} % dearer" for rule, other in costs.items())
            saved = 100 * (1 - cost / costs["fewest splits"])
            figures.append(at_least(f"sourcing_{name}{way}_cheaper_than_fewest_splits", saved, "%", cheaper, told))
            by = "HiGHS" if library else "pure Python"
            figures.append(at_most(f"sourcing_{name}{way}_s", seconds, "s", most[library is not None], by))
            costs["with HiGHS" if library else "without"] = cost
    return figures


if __name__ == "__main__":
    print(table(measure()))
