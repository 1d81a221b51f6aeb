"""What the payment provider took, by its own log of effects, which nobody but the provider writes."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from local.progress import Failed
from local.state import Http, Running

PAGE = 10_000
# Effect of the log -> whether it takes money or gives it back.
TAKES = {"captured": 1, "refunded": -1}


def read_takings(running: Running) -> dict[str, int]:
    """Return what was taken for each order that the provider knows, in minor units; 0 where it only held money."""
    http = Http(running.psp_url)
    api_key = json.loads((running.state_dir / "psp.json").read_text())["api_key"]
    entries: list[Mapping[str, Any]] = []
    after: int | None = 0
    while after is not None:
        answer = http.request("GET", f"/log?after={after}&limit={PAGE}", None, {"authorization": f"Bearer {api_key}"})
        if not answer.ok:
            raise Failed(f"the payment provider does not show its log: {answer.status}")
        page = answer.json()
        entries += page["entries"]
        after = page["next"]
    return takings(entries)


def takings(entries: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the money of a log per order."""
    taken: dict[str, int] = {}
    for entry in entries:
        order_id = entry["metadata"].get("order_id", "")
        taken[order_id] = taken.get(order_id, 0) + TAKES.get(entry["effect"], 0) * entry["amount"]
    return taken
