"""Stories of carriers, for the crash points: a label is bought and given back once, and its parcel arrives once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.directed import NODE, People
from tests.simulation.telling import story
from tests.simulation.world import line

BY = {"provider": "easypost", "carrier": "USPS", "service": "Priority"}
ZONE = {"id": "all", "cents": 700, "fastest_days": 2, "slowest_days": 4}
CARD = {"currency": "USD", "services": [{"id": "ground", "zones": [ZONE], "ships_by": BY, "silent_days": 1}]}
TO = {
    **{"name": "Ann Example", "street": "1 Fifth Ave", "city": "New York", "region": "NY"},
    **{"postal_code": "10003", "country": "US"},
}


@story
def labels_are_bought_and_given_back(people: People) -> None:
    """One is given back, one is bought by its node, and one is bought and given back by the recovery."""
    promote_card(people)
    work = people.released(people.place("o-1", line("MUG", 2), ship_to=TO))
    rates = people.send("POST", f"/v1/fulfillment-orders/{work}/rates", {"weight_grams": 700}, client=NODE)
    assert len(rates.body["rates"]) == 3
    first = wanted(people, work, 1)
    until_label(people, first, "BOUGHT")
    given_back(people, first)
    lost(people, draft=1)
    second = wanted(people, work, 1)
    until_label(people, second, "BOUGHT")
    people.wait_for(lambda: printed(people, second))
    lost(people, buy=1, find=1)
    third = wanted(people, work, 2)
    until_label(people, third, "BOUGHT")
    lost(people, refund=1, find=1)
    given_back(people, third)
    handed_over(people, work, second)
    account = people.simulation.carrier.account
    assert account.manifests == [[stored(people, second)["reference"]]]
    assert len(account.sold) == len(set(account.sold)) == 3, "three labels were wanted, and three are billed"
    assert sorted(account.returned) == sorted(stored(people, one)["reference"] for one in (first, third))
    people.do(work, "accept", "ship")


@story
def a_parcel_is_followed_to_the_door(people: People) -> None:
    """It leaves by a label; news come twice, late, and of a number that nobody has, and it is delivered once."""
    promote_card(people)
    order_id = people.place("o-1", line("MUG", 2), ship_to=TO)
    work = people.released(order_id)
    label = wanted(people, work, 1)
    until_label(people, label, "BOUGHT")
    number = stored(people, label)["tracking_number"]
    people.do(work, "accept", "ship")
    people.until(order_id, payment_status="CAPTURED")
    for event, status, hour in ((1, "in_transit", 13), (3, "delivered", 15), (3, "delivered", 15), (2, "failure", 14)):
        told(people, number, event, status, hour)
    told(people, "NOBODYS", 4, "in_transit", 13)
    people.wait_for(lambda: parcels(people, order_id) == [(number, "DELIVERED")])
    people.wait_for(lambda: [sk for _, sk in people.simulation.rows("orders") if "NOBODYS" in sk])
    people.simulation.sleep(1_500)
    assert parcels(people, order_id) == [(number, "DELIVERED")]
    assert len(people.simulation.carrier.account.sold) == 1


@story
def a_parcel_is_silent_and_then_heard_from(people: People) -> None:
    """Nothing is heard of it for a day: customer care has a task, and the carrier's next word ends it."""
    promote_card(people)
    order_id = people.place("o-1", line("MUG", 2), ship_to=TO)
    work = people.released(order_id)
    label = wanted(people, work, 1)
    until_label(people, label, "BOUGHT")
    number = stored(people, label)["tracking_number"]
    people.do(work, "accept", "ship")
    people.until(order_id, payment_status="CAPTURED")
    people.wait_for(lambda: [pk for pk, _ in people.simulation.rows("orders") if pk.endswith(f"TRACKING#{number}")])
    people.simulation.sleep(86_400)
    for _ in range(2):
        people.simulation.ring("RecoverSagas")
        people.simulation.sleep(300)
    (task,) = people.wait_for(lambda: people.send("GET", "/v1/tasks?kind=PARCEL_SILENT").body["tasks"])
    assert task["subjects"]["tracking_number"] == number
    told(people, number, 1, "delivered", 15)
    people.wait_for(lambda: parcels(people, order_id) == [(number, "DELIVERED")])
    people.wait_for(lambda: people.send("GET", f"/v1/tasks/{task['id']}").body["outcome"] == "HEARD_FROM")


@story
def what_is_lost_is_sent_again_and_what_breaks_is_paid_back(people: People) -> None:
    """Of three units one is lost and one broken; each is claimed once, and the one that was lost arrives."""
    order_id = people.place("o-1", line("MUG", 3), ship_to=TO)
    work = people.released(order_id)
    people.do(work, "accept")
    left = {"shipment": {"carrier": "USPS", "tracking_number": "LOST-1"}}
    answer = people.send("POST", f"/v1/fulfillment-orders/{work}/ship", left, client=NODE)
    assert answer.status == 200, answer.text
    people.until(order_id, payment_status="CAPTURED")
    people.wait_for(lambda: [pk for pk, _ in people.simulation.rows("orders") if pk.endswith("TRACKING#LOST-1")])
    again = claimed(people, "lost", "reship")
    (other,) = again["fulfillment_order_ids"]
    back = claimed(people, "damaged", "refund")
    people.wait_for(lambda: [one for one in people.works(order_id) if one["id"] == other and one["status"] == "OPEN"])
    people.do(other, "accept", "ship")
    people.wait_for(lambda: refunded(people, order_id) == [(back["refund_id"], "EXECUTED")])
    people.until(order_id, status="COMPLETED")


def refunded(people: People, order_id: str) -> list[tuple[str, str]]:
    """The refunds of an order, and how far each is."""
    return [(one["id"], one["status"]) for one in people.send("GET", f"/v1/orders/{order_id}").body["refunds"]]


def claimed(people: People, reason: str, resolution: str) -> dict[str, Any]:
    """Customer care claims a unit of the parcel; the claim."""
    body = {"reason": reason, "resolution": resolution, "lines": [{"line_no": 1, "quantity": 1}]}
    answer = people.send("POST", "/v1/parcels/LOST-1/claims", body)
    assert answer.status == 201, answer.text
    return dict(answer.body)


def promote_card(people: People) -> None:
    """A rate card that says by which carrier's service labels are bought."""
    path = "/v1/sourcing/rate-cards/usual"
    people.send("PUT", path, CARD)
    people.send("POST", f"{path}/promotions", {"number": 1}, version=1)


def lost(people: People, **calls: int) -> None:
    """The carrier does the next call of each kind, but for a look-up, and its answer does not come."""
    steps = {kind: ["lost_before" if kind == "find" else "lost_after"] * count for kind, count in calls.items()}
    people.simulation.carrier.account.script.update(steps)


def wanted(people: People, work_id: str, package_no: int) -> str:
    """A node asks for a label of a package; its id."""
    body = {"package_no": package_no, "service": "ground", "weight_grams": 700}
    answer = people.send("POST", f"/v1/fulfillment-orders/{work_id}/labels", body, client=NODE)
    assert answer.status == 201, answer.text
    return str(answer.body["id"])


def handed_over(people: People, work_id: str, label_id: str) -> None:
    """A node hands a label over by a manifest; the carrier's answer is lost, and whoever finds it closes it once."""
    fetched(people, work_id)
    lost(people, manifest=1, find=1)
    body = {"carrier": "USPS", "date": "2026-11-23"}
    node_id = people.send("GET", f"/v1/fulfillment-orders/{work_id}", client=NODE).body["node_id"]
    answer = people.send("POST", f"/v1/nodes/{node_id}/manifests", body, client=NODE)
    assert answer.status == 201, answer.text
    assert [one["label_id"] for one in answer.body["labels"]] == [label_id]
    path = f"/v1/nodes/{node_id}/manifests/{answer.body['id']}"

    def closed() -> bool:
        people.simulation.sleep(180)
        people.simulation.ring("RecoverSagas")
        return bool(people.send("GET", path, client=NODE).body["status"] == "CLOSED")

    assert people.wait_for(closed)
    assert people.send("POST", f"/v1/labels/{label_id}/void", None, client=NODE).body["code"] == "label_manifested"


def fetched(people: People, work_id: str) -> None:
    """A carrier is to come, and then not; both answers are lost, and whoever finds it books and cancels it once."""
    node_id = people.send("GET", f"/v1/fulfillment-orders/{work_id}", client=NODE).body["node_id"]
    now = datetime.fromisoformat(people.send("GET", f"/v1/nodes/{node_id}/tasks", client=NODE).body["at"])
    window = {name: (now + timedelta(hours=hours)).isoformat() for name, hours in (("starts_at", 1), ("ends_at", 9))}
    path = f"/v1/nodes/{node_id}/carrier-pickups"
    lost(people, buy=1, find=1)
    answer = people.send("POST", path, {"carrier": "USPS", "window": window}, client=NODE)
    assert answer.status == 201, answer.text
    own = f"{path}/{answer.body['id']}"

    def stands(status: str) -> bool:
        people.simulation.sleep(180)
        people.simulation.ring("RecoverSagas")
        return bool(people.send("GET", own, client=NODE).body["status"] == status)

    assert people.wait_for(lambda: stands("SCHEDULED"))
    lost(people, cancel=1, find=1)
    assert people.send("POST", f"{own}/cancel", None, client=NODE).status == 200
    assert people.wait_for(lambda: stands("CANCELLED"))
    assert len(people.simulation.carrier.account.booked) == 1


def printed(people: People, label_id: str) -> bool:
    """Whether a node gets the file of a label, which is kept."""
    file = people.send("GET", f"/v1/labels/{label_id}/file", client=NODE)
    kept = people.simulation.intake.versions.get(f"labels/acme/{label_id}.pdf", [])
    return file.status == 200 and [len(one) for one in kept] == [file.body["bytes"]]


def given_back(people: People, label_id: str) -> None:
    """A node gives a label back, until the carrier has it."""
    answer = people.send("POST", f"/v1/labels/{label_id}/void", None, client=NODE)
    assert answer.status == 200, answer.text
    until_label(people, label_id, "VOIDED")


def until_label(people: People, label_id: str, status: str) -> None:
    """Until a label is so; what its own call left open is taken up by the recovery."""
    for _ in range(5):
        if stored(people, label_id)["status"] == status:
            break
        people.simulation.sleep(180)
        people.simulation.ring("RecoverSagas")
        people.simulation.sleep(120)
    shown = people.send("GET", f"/v1/labels/{label_id}", client=NODE)
    assert shown.body["status"] == status, shown.text


def stored(people: People, label_id: str) -> dict[str, Any]:
    """A label as it is stored with its work."""
    orders = {pk.rpartition("#")[2] for pk, sk in people.simulation.rows("orders") if sk == "ORDER"}
    labels = [one for order_id in orders for work in people.works(order_id) for one in work.get("labels", ())]
    found: dict[str, Any] = next(one for one in labels if one["id"] == label_id)
    return found


def told(people: People, number: str, event: int, status: str, hour: int) -> None:
    """The carrier tells where a parcel was, until it is heard."""
    scan = {"object": "TrackingDetail", "status": status, "datetime": f"2026-11-23T{hour}:30:00Z"}
    tracker = {"object": "Tracker", "tracking_code": number, "carrier": "USPS", "tracking_details": [scan]}
    document = {"id": f"evt_{event}", "object": "Event", "description": "tracker.updated", "result": tracker}
    people.wait_for(lambda: people.simulation.carrier.tell(document).is_final)


def parcels(people: People, order_id: str) -> list[tuple[str, str]]:
    """Number and status of each parcel of an order."""
    rows = people.simulation.rows("orders").items()
    shipments = [
        json.loads(row["body"]) for (pk, sk), row in rows if pk.endswith(order_id) and sk.startswith("SHIPMENT")
    ]
    return [(one["tracking_number"], one["status"]) for shipment in shipments for one in shipment.get("parcels", ())]
