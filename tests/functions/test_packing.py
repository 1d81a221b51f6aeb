"""Packing over HTTP and the store bus: cartons and their contents, preparation before, staging, and one step back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.functions.test_picking import wrong
from tests.functions.test_rerouting import act, begun
from tests.order_doors import Doors, doors, message
from tests.order_world import line, world

__all__ = ["doors", "world"]

BOX = {"packaging": "box-m", "length_mm": 400, "width_mm": 300, "height_mm": 200}
PICKUP = {"method": "pickup", "pickup_node": "S1"}


def say(doors: Doors, work: str, verb: str, **body: Any) -> Answer:
    return doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/{verb}", body)


def units(*pairs: tuple[int, int]) -> list[dict[str, int]]:
    return [{"line_no": n, "quantity": count} for n, count in pairs]


def carton(number: int, *pairs: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {"carton_no": number, "lines": units(*pairs), **more}


def carton_numbers(answer: Answer) -> list[tuple[int, bool]]:
    return [(one["carton_no"], one["left"]) for one in answer.body["cartons"]]


def errors(answer: Answer) -> list[tuple[str, str]]:
    return [(one["pointer"], one["code"]) for one in answer.body["errors"]]


@pytest.mark.capability("H1", "H6")
@pytest.mark.capability("G5")
def test_cartons_are_packed_one_by_one_and_leave_as_the_packages_of_a_shipment(doors: Doors):
    order_id, work = begun(doors, line("A", 3), line("B", 1))
    first = say(doors, work, "pack", cartons=[carton(1, (1, 2), (2, 1), weight_grams=900, **BOX)])
    assert (first.body["status"], [part["packed"] for part in first.body["lines"]]) == ("PICKING", [2, 1])
    second = say(doors, work, "pack", cartons=[carton(2, (1, 1), weight_grams=350)])
    assert (second.body["status"], carton_numbers(second)) == ("PACKED", [(1, False), (2, False)])
    told = doors.stored_event(order_id, "FulfillmentOrderPacked")["detail"]["data"]
    assert [(one["carton_no"], one["weight_grams"]) for one in told["cartons"]] == [(2, 350)]
    shipment = {"carrier": "ups", "packages": [{"package_no": 1, "tracking_number": "1Z1"}]}
    left = say(doors, work, "ship", shipment=shipment)
    assert (left.body["status"], carton_numbers(left)) == ("PACKED", [(1, True), (2, False)])
    done = say(doors, work, "ship", shipment={"packages": [{"package_no": 2, "weight_grams": 360}]})
    assert (done.body["status"], carton_numbers(done)) == ("COMPLETED", [(1, True), (2, True)])
    order = doors.see(order_id)
    assert [one["lines"] for one in order["shipments"]] == [
        [{"line_no": 1, "sku": "A", "quantity": 2}, {"line_no": 2, "sku": "B", "quantity": 1}],
        [{"line_no": 1, "sku": "A", "quantity": 1}],
    ]
    assert [one["packages"] for one in order["shipments"]] == [
        [
            {
                **{"package_no": 1, "weight_grams": 900, "tracking_number": "1Z1", **BOX},
                "lines": [{"line_no": 1, "sku": "A", "quantity": 2}, {"line_no": 2, "sku": "B", "quantity": 1}],
            }
        ],
        [
            {
                **{"package_no": 2, "weight_grams": 360, "tracking_number": None, **dict.fromkeys(BOX)},
                "lines": [{"line_no": 1, "sku": "A", "quantity": 1}],
            }
        ],
    ]
    assert [one["total"] for one in order["shipments"]] == [3000, 1000]
    doors.world.check()


@pytest.mark.capability("G5", "H6")
def test_all_cartons_leave_together_as_a_shipment_of_several_pieces(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    say(doors, work, "pack", cartons=[carton(7, (1, 1)), carton(8, (1, 2))])
    assert say(doors, work, "ship", shipment={"carrier": "ups"}).body["status"] == "COMPLETED"
    (shipment,) = doors.see(order_id)["shipments"]
    assert [(one["package_no"], one["lines"][0]["quantity"]) for one in shipment["packages"]] == [(7, 1), (8, 2)]


@pytest.mark.capability("G5")
@pytest.mark.parametrize(
    ("cartons", "more", "error"),
    [
        ([carton(2, (1, 2))], {}, ("/lines", "quantity_too_large")),
        ([carton(2, (1, 1)), carton(3, (1, 1))], {}, ("/lines", "quantity_too_large")),
        ([carton(1, (1, 1))], {}, ("/cartons/0/carton_no", "repeated")),
        ([carton(2, (3, 1))], {}, ("/cartons/0/lines", "unknown_line")),
        ([carton(2, (1, 1))], {"lines": units((1, 1))}, ("/lines", "not_allowed")),
        ([carton(2)], {}, ("/cartons/0/lines", "too_short")),
        ([carton(2, (1, 1), length_mm=0)], {}, ("/cartons/0/length_mm", "greater_than_equal")),
        ([{"carton_no": 2, "lines": units((1, 1)), "weight_grams": 1.5}], {}, ("/cartons/0/weight_grams", "invalid")),
    ],
)
def test_a_carton_that_cannot_be_is_refused_and_changes_nothing(
    doors: Doors, cartons: list[dict[str, Any]], more: dict[str, Any], error: tuple[str, str]
):
    _, work = begun(doors, line("A", 3))
    assert say(doors, work, "pack", cartons=[carton(1, (1, 2))]).status == 200
    with doors.world.unchanged():
        refused = say(doors, work, "pack", cartons=cartons, **more)
    assert refused.status == 422
    assert errors(refused)[0][0] == error[0]
    assert errors(refused)[0][1].startswith(error[1])


@pytest.mark.capability("G5")
def test_no_unit_leaves_beside_the_cartons(doors: Doors):
    _, work = begun(doors, line("A", 3))
    say(doors, work, "pack", cartons=[carton(1, (1, 2))])
    with doors.world.unchanged():
        assert (say(doors, work, "ship").status, say(doors, work, "ship").body["code"]) == (409, "not_in_a_carton")
        assert say(doors, work, "pack").body["code"] == "not_in_a_carton"
        other = say(doors, work, "ship", lines=units((1, 1)))
        assert (other.status, errors(other)) == (422, [("/lines", "sum_mismatch")])
        named = [{"package_no": 2}, {"package_no": 1, "lines": units((1, 1))}]
        both = say(doors, work, "ship", shipment={"packages": named})
        assert errors(both) == [
            ("/shipment/packages/0/package_no", "unknown_carton"),
            ("/shipment/packages/1/lines", "sum_mismatch"),
        ]
        # The same carton told again, from a device that did not hear the answer.
        assert say(doors, work, "pack", cartons=[carton(1, (1, 2))]).body["code"] == "already_done"


@pytest.mark.capability("G5")
def test_units_packed_without_cartons_are_not_mixed_with_cartons(doors: Doors):
    _, work = begun(doors, line("A", 3))
    say(doors, work, "pack", lines=units((1, 1)))
    with doors.world.unchanged():
        assert say(doors, work, "pack", cartons=[carton(1, (1, 1))]).body["code"] == "not_in_a_carton"
    assert say(doors, work, "unpack").body["lines"][0]["packed"] == 0
    assert say(doors, work, "pack", cartons=[carton(1, (1, 3))]).body["status"] == "PACKED"


@pytest.mark.capability("G5")
def test_a_carton_is_unpacked_before_it_leaves(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    packed = say(doors, work, "pack", cartons=[carton(1, (1, 1)), carton(2, (1, 2))])
    assert packed.body["available_actions"] == ["ship", "close", "unpack"]
    opened = say(doors, work, "unpack", cartons=[2])
    part = opened.body["lines"][0]
    assert (opened.body["status"], part["picked"], part["packed"], carton_numbers(opened)) == (
        "PICKING",
        3,
        1,
        [(1, False)],
    )
    told = doors.stored_event(order_id, "FulfillmentOrderUnpacked")["detail"]["data"]
    assert (told["cartons"], told["lines"]) == ([2], [{"line_no": 1, "sku": "A", "quantity": 2}])
    with doors.world.unchanged():
        assert say(doors, work, "unpack", cartons=[2]).body["code"] == "already_done"
        mixed = say(doors, work, "unpack", cartons=[1, 5])
        assert (mixed.status, errors(mixed)) == (422, [("/cartons/1", "unknown_carton")])
        assert errors(say(doors, work, "unpack", lines=units((1, 1)))) == [("/lines", "not_allowed")]
    assert say(doors, work, "unpack").body["cartons"] == []
    with doors.world.unchanged():
        assert say(doors, work, "unpack").body["code"] == "already_done"
    act(doors, work, "ship")
    with doors.world.unchanged():
        assert say(doors, work, "unpack").status == 409
    doors.world.check()


@pytest.mark.capability("G5", "C4")
def test_units_that_are_cancelled_come_out_of_the_last_carton(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    say(doors, work, "pack", cartons=[carton(1, (1, 1), weight_grams=100), carton(2, (1, 2), weight_grams=200)])
    asked = {"reason": "changed_mind", "lines": units((1, 1))}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", asked).status == 202
    answer = say(doors, work, "cancel-response", accepted=True)
    found = [(one["carton_no"], one["lines"][0]["quantity"], one["weight_grams"]) for one in answer.body["cartons"]]
    assert found == [(1, 1, 100), (2, 1, None)]
    act(doors, work, "ship")
    (shipment,) = doors.see(order_id)["shipments"]
    assert [one["lines"][0]["quantity"] for one in shipment["packages"]] == [1, 1]
    doors.world.check()


@pytest.mark.capability("G5")
def test_what_has_to_be_assembled_is_prepared_before_it_is_packed(doors: Doors):
    doors.world.add_item("P", {"DC1": 5}, preparation="assembly")
    order_id, work = begun(doors, line("P", 2), line("A", 1))
    with doors.world.unchanged():
        refused = say(doors, work, "pack")
        assert (refused.status, refused.body["code"], errors(refused)) == (
            409,
            "not_prepared",
            [("/lines", "not_prepared")],
        )
        assert say(doors, work, "prepare").body["code"] == "action_not_available"
    picked = say(doors, work, "pick")
    assert "prepare" in picked.body["available_actions"]
    assert [part["preparation"] for part in picked.body["lines"]] == ["assembly", None]
    with doors.world.unchanged():
        assert errors(say(doors, work, "prepare", lines=units((2, 1)))) == [("/lines", "nothing_to_prepare")]
        assert errors(say(doors, work, "prepare", lines=units((1, 3)))) == [("/lines", "quantity_too_large")]
    one = say(doors, work, "prepare", lines=units((1, 1)))
    assert [part["prepared"] for part in one.body["lines"]] == [1, 0]
    assert say(doors, work, "pack", cartons=[carton(1, (1, 1), (2, 1))]).status == 200
    with doors.world.unchanged():
        assert say(doors, work, "pack", cartons=[carton(2, (1, 1))]).body["code"] == "not_prepared"
    rest = say(doors, work, "prepare")
    assert "prepare" not in rest.body["available_actions"]
    told = doors.stored_event(order_id, "FulfillmentOrderPrepared")["detail"]["data"]["lines"]
    assert told == [{"line_no": 1, "sku": "P", "quantity": 1}]
    with doors.world.unchanged():
        assert say(doors, work, "prepare").body["code"] == "already_done"
    assert say(doors, work, "pack", cartons=[carton(2, (1, 1))]).body["status"] == "PACKED"
    assert say(doors, work, "ship").body["status"] == "COMPLETED"


@pytest.mark.capability("G5")
def test_goods_are_staged_in_a_bay_and_taken_off_the_counter_again(doors: Doors):
    order_id, work = begun(doors, line("A", 2, **PICKUP))
    half = say(doors, work, "pack", cartons=[carton(1, (1, 1))])
    assert half.status == 200
    with doors.world.unchanged():
        assert say(doors, work, "stage", bay="R-12").body["code"] == "not_in_a_carton"
    say(doors, work, "pack", cartons=[carton(2, (1, 1))])
    staged = say(doors, work, "stage", bay="R-12")
    assert (staged.body["status"], staged.body["staging_bay"]) == ("READY", "R-12")
    assert doors.stored_event(order_id, "FulfillmentOrderReady")["detail"]["data"]["staging_bay"] == "R-12"
    back = say(doors, work, "unstage")
    assert (back.body["status"], back.body["staging_bay"], len(back.body["cartons"])) == ("PACKED", None, 2)
    assert doors.stored_event(order_id, "FulfillmentOrderUnstaged")["detail"]["data"]["staging_bay"] == "R-12"
    with doors.world.unchanged():
        assert say(doors, work, "unstage").body["code"] == "already_done"
    assert say(doors, work, "unpack", cartons=[2]).body["status"] == "PICKING"
    assert say(doors, work, "pack", cartons=[carton(3, (1, 1))]).body["status"] == "PACKED"
    assert say(doors, work, "stage", bay="R-9").body["staging_bay"] == "R-9"
    some = say(doors, work, "hand-over", lines=units((1, 1)))
    # The customer took one unit: what is in the cartons is what still waits.
    assert (some.body["status"], carton_numbers(some)) == ("READY", [(1, False)])
    assert say(doors, work, "hand-over").body["status"] == "COMPLETED"
    first, last = doors.see(order_id)["shipments"]
    assert (first["packages"], [one["package_no"] for one in last["packages"]]) == ([], [1])
    with doors.world.unchanged():
        assert say(doors, work, "unstage").status == 409
    doors.world.check()


@pytest.mark.capability("K4", "G5")
def test_money_that_was_taken_when_goods_were_ready_is_not_taken_again(doors: Doors):
    ready = {"provider": "strict", "token": "tok_visa", "amount": 2000, "capture_on": "ready"}
    order_id, work = begun(doors, line("A", 2, **PICKUP), payments=[ready])
    say(doors, work, "stage")
    doors.world.capture(work)
    assert doors.see(order_id)["payment_status"] == "CAPTURED"
    say(doors, work, "unstage")
    say(doors, work, "stage", bay="R-1")
    assert doors.stored_event(order_id, "FulfillmentOrderReady")["detail"]["data"]["captures"] is False
    doors.world.capture(work)
    say(doors, work, "hand-over")
    doors.world.capture(work)
    order = doors.see(order_id)
    assert (order["payment_status"], order["status"], len(doors.world.provider.effects)) == ("CAPTURED", "COMPLETED", 2)
    doors.world.check()


@pytest.mark.capability("G5", "H2")
def test_the_store_bus_says_the_same(doors: Doors):
    doors.world.add_item("P", {"DC1": 5}, preparation="assembly")
    order_id, work = begun(doors, line("P", 2))

    def told(kind: str, number: int, **data: Any) -> None:
        said = message("wms.DC1", f"{kind}FulfillmentOrder", f"m-{number}", fulfillment_order_id=work, **data)
        assert doors.queue("node_messages", said, said) == []

    told("Pick", 1, scans=[{"barcode": "P", "quantity": 2}])
    told("Prepare", 2)
    told("Pack", 3, cartons=[carton(1, (1, 2), **BOX)])
    told("Unpack", 4, cartons=[1])
    told("Unpack", 5, cartons=[1])
    told("Pack", 6, cartons=[carton(2, (1, 2), **BOX)])
    told("Ship", 7, shipment={"packages": [{"package_no": 2, "tracking_number": "T2"}]})
    # A late message of a device that had no network.
    told("Pack", 8, cartons=[carton(3, (1, 2))])
    order = doors.see(order_id)
    assert (order["status"], order["shipments"][0]["packages"][0]["tracking_number"]) == ("COMPLETED", "T2")
    assert wrong(say(doors, work, "pick", scans=[{"barcode": "P"}]))[1] == "already_done"
