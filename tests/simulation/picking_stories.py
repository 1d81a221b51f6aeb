"""Stories of picking: in waves over HTTP and the store bus, short of a unit, packed by cartons."""

from __future__ import annotations

from tests.simulation.directed import NODE, People
from tests.simulation.telling import story
from tests.simulation.world import line

WAVES = "/v1/nodes/dc-newark/waves"


@story
def picked_in_a_wave(people: People) -> None:
    """One of three is not found: it comes from elsewhere, and somebody counts; the others leave in a carton."""
    order_id = people.place("o-1", line("MUG", 3))
    work_id = people.released(order_id)
    wave = people.send("POST", WAVES, {"kind": "multi_order"}, client=NODE).body
    people.send("GET", f"{WAVES}/{wave['id']}", client=NODE)
    short = [{"line_no": 1, "quantity": 1, "reason": "not_found"}]
    people.do(work_id, "pick", scans=[{"barcode": "MUG", "quantity": 2}], short=short)
    people.do(work_id, "pack", cartons=[{"carton_no": 1, "lines": [{"line_no": 1, "quantity": 2}]}])
    people.send("POST", f"{WAVES}/{wave['id']}/close", {}, client=NODE)
    people.do(work_id, "ship", shipment={"packages": [{"package_no": 1}]})
    elsewhere = people.wait_for(lambda: people.works(order_id, "OPEN"))
    people.do(str(elsewhere[0]["id"]), "ship")
    people.until(order_id, payment_status="CAPTURED")


@story
def counted_after_a_short_pick(people: People) -> None:
    """What was not found is counted twice: over HTTP, and by a warehouse over the store bus."""
    for number, external_id in enumerate(("o-1", "o-2")):
        order_id = people.place(external_id, line("MUG", 2))
        work_id = people.released(order_id)
        node_id = people.works(order_id)[0]["node_id"]
        short = [{"line_no": 1, "quantity": 1, "reason": "not_found"}]
        people.do(work_id, "pick", lines=[{"line_no": 1, "quantity": 1}], short=short)
        queue = f"/v1/nodes/{node_id}/tasks?kind=COUNT"
        (entry,) = people.wait_for(lambda queue=queue: people.send("GET", queue).body["entries"])
        task = entry["task"]["id"]
        if number:
            people.simulation.say(f"wms.{node_id}", "CompleteTask", "t-1", {"task_id": task, "counted": 5})
        else:
            people.send("POST", f"/v1/tasks/{task}/completions", {"counted": 5})
        people.do(work_id, "ship")
        (elsewhere,) = people.wait_for(lambda order_id=order_id: people.works(order_id, "OPEN"))
        people.do(str(elsewhere["id"]), "ship")
        people.until(order_id, payment_status="CAPTURED")


@story
def waves_over_the_store_bus(people: People) -> None:
    """A warehouse makes a wave, closes it before it has picked, and says both twice."""
    order_id = people.place("o-1", line("MUG", 2))
    work_id = people.released(order_id)

    def said(kind: str, **content: object) -> None:
        for _ in range(2):
            people.simulation.say("wms.dc-newark", kind, f"{kind}-1", content)
            people.simulation.sleep(5)

    said("CreateWave", most_orders=5)
    (wave_id,) = {pk.rsplit("#", 1)[1] for pk, sk in people.simulation.rows("orders") if sk == "WAVE"}
    said("CloseWave", wave_id=wave_id)
    people.do(work_id, "ship")
    people.until(order_id, payment_status="CAPTURED")
