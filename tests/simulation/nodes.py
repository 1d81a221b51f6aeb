"""Stores and warehouses: they hear of work on the store bus and do it over HTTP or the bus, well, badly or not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from tests.simulation.actors import Actors
from tests.simulation.machine.gateway import Answer
from tests.simulation.machine.simulation import Simulation
from tests.simulation.world import NODES

# The manner of a node that says only that it has shipped, which is also how it finishes while all heals.
AT_ONCE = 3
CLOSED = ("COMPLETED", "REJECTED", "INCOMPLETE", "CANCELLED", "REPLACED")
STEPS = ("accept", "pick", "pack", "ship")
COLLECTED_STEPS = ("accept", "pick", "pack", "stage", "hand-over")


class Nodes(Actors):
    """Every node; a calm one mostly does all its work step by step."""

    def __init__(self, simulation: Simulation, *, calm: bool) -> None:
        super().__init__(simulation)
        self._calm = calm
        self._known_work: set[str] = set()
        self._silent: list[Mapping[str, Any]] = []
        simulation.buses.listeners[simulation.store_bus].append(self._hear)

    def look_after(self) -> None:
        """What nodes find in their lists after a while."""
        for (_, sk), row in sorted(self.simulation.rows("orders").items()):
            if not sk.startswith("WORK#"):
                continue
            work = json.loads(row["body"])
            asked = work.get("cancel_request")
            if asked and not asked.get("answer"):
                self.act("node", partial(self._let_go, work["id"]), 0)
            elif work["status"] not in (*CLOSED, "SCHEDULED"):
                self.act("node", partial(self._work, {**work, "fulfillment_order_id": work["id"]}, AT_ONCE), 0)

    def begin(self) -> None:
        """Now and then a node takes nothing on for a while."""
        if self.strikes(0.15):
            self.act("buyer", self._supply, self.pause(0.9))
        if self.strikes(0.15):
            self.act("node", partial(self._tire, NODES[self.pick(len(NODES))]), self.pause(0.9))

    def _supply(self) -> None:
        """A transfer of mugs between two nodes, or goods of a supplier, which come in part, late or not at all."""
        is_transfer = self.strikes(0.5)
        line = {"line_no": 1, "sku": "MUG", "quantity": 1 + self.pick(3), "expected_on": self.simulation.now()[:10]}
        kind = {"kind": "transfer", "from_node": "dc-newark"} if is_transfer else {"kind": "purchase_order"}
        path, client = "/v1/supply/s-1", "acme-operator"
        body = {**kind, "node_id": "albany", "lines": [line]}
        if self.send("PUT", path, body, "s-put", client=client).status != 201:
            return
        self.simulation.sleep(self.pause())
        if self.strikes(0.3):
            more = {**body, "lines": [{**line, "quantity": 1 + self.pick(3)}]}
            self.act(
                "buyer", partial(self.send, "PUT", path, more, "s-more", client, {"if-match": "1"}), self.pause(0.9)
            )
        if is_transfer:
            units = {"lines": [{"line_no": 1, "quantity": 1}]} if self.strikes(0.5) else {}
            self.send("POST", f"{path}/dispatch", units, "s-sent", client=client)
        came = {"supply_id": "s-1", "lines": [{"line_no": 1, "quantity": 1, "damaged": self.pick(2)}]}
        for _ in range(1 + self.pick(2)):
            self.simulation.say("store.albany", "ReceiveSupply", "s-came", came)
        if self.strikes(0.5):
            self.simulation.sleep(self.pause())
            self.send("POST", f"{path}/close", {"reason": "late"}, "s-shut", client=client)

    def _tire(self, node: str) -> None:
        """By HTTP or over the bus, and it says so when it is over."""
        if self.pick(2):
            self.simulation.say(f"store.{node}", "PauseNode", f"{node}:pause", {"reason": "full"})
            self.simulation.sleep(self.pause(0.9))
            self.simulation.say(f"store.{node}", "ResumeNode", f"{node}:resume", {})
            return
        path = f"/v1/nodes/{node}"
        ends = self.simulation.at(self.simulation.scheduler.now + round(1_000 * self.pause(0.9)) + 1)
        until = {"until": ends} if self.pick(2) else {}
        self.send("POST", f"{path}/pause", {"reason": "full", **until}, f"{node}:pause", client="acme-wms")
        if not until:
            self.simulation.sleep(self.pause(0.9))
            self.send("POST", f"{path}/resume", {}, f"{node}:resume", client="acme-wms")

    def wake(self) -> None:
        """Those who said nothing begin to work."""
        for detail in self._silent:
            self.act("node", partial(self._work, detail, AT_ONCE), 1.0)

    def _hear(self, event: Mapping[str, Any]) -> None:
        """Work for a node, perhaps heard of before."""
        detail = json.loads(event["detail"])["data"]
        if event["detail-type"] == "FulfillmentOrderCancellationRequested":
            self.act("node", partial(self._let_go, detail["fulfillment_order_id"]), self.pause())
        if event["detail-type"] == "FulfillmentOrderDispatched":
            self.act("node", partial(self._step, detail["fulfillment_order_id"], "receive", {}), self.pause())
        if event["detail-type"] != "FulfillmentOrderReleased":
            return
        if detail["fulfillment_order_id"] in self._known_work:
            return
        self._known_work.add(detail["fulfillment_order_id"])
        manner = self.pick(8, 0.2 if self._calm else 0.7) if not self.simulation.faults.over else AT_ONCE
        if manner == 6:
            self._silent.append(detail)
            return
        self.act("node", partial(self._work, detail, manner), self.pause())

    def _let_go(self, work_id: str) -> None:
        """The shop asks for units back: yes, no, or no answer, which comes later."""
        answer = 0 if self.simulation.faults.over else self.pick(3, 0.5)
        if answer < 2:
            body = {"accepted": True} if answer == 0 else {"accepted": False, "reason": "packed"}
            self._step(work_id, "cancel-response", body)

    def _work(self, detail: Mapping[str, Any], manner: int) -> None:
        """Do some work: step by step over HTTP or the bus, all at once, in two parcels, in part, or not at all."""
        work_id, node = detail["fulfillment_order_id"], detail["node_id"]
        steps = STEPS if detail["method"] in ("ship", "transfer") else COLLECTED_STEPS
        if manner == 4:
            self._step(work_id, "reject", {"reason": "out_of_stock"})
            return
        if manner == 7:
            self._step(work_id, "accept", {})
            self.simulation.sleep(self.pause())
            self._step(work_id, "close", self._why(detail["lines"][0]))
            return
        if manner == 5 and steps is STEPS:
            units = [{"line_no": entry["line_no"], "quantity": 1} for entry in detail["lines"][:1]]
            self._step(work_id, "ship", {"lines": units})
        for step in steps[-1:] if manner == AT_ONCE and steps is STEPS else steps:
            if manner in (1, 2):
                self._say(node, work_id, step, {})
            else:
                self._step(work_id, step, {})
            if manner != 1:
                self.simulation.sleep(self.pause(0.3))

    def _why(self, first: Mapping[str, Any]) -> dict[str, Any]:
        """Why work is closed; of a kit one component may be all that is short."""
        reason = ("not_found", "damaged", "too_far")[self.pick(3)]
        if reason == "too_far" or not first["components"] or self.strikes(0.4):
            return {"reason": reason}
        short = {"line_no": first["line_no"], "sku": first["components"][0]["sku"], "quantity": 1}
        return {"reason": reason, "short": [short]}

    def _step(self, work_id: str, verb: str, body: Mapping[str, Any]) -> Answer:
        path = f"/v1/fulfillment-orders/{work_id}/{verb}"
        self.calls += 1
        return self.send("POST", path, dict(body), f"{work_id}:{verb}:{self.calls}", client="acme-wms")

    def _say(self, node: str, work_id: str, verb: str, body: Mapping[str, Any]) -> None:
        kind = "".join(part.capitalize() for part in verb.split("-")) + "FulfillmentOrder"
        source = f"{'wms' if node.startswith('dc-') else 'store'}.{node}"
        content = {"fulfillment_order_id": work_id, **body}
        for _ in range(1 + self.pick(2, 0.1)):
            self.simulation.say(source, kind, f"{work_id}:{verb}", content)
