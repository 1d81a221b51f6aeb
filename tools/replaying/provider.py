"""What the payment provider took, by its own log of effects, which nobody but the provider writes."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from local.progress import Failed
from local.state import Http, Running

PAGE = 10_000
# Effect of the log -> whether it takes money or gives it back.
TAKES = {"captured": 1, "refunded": -1}

Effect = Mapping[str, Any]


class ProviderLog:
    """The provider's log, read on from where it was read before."""

    def __init__(self, running: Running) -> None:
        self._http = Http(running.psp_url)
        api_key = json.loads((running.state_dir / "psp.json").read_text())["api_key"]
        self._headers = {"authorization": f"Bearer {api_key}"}
        self._next = 0
        self._effects: list[Effect] = []

    def read(self) -> list[Effect]:
        """Return all effects so far, oldest first; raises Failed when the provider does not show them."""
        more = True
        while more:
            path = f"/log?after={self._next}&limit={PAGE}"
            answer = self._http.request("GET", path, None, self._headers)
            if not answer.ok:
                raise Failed(f"the payment provider does not show its log: {answer.status}")
            page = answer.json()
            self._effects += page["entries"]
            self._next = self._effects[-1]["sequence"] if self._effects else 0
            more = page["next"] is not None
        return self._effects


def takings(entries: Iterable[Effect]) -> dict[str, int]:
    """Return the money of a log for each order that it knows, in minor units; 0 where it only held money."""
    taken: dict[str, int] = {}
    for entry in entries:
        order_id = entry["metadata"].get("order_id", "")
        taken[order_id] = taken.get(order_id, 0) + TAKES.get(entry["effect"], 0) * entry["amount"]
    return taken
