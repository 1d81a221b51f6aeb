"""Picking over HTTP and the store bus: scanned codes, short units with their reasons, and who has them then."""

from __future__ import annotations

from typing import Any

import pytest

from oms.registry import reads as registry
from oms.registry.store import node_write
from oms.tasks.reads import open_tasks
from tests.functions.conftest import Answer
from tests.functions.test_kits import shop
from tests.functions.test_rerouting import at, begun, rows
from tests.order_doors import Doors, doors, message
from tests.order_nodes import PLACES, node
from tests.order_world import TENANT, World, line, world

__all__ = ["doors", "shop", "world"]

GTIN = "4006381333931"


def pick(doors: Doors, work: str, **body: Any) -> Answer:
    return doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/pick", body)


def scans(*codes: str, **more: Any) -> list[dict[str, Any]]:
    return [{"barcode": code, **more} for code in codes]


def wrong(answer: Answer) -> tuple[int, str, list[tuple[str, str]]]:
    return answer.status, answer.body["code"], [(one["pointer"], one["code"]) for one in answer.body["errors"]]


def told_elsewhere(doors: Doors, order_id: str) -> None:
    """What the bus brings after a short pick."""
    assert doors.queue("vacate_nodes", doors.stored_event(order_id, "FulfillmentOrderShortPicked")) == []


def coded(world: World) -> None:
    world.add_item("P", {"DC1": 9, "S1": 9}, barcodes=({"barcode": GTIN}, {"barcode": "614141007349", "quantity": 3}))
    world.add_item("Q", {"DC1": 9, "S1": 9}, barcodes=({"barcode": "96385074"},))


@pytest.mark.capability("G4")
def test_scanned_codes_are_counted_to_their_lines(doors: Doors):
    coded(doors.world)
    order_id, work = begun(doors, line("P", 4), line("Q", 1))
    one = pick(doors, work, scans=[*scans(GTIN), *scans("Q", line_no=2)])
    assert (one.status, one.body["status"]) == (200, "PICKING")
    assert [part["picked"] for part in one.body["lines"]] == [1, 1]
    # A pack of three, its code with the zero that some scanners put before it.
    rest = pick(doors, work, scans=scans("0614141007349"))
    assert [part["picked"] for part in rest.body["lines"]] == [4, 1]
    with doors.world.unchanged():
        again = pick(doors, work, scans=scans("614141007349"))
    assert (again.status, again.body["code"]) == (409, "already_done")
    assert doors.stored_event(order_id, "FulfillmentOrderPicked")["detail"]["data"]["lines"] == [
        {"line_no": 1, "sku": "P", "quantity": 3}
    ]


@pytest.mark.capability("G4")
@pytest.mark.parametrize(
    ("asked", "code", "error", "says"),
    [
        (scans("X1"), "wrong_scan", ("/scans/0/barcode", "unknown_barcode"), "to pick are line 1 (P), line 2 (Q)"),
        (scans(GTIN, line_no=2), "wrong_scan", ("/scans/0/line_no", "wrong_line"), "is of line 1 and not of line 2"),
        (scans("A"), "wrong_scan", ("/scans/0/barcode", "unknown_barcode"), "is of no line"),
        (scans("Q", quantity=2), "wrong_scan", ("/scans/0/quantity", "over_scanned"), "no more units to pick"),
        (scans("614141007349", quantity=2), "wrong_scan", ("/scans/0/quantity", "over_scanned"), "is of line 1"),
    ],
)
def test_a_wrong_code_is_refused_with_the_line_it_might_belong_to(
    doors: Doors, asked: list[dict[str, Any]], code: str, error: tuple[str, str], says: str
):
    coded(doors.world)
    _, work = begun(doors, line("P", 4), line("Q", 1))
    with doors.world.unchanged():
        refused = pick(doors, work, scans=asked)
    assert wrong(refused) == (422, code, [error])
    assert says in refused.body["detail"]


@pytest.mark.capability("G4")
def test_of_a_kit_all_components_are_scanned(shop: Doors):
    _, work = begun(shop, line("SET", 2))
    with shop.world.unchanged():
        part = pick(shop, work, scans=[*scans("A", quantity=2)])
    assert wrong(part) == (422, "wrong_scan", [("/scans", "incomplete_kit")])
    whole = pick(shop, work, scans=[*scans("A", quantity=2), *scans("B")])
    assert [one["picked"] for one in whole.body["lines"]] == [1]
    with shop.world.unchanged():
        over = pick(shop, work, scans=[*scans("A", quantity=4), *scans("B", quantity=2)])
    assert wrong(over)[2] == [("/scans/0/quantity", "over_scanned"), ("/scans/1/quantity", "over_scanned")]


@pytest.mark.capability("E8", "C5")
@pytest.mark.capability("G4")
def test_a_node_short_of_one_of_three_goes_on_with_two_and_another_node_has_the_third(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    short = [{"line_no": 1, "quantity": 1, "reason": "not_found"}]
    answer = pick(doors, work, lines=[{"line_no": 1, "quantity": 2}], short=short)
    part = answer.body["lines"][0]
    assert (answer.body["status"], part["picked"], part["given_up"]) == ("PICKING", 2, 1)
    row = doors.world.stock("A", "DC1")
    assert (row.on_hand, row.allocated, row.blocked, row.available) == (10, 2, 1, 7)
    assert doors.see(order_id)["lines"][0]["quantities"] == {"open": 1, "picked": 2}
    told = doors.stored_event(order_id, "FulfillmentOrderShortPicked")["detail"]["data"]
    assert told["goes_on"] is True
    assert told["short"] == [{"line_no": 1, "sku": "A", "quantity": 1, "segment": None, "reason": "not_found"}]
    told_elsewhere(doors, order_id)
    told_elsewhere(doors, order_id)
    assert at(doors, order_id) == [("DC1", "PICKING", [(1, 2)]), ("S1", "SCHEDULED", [(1, 1)])]
    # Somebody counts what is there; the unit is not for sale before.
    (task,) = open_tasks(doors.world.database, TENANT, "DC1")
    assert (task.kind.value, task.reason) == ("COUNT", "not_found")
    assert task.subjects == {"sku": "A", "order_id": order_id, "fulfillment_order_id": work, "blocked": "1"}
    api = doors.api("fulfillment")
    assert api.post(f"/v1/fulfillment-orders/{work}/ship", None).body["status"] == "COMPLETED"
    (second,) = doors.run_order_workflow(order_id)
    assert api.post(f"/v1/fulfillment-orders/{second}/ship", None).status == 200
    for one in (work, second):
        doors.world.capture(one)
    order = doors.see(order_id)
    assert (order["status"], order["payment_status"]) == ("COMPLETED", "CAPTURED")
    assert [shipment["total"] for shipment in order["shipments"]] == [2000, 1000]
    doors.world.check()


@pytest.mark.capability("G4")
@pytest.mark.parametrize(
    ("reason", "damaged", "blocked", "available"),
    [
        ("damaged", 1, 0, 7),
        ("wrong_item", 0, 1, 7),
        ("display_only", 0, 1, 7),
        ("recalled", 0, 1, 7),
        ("out_of_stock", 0, 1, 7),
        ("declined", 0, 0, 8),
    ],
)
def test_each_reason_corrects_the_stock(doors: Doors, reason: str, damaged: int, blocked: int, available: int):
    _, work = begun(doors, line("A", 3))
    # Without lines, all that is not short is picked.
    answer = pick(doors, work, short=[{"line_no": 1, "quantity": 1, "reason": reason}])
    assert [part["picked"] for part in answer.body["lines"]] == [2]
    row = doors.world.stock("A", "DC1")
    assert (row.allocated, row.damaged, row.blocked, row.available) == (2, damaged, blocked, available)
    doors.world.check()


@pytest.mark.capability("G4", "E8")
def test_what_is_all_short_ends_the_work_and_its_workflow_hears_of_it(doors: Doors):
    order_id, work = begun(doors, line("A", 2), line("B", 1))
    short = [
        {"line_no": 1, "quantity": 1, "reason": "damaged"},
        {"line_no": 1, "quantity": 1, "reason": "not_found"},
        {"line_no": 2, "quantity": 1, "reason": "declined"},
    ]
    assert pick(doors, work, short=short).body["status"] == "REJECTED"
    row = doors.world.stock("A", "DC1")
    assert (row.allocated, row.damaged, row.blocked, row.available) == (0, 1, 1, 8)
    assert rows(doors, "B")["DC1"] == (10, 0)
    assert doors.stored_event(order_id, "FulfillmentOrderShortPicked")["detail"]["data"]["goes_on"] is False
    assert doors.queue("resume_fulfillment", doors.stored_event(order_id, "FulfillmentOrderRejected")) == []
    assert [outcome.value for _, outcome in doors.world.continued] == ["REJECTED"]
    # Of the damaged one and the declined one nobody has to count anything.
    told_elsewhere(doors, order_id)
    assert [one.subjects["sku"] for one in open_tasks(doors.world.database, TENANT, "DC1")] == ["A"]
    assert at(doors, order_id) == [("DC1", "REJECTED", [(1, 0), (2, 0)])]
    doors.world.check()


@pytest.mark.capability("G4")
def test_a_node_may_reject_the_whole_of_work_that_it_is_short_of(doors: Doors):
    store = node("DC1", *PLACES["DC1"], when_short="reject").model_copy(update={"version": 2})
    doors.world.database.commit([node_write(TENANT, store)])
    registry.forget()
    order_id, work = begun(doors, line("A", 3), line("B", 2))
    answer = pick(doors, work, short=[{"line_no": 1, "quantity": 1, "reason": "damaged"}])
    assert (answer.body["status"], answer.body["rejected_reason"]) == ("REJECTED", "damaged")
    row = doors.world.stock("A", "DC1")
    assert (row.allocated, row.damaged, row.available) == (0, 1, 9)
    assert rows(doors, "B")["DC1"] == (10, 0)
    assert doors.see(order_id)["lines"][0]["quantities"] == {"open": 3}
    doors.world.check()


@pytest.mark.capability("G4", "C4")
def test_units_that_the_node_was_asked_to_cancel_are_short_first(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    api = doors.api("fulfillment")
    api.post(f"/v1/fulfillment-orders/{work}/accept", None)
    asked = {"reason": "changed_mind", "lines": [{"line_no": 1, "quantity": 2}]}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", asked).status == 202
    first = pick(
        doors, work, lines=[{"line_no": 1, "quantity": 1}], short=[{"line_no": 1, "quantity": 1, "reason": "damaged"}]
    )
    part = first.body["lines"][0]
    assert (part["cancelled"], part["given_up"], part["picked"]) == (1, 0, 1)
    assert first.body["cancel_request"]["lines"] == [{"line_no": 1, "quantity": 1}]
    last = pick(doors, work, short=[{"line_no": 1, "quantity": 1, "reason": "not_found"}])
    assert (last.body["cancel_request"]["answer"], last.body["lines"][0]["cancelled"]) == ("ACCEPTED", 2)
    assert doors.see(order_id)["lines"][0]["quantities"] == {"picked": 1, "cancelled": 2}
    assert doors.stored_event(order_id, "FulfillmentOrderShortPicked")["detail"]["data"]["goes_on"] is False
    doors.world.check()


@pytest.mark.capability("G4")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"short": [{"line_no": 1, "quantity": 4, "reason": "damaged"}]}, ("/short/0/quantity", "quantity_too_large")),
        ({"short": [{"line_no": 2, "quantity": 1, "reason": "damaged"}]}, ("/short/0/line_no", "unknown_line")),
        ({"short": [{"line_no": 1, "quantity": 1, "reason": "lazy"}]}, ("/short/0/reason", "enum")),
        (
            {"short": [{"line_no": 1, "quantity": 1, "reason": "damaged", "sku": "B"}]},
            ("/short/0/sku", "unknown_sku"),
        ),
        (
            {
                "lines": [{"line_no": 1, "quantity": 3}],
                "short": [{"line_no": 1, "quantity": 1, "reason": "damaged"}],
            },
            ("/short/0/quantity", "quantity_too_large"),
        ),
        ({"lines": [{"line_no": 1, "quantity": 1}], "scans": scans("A")}, ("/scans", "not_allowed")),
    ],
)
def test_what_cannot_be_short_is_refused_and_changes_nothing(doors: Doors, body: dict[str, Any], error: Any):
    _, work = begun(doors, line("A", 3))
    with doors.world.unchanged():
        refused = pick(doors, work, **body)
    assert wrong(refused) == (422, "invalid_request", [error])


@pytest.mark.capability("G4", "H2")
def test_a_device_that_repeats_itself_or_comes_late_changes_nothing(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    said = {
        "fulfillment_order_id": work,
        "lines": [{"line_no": 1, "quantity": 2}],
        "short": [{"line_no": 1, "quantity": 1, "reason": "damaged"}],
    }
    told = message("wms.DC1", "PickFulfillmentOrder", "m-1", **said)
    assert doors.queue("node_messages", told) == []
    assert at(doors, order_id) == [("DC1", "PICKING", [(1, 2)])]
    with doors.world.unchanged():
        assert doors.queue("node_messages", told) == []
        # The same from another device, under an id of its own.
        assert doors.queue("node_messages", message("wms.DC1", "PickFulfillmentOrder", "m-2", **said)) == []
        late = pick(doors, work, lines=said["lines"], short=said["short"])
    assert (late.status, late.body["code"]) == (409, "already_done")
    doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", None)
    with doors.world.unchanged():
        assert doors.queue("node_messages", message("wms.DC1", "PickFulfillmentOrder", "m-3", **said)) == []
        late = pick(doors, work, scans=scans("A"))
    assert (late.status, late.body["code"]) == (409, "already_done")


@pytest.mark.capability("G4", "E8")
def test_a_person_is_told_of_what_nobody_else_has_and_the_customer_gets_the_money_back(doors: Doors):
    doors.world.add_item("D", {"DC1": 3})
    order_id, work = begun(doors, line("D", 3))
    pick(doors, work, short=[{"line_no": 1, "quantity": 1, "reason": "not_found"}])
    told_elsewhere(doors, order_id)
    seen = doors.see(order_id)
    assert seen["fulfillment_orders"][0]["escalated_reason"] == "SHORT_PICK"
    cancelled = {"reason": "out_of_stock", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", cancelled).status == 200
    doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", None)
    doors.world.capture(work)
    order = doors.see(order_id)
    assert (order["status"], [one["total"] for one in order["shipments"]]) == ("COMPLETED", [2000])
    assert order["lines"][0]["quantities"] == {"shipped": 2, "cancelled": 1}
    doors.world.check()
