"""A node over HTTP: its list of work, and the verbs that say what it did."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

S1 = ("fulfillment.write", "fulfillment.read", "node.S1")


def open_work(doors: Doors, *lines: dict[str, Any], **changes: Any) -> tuple[str, str]:
    order_id = doors.place(document(*(lines or (line("A", 5),)), **changes))
    (work,) = doors.run_order_workflow(order_id)
    return order_id, work


@pytest.mark.capability("H2")
def test_a_node_finds_its_work_and_does_it(doors: Doors):
    api = doors.api("fulfillment")
    order_id, work = open_work(doors)
    listed = api.get("/v1/fulfillment-orders?node=DC1&status=OPEN").body
    assert [entry["id"] for entry in listed["fulfillment_orders"]] == [work]
    assert listed["fulfillment_orders"][0]["available_actions"] == [
        "accept",
        "reject",
        "pick",
        "pack",
        "ship",
    ]
    whole = api.get(f"/v1/fulfillment-orders/{work}").body
    assert listed["fulfillment_orders"] == [whole]
    assert whole["version"] == doors.see(order_id)["version"]
    for hidden in ("task_token", "timeout_seconds", "group_no"):
        assert hidden not in str(listed)
    statuses = []
    for verb in ("accept", "pick", "pack", "ship"):
        answer = api.post(f"/v1/fulfillment-orders/{work}/{verb}", None)
        statuses.append((answer.status, answer.body["status"]))
    assert statuses == [(200, "ACCEPTED"), (200, "PICKING"), (200, "PACKED"), (200, "COMPLETED")]
    assert api.get("/v1/fulfillment-orders?node=DC1&status=OPEN").body["fulfillment_orders"] == []
    assert len(api.get("/v1/fulfillment-orders?node=DC1&status=COMPLETED").body["fulfillment_orders"]) == 1
    assert doors.see(order_id)["fulfillment_status"] == "FULFILLED"


@pytest.mark.capability("O3")
def test_a_list_of_work_goes_on_with_its_cursor(doors: Doors):
    api = doors.api("fulfillment")
    works = []
    for number in range(5):
        works.append(open_work(doors, line("A", 1), external_id=str(number))[1])
        doors.world.clock.advance(seconds=1)
    found, url = [], "/v1/fulfillment-orders?node=DC1&status=OPEN&limit=2"
    while url:
        page = api.get(url).body
        found += [entry["id"] for entry in page["fulfillment_orders"]]
        cursor = page["next_cursor"]
        url = f"/v1/fulfillment-orders?node=DC1&status=OPEN&limit=2&cursor={cursor}" if cursor else ""
    assert found == works


def position(partition: str) -> str:
    """The cursor of a list that is kept under some key of the tenant's."""
    keys = {"pk": "T#acme#ORDER#1", "sk": "WORK#1", "gsi1pk": f"T#acme#{partition}", "gsi1sk": "2026-11-23#1"}
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode()


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("", ["/query/node", "/query/status"]),
        ("node=DC1", ["/query/status"]),
        ("node=DC1&status=BUSY", ["/query/status"]),
        ("node=DC1&status=OPEN&limit=1000", ["/query/limit"]),
        ("node=DC1&status=OPEN&cursor=e30=", ["/query/cursor"]),
        ("node=DC1&status=OPEN&cursor=x", ["/query/cursor"]),
        (f"node=DC1&status=OPEN&cursor={position('WORK#S1#OPEN')}", ["/query/cursor"]),
        (f"node=DC1&status=OPEN&cursor={position('WORK#DC1#PICKING')}", ["/query/cursor"]),
        (f"node=DC1&status=OPEN&cursor={position('ORDERS#2026-11-23')}", ["/query/cursor"]),
    ],
)
def test_a_list_needs_a_node_and_a_state(doors: Doors, query: str, pointers: list[str]):
    refused = doors.api("fulfillment").get(f"/v1/fulfillment-orders?{query}")
    assert (refused.status, refused.pointers) == (422, pointers)


@pytest.mark.capability("H1", "H6")
def test_a_partial_shipment_in_two_packages(doors: Doors):
    order_id, work = open_work(doors)
    body = {
        "lines": [{"line_no": 1, "quantity": 2}],
        "shipment": {
            "carrier": "ups",
            "packages": [
                {"package_no": 1, "tracking_number": "1Z1", "lines": [{"line_no": 1, "quantity": 1}]},
                {"package_no": 2, "tracking_number": "1Z2", "lines": [{"line_no": 1, "quantity": 1}]},
            ],
        },
    }
    assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", body).status == 200
    seen = doors.see(order_id)
    assert seen["lines"][0]["quantities"] == {"released": 3, "shipped": 2}
    (shipment,) = seen["shipments"]
    assert [package["tracking_number"] for package in shipment["packages"]] == ["1Z1", "1Z2"]
    assert shipment["fulfillment_order_id"] == work
    assert (shipment["total"], shipment["captures"][0]["amount"], shipment["captures"][0]["captured"]) == (
        2000,
        2000,
        False,
    )
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    assert doors.see(order_id)["shipments"][0]["captures"][0]["captured"] is True


@pytest.mark.capability("H2")
@pytest.mark.parametrize(
    ("verb", "body", "status", "pointers"),
    [
        ("pick", {"lines": [{"line_no": 1, "quantity": 6}]}, 422, ["/lines"]),
        ("pick", {"lines": [{"line_no": 2, "quantity": 1}]}, 422, ["/lines"]),
        ("pick", {"lines": [{"line_no": 1, "quantity": 0}]}, 422, ["/lines/0/quantity"]),
        ("pick", {"lines": [{"line_no": 1, "quantity": 1.5}]}, 422, ["/lines/0/quantity"]),
        ("pick", {"lines": []}, 422, ["/lines"]),
        ("pick", {"colour": "red"}, 422, ["/colour"]),
        ("reject", {}, 422, ["/reason"]),
        ("ship", {"attributes": {"note": "4111111111111111"}}, 422, ["/attributes/note"]),
        ("release", {}, 404, []),
        ("cancel", {}, 404, []),
        ("eat", {}, 404, []),
    ],
)
def test_a_verb_that_makes_no_sense_changes_nothing(
    doors: Doors, verb: str, body: dict[str, Any], status: int, pointers: list[str]
):
    _, work = open_work(doors)
    with doors.world.unchanged():
        refused = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/{verb}", body)
    assert (refused.status, refused.pointers) == (status, pointers)


@pytest.mark.capability("H2")
def test_a_token_of_one_node_sees_no_other(doors: Doors):
    api = doors.api("fulfillment")
    _, work = open_work(doors)
    with doors.world.unchanged():
        hidden = [
            api.get("/v1/fulfillment-orders?node=DC1&status=OPEN", scopes=S1),
            api.get(f"/v1/fulfillment-orders/{work}", scopes=S1),
            api.post(f"/v1/fulfillment-orders/{work}/accept", {}, scopes=S1),
            api.get(f"/v1/fulfillment-orders/{work}", tenant="other"),
            api.post(f"/v1/fulfillment-orders/{work}/accept", {}, tenant="other"),
        ]
        assert api.get(f"/v1/fulfillment-orders/{work}", scopes=("orders.read",)).status == 403
        assert api.post(f"/v1/fulfillment-orders/{work}/accept", {}, scopes=("fulfillment.read",)).status == 403
        assert api.post(f"/v1/fulfillment-orders/{work}/accept", {}, key="").status == 400
    assert [answer.status for answer in hidden] == [404] * 5
    nobodys = api.get("/v1/fulfillment-orders/ful_none_1")
    assert str(hidden[1].body).replace(work, "ful_none_1") == str(nobodys.body)
    _, own = open_work(doors, line("B", 1, method="pickup", pickup_node="S1"), external_id="2")
    assert api.post(f"/v1/fulfillment-orders/{own}/accept", {}, scopes=S1).status == 200


@pytest.mark.capability("H2")
def test_a_verb_is_taken_once_under_its_key(doors: Doors):
    order_id, work = open_work(doors)
    api = doors.api("fulfillment")
    body = {"lines": [{"line_no": 1, "quantity": 1}]}
    first = api.post(f"/v1/fulfillment-orders/{work}/ship", body, key="s1")
    again = api.post(f"/v1/fulfillment-orders/{work}/ship", body, key="s1")
    assert (again.body, again.headers["Idempotency-Replayed"]) == (first.body, "true")
    assert doors.see(order_id)["lines"][0]["quantities"] == {"released": 4, "shipped": 1}
    late = api.post(f"/v1/fulfillment-orders/{work}/ship", {}, key="s2")
    assert late.status == 200
    done = api.post(f"/v1/fulfillment-orders/{work}/ship", {}, key="s3")
    assert (done.status, done.body["code"]) == (409, "already_done")


@pytest.mark.capability("H2")
def test_a_node_closes_what_it_cannot_finish(doors: Doors):
    order_id, work = open_work(doors)
    api = doors.api("fulfillment")
    path = f"/v1/fulfillment-orders/{work}"
    with doors.world.unchanged():
        early = api.post(f"{path}/close", {"reason": "flooded"})
        assert (early.status, early.body["code"]) == (409, "action_not_available")
    api.post(f"{path}/accept", None)
    with doors.world.unchanged():
        assert api.post(f"{path}/close", None).pointers == ["/reason"]
        assert api.post(f"{path}/close", {"reason": "flooded"}, scopes=S1).status == 404
    closed = api.post(f"{path}/close", {"reason": "flooded"})
    assert (closed.status, closed.body["status"], closed.body["closed_reason"]) == (200, "INCOMPLETE", "flooded")
    assert closed.body["lines"][0]["given_up"] == 5
    assert [
        one["id"] for one in api.get("/v1/fulfillment-orders?node=DC1&status=INCOMPLETE").body["fulfillment_orders"]
    ] == [work]
    assert doors.see(order_id)["lines"][0]["quantities"] == {"open": 5}


@pytest.mark.capability("H2")
@pytest.mark.parametrize("accepted", [True, False])
def test_a_node_answers_a_request_to_cancel(doors: Doors, accepted: bool):
    order_id, work = open_work(doors)
    api = doors.api("fulfillment")
    path = f"/v1/fulfillment-orders/{work}"
    api.post(f"{path}/accept", None)
    asked = doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", {"reason": "changed_mind"})
    assert (asked.status, asked.body["status"]) == (202, "IN_PROGRESS")
    seen = api.get(path).body
    assert "cancel-response" in seen["available_actions"]
    assert seen["cancel_request"] == {
        "lines": [{"line_no": 1, "quantity": 5}],
        "reason": "changed_mind",
        "answer": None,
        "reclaim": False,
        "answer_by": None,
    }
    with doors.world.unchanged():
        assert api.post(f"{path}/cancel-response", None).pointers == ["/accepted"]
        assert api.post(f"{path}/cancel-response", {"accepted": "perhaps"}).pointers == ["/accepted"]
        assert api.post(f"{path}/cancel-response", {"accepted": True}, scopes=S1).status == 404
        for ours in ("request-cancellation", "cancel", "release"):
            assert api.post(f"{path}/{ours}", None).status == 404
    answer = api.post(f"{path}/cancel-response", {"accepted": accepted, "reason": "on_the_truck"}, key="a")
    assert answer.body["cancel_request"]["answer"] == ("ACCEPTED" if accepted else "REJECTED")
    assert doors.see(order_id)["status"] == ("CANCELLED" if accepted else "IN_PROGRESS")
    with doors.world.unchanged():
        again = api.post(f"{path}/cancel-response", {"accepted": accepted, "reason": "on_the_truck"}, key="a")
        assert (again.status, again.body) == (200, answer.body)
        late = api.post(f"{path}/cancel-response", {"accepted": True}, key="b")
        assert (late.status, late.body["code"]) == (409, "already_done")
