"""`python -m bench [--only NAME[,NAME…]]`: measure, print a table and write bench/results/latest.json."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from bench import (
    cpu_per_order,
    hot_shards,
    hot_sku,
    import_time,
    layer_size,
    ledger_day,
    order_placed,
    order_to_captured,
    sourcing_batch,
    sourcing_single,
    stock_file,
    store_day,
    usd_fixed,
    usd_per_order,
)
from bench.figures import LATEST, Figure, record, table
from bench.system import Bench
from local.progress import Failed, Progress, explain, interruptible
from local.state import ROOT

# Quiet figures first, then those for one order, then those that fill the tables. A script goes by its main figure.
SCRIPTS: dict[str, Callable[[Bench], list[Figure]]] = {
    "import_ms": import_time.measure,
    "layer_mb": layer_size.measure,
    "usd_fixed_per_month": usd_fixed.measure,
    "usd_per_million_orders": usd_per_order.measure,
    "sourcing_import_ms": lambda _: sourcing_single.measure(),
    "sourcing_b_100": lambda _: sourcing_batch.measure(),
    "hot_shards_given_up": lambda _: hot_shards.measure(),
    "ledger_close_s": lambda _: ledger_day.measure(),
    "cpu_ms_per_order": cpu_per_order.measure,
    "hot_sku": hot_sku.measure,
    "stock_file_rows_per_s": stock_file.measure,
    "store_day_tasks_per_s": store_day.measure,
    "order_placed_per_s_c8": order_placed.measure,
    "order_to_captured_per_s": order_to_captured.measure,
}
# How the names of all figures of a script begin.
FAMILIES = {
    **{name: name for name in SCRIPTS},
    "sourcing_import_ms": "sourcing_s",
    "sourcing_b_100": "sourcing_b_",
    "hot_shards_given_up": "hot_shards_",
    "ledger_close_s": "ledger_",
    "usd_fixed_per_month": "usd_fixed",
    "usd_per_million_orders": "usd_per_million",
    "stock_file_rows_per_s": "stock_file_",
    "store_day_tasks_per_s": "store_day_",
    "order_placed_per_s_c8": "order_placed_",
    "order_to_captured_per_s": "order_to_captured_",
}
LONG_RUN = 5_000


def _names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in SCRIPTS:
            raise argparse.ArgumentTypeError(f"there is no figure {name}; there are {', '.join(SCRIPTS)}")
    return names


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Every performance figure, measured.")
    parser.add_argument("--only", type=_names, metavar="NAME[,NAME…]", help=f"of {', '.join(SCRIPTS)}")
    parser.add_argument(
        "--port", type=int, default=4666, help="of a system that is brought up for this and ended after"
    )
    parser.add_argument("--state", type=Path, default=ROOT / ".local" / "bench")
    parser.add_argument("--orders", type=int, default=LONG_RUN, help="of the long run from post to captured")
    asked = parser.parse_args()
    interruptible()
    bench = Bench(asked.state.resolve(), asked.port, asked.orders, Progress())
    figures: list[Figure] = []
    if not asked.only:
        LATEST.unlink(missing_ok=True)
    try:
        for name in asked.only or SCRIPTS:
            measured = SCRIPTS[name](bench)
            record(measured, FAMILIES[name], FAMILIES.values())
            figures += measured
    except Failed as failure:
        explain(failure)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: the system that was measured is ended.", file=sys.stderr)
        return 130
    finally:
        bench.stop()
    print(f"\n{table(figures)}\n\nWritten to {LATEST.relative_to(ROOT)}.")
    return 1 if any(figure.met is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
