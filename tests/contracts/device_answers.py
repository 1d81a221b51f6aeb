"""Calls of a device that comes back to the network, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway
from tests.device_doors import action
from tests.order_world import document, line


def device_actions(gateway: Gateway) -> None:
    """Each of the four answers: done, already done, a conflict with its task, and refused."""
    gateway.world.receive("A", "DC1", 5)
    order_id = gateway.send("POST", "/v1/orders", document(line("A", 2), external_id="offline"))[1]["id"]
    (work,) = gateway.world.released(order_id)
    path = "/v1/nodes/DC1/device-actions"
    told = [action("pick", work, 1), action("accept", work, 2), action("fly", work, 3)]
    first = gateway.send("POST", path, {"device_id": "dev-1", "actions": told})[1]["results"]
    assert [one["result"] for one in first] == ["done", "already_done", "refused"]
    other = {"device_id": "dev-2", "actions": [action("pick", work, 1, "again")]}
    (conflict,) = gateway.send("POST", path, other)[1]["results"]
    assert (conflict["result"], conflict["problem"]["code"]) == ("conflict", "already_done")
    assert gateway.send("GET", f"/v1/tasks/{conflict['task_id']}")[1]["kind"] == "DEVICE_CONFLICT"
