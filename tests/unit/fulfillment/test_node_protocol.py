"""The verbs as commands: stock, money and events of each, over HTTP's call or a message from the bus."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.commands import act
from oms.fulfillment.messages import take_message
from oms.fulfillment.protocol import Action
from oms.fulfillment.request import ActionRequest
from oms.inventory.store import movements_of
from oms.platform.consumers import Event
from oms.platform.dynamodb import Conflict
from oms.platform.ids import parent_id
from oms.platform.principal import node_principal
from oms.platform.problems import ActionNotAvailable, Busy, InvalidRequest, NotFound, StaleVersion
from tests.order_world import STORE_STAFF, TENANT, World, line, world

__all__ = ["world"]


def open_work(world: World, *lines: dict, **changes: object) -> tuple[str, str]:
    order_id = world.placed(*(lines or (line("A", 5),)), **changes)
    (work,) = world.released(order_id)
    return order_id, work


def tell(world: World, kind: str, work: str, message_id: str = "m1", source: str = "wms.DC1", **data: object) -> None:
    meta = {"id": message_id, "tenant": TENANT}
    take_message(world.runtime, Event(source, kind, meta, {"fulfillment_order_id": work, **data}))


@pytest.mark.capability("H1", "H2")
def test_from_acceptance_to_shipment(world: World):
    order_id, work = open_work(world)
    world.act(work, "accept")
    world.act(work, "pick", {1: 5})
    world.act(work, "pack")
    packages = [
        {"package_no": 1, "weight_grams": 900, "tracking_number": "T1", "lines": [{"line_no": 1, "quantity": 3}]},
        {"package_no": 2, "lines": [{"line_no": 1, "quantity": 2}]},
    ]
    world.act(work, "ship", shipment={"carrier": "ups", "tracking_number": "T1", "packages": packages})
    (shipment,) = world.view(order_id).shipments
    assert shipment.id == f"shp_{order_id.removeprefix('ord_')}_1"
    assert (shipment.node_id, shipment.mode, shipment.carrier, shipment.tracking_number) == ("DC1", "ship", "ups", "T1")
    assert [(package["tracking_number"], package["lines"]) for package in shipment.packages] == [
        ("T1", [{"line_no": 1, "sku": "A", "quantity": 3}]),
        (None, [{"line_no": 1, "sku": "A", "quantity": 2}]),
    ]
    assert shipment.lines == [{"line_no": 1, "sku": "A", "quantity": 5}]
    row = world.stock("A", "DC1")
    assert (row.on_hand, row.allocated, row.available) == (5, 0, 5)
    assert world.events(order_id)[3:] == [
        "FulfillmentOrderReleased",
        "FulfillmentOrderAccepted",
        "FulfillmentOrderPicked",
        "FulfillmentOrderPacked",
        "ShipmentShipped",
        "OrderCompleted",
    ]


def test_shipping_is_kept_in_the_stock_ledger_once_per_sku(world: World):
    _, work = open_work(world, line("A", 2), line("B", 1), line("A", 3))
    world.act(work, "ship")
    for sku, units in (("A", 5), ("B", 1)):
        movements = list(movements_of(world.database, TENANT, sku, "DC1"))
        assert [one.kind.value for one in movements] == ["received", "reserved", "allocated", "shipped"]
        movement = movements[-1]
        assert (movement.kind.value, movement.quantity) == ("shipped", units)
        assert movement.cause.startswith("shp_")


@pytest.mark.capability("H2", "D4")
def test_a_rejection_opens_the_units_again(world: World):
    order_id, work = open_work(world)
    with world.unchanged(), pytest.raises(InvalidRequest) as refused:
        world.act(work, "reject")
    assert [error.pointer for error in refused.value.errors] == ["/reason"]
    world.act(work, "reject", reason="out_of_stock")
    view = world.view(order_id)
    assert view.lines[0].quantities == {"open": 5}
    assert (view.fulfillment_orders[0].status, view.fulfillment_orders[0].rejected_reason) == (
        "REJECTED",
        "out_of_stock",
    )
    assert world.stock("A", "DC1").available == 10
    assert world.timeline(order_id)[-1]["reason"] == "out_of_stock"


def test_units_that_nobody_works_on_are_cancelled_first(world: World):
    order_id = world.placed(line("A", 12))
    first, second = world.released(order_id)
    world.act(first, "reject", reason="closed")
    rejected = sum(part.quantity for part in world.work(first).lines)
    world.cancel(order_id, {1: rejected})
    assert world.work(second).status.value == "OPEN"
    assert world.view(order_id).lines[0].quantities == {"released": 12 - rejected, "cancelled": rejected}


@pytest.mark.capability("H2")
def test_the_customer_collects(world: World):
    order_id, work = open_work(world, line("A", 2, method="pickup", pickup_node="S1"))
    assert world.work(work).node_id == "S1"
    with world.unchanged(), pytest.raises(ActionNotAvailable):
        world.act(work, "ship")
    world.act(work, "stage")
    assert world.view(order_id).lines[0].quantities == {"ready": 2}
    world.act(work, "hand-over", {1: 1})
    assert world.view(order_id).lines[0].quantities == {"ready": 1, "collected": 1}
    world.act(work, "hand-over")
    assert world.view(order_id).shipments[1].mode == "pickup"
    assert world.capture(work) == 2000
    assert world.view(order_id).status == "COMPLETED"


def test_digital_work_is_delivered_when_its_money_is_held(world: World):
    order_id, work = open_work(world, line("GIFT", 1, 2500, type="non_stock", method="digital"))
    assert world.work(work).status.value == "COMPLETED"
    assert world.view(order_id).lines[0].quantities == {"delivered": 1}
    assert world.continued == [(f"token-{work}", "SHIPPED")]
    assert world.capture(work) == 2500


@pytest.mark.capability("B4", "H2")
def test_work_that_was_not_released_cannot_be_done(world: World):
    order_id = world.sourced(line("A", 1))
    work = world.order(order_id).fulfillment_orders[0].id
    for verb in ("accept", "reject", "pick", "pack", "stage", "ship", "hand-over"):
        with world.unchanged(), pytest.raises(ActionNotAvailable):
            world.act(work, verb, reason="x")


@pytest.mark.capability("H2")
def test_a_node_sees_and_does_its_own_work_only(world: World):
    """A message or a token of S1 for the work of DC1: as if there were no such work."""
    _, work = open_work(world)
    with world.unchanged():
        with pytest.raises(NotFound):
            tell(world, "AcceptFulfillmentOrder", work, source="store.S1")
        with pytest.raises(NotFound):
            world.act(work, "accept", principal=node_principal(TENANT, "S1"))
        with pytest.raises(NotFound):
            world.act(f"{work}9", "accept")
    world.act(work, "accept", principal=node_principal(TENANT, "DC1"))


@pytest.mark.capability("H2")
def test_a_message_is_the_same_verb_once(world: World):
    order_id, work = open_work(world)
    for _ in range(3):
        tell(world, "ShipFulfillmentOrder", work, "m1", lines=[{"line_no": 1, "quantity": 2}])
    tell(world, "ShipFulfillmentOrder", work, "m2", lines=[{"line_no": 1, "quantity": 2}])
    assert world.view(order_id).lines[0].quantities == {"shipped": 4, "released": 1}
    assert world.timeline(order_id)[-1]["actor"] == "node:DC1"


@pytest.mark.capability("H2")
def test_messages_out_of_order_end_where_they_should(world: World):
    order_id, work = open_work(world)
    for kind in ("PackFulfillmentOrder", "AcceptFulfillmentOrder", "PickFulfillmentOrder", "ShipFulfillmentOrder"):
        tell(world, kind, work, kind)
    with world.unchanged():
        tell(world, "PackFulfillmentOrder", work, "late")
    assert world.view(order_id).status == "COMPLETED"


def test_a_message_that_means_nothing_is_refused(world: World):
    _, work = open_work(world)
    with world.unchanged():
        with pytest.raises(InvalidRequest):
            tell(world, "EatFulfillmentOrder", work)
        with pytest.raises(InvalidRequest):
            tell(world, "ReleaseFulfillmentOrder", work)
        with pytest.raises(InvalidRequest):
            tell(world, "PickFulfillmentOrder", work, lines=[{"line_no": 1, "quantity": 0}])
        with pytest.raises(InvalidRequest):
            tell(world, "PickFulfillmentOrder", work, colour="red")
        tell(world, "PickFulfillmentOrder", work, attributes={"note": "4111 1111 1111 1111"})  # dropped
        with pytest.raises(InvalidRequest):
            take_message(world.runtime, Event("wms.DC1", "PickFulfillmentOrder", {"id": "1", "tenant": TENANT}, {}))


@pytest.mark.capability("B4")
def test_a_stale_version_is_refused(world: World):
    order_id, work = open_work(world)
    stale = world.order(order_id).header.version - 1
    request = world.call("accept_fulfillment_order", work, principal=STORE_STAFF, expected_version=stale)
    with world.unchanged(), pytest.raises(StaleVersion):
        act(world.runtime, request, work, Action.ACCEPT, ActionRequest())


@pytest.mark.capability("B4", "D4")
def test_shipping_and_cancelling_at_once(world: World):
    """The units leave or they are cancelled; never both."""
    order_id, work = open_work(world)

    def ship_first(name: str, go_on: Any) -> Any:
        if name == "commit":
            world.database.around = lambda name, go_on: go_on()
            world.act(work, "ship")
        return go_on()

    world.database.around = ship_first
    with pytest.raises(ActionNotAvailable):
        world.cancel(order_id)
    assert world.view(order_id).lines[0].quantities == {"shipped": 5}

    order_id, work = open_work(world, external_id="2")

    def cancel_first(name: str, act: Any) -> Any:
        if name == "commit":
            world.database.around = lambda name, act: act()
            world.cancel(order_id)
        return act()

    world.database.around = cancel_first
    with pytest.raises(ActionNotAvailable):
        world.act(work, "ship")
    assert world.view(order_id).lines[0].quantities == {"cancelled": 5}
    assert world.view(order_id).shipments == []


def test_a_hot_order_is_given_up_after_eight_tries(world: World):
    _, work = open_work(world)

    def late(name: str, act: Any) -> Any:
        if name == "commit":
            raise Conflict([], contended=True)
        return act()

    world.database.around = late
    with world.unchanged(), pytest.raises(Busy):
        world.act(work, "accept")
    world.database.around = lambda name, act: act()


def test_the_order_of_a_work_id():
    assert parent_id("ord", "ful_01J_2") == "ord_01J"
    assert parent_id("ord", "nonsense") == "ord_"
