"""The orders of the bench: two lines, one card, one address, spread evenly over the seeded items."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bench.load import Call
from local.order import CHANNEL, CLIENT, SELLING_NODE, SHIP_TO
from local.progress import Failed
from local.seed.seed import read
from local.state import Http, Running

PRICES = (1250, 799)
CAPTURED_WITHIN_SECONDS = 240.0
LOG_PAGE = 10_000
__all__ = ["CLIENT", "Captures", "NotCaptured", "document", "placements"]

_numbers = count()
# Apart from the orders of an earlier run on the same system.
_run = format(time.time_ns() // 1_000_000, "x")


class NotCaptured(Failed):
    """Orders were placed and their money was not taken in time."""


def document(external_id: str, skus: tuple[str, ...]) -> dict[str, Any]:
    """An order with one unit of each SKU, as a channel sends it."""
    total = sum(PRICES[: len(skus)])
    return {
        "channel": CHANNEL,
        "external_id": external_id,
        "selling_node": SELLING_NODE,
        "taken_by": "web shop",
        "currency": "GBP",
        "locale": "en-GB",
        "customer": {"reference": external_id},
        "ship_to": SHIP_TO,
        "lines": [
            {"sku": sku, "quantity": 1, "unit_price": price, "total": price, "method": "ship"}
            for sku, price in zip(skus, PRICES, strict=False)
        ],
        "totals": {"goods": total, "total": total},
        "payments": [{"tender": "card", "provider": "strict", "token": "tok_visa", "amount": total}],
    }


def placements(how_many: int) -> Iterator[Call]:
    """Calls that place two-line orders, no two alike in this run."""
    skus = [row["sku"] for row in read("items.csv")]
    for _ in range(how_many):
        number = next(_numbers)
        name = f"B{_run}-{number}"
        pair = (skus[2 * number % len(skus)], skus[(2 * number + 1) % len(skus)])
        yield Call("/v1/orders", name, document(name, pair))


@dataclass
class Captures:
    """What the payment provider has done since this was made, read from its log of effects."""

    running: Running
    at: list[float] = field(default_factory=list)  # when each capture was seen
    per_order: Counter[str] = field(default_factory=Counter)
    amounts: Counter[str] = field(default_factory=Counter)
    _after: int = 0

    def __post_init__(self) -> None:
        self._http = Http(self.running.psp_url)
        self._key = json.loads((self.running.state_dir / "psp.json").read_text())["api_key"]
        self._after = self._http.request("GET", "/health").json()["effects"]

    def read(self) -> int:
        """Take in what is new; the number of captures so far."""
        while True:
            headers = {"authorization": f"Bearer {self._key}"}
            page = self._http.request("GET", f"/log?after={self._after}&limit={LOG_PAGE}", headers=headers).json()
            now = time.perf_counter()
            for effect in page["entries"]:
                if effect["effect"] == "captured":
                    order_id = effect["metadata"]["order_id"]
                    self.at.append(now)
                    self.per_order[order_id] += 1
                    self.amounts[order_id] += effect["amount"]
            self._after += len(page["entries"])
            if page["next"] is None:
                return len(self.at)

    def wait_for(self, how_many: int) -> None:
        """Return when so many captures were made; raises NotCaptured when none was made for too long."""
        seen, changed = -1, time.monotonic()
        while (now := self.read()) < how_many:
            if now != seen:
                seen, changed = now, time.monotonic()
            if time.monotonic() - changed > CAPTURED_WITHIN_SECONDS:
                raise NotCaptured(f"{how_many - now} of {how_many} orders were not captured")
            time.sleep(0.1)
