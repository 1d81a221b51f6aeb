"""layer_mb: what each layer weighs unpacked; Lambda takes 250 MB for a function with all its layers."""

from __future__ import annotations

from bench.figures import Figure, at_most
from bench.system import Bench
from tools.build_layer import LARGEST_UNPACKED, layer_sizes


def measure(bench: Bench) -> list[Figure]:
    """The layers as they were built for this machine, and for Lambda where that was done."""
    figures = []
    for target in ("local", "aws"):
        sizes = layer_sizes(target)
        if "deps" in sizes:
            figures += [
                Figure(f"layer_mb_{name}_{target}", round(size / 1e6, 2), "MB") for name, size in sorted(sizes.items())
            ]
            total = sum(sizes.values()) / 1e6
            figures.append(at_most(f"layer_mb_total_{target}", total, "MB", LARGEST_UNPACKED / 1e6))
    return figures
