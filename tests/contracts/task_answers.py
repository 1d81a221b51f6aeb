"""Calls about the tasks of nodes and of customer care, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway
from tests.task_doors import opened


def tasks(gateway: Gateway) -> None:
    task = opened(gateway.world, "COUNT", "count-1", "S1", 30, sku="A")
    found = gateway.send("GET", "/v1/nodes/S1/tasks?limit=1")[1]
    assert (found["entries"][0]["task"]["id"], found["counts"]["tasks"]) == (task, {"COUNT": 1})
    assert gateway.send("POST", f"/v1/tasks/{task}/completions", {"outcome": "found_one"})[0] == 200
    assert gateway.send("GET", f"/v1/tasks/{task}")[1]["state"] == "DONE"
    opened(gateway.world, "PARCEL_SILENT", "care-1", None)
    assert gateway.send("GET", "/v1/tasks")[1]["tasks"]
