"""`python -m local.world --state DIR`: play the stores and warehouses of the system that runs from DIR.

Steered by DIR/world.json (local/world/control.py) and by the shared clock in DIR/clock. Ends at SIGTERM.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.state import DEFAULT_STATE, NotRunning, Running
from local.world.bus_bot import NodeBot, listen
from local.world.clock import shifted_clock
from local.world.control import ControlFile

LONGEST_WAIT_SECONDS = 5
PAUSE_SECONDS = 0.2
TROUBLE_SECONDS = 1.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.world", description="Stores and warehouses as bots.")
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help="state folder of the running system")
    state = parser.parse_args().state.resolve()
    # Nothing is lost when it ends in the middle: work that was not finished is still in the queue.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    try:
        running = Running(state)
    except NotRunning as problem:
        print(problem, file=sys.stderr)
        return 1
    control = ControlFile(state)
    sqs, events = running.aws("sqs"), running.aws("events")
    bus = running.outputs["StoreBusName"]
    now = shifted_clock(Path(os.environ.get("SPINE_CLOCK_FILE") or state / "clock"))
    bot = NodeBot(sqs, events, bus, listen(sqs, events, bus), control, now)
    print(f"stores and warehouses listen on {bus}", flush=True)
    work(bot, control)
    return 0


def work(bot: NodeBot, control: ControlFile) -> None:
    """Go on for ever; an engine that does not answer is asked again, and told about once."""
    in_trouble = False
    while True:
        try:
            done = bot.step(LONGEST_WAIT_SECONDS)
        except (BotoCoreError, ClientError) as problem:
            if not in_trouble:
                print(f"the engine does not answer: {type(problem).__name__} {problem}", flush=True)
            in_trouble = True
            time.sleep(TROUBLE_SECONDS)
            continue
        in_trouble = False
        if done:
            print(f"did {done} fulfilment orders", flush=True)
        elif control.read().paused:
            time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
