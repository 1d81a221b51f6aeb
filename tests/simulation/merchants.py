"""Who decides how stock may be sold: rules of stock, strategies, and stock that is to lie in shards for a launch."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from tests.simulation.actors import Actors
from tests.simulation.machine.gateway import Answer
from tests.simulation.world import SKUS


class Merchants(Actors):
    """The merchandisers of a run."""

    def launch(self) -> None:
        """Somebody foretells demand, perhaps of all stock, and perhaps takes it back; the clock rings in between."""
        simulation = self.simulation
        # With two of them each of two buyers may find its own, or both want the same.
        more = {"node_id": "dc-newark", "sku": "LAST", "kind": "received", "quantity": 1, "reason": "launch"}
        self.send("POST", "/v1/inventory/movements", {"movements": [more]}, "more", client="acme-operator")
        until = simulation.scheduler.instant + timedelta(seconds=(5, 60, 1_800)[self.pick(3)])
        skus = SKUS if self.strikes(0.7) else ("MUG",)
        told = {"per_second": (50, 100, 400)[self.pick(3)], "until": until.isoformat()}
        self._mark(skus, told, "launch")
        for number in range(1 + self.pick(3)):
            self.act("clock", partial(simulation.ring, "BalanceStock"), self.pause(0.8))
            if self.strikes(0.3):
                simulation.sleep(self.pause())
                self._mark(skus, {**told, "per_second": (0, 60)[self.pick(2)]}, f"launch-{number}")

    def _mark(self, skus: tuple[str, ...], told: dict[str, Any], key: str) -> None:
        items = [{"sku": sku, **told} for sku in skus]
        self.send("PUT", "/v1/hot-stock", {"items": items}, key, client="acme-operator")

    def rules(self) -> None:
        """Somebody keeps units from the web for a while, and perhaps changes their mind."""
        if self.strikes(0.4):
            self._strategy()
        path = "/v1/inventory/rules/usual"
        buffer = {"id": "buffer", "priority": 1, "units": self.pick(3)}
        pool = {"id": "shops", "channels": ["store"], "percent": (0, 50, 100)[self.pick(3)]}
        put = self._configure("PUT", path, {"safety": [buffer], "pools": [pool]}, 0)
        if put.status == 201:
            self._configure("POST", f"{path}/promotions", {"number": 1}, 1)
            self.simulation.sleep(self.pause())
            second = self._configure("PUT", path, {"safety": [{**buffer, "units": 0}]}, 2)
            if second.status == 200:
                self._configure("POST", f"{path}/promotions", {"number": 2}, 3)
                if self.strikes(0.5):
                    self._configure("POST", f"{path}/rollbacks", {}, 4)

    def _strategy(self) -> None:
        """Somebody sends orders to stores first, or to wherever it costs least."""
        path = "/v1/sourcing/strategies/usual"
        stores = {"id": "stores", "where": {"kinds": ["store"]}, "max_shipments": 1}
        cheap = {"id": "cheap", "first": "cost", "shipment_cents": 100, "cents_per_100_km": 20}
        put = self._configure("PUT", path, {"scenarios": [stores, cheap] if self.strikes(0.5) else [cheap]}, 0)
        if put.status == 201:
            self._configure("POST", f"{path}/promotions", {"number": 1}, 1)

    def _configure(self, method: str, path: str, body: dict[str, Any], version: int) -> Answer:
        headers = {"if-match": str(version)} if version else {}
        return self.send(method, path, body, f"{path}-{version}", client="acme-operator", headers=headers)
