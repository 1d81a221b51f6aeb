"""Tills in the words of other systems, on the store bus: POS logs and drawer shifts of Square, each taken once."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from oms.finance.lanes import Day
from oms.finance.reads import entries_of_day
from oms.platform.ids import child_id
from tests.drawer_doors import Drawers
from tests.functions.conftest import Api
from tests.order_doors import Doors, doors, message  # noqa: F401  (a fixture)
from tests.order_world import TENANT, world  # noqa: F401  (a fixture)
from tests.pos_doors import Till
from tests.refund_doors import Refunds, lines
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)

SAMPLES = Path(__file__).parents[1] / "contracts" / "tills"
DAY = "2026-11-22"
CONNECTIONS = [
    {
        "id": "logs",
        "adapter": "poslog",
        "nodes": {"S7": "S1"},
        "items": {"0001": "A", "0002": "B", "0003": "C"},
        "time_zone": "America/New_York",
    },
    {"id": "shifts", "adapter": "square", "nodes": {"LOC1": "S1"}},
]


@pytest.fixture
def connected(doors: Doors) -> Doors:
    """The retailer, where rules of stock name the systems of its tills."""
    rules = Api(doors.module("rule_sets").handler, ("rules.read", "rules.write"), TENANT)
    path = "/v1/inventory/rules/connections"
    assert rules.put(path, {"connections": CONNECTIONS}).status == 201
    assert rules.post(f"{path}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200
    return doors


def said(connection: str, body: Any, message_id: str = "m-1", node: str = "S1") -> dict[str, Any]:
    return message(f"store.{node}", "RecordForeignTransactions", message_id, connection=connection, body=body)


def poslog() -> str:
    return (SAMPLES / "poslog.xml").read_text(encoding="utf-8")


def returns() -> str:
    return (SAMPLES / "poslog_returns.xml").read_text(encoding="utf-8")


def sold_in_a_log(doors: Doors) -> str:
    """The order of the sale in the log: two mugs and 0.65 of B for 26.41, 6.41 of it by card and 20.00 in cash."""
    assert doors.queue("node_messages", said("logs", poslog())) == []
    (order_id,) = doors.world.order_ids()
    return order_id


def shift(**changes: Any) -> dict[str, Any]:
    body = json.loads((SAMPLES / "square_shift.json").read_text(encoding="utf-8"))
    body["cash_drawer_shift"] |= changes
    return dict(body)


@pytest.mark.capability("O6")
def test_a_pos_log_becomes_orders_and_numbers_once(connected):
    till = Till(connected)

    for number in range(3):
        assert connected.queue("node_messages", said("logs", poslog(), f"m-{number}")) == []

    (order_id,) = connected.world.order_ids()
    order = connected.see(order_id)
    assert (order["external_id"], order["status"], order["total"]) == (f"S1:2:{DAY}:41", "COMPLETED", 2641)
    assert order["ordered_at"] == "2026-11-22T23:59:00.000Z"
    assert [(line["sku"], line["type"], line["quantity"]) for line in order["lines"]] == [
        ("A", "stock", 2),
        ("B", "non_stock", 1),
    ]
    assert (connected.world.stock("A", "S1").on_hand, connected.world.stock("B", "S1").on_hand) == (3, 5)
    (day,) = till.workstations(DAY)["workstations"]
    assert (day["first"], day["last"], day["gaps"]) == (40, 44, [{"first": 42, "last": 42}])
    assert till.workstations(DAY)["conflicts"] == []


@pytest.mark.capability("J3", "O6", "K8")
def test_goods_that_a_log_tells_of_come_back_by_the_receipt_and_are_paid_out_once(connected, books):
    """A damaged mug and goods by weight of the sale come back at another till for 16.13 of cash."""
    order_id = sold_in_a_log(connected)
    one = returns().split("</Transaction>")[0] + "</Transaction></POSLog>"

    for number in range(2):
        assert connected.queue("node_messages", said("logs", one, f"r-{number}")) == []

    order = connected.see(order_id)
    assert [(paid["tender"], paid["amount"], paid["refunded"]) for paid in order["payments"]] == [
        ("card", 641, 0),
        ("cash", 2000, 1613),
    ]
    back = connected.api("returns").get(f"/v1/returns/{child_id('ret', order_id, 1)}").body
    assert (back["node_id"], back["reason"]) == ("S1", "broken")
    assert [(line["sku"], line["quantity"], line["disposition"]) for line in back["lines"]] == [
        ("A", 1, "damaged"),
        ("B", 1, "sellable"),
    ]
    # A damaged mug is none to sell, and goods by weight are no units of stock.
    mugs = connected.world.stock("A", "S1")
    assert (mugs.on_hand, mugs.damaged, connected.world.stock("B", "S1").on_hand) == (4, 1, 5)
    Refunds(connected, books).post()
    entries = entries_of_day(books.runtime.database, Day(TENANT, "100", date.fromisoformat(DAY)))
    assert lines(entries, "refund_executed") == ["100 Cr 1010 1613", "100 Dr 2050 1613"]
    days = Till(connected).workstations(DAY)
    assert [(one["workstation"], one["first"], one["last"]) for one in days["workstations"]] == [
        ("2", 40, 44),
        ("3", 12, 12),
    ]
    assert days["conflicts"] == []


@pytest.mark.capability("J3", "O6")
def test_a_return_without_a_receipt_waits_for_a_person_and_harms_no_other(connected, caplog):
    """It is refused as on the bus, with what to do about the cash; told with its receipt it is taken."""
    order_id = sold_in_a_log(connected)

    with caplog.at_level("WARNING"):
        assert connected.queue("node_messages", said("logs", returns(), "r-1")) == ["m0"]

    assert [paid["refunded"] for paid in connected.see(order_id)["payments"]] == [0, 1613]
    (refused,) = [one for one in caplog.records if one.getMessage() == "a foreign transaction was refused"]
    assert (refused.code, "cash_refund of the drawer" in refused.detail) == ("receipt_required", True)
    assert Till(connected).workstations(DAY)["workstations"][1]["last"] == 12


@pytest.mark.capability("J3", "O6")
@pytest.mark.parametrize(
    ("told", "instead"),
    [
        ("<SequenceNumber>41</SequenceNumber>", "<SequenceNumber>42</SequenceNumber>"),
        ("<WorkstationID>2</WorkstationID>", "<WorkstationID>4</WorkstationID>"),
        ("-16.13", "-16.12"),
        ("<ItemID>0002</ItemID>", "<ItemID>0003</ItemID>"),
        ("<Quantity>-1</Quantity>", "<Quantity>-3</Quantity>"),
    ],
)
def test_a_return_of_what_was_not_sold_or_not_owed_changes_nothing(connected, told, instead):
    sold_in_a_log(connected)
    one = returns().split("</Transaction>")[0] + "</Transaction></POSLog>"

    with connected.world.unchanged():
        assert connected.queue("node_messages", said("logs", one.replace(told, instead), "r-1")) == ["m0"]


@pytest.mark.capability("O6")
def test_goods_sold_and_taken_back_in_one_transaction_are_refused_whole(connected):
    sold_in_a_log(connected)
    sale = "<LineItem><Sale><ItemID>0003</ItemID><ExtendedAmount>20.00</ExtendedAmount></Sale></LineItem>"
    one = returns().split("</Transaction>")[0].replace("<Total ", f"{sale}<Total ") + "</Transaction></POSLog>"

    with connected.world.unchanged():
        assert connected.queue("node_messages", said("logs", one, "r-1")) == ["m0"]


@pytest.mark.capability("O6")
def test_what_a_log_tells_otherwise_later_is_kept_for_a_person(connected):
    till = Till(connected)
    assert connected.queue("node_messages", said("logs", poslog())) == []
    other = poslog().replace("<OperatorID>ann</OperatorID><CurrencyCode>", "<OperatorID>bob</OperatorID><CurrencyCode>")

    assert connected.queue("node_messages", said("logs", other, "m-2")) == []

    (conflict,) = till.workstations(DAY)["conflicts"]
    assert (conflict["transaction"]["sequence"], conflict["transaction"]["cashier"]) == (41, "bob")
    assert len(connected.world.order_ids()) == 1


@pytest.mark.capability("O6")
def test_one_transaction_that_cannot_be_taken_comes_again_and_harms_no_other(connected):
    broken = poslog().replace("<ItemID>0002</ItemID>", "<ItemID></ItemID>")

    assert connected.queue("node_messages", said("logs", broken)) == ["m0"]

    assert connected.world.order_ids() == []
    (day,) = Till(connected).workstations(DAY)["workstations"]
    assert day["transactions"] == 3


@pytest.mark.capability("O6")
@pytest.mark.parametrize(
    "wrong", [said("other", "<POSLog/>"), said("logs", poslog(), node="S2"), said("logs", {"xml": 1}), said("logs", "")]
)
def test_what_is_of_no_connection_or_of_another_store_changes_nothing(connected, wrong):
    with connected.world.unchanged():
        assert connected.queue("node_messages", wrong) == ["m0"]


@pytest.mark.capability("O6", "N2")
def test_a_shift_of_square_is_a_drawer_session_that_closes_short(connected):
    connected.world.clock.instant = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    for number in range(2):
        assert connected.queue("node_messages", said("shifts", shift(), f"m-{number}")) == []

    drawers = Drawers(connected)
    (listed,) = drawers.staff.get("/v1/drawers/device:D1/sessions?node_id=S1").body["sessions"]
    session = drawers.see(listed["id"])
    assert (session["state"], session["opening_float"], session["business_date"]) == ("CLOSED", 10000, DAY)
    assert (session["expected"], session["counted"], session["variance"]) == (11500, 11470, -30)
    assert session["totals"] == {"cash_sale": 2500, "cash_refund": 0, "drop": 0, "paid_in": 0, "paid_out": 1000}
    assert session["gaps"] == []


@pytest.mark.capability("O6", "N2")
def test_a_shift_is_opened_while_it_runs_and_goes_on_from_there(connected):
    connected.world.clock.instant = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    assert connected.queue("node_messages", said("shifts", shift(state="OPEN"))) == []
    drawers = Drawers(connected)
    assert drawers.staff.get("/v1/drawers/device:D1/sessions?node_id=S1").body["sessions"][0]["state"] == "OPEN"

    assert connected.queue("node_messages", said("shifts", shift(state="ENDED"), "m-2")) == []

    (listed,) = drawers.staff.get("/v1/drawers/device:D1/sessions?node_id=S1").body["sessions"]
    assert (listed["state"], listed["movements"]) == ("ENDED", 2)


@pytest.mark.capability("O6", "N2")
def test_a_variance_beyond_the_limit_waits_for_a_person(connected):
    connected.world.clock.instant = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    counted = {"amount": 11200, "currency": "USD"}

    assert connected.queue("node_messages", said("shifts", shift(closed_cash_money=counted))) == []

    (listed,) = Drawers(connected).staff.get("/v1/drawers/device:D1/sessions?node_id=S1").body["sessions"]
    assert (listed["state"], listed["needs_approval"]) == ("COUNTED", True)
