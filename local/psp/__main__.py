"""`python -m local.psp --port N --state DIR`: run the fake provider on the loopback address.

DIR holds `clock` (an integer: seconds added to the real time; a missing file means 0) and receives `psp.json`
with the endpoint, the API key, the webhook secret and the process id. Payments live in memory only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import sys
import time
from pathlib import Path

from local.psp.core import Psp
from local.psp.courier import Courier
from local.psp.server import HOST, serve
from local.world.clock import shifted_clock


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.psp", description="A strict fake payment provider.")
    parser.add_argument("--port", type=int, required=True, help="0 lets the system choose")
    parser.add_argument("--state", type=Path, required=True, help="folder of the clock file and of psp.json")
    arguments = parser.parse_args()
    arguments.state.mkdir(parents=True, exist_ok=True)
    now = shifted_clock(Path(os.environ.get("SPINE_CLOCK_FILE") or arguments.state / "clock"))
    file = arguments.state / "psp.json"
    known = _credentials(file)
    # The start time keeps the ids of this run apart from those of a run before it.
    psp = Psp(now, run=format(time.time_ns() // 1_000_000, "x"))
    courier = Courier(now, known["webhook_secret"])

    def started(port: int) -> None:
        document = {"endpoint": f"http://{HOST}:{port}", **known, "pid": os.getpid()}
        _write_private(file, json.dumps(document, indent=2) + "\n")
        print(f"fake payment provider on {document['endpoint']}", flush=True)

    try:
        asyncio.run(serve(psp, courier, known["api_key"], arguments.port, started))
    except OSError as problem:
        print(f"The fake payment provider cannot listen on port {arguments.port}: {problem.strerror}.", file=sys.stderr)
        return 1
    return 0


def _credentials(file: Path) -> dict[str, str]:
    """The key and the secret of an earlier run, so that whoever stored them stays right; else new ones."""
    try:
        known = json.loads(file.read_text())
        return {"api_key": known["api_key"], "webhook_secret": known["webhook_secret"]}
    except (OSError, ValueError, KeyError):
        return {"api_key": f"sk_fake_{secrets.token_hex(16)}", "webhook_secret": f"whsec_{secrets.token_hex(16)}"}


def _write_private(file: Path, text: str) -> None:
    """Write for the owner's eyes only, and never leave half a file."""
    draft = file.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as sink:
        sink.write(text)
    draft.replace(file)


if __name__ == "__main__":
    sys.exit(main())
