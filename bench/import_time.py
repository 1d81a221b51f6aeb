"""import_ms: how long a fresh interpreter needs until each function could take its first call."""

from __future__ import annotations

import json
import subprocess

from bench.figures import Figure
from bench.system import Bench
from infra.functions import FUNCTIONS
from local.run import ENGINE_VENV
from local.state import ROOT

TRIES = 3
PROGRAM = """
import sys, time
sys.path[:0] = sys.argv[1:]
began = time.perf_counter()
import handler
print(time.perf_counter() - began)
"""


def measure(bench: Bench) -> list[Figure]:
    """The best of three, with the Python and the layers of the local engine."""
    with bench.progress.step(f"import time of {len(FUNCTIONS)} functions"):
        return [
            Figure(f"import_ms_{name}", round(min(import_milliseconds(name) for _ in range(TRIES)), 1), "ms")
            for name in sorted(FUNCTIONS)
        ]


def import_milliseconds(function: str) -> float:
    """One fresh import of a function's handler."""
    layers = ("deps", *FUNCTIONS[function].layers)
    folders = [str(ROOT / "build" / "layers" / "local" / layer / "python") for layer in layers]
    path = [str(ROOT / "functions" / function), str(ROOT / "layers" / "oms" / "python"), *folders]
    said = subprocess.run(
        [str(ENGINE_VENV / "bin" / "python"), "-P", "-c", PROGRAM, *path],
        capture_output=True,
        text=True,
        check=True,
        env={"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_SERVICE_NAME": function},
    ).stdout
    seconds: float = json.loads(said)
    return seconds * 1000
