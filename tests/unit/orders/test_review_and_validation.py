"""What a person must look at: verdicts on the order, and the decision that lets it go on or ends it."""

from __future__ import annotations

from typing import Any

import pytest

from oms.orders.model import status
from oms.platform.problems import ActionNotAvailable, NotFound
from oms.registry import reads as registry
from oms.registry.model import Item
from oms.registry.store import item_write, node_write
from tests.order_nodes import node
from tests.order_world import NEW_YORK, TENANT, World, line, world

__all__ = ["world"]

NAMES = ["schema", "sums", "address", "sku", "node", "capacity", "tender_sum"]


def close_node(world: World, node_id: str) -> None:
    closed = node(node_id, "store", 42.6, -73.7, status="closed").model_copy(update={"version": 2})
    world.database.commit([node_write(TENANT, closed)])
    registry.forget()


def retire_item(world: World, sku: str) -> None:
    world.database.commit([item_write(TENANT, Item(sku=sku, description=sku, status="inactive", version=2))])
    registry.forget()


def verdicts(world: World, order_id: str) -> dict[str, str]:
    return {v.name: v.verdict for v in world.order(order_id).header.validations}


FAILURES: dict[str, tuple[str, dict[str, Any], str]] = {
    "no address": ("address", {"ship_to": None}, "line 1 has no address to go to"),
    "no postal code": (
        "address",
        {"ship_to": {**NEW_YORK, "postal_code": None}},
        "the address of line 1 has no postal code",
    ),
    "too little money": ("tender_sum", {"cards": (999,)}, "tenders cover 999 of 1000"),
    "too much money": ("tender_sum", {"cards": (600, 401)}, "tenders cover 1001 of 1000"),
    "no tender": ("tender_sum", {"cards": ()}, "tenders cover 0 of 1000"),
}


@pytest.mark.capability("A3")
def test_a_good_order_passes_every_validator_in_order(world: World):
    order_id = world.placed(line("A", 1))
    found = world.order(order_id).header.validations
    assert [(v.name, v.verdict, v.detail) for v in found] == [(name, "pass", "") for name in NAMES]
    assert status(world.order(order_id)).value == "CONFIRMED"


@pytest.mark.capability("A3")
@pytest.mark.parametrize("case", FAILURES)
def test_a_failed_check_keeps_the_order_with_its_units(world: World, case: str):
    name, changes, detail = FAILURES[case]
    order_id = world.placed(line("A", 1), **changes)
    order = world.order(order_id)
    assert [(v.name, v.detail) for v in order.header.validations if v.verdict == "fail"] == [(name, detail)]
    assert [v.name for v in order.header.validations] == NAMES
    assert status(order).value == "PENDING_REVIEW"
    assert world.view(order_id).available_actions == ["review", "cancel"]
    assert world.stock("A", "DC1").reserved == 1


@pytest.mark.capability("A3")
def test_a_closed_store_and_a_retired_item_need_a_person(world: World):
    close_node(world, "S1")
    closed = world.placed(line("A", 1, method="pickup", pickup_node="S1"))
    assert verdicts(world, closed)["node"] == "fail"
    retire_item(world, "B")
    retired = world.placed(line("B", 1))
    assert verdicts(world, retired)["sku"] == "fail"
    assert status(world.order(retired)).value == "PENDING_REVIEW"


def test_a_country_without_postal_codes_needs_none(world: World):
    dublin = {"city": "Dublin", "country": "IE"}
    assert verdicts(world, world.placed(line("A", 1), ship_to=dublin))["address"] == "pass"


def test_what_is_collected_needs_no_address(world: World):
    order_id = world.placed(line("A", 1, method="pickup", pickup_node="S1"), ship_to=None)
    assert verdicts(world, order_id)["address"] == "pass"


@pytest.mark.capability("A3", "B4")
def test_a_person_lets_it_go_on(world: World):
    order_id = world.placed(line("A", 1), cards=(1001,))
    body = world.review(order_id, "accept", "customer rounds up").body
    assert (body["status"], body["version"], body["available_actions"]) == ("CONFIRMED", 2, ["cancel"])
    row = world.timeline(order_id)[-1]
    assert (row["event"], row["changes"]) == ("OrderReviewAccepted", {"status": ["PENDING_REVIEW", "CONFIRMED"]})
    (work,) = world.released(order_id)
    world.act(work, "ship")
    assert world.capture(work) == 1000
    assert [(verb, amount) for verb, _, amount in world.provider.effects] == [
        ("authorize", 1001),
        ("capture", 1000),
        ("void", 1),
    ]


@pytest.mark.capability("A3")
@pytest.mark.parametrize("reason", ["fraud", "the customer called twice about #536365; " * 4])
def test_a_person_ends_it(world: World, reason: str):
    order_id = world.placed(line("A", 1), line("POST", 1, 500, type="non_stock"), cards=())
    body = world.review(order_id, "cancel", reason).body
    assert (body["status"], body["available_actions"]) == ("CANCELLED", [])
    assert world.stock("A", "DC1").available == 10
    assert world.timeline(order_id)[-1]["reason"] == reason
    assert world.events(order_id) == ["OrderPlaced", "OrderLinesCancelled", "OrderCancelled"]


@pytest.mark.capability("B4")
@pytest.mark.parametrize("decision", ["accept", "cancel"])
def test_only_an_order_in_review_is_reviewed(world: World, decision: str):
    order_id = world.placed(line("A", 1))
    with world.unchanged(), pytest.raises(ActionNotAvailable):
        world.review(order_id, decision)
    with world.unchanged(), pytest.raises(NotFound):
        world.review("ord_none", decision)


def test_cancelling_a_part_leaves_the_review_open(world: World):
    order_id = world.placed(line("A", 3), cards=())
    world.cancel(order_id, {1: 1})
    assert status(world.order(order_id)).value == "PENDING_REVIEW"
    world.cancel(order_id)
    assert status(world.order(order_id)).value == "CANCELLED"
    assert (world.stock("A", "DC1").reserved, world.stock("A", "DC1").available) == (0, 10)
