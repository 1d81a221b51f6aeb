"""The numbers of tills: which have come for a business date, and which are missing."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

from tests.order_doors import doors, message  # noqa: F401  (a fixture)
from tests.order_world import world  # noqa: F401  (a fixture)
from tests.pos_doors import DAY, Till, event_only, sold_line, transaction


def test_missing_numbers_are_known_by_workstation_and_business_date(doors):
    till = Till(doors)
    till.sale(114, sold_line("A"))
    assert till.tell(event_only(117)).status == 201
    assert till.tell(event_only(9, "sign_on", workstation="T2")).status == 201
    assert till.tell(event_only(1, business_date="2026-11-22")).status == 201

    assert till.workstations() == {
        "node_id": "S1",
        "business_date": DAY,
        "workstations": [
            {
                "workstation": "T1",
                "first": 114,
                "last": 117,
                "transactions": 2,
                "missing": 2,
                "gaps": [{"first": 115, "last": 116}],
            },
            {"workstation": "T2", "first": 9, "last": 9, "transactions": 1, "missing": 0, "gaps": []},
        ],
        "conflicts": [],
    }


def test_a_gap_closes_when_its_numbers_come_late(doors):
    till = Till(doors)
    for number in (3, 6, 5):
        assert till.tell(event_only(number)).status == 201

    late = till.sale(4, sold_line("A"))

    assert late["numbers"] == {
        "workstation": "T1",
        "first": 3,
        "last": 6,
        "transactions": 4,
        "missing": 0,
        "gaps": [],
    }


def test_a_transaction_without_goods_and_money_is_recorded_for_its_number_and_told_of(doors):
    till = Till(doors)
    answer = till.tell(event_only(5, "no_sale"))

    assert answer.status == 201
    assert (answer.body["type"], answer.body["order_id"], answer.body["external_id"]) == ("no_sale", None, None)
    rows = doors.world.database.query("events", f"T#acme#POSTRANSACTION#{answer.body['id']}")
    assert [row["type"] for row in rows] == ["PosTransactionRecorded"]
    assert doors.world.order_ids() == []


def test_a_store_tells_the_same_over_the_bus_and_once(doors):
    till = Till(doors)
    told = transaction(8, sold_line("A", 2))
    del told["node_id"]
    sale = message("store.S1", "RecordPosTransaction", "m-1", **told)

    assert doors.queue("node_messages", sale, sale) == []

    (order_id,) = doors.world.order_ids()
    assert doors.see(order_id)["external_id"] == f"S1:T1:{DAY}:8"
    assert doors.world.stock("A", "S1").on_hand == 3
    assert till.tell(transaction(8, sold_line("A", 2))).status == 200


def test_a_message_that_cannot_be_taken_comes_again_and_harms_no_other(doors):
    wrong, right = transaction(1, sold_line("X")), transaction(2, sold_line("A"))
    for body in (wrong, right):
        del body["node_id"]

    failed = doors.queue(
        "node_messages",
        message("store.S1", "RecordPosTransaction", "m-1", **wrong),
        message("store.S1", "RecordPosTransaction", "m-2", **right),
    )

    assert failed == ["m0"]
    assert len(doors.world.order_ids()) == 1
