"""Store bots: devices that do the work of nodes and tell of it late, twice, all at once, or against each other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import partial
from typing import Any

from tests.simulation.actors import Actors
from tests.simulation.nodes import COLLECTED_STEPS, STEPS

Action = dict[str, Any]
CLIENT = "acme-wms"
# A device gives up a list that was not answered wholly after so many tries, as one whose battery is empty does.
MOST_ROUNDS = 12


class Manner(IntEnum):
    """How a device tells what it does."""

    SLOW = 0  # step by step, each when it is done
    DUPLICATE = 1  # the same, twice or more
    OFFLINE = 2  # after hours, from the last to the first, in pieces
    CONTRADICTORY = 3  # two devices of the node do the same work, each by itself


class Devices(Actors):
    """The devices of all nodes; each does what it was given, whatever becomes of the work meanwhile."""

    def begin(self) -> None:
        self.simulation.buses.listeners[self.simulation.store_bus].append(self._hear)

    def _hear(self, event: Mapping[str, Any]) -> None:
        if event["detail-type"] != "FulfillmentOrderReleased" or self.simulation.faults.over or self.strikes(0.3):
            return
        detail = json.loads(event["detail"])["data"]
        self.calls += 1
        manner = Manner(self.pick(len(Manner), 0.8))
        names = ("left", "right") if manner is Manner.CONTRADICTORY else ("device",)
        for name in names:
            self.act("device", partial(self._work, detail, f"{name}-{self.calls}", manner), self.pause())

    def _work(self, detail: Mapping[str, Any], device: str, manner: Manner) -> None:
        """All steps of some work, told in the manner of the device."""
        log: list[Action] = []
        for verb in STEPS if detail["method"] in ("ship", "transfer") else COLLECTED_STEPS:
            log.append(self._done(detail, device, verb, log[-1] if log else None))
            if manner in (Manner.SLOW, Manner.DUPLICATE):
                self._tell(detail["node_id"], device, log[-1:], 1 + (manner is Manner.DUPLICATE))
            self.simulation.sleep(self.pause(0.5))
        if manner in (Manner.SLOW, Manner.DUPLICATE):
            return
        self.simulation.sleep((5.0, 300.0, 9_000.0)[self.pick(3, 0.6)])
        cut = 1 + self.pick(len(log))
        for piece in (log[cut:][::-1], log[:cut][::-1], log):
            if piece:
                self._tell(detail["node_id"], device, piece, 1)

    def _done(self, detail: Mapping[str, Any], device: str, verb: str, before: Action | None) -> Action:
        """What a device has done just now; it names its units, as it was told them, or means all of them."""
        body: dict[str, Any] = {}
        units = [{"line_no": one["line_no"], "quantity": one["quantity"]} for one in detail["lines"]]
        if verb == "pick" and self.strikes(0.3):
            short = {**units[0], "quantity": 1, "reason": ("not_found", "damaged")[self.pick(2)]}
            body = {"short": [short]}
        elif verb in ("pick", "pack", "ship", "hand-over") and self.strikes(0.4):
            body = {"lines": units}
        one: Action = {
            "id": f"{device}-{detail['fulfillment_order_id']}-{verb}",
            "action": verb,
            "subject": detail["fulfillment_order_id"],
            "occurred_at": self.simulation.now(),
            "body": body,
        }
        return one if before is None else {**one, "after": {"id": before["id"], "action": before["action"]}}

    def _tell(self, node: str, device: str, actions: Sequence[Action], times: int) -> None:
        """Tell a list so many times, over HTTP or the bus; over HTTP what was refused is told again for a while."""
        body = {"device_id": device, "actions": list(actions)}
        if self.strikes(0.25):
            source = f"{'wms' if node.startswith('dc-') else 'store'}.{node}"
            for _ in range(times):
                self.calls += 1
                self.simulation.say(source, "TakeDeviceActions", f"{device}-{self.calls}", body)
            return
        for _ in range(times):
            self._tell_until_answered(node, device, body)

    def _tell_until_answered(self, node: str, device: str, body: Mapping[str, Any]) -> None:
        for attempt in range(MOST_ROUNDS):
            self.calls += 1
            path = f"/v1/nodes/{node}/device-actions"
            answer = self.send("POST", path, dict(body), f"{device}-{self.calls}", client=CLIENT)
            if answer.status != 200:
                continue
            refused = [one["problem"]["code"] for one in answer.body["results"] if one["result"] == "refused"]
            # What comes too early comes again with the rest; what is wrong for good does not become right.
            if "busy" not in refused:
                return
            self.simulation.sleep(min(0.5 * 2**attempt, 30.0))
