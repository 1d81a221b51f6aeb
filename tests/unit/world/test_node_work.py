"""What a node decides to do with work, before any bus or HTTP is involved."""

from typing import Any

import pytest

from local.world.work import Control, Step, Work, detail, is_due, message_id, plan, read_released, read_view, source

DUE = 1_800_000_000
LINES = [{"line_no": 1, "sku": "A", "quantity": 2}, {"line_no": 2, "sku": "B", "quantity": 1}]


def released(**changes: Any) -> dict[str, Any]:
    data = {
        "order_id": "ord_1",
        "fulfillment_order_id": "ful_1",
        "node_id": "denver",
        "method": "ship",
        "lines": [*LINES, {"line_no": 3, "sku": "A", "quantity": 5}],
        "attributes": {},
    }
    return {"meta": {"id": "evt_1", "tenant": "acme"}, "data": {**data, **changes}}


def verbs(work: Work, control: Control | None = None) -> list[str]:
    return [step.verb for step in plan(work, control or Control())]


def test_work_is_read_from_the_event() -> None:
    assert read_released(released()) == Work("acme", "ful_1", "denver", "ship", {"A": 7, "B": 1})


def test_work_is_read_from_the_api() -> None:
    view = {"id": "ful_2", "node_id": "dc-columbus", "method": "pickup", "status": "OPEN", "lines": LINES}
    assert read_view("acme", view) == Work("acme", "ful_2", "dc-columbus", "pickup", {"A": 2, "B": 1})


@pytest.mark.parametrize("missing", ["fulfillment_order_id", "node_id", "method", "lines"])
def test_work_without_a_needed_field_is_not_understood(missing: str) -> None:
    event = released()
    del event["data"][missing]
    with pytest.raises(KeyError):
        read_released(event)


def test_a_node_that_ships_takes_four_steps_and_sends_all_that_is_left() -> None:
    work = read_released(released())
    steps = plan(work, Control())
    assert [step.detail_type for step in steps] == [
        "AcceptFulfillmentOrder",
        "PickFulfillmentOrder",
        "PackFulfillmentOrder",
        "ShipFulfillmentOrder",
    ]
    assert [dict(step.data) for step in steps[:3]] == [{}, {}, {}]
    box = steps[3].data["shipment"]
    assert box["carrier"] == "FAKE"
    assert box["packages"] == [{"package_no": 1, "weight_grams": 8 * 250}]
    assert box["tracking_number"].startswith("FAKE")
    assert len(box["tracking_number"]) == 14
    assert steps == plan(work, Control())


def test_two_pieces_of_work_have_two_tracking_numbers() -> None:
    numbers = {
        plan(read_released(released(fulfillment_order_id=each)), Control())[3].data["shipment"]["tracking_number"]
        for each in ("ful_1", "ful_2")
    }
    assert len(numbers) == 2


@pytest.mark.parametrize("method", ["pickup", "ship_to_store"])
def test_where_the_customer_collects_goods_are_staged_and_handed_over(method: str) -> None:
    work = read_released(released(method=method))
    assert verbs(work) == ["accept", "pick", "pack", "stage", "hand-over"]
    assert plan(work, Control())[4].detail_type == "HandOverFulfillmentOrder"


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        (Control(reject_nodes=frozenset({"denver"})), ["reject"]),
        (Control(reject_skus=frozenset({"B", "Z"})), ["reject"]),
        (Control(silent_nodes=frozenset({"denver"}), reject_nodes=frozenset({"denver"})), []),
        (Control(reject_nodes=frozenset({"seattle"})), ["accept", "pick", "pack", "ship"]),
        (Control(reject_skus=frozenset({"Z"})), ["accept", "pick", "pack", "ship"]),
    ],
)
def test_the_control_decides_what_is_rejected_or_left_unanswered(control: Control, expected: list[str]) -> None:
    assert verbs(read_released(released()), control) == expected


def test_a_rejection_carries_its_reason() -> None:
    control = Control(reject_nodes=frozenset({"denver"}), reject_reason="damaged")
    assert plan(read_released(released()), control) == [Step("reject", {"reason": "damaged"})]


@pytest.mark.parametrize(
    ("ship_after", "now", "due"),
    [
        (None, 0, True),
        ("2027-01-15T08:00:00Z", DUE - 1, False),
        ("2027-01-15T08:00:00Z", DUE, True),
        ("2027-01-15T09:00:00+01:00", DUE, True),
        ("2027-01-15T08:00:00.500Z", DUE, False),
        ("2027-01-15T08:00:00.500Z", DUE + 1, True),
    ],
)
def test_nothing_is_done_before_ship_after(ship_after: str | None, now: int, due: bool) -> None:
    assert is_due(read_released(released(attributes={"ship_after": ship_after})), now) is due


@pytest.mark.parametrize("wrong", ["2027-01-15T08:00:00", "tomorrow", 5])
def test_an_instant_that_is_none_is_not_understood(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_released(released(attributes={"ship_after": wrong}))


def test_a_step_always_has_the_same_id_source_and_shape() -> None:
    work = read_released(released())
    step = plan(work, Control())[0]
    assert message_id(work, step) == "ful_1:accept"
    assert source(work) == "store.denver"
    assert source(read_released(released(node_id="dc-columbus"))) == "wms.dc-columbus"
    assert detail(work, step, DUE) == {
        "meta": {"id": "ful_1:accept", "occurred_at": "2027-01-15T08:00:00Z", "tenant": "acme"},
        "data": {"fulfillment_order_id": "ful_1"},
    }
