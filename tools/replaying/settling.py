"""Waits until orders are settled: their goods have left or were cancelled, their money is taken or given back."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tools.replaying.api import Api
from tools.replaying.orders import read_order
from tools.replaying.outcome import Placed
from tools.replaying.progress_bar import ProgressBar

READERS = 4
# Orders settle roughly in their order, so looking at the oldest is enough to see that things move on.
LOOKED_AT = 12
PAUSE_SECONDS = 0.3
# With no order moving for so long, what is left is stuck; the checks will name it. Longer than the queues wait (three
# minutes) before they deliver a failed message again.
STANDSTILL_SECONDS = 300.0


def settle(api: Api, waiting: Sequence[Placed], bar: ProgressBar, longest_seconds: float | None = None) -> list[Placed]:
    """Read each order until it is settled, until `longest_seconds` are over or none has moved for five minutes.

    Returns the orders that are not settled.
    """
    left = list(waiting)
    began = moved_at = time.monotonic()
    with ThreadPoolExecutor(READERS) as readers:
        while left and time.monotonic() - moved_at < STANDSTILL_SECONDS:
            if longest_seconds is not None and time.monotonic() - began > longest_seconds:
                return left
            looked_at = left[:LOOKED_AT]
            states = list(readers.map(lambda placed: read_order(api, placed.order_id), looked_at))
            if any(placed.state != state for placed, state in zip(looked_at, states, strict=True)):
                moved_at = time.monotonic()
            for placed, state in zip(looked_at, states, strict=True):
                placed.state = state
            still = [placed for placed in looked_at if not placed.is_settled]
            bar.wait(len(still) + len(left) - len(looked_at))
            if len(still) == len(looked_at):
                time.sleep(PAUSE_SECONDS)
            # The ones that lag go to the end, so that one stuck order does not hide the others.
            left = [*left[LOOKED_AT:], *still]
    if left:
        bar.say(f"{len(left)} orders do not settle, the first one {left[0].order_id}")
    return left
