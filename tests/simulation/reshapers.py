"""An operator and nodes who reshape work under way: they hold, split, merge, move and reschedule it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from tests.simulation.actors import Actors
from tests.simulation.nodes import CLOSED
from tests.simulation.world import NODES

REASONS = ("address_check", "stock_check", "fraud_check")
# For how long work is held or put off: less than a storm, about a day, or until somebody releases it.
SPANS = (30.0, 400.0, 90_000.0, None)


class Reshapers(Actors):
    """Whoever looks at the work of nodes now and then, and wants it otherwise."""

    def begin(self) -> None:
        for number in range(1 + self.pick(2, 0.6)):
            self.act(f"operator {number}", partial(self._look, 3), self.pause(0.5))
        self.simulation.buses.listeners[self.simulation.store_bus].append(self._hear)

    def _hear(self, event: Mapping[str, Any]) -> None:
        """Whoever hears of new work may want it otherwise at once."""
        if event["detail-type"] == "FulfillmentOrderReleased" and not self.simulation.faults.over and self.strikes(0.5):
            self.act("operator", partial(self._look, 1), self.pause(0.4))

    def let_go(self) -> None:
        """Nothing breaks any more: whatever has no end is released."""
        for work in self._open():
            if any(one.get("expires_at") is None for one in work.get("holds", ())):
                self._send(work["id"], "release-hold", {})

    def _look(self, times: int) -> None:
        for _ in range(times + self.pick(3, 0.6)):
            found = self._open()
            if found and not self.simulation.faults.over:
                self._reshape(found, found[self.pick(len(found), 0.6)])
            self.simulation.sleep(self.pause(0.6) + 0.01)

    def _open(self) -> list[dict[str, Any]]:
        rows = sorted(self.simulation.rows("orders").items())
        works = [json.loads(row["body"]) for (_, sk), row in rows if sk.startswith("WORK#")]
        return [work for work in works if work["status"] not in CLOSED]

    def _reshape(self, found: list[dict[str, Any]], work: dict[str, Any]) -> None:
        verb = ("hold", "release-hold", "split", "merge", "move", "reschedule")[self.pick(6)]
        more: dict[str, Any] = {}
        if verb == "hold":
            more = {"reason": REASONS[self.pick(len(REASONS))]} | self._until("expires_at")
        elif verb == "split":
            more = {"lines": [{"line_no": work["lines"][0]["line_no"], "quantity": 1}]}
        elif verb == "merge":
            same = [one["id"] for one in found if one["order_id"] == work["order_id"] and one["id"] != work["id"]]
            more = {"other_fulfillment_order_id": same[self.pick(len(same))] if same else work["id"]}
        elif verb == "move":
            units = {"lines": [{"line_no": work["lines"][0]["line_no"], "quantity": 1}]} if self.strikes(0.3) else {}
            more = {"node_id": NODES[self.pick(len(NODES))], **units}
        elif verb == "reschedule":
            more = self._until("release_at") or {"release_at": self._at(60.0)}
        if verb in ("hold", "release-hold", "split") and self.strikes(0.3):
            self._say(work, verb, more)
        else:
            self._send(work["id"], verb, more)

    def _until(self, name: str) -> dict[str, str]:
        span = SPANS[self.pick(len(SPANS), 0.7)]
        return {} if span is None else {name: self._at(span)}

    def _at(self, seconds: float) -> str:
        return self.simulation.at(self.simulation.scheduler.now + round(1_000 * seconds))

    def _send(self, work_id: str, verb: str, body: dict[str, Any]) -> None:
        self.calls += 1
        path = f"/v1/fulfillment-orders/{work_id}/{verb}"
        self.send("POST", path, body, f"{work_id}:{verb}:{self.calls}", client="acme-operator")

    def _say(self, work: dict[str, Any], verb: str, body: dict[str, Any]) -> None:
        self.calls += 1
        kind = "".join(part.capitalize() for part in verb.split("-")) + "FulfillmentOrder"
        content = {"fulfillment_order_id": work["id"], **body}
        source = f"{'wms' if work['node_id'].startswith('dc-') else 'store'}.{work['node_id']}"
        for _ in range(1 + self.pick(2, 0.1)):
            self.simulation.say(source, kind, f"{work['id']}:{verb}:{self.calls}", content)
