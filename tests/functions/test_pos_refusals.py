"""What a till may not tell: each refusal names the field and changes nothing, and what disagrees is kept."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

import pytest

from oms.platform.writes import Key
from tests.functions.conftest import Api
from tests.kits import add_kit
from tests.order_doors import doors, message  # noqa: F401  (a fixture)
from tests.order_world import TENANT, line, world  # noqa: F401  (a fixture)
from tests.pos_doors import DAY, SCOPES, Till, card, cash, event_only, later, sold_line, transaction
from tests.refund_doors import Refunds

WRONG = {
    "a line that does not add up": (
        {"lines": [{**sold_line("A", 1, 1000), "total": 999}]},
        ("/lines/0/total", "sum_mismatch"),
    ),
    "a total of other lines": (
        {"totals": {"goods": 1000, "total": 1001}, "tenders": [cash(1001)]},
        ("/totals/total", "sum_mismatch"),
    ),
    "tenders that do not pay it": ({"tenders": [cash(999)]}, ("/tenders", "sum_mismatch")),
    "cash twice": ({"tenders": [cash(400), cash(600)]}, ("/tenders", "repeated")),
    "rounding of a card": ({"tenders": [card(1002)], "rounding": 2}, ("/rounding", "without_cash")),
    "a drawer without cash": (
        {"tenders": [card(1000)], "drawer_session_id": "d"},
        ("/drawer_session_id", "without_cash"),
    ),
    "a drawer that there is not": ({"drawer_session_id": "drw_1"}, ("/drawer_session_id", "unknown_session")),
    "a refund twice": (
        {"tenders": [], "exchange_credits": [{"refund_id": "r", "amount": 500}] * 2},
        ("/exchange_credits", "repeated"),
    ),
    "an item nobody knows": (
        {"lines": [sold_line("X", 1, 1000)]},
        ("/lines/0/sku", "unknown_sku"),
    ),
    "a day to come": ({"business_date": "2026-11-26"}, ("/business_date", "in_the_future")),
    "an hour to come": ({"occurred_at": "2026-11-26T12:00:00Z"}, ("/occurred_at", "in_the_future")),
    "change of a card": ({"tenders": [{**card(1000), "given": 1000, "change": 0}]}, ("/tenders/0", "invalid_value")),
    "change that is not what was given": (
        {"tenders": [cash(1000, given=2000, change=900)]},
        ("/tenders/0", "invalid_value"),
    ),
    "a card without a reference": (
        {"tenders": [{"tender": "card", "amount": 1000, "provider": "strict"}]},
        ("/tenders/0", "invalid_value"),
    ),
    "a sale of nothing": ({"lines": []}, ("/", "invalid_value")),
    "a drawer opened with goods": ({"type": "no_sale"}, ("/", "invalid_value")),
    "more lines for later than fit": (
        {
            "lines": [later("A", 1, 10) for _ in range(21)],
            "totals": {"goods": 210, "total": 210},
            "tenders": [cash(210)],
        },
        ("/lines", "too_many"),
    ),
    "a workstation that would blur the number": ({"workstation": "T1:2"}, ("/workstation", "string_pattern_mismatch")),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_what_is_wrong_is_named_and_changes_nothing(doors, case):
    changes, expected = WRONG[case]
    till = Till(doors)

    with doors.world.unchanged():
        answer = till.tell(transaction(1, sold_line("A", 1, 1000)) | changes)

    assert answer.status == 422, answer.body
    assert [(one["pointer"], one["code"]) for one in answer.body["errors"]] == [expected]


def test_goods_that_are_booked_before_their_sale_are_not_booked_where_the_sale_is_refused(doors):
    """What is carried out and claimed of one item is booked in two transactions."""
    till = Till(doors)

    with doors.world.unchanged():
        drawer = till.tell(transaction(1, sold_line("A", 2), later("A"), drawer_session_id="drw_1"))
        refund = {"refund_id": "rfd_none_1", "amount": 500}
        exchange = till.tell(transaction(2, sold_line("A", 2), later("A"), exchange_credits=[refund]))

    assert (drawer.status, drawer.pointers) == (422, ["/drawer_session_id"])
    assert (exchange.status, exchange.pointers) == (422, ["/exchange_credits/0/refund_id"])


def test_a_sale_that_no_transaction_holds_books_none_of_its_goods(doors):
    till, world = Till(doors), doors.world
    for number in range(20):
        parts = {f"P{number:02d}{letter}": 1 for letter in "abc"}
        for sku in parts:
            world.add_item(sku, {"S1": 5})
        add_kit(world, f"K{number:02d}", parts)

    with world.unchanged():
        answer = till.tell(transaction(1, sold_line("A"), *(later(f"K{number:02d}") for number in range(20))))

    assert (answer.status, answer.pointers) == (413, ["/lines"])


def test_the_same_again_answers_the_first(doors):
    till = Till(doors)
    first = till.tell(transaction(7, sold_line("A")), key="k-1")

    with doors.world.unchanged():
        repeat = till.tell(transaction(7, sold_line("A")), key="k-1")
        under_another_key = till.tell(transaction(7, sold_line("A")), key="k-2")

    assert (first.status, repeat.status, under_another_key.status) == (201, 201, 200)
    assert first.body == repeat.body == under_another_key.body
    assert under_another_key.headers["Idempotency-Replayed"] == "true"


def test_another_content_under_the_same_number_is_refused_and_kept_for_a_person(doors):
    till, world = Till(doors), doors.world
    order_id = till.sale(7, sold_line("A"))["order_id"]
    before = world.tables()

    answers = [till.tell(transaction(7, sold_line("A", 2))) for _ in range(2)]

    assert [(one.status, one.body["code"], one.pointers) for one in answers] == [
        (409, "transaction_taken", ["/sequence"]),
        (409, "transaction_taken", ["/sequence"]),
    ]
    new = [key for key in world.database.rows if key not in before]
    assert [(table, key.sk.rsplit("#", 1)[0]) for table, key in new] == [("ledger", "CONFLICT#T1#000000007")]
    assert {key: row for key, row in world.database.rows.items() if key not in new} == before
    (conflict,) = till.workstations()["conflicts"]
    assert conflict["told_at"] == "2026-11-23T12:00:00.000Z"
    assert conflict["transaction"]["lines"][0]["quantity"] == 2
    assert doors.see(order_id)["total"] == 1000


def test_a_message_that_disagrees_is_kept_and_counts_as_dealt_with(doors):
    till = Till(doors)
    till.sale(7, sold_line("A"))
    told = transaction(7, sold_line("A", 3))
    del told["node_id"]

    assert doors.queue("node_messages", message("store.S1", "RecordPosTransaction", "m-1", **told)) == []

    assert len(till.workstations()["conflicts"]) == 1
    assert doors.world.stock("A", "S1").on_hand == 4


def test_a_refund_pays_one_sale_only(doors):
    till, shop = Till(doors), Refunds(doors)
    order_id = shop.delivered(line("A", 1, 500))
    shop.taken_back(order_id, {1: 1}, to="cash", to_reason="exchange")
    credit = [{"refund_id": doors.see(order_id)["refunds"][0]["id"], "amount": 500}]
    till.sale(1, sold_line("A"), exchange_credits=credit)

    with doors.world.unchanged():
        answer = till.tell(transaction(2, sold_line("A"), exchange_credits=credit))

    assert (answer.status, answer.body["code"], answer.pointers) == (
        409,
        "exchange_credit_used",
        ["/exchange_credits/0/refund_id"],
    )


def test_a_refund_pays_a_sale_only_as_it_is_owed(doors):
    till, shop = Till(doors), Refunds(doors)
    to_cash, to_card = shop.delivered(line("A", 1, 500)), shop.delivered(line("B", 1, 500))
    shop.taken_back(to_cash, {1: 1}, to="cash", to_reason="exchange")
    shop.taken_back(to_card, {1: 1})
    owed, elsewhere = (doors.see(one)["refunds"][0]["id"] for one in (to_cash, to_card))

    for refund_id, amount, expected in (
        ("rfd_none_1", 500, ("/exchange_credits/0/refund_id", "unknown_refund")),
        (owed, 501, ("/exchange_credits/0/amount", "not_owed")),
        (elsewhere, 500, ("/exchange_credits/0/amount", "not_owed")),
    ):
        credit = [{"refund_id": refund_id, "amount": amount}]
        with doors.world.unchanged():
            answer = till.tell(transaction(2, sold_line("C"), exchange_credits=credit))
        assert answer.status == 422, answer.body
        assert [(one["pointer"], one["code"]) for one in answer.body["errors"]] == [expected]


def test_a_till_tells_of_its_own_store_only(doors):
    till = Till(doors)
    other = Api(doors.module("pos").handler, (*SCOPES, "node.S2"), TENANT, actor="till-2")
    nobody = Api(doors.module("pos").handler, ("pos.read",), TENANT)

    with doors.world.unchanged():
        assert other.post("/v1/pos/transactions", transaction(1, sold_line("A"))).status == 404
        assert nobody.post("/v1/pos/transactions", transaction(1, sold_line("A"))).status == 403
        assert till.tell(transaction(1, sold_line("A"), node_id="S9")).status == 404
        assert other.get(f"/v1/pos/workstations?node_id=S1&business_date={DAY}").status == 404
        assert till.tell(event_only(1), tenant="rival").status == 404


def test_nothing_of_a_refused_sale_takes_its_number(doors):
    till = Till(doors)
    assert till.tell(transaction(1, sold_line("X"))).status == 422

    till.sale(1, sold_line("A"))

    keys = [key for table, key in doors.world.database.rows if table == "ledger"]
    partition = f"T#{TENANT}#POS#S1#{DAY}"
    assert sorted(keys, key=lambda key: key.sk) == [
        Key(partition, "TRANSACTION#T1#000000001"),
        Key(partition, "WORKSTATION#T1"),
    ]
