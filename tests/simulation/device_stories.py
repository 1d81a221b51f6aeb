"""Stories of devices that come back to the network: over HTTP and the store bus, twice, and against each other."""

from __future__ import annotations

from typing import Any

from tests.simulation.directed import NODE, People
from tests.simulation.telling import story
from tests.simulation.world import line


def log_of(people: People, work_id: str, *verbs: str, name: str, **bodies: dict[str, Any]) -> list[dict[str, Any]]:
    """What a device did just now, each verb after the one before it."""
    made: list[dict[str, Any]] = []
    for verb in verbs:
        one = {"id": f"{name}-{verb}", "action": verb, "subject": work_id, "occurred_at": people.simulation.now()}
        if made:
            one["after"] = {"id": made[-1]["id"], "action": made[-1]["action"]}
        made.append({**one, "body": bodies.get(verb, {})})
    return made


def told(people: People, device: str, actions: list[dict[str, Any]]) -> None:
    """A list is told until nothing of it met a busy moment."""
    for _ in range(6):
        body = {"device_id": device, "actions": actions}
        answer = people.send("POST", "/v1/nodes/dc-newark/device-actions", body, client=NODE)
        results = answer.body["results"] if answer.status == 200 else []
        if results and not any((one["problem"] or {}).get("code") == "busy" for one in results):
            return
        people.simulation.sleep(5)


@story
def a_device_that_comes_back(people: People) -> None:
    """It tells the end of its log first; a second device says that it picked the same units."""
    order_id = people.place("o-1", line("MUG", 2))
    work_id = people.released(order_id)
    log = log_of(people, work_id, "accept", "pick", "ship", name="d-1")
    for actions in (log[1:], log[:1], log):
        told(people, "d-1", actions)
    other = log_of(people, work_id, "pick", name="d-2", pick={"lines": [{"line_no": 1, "quantity": 2}]})
    told(people, "d-2", other)
    people.until(order_id, payment_status="CAPTURED")
    for entry in people.send("GET", "/v1/nodes/dc-newark/tasks?kind=DEVICE_CONFLICT").body["entries"]:
        people.send("POST", f"/v1/tasks/{entry['task']['id']}/completions", {"outcome": "put_back"})


@story
def devices_on_the_store_bus(people: People) -> None:
    """The same over the bus, each message twice; what comes too early comes again from its queue."""
    order_id = people.place("o-1", line("MUG", 2))
    work_id = people.released(order_id)
    log = log_of(people, work_id, "accept", "pick", "ship", name="d-1")
    other = log_of(people, work_id, "pick", name="d-2", pick={"lines": [{"line_no": 1, "quantity": 2}]})
    for device, number, actions in (("d-1", 2, log[2:]), ("d-1", 1, log[:2]), ("d-2", 3, other)):
        content = {"device_id": device, "actions": actions}
        for _ in range(2):
            people.simulation.say("wms.dc-newark", "TakeDeviceActions", f"told-{number}", content)
            people.simulation.sleep(5)
    people.until(order_id, payment_status="CAPTURED")
