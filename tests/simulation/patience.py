"""Shoppers who wait for what nobody has: a strategy that lets them, deliveries, and some who lose patience."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.simulation.actors import Actors
from tests.simulation.machine.gateway import Answer
from tests.simulation.world import NODES, line, order

PATH = "/v1/sourcing/strategies/waits"


class Patience(Actors):
    """Orders may wait for a day: more is ordered than there is, and some of it comes, or is freed."""

    def begin(self) -> None:
        waits = {"id": "waits", "otherwise": "backorder", "cancel_after_days": 1}
        content = {"scenarios": [waits], "priority": {"tiers": {"gold": 1}}}
        if self._configure("PUT", PATH, content, 0).status != 201:
            return
        self._configure("POST", f"{PATH}/promotions", {"number": 1}, 1)
        for number in range(1 + self.pick(2)):
            units = 2 + self.pick(2)
            more = {"customer": {"tier": "gold"}} if self.strikes(0.4) else {}
            lines = [line("LAST", units), *([line("SCARF", 4 + units)] if self.strikes(0.3) else [])]
            wanted = order(f"o-waits-{number}", *lines, **more)
            self.act(f"patient {number}", partial(self._wait, number, wanted), self.pause())
        for number in range(1 + self.pick(2)):
            self.simulation.sleep(self.pause(0.8))
            self._deliver(number)
            if self.strikes(0.5):
                self.act("broker", partial(self.simulation.ring, "BrokerBacklog"), self.pause())

    def _deliver(self, number: int) -> None:
        node = NODES[self.pick(len(NODES), 0.5)]
        movement = {"node_id": node, "sku": "LAST", "kind": "received", "quantity": 1 + self.pick(2)}
        body = {"movements": [{**movement, "reason": "delivery"}]}
        self.send("POST", "/v1/inventory/movements", body, f"delivery-{number}", client="acme-operator")

    def _wait(self, number: int, wanted: dict[str, Any]) -> None:
        """A patient shopper, who may lose patience."""
        made = self.send("POST", "/v1/orders", wanted, f"key-o-waits-{number}")
        if made.status == 201 and self.strikes(0.3):
            self.simulation.sleep(self.pause())
            body: dict[str, Any] = {"reason": "no_patience"}
            if self.strikes(0.4):
                body["lines"] = [{"line_no": 1, "quantity": 1}]
            path = f"/v1/orders/{made.body['id']}/cancellations"
            self.send("POST", path, body, f"cancel-o-waits-{number}")

    def _configure(self, method: str, path: str, body: dict[str, Any], version: int) -> Answer:
        headers = {"if-match": str(version)} if version else {}
        return self.send(method, path, body, f"{path}-{version}", client="acme-operator", headers=headers)
