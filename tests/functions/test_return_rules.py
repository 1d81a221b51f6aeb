"""Rules of returns: what may come back and until when, what is kept back, where the money may go, and overrides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oms.finance.commands import Books
from tests.functions.conftest import Answer
from tests.order_doors import Doors, doors
from tests.order_world import NOW, document, line, world
from tests.refund_doors import Refunds, lines
from tests.unit.finance.world import books, finance_cloud

__all__ = ["books", "doors", "finance_cloud", "world"]

TWO = (line("A", 3, 12000, tax=990), line("B", 1, 6000, tax=495))
MONTH = {"id": "month", "window_days": 30}
MAY = ("returns.write", "returns.override")


def _returnable(doors: Doors, order_id: str, query: str = "") -> list[dict[str, Any]]:
    answer = doors.api("returns").get(f"/v1/orders/{order_id}/returnable{query}")
    assert answer.status == 200, answer.body
    return list(answer.body["lines"])


def _refused(answer: Answer, code: str, *pointers: str) -> None:
    assert (answer.status, answer.body["code"], answer.pointers) == (409, code, list(pointers)), answer.body


@pytest.mark.capability("J1")
def test_without_rules_everything_that_was_delivered_may_come_back_for_ever(doors: Doors):
    shop = Refunds(doors)
    order_id = shop.delivered(*TWO)
    shop.taken_back(order_id, {2: 1})
    first, second = _returnable(doors, order_id)
    assert first == {
        "line_no": 1,
        "sku": "A",
        "units": 3,
        "until": None,
        "windows": [{"units": 3, "until": None}],
        "why_not": None,
        "rule": "usual",
        "fees": [],
        "refund_at": "receipt",
        "tenders": ["original", "cash", "gift_card", "store_credit"],
    }
    assert (second["units"], second["why_not"]) == (0, "not_delivered")
    assert doors.api("returns").get("/v1/orders/ord_none/returnable").status == 404


@pytest.mark.capability("J1", whole=True)
def test_a_window_closes_and_an_override_needs_a_right_and_a_reason(doors: Doors):
    """By category, condition and final sale, and against the rules only by who may, with a reason that is kept."""
    shop = Refunds(doors)
    doors.world.add_item("SHOE", {"DC1": 5}, attributes={"category": "shoes", "brand": "acme"})
    sale = {**line("B", 1, 6000, tax=495), "attributes": {"final_sale": True}}
    shop.rules(
        {"id": "sale", "final_sale": True, "returnable": False},
        {"id": "worn", "attributes": {"category": "shoes"}, "conditions": ["worn"], "returnable": False},
        {"id": "shoes", "attributes": {"category": "shoes", "brand": "acme"}, "channels": ["web"], "window_days": 14},
        MONTH,
    )
    order_id = shop.delivered(line("A", 3, 12000, tax=990), line("SHOE", 2, 8000), sale)
    until = {days: f"2026-12-{day:02}T12:00:00.000Z" for days, day in ((14, 7), (30, 23))}
    seen = _returnable(doors, order_id)
    assert [(one["rule"], one["units"], one["until"], one["why_not"]) for one in seen] == [
        ("month", 3, until[30], None),
        ("shoes", 2, until[14], None),
        ("sale", 0, None, "not_returnable"),
    ]
    worn = _returnable(doors, order_id, "?condition=worn")[1]
    assert (worn["rule"], worn["units"], worn["why_not"]) == ("worn", 0, "not_returnable")
    with doors.world.unchanged():
        refused = shop.take_back(order_id, {1: 1, 3: 1})
        _refused(refused, "not_returnable", "/lines/1/quantity")
        assert refused.body["errors"][0]["code"] == "not_returnable"
        lines = [{"line_no": 2, "quantity": 1, "condition": "worn"}]
        body = {"node_id": "S1", "reason": "too_small", "lines": lines}
        _refused(
            doors.api("returns").post(f"/v1/orders/{order_id}/returns", body), "not_returnable", "/lines/0/quantity"
        )
    doors.world.clock.instant = NOW + timedelta(days=14)
    shop.taken_back(order_id, {2: 1})
    doors.world.clock.instant = NOW + timedelta(days=14, milliseconds=1)
    assert _returnable(doors, order_id)[1]["why_not"] == "window_closed"
    with doors.world.unchanged():
        late = shop.take_back(order_id, {2: 1})
        _refused(late, "not_returnable", "/lines/0/quantity")
        assert late.body["errors"][0]["code"] == "window_closed"
        may_not = shop.take_back(order_id, {2: 1}, override_reason="was ill")
        assert (may_not.status, may_not.body["code"], may_not.pointers) == (403, "scope_missing", ["/override_reason"])
    made = shop.taken_back(order_id, {2: 1}, override_reason="was ill", scopes=MAY)
    assert made["override"] == {"reason": "was ill", "by": "client-1", "against": ["window_closed"]}
    assert (made["owed"], made["state"]) == (8000, "CLOSED")
    told = doors.stored_event(order_id, "ReturnAccepted")["detail"]["data"]
    assert (told["override_reason"], told["overridden"]) == ("was ill", ["window_closed"])
    # A reason that nobody needs is not kept.
    plain = shop.taken_back(order_id, {1: 1}, override_reason="to be sure", scopes=MAY)
    assert plain["override"] is None


@pytest.mark.capability("J1", "J6")
def test_fees_and_charges_that_are_kept_are_itemised_and_sum_to_those_of_the_line(doors: Doors):
    shop = Refunds(doors)
    charges = [{"kind": "gift_wrap", "amount": 500, "tax": 0}, {"kind": "engraving", "amount": 301, "tax": 0}]
    goods = {**line("A", 3, 3335, tax=990), "charges": charges}
    goods["total"] += 801
    fees = [
        {"kind": "restocking", "ppm": 100_000},
        {"kind": "handling", "currency": "USD", "each": 150},
        {"kind": "abroad", "currency": "EUR", "each": 900},
    ]
    shop.rules({"id": "fees", "fees": fees, "charges_back": ["gift_wrap"]})
    order_id = shop.delivered(goods)
    with doors.world.unchanged():
        other = shop.take_back(order_id, {1: 1}, fee=0)
        _refused(other, "not_returnable", "/fee")
        assert other.body["errors"][0]["code"] == "fee_by_rule"
    first = shop.taken_back(order_id, {1: 1})
    assert first["fees"] == [{"kind": "handling", "amount": 150}, {"kind": "restocking", "amount": 334}]
    assert first["kept"] == [{"kind": "engraving", "amount": 100}]
    assert (first["goods"], first["shipping"], first["tax"], first["fee"]) == (3335, 167, 330, 484)
    assert first["owed"] == 3335 + 167 + 330 - 484
    rest = shop.taken_back(order_id, {1: 2})
    assert rest["fees"] == [{"kind": "handling", "amount": 300}, {"kind": "restocking", "amount": 667}]
    assert (rest["goods"], rest["shipping"], rest["kept"]) == (6670, 333, [{"kind": "engraving", "amount": 201}])
    assert first["owed"] + rest["owed"] == 10005 + 500 + 990 - 450 - 1001


@pytest.mark.capability("J1")
def test_a_fee_is_waived_and_a_tender_is_chosen_against_the_rules_by_who_may(doors: Doors):
    shop = Refunds(doors)
    credit = {"id": "credit", "tiers": ["gold"], "tenders": ["store_credit"]}
    fee = {"id": "fee", "fees": [{"kind": "restocking", "ppm": 500_000}], "tenders": ["original"]}
    shop.rules(credit, fee)
    order_id = shop.delivered(*TWO)
    with doors.world.unchanged():
        cash = shop.take_back(order_id, {2: 1}, to="cash", to_reason="no card")
        _refused(cash, "not_returnable", "/to")
        assert cash.body["errors"][0]["detail"] == "the rules allow only original"
    made = shop.taken_back(
        order_id, {2: 1}, fee=100, to="cash", to_reason="no card", override_reason="our fault", scopes=MAY
    )
    assert made["override"]["against"] == ["tender_by_rule", "fee_by_rule"]
    assert (made["fee"], made["fees"], made["owed"]) == (100, [{"kind": "stated", "amount": 100}], 6395)


@pytest.mark.capability("J1")
def test_units_that_are_on_their_way_have_their_whole_window_before_them(doors: Doors):
    shop = Refunds(doors)
    shop.rules(MONTH)
    placed = doors.place(document(*TWO))
    (work,) = doors.run_order_workflow(placed)
    shipped = {"shipment": {"carrier": "usps", "tracking_number": "9400"}}
    assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", shipped).status == 200
    doors.task("capture_payment", order_id=placed, fulfillment_order_id=work)
    doors.world.clock.instant = NOW + timedelta(days=40)
    assert [(one["units"], one["until"]) for one in _returnable(doors, placed)] == [(3, None), (1, None)]


@pytest.mark.capability("J1")
@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ({"id": "r", "refund_at": "drop_off"}, "/rules/0/refund_at"),
        ({"id": "r", "fees": [{"kind": "x"}]}, "/rules/0/fees/0"),
        ({"id": "r", "fees": [{"kind": "x", "each": 5}]}, "/rules/0/fees/0"),
        ({"id": "r", "window_days": 0}, "/rules/0/window_days"),
        ({"id": "r", "tenders": []}, "/rules/0/tenders"),
    ],
)
def test_rules_that_mean_nothing_are_refused(doors: Doors, rule: dict[str, Any], pointer: str):
    with doors.world.unchanged():
        put = doors.api("rule_sets").put("/v1/return-rules/usual", {"rules": [rule]})
        assert (put.status, put.pointers) == (422, [pointer])


@pytest.mark.capability("J8", whole=True)
def test_what_is_not_worth_its_way_is_paid_back_and_kept(doors: Doors, books: Books):
    """By value, weight and reason; no stock comes, and the loss stands in the stock ledger."""
    shop = Refunds(doors, books)
    doors.world.add_item("MUG", {"DC1": 9}, weight_grams=400)
    doors.world.add_item("VASE", {"DC1": 9}, weight_grams=900)
    keep = {"currency": "USD", "below": 2000, "weight_grams": 500, "reasons": ["broken"]}
    shop.rules({"id": "kept", "returnless": keep})
    order_id = shop.delivered(line("MUG", 3, 1500, tax=360), line("VASE", 1, 1500), line("A", 1, 1500))
    before = {sku: doors.world.stock(sku, "DC1") for sku in ("MUG", "VASE", "A")}

    def ask(reason: str, *numbers: int) -> Answer:
        units = [{"line_no": number, "quantity": 1} for number in numbers]
        body = {"kind": "mail_in", "reason": reason, "lines": units}
        return doors.api("returns").post(f"/v1/orders/{order_id}/returns", body, scopes=("returns.request",))

    made = ask("broken", 1).body
    assert (made["kind"], made["state"], made["owed"], made["refund_status"]) == (
        "returnless",
        "CLOSED",
        1620,
        "PLANNED",
    )
    assert doors.see(order_id)["lines"][0]["quantities"] == {"shipped": 2, "returned": 1}
    assert {sku: doors.world.stock(sku, "DC1") for sku in before} == before
    moves = doors.api("inventory").get("/v1/inventory/MUG/movements?node_id=DC1").body["movements"]
    assert [one["kind"] for one in moves if one["reason"] == "broken"] == ["scrapped", "damaged", "returned"]
    # For another reason, too heavy, of unknown weight, or with something that is to come: the units are to be sent.
    for reason, *numbers in (("too_small", 1), ("broken", 2), ("broken", 3), ("broken", 1, 2)):
        sent = ask(str(reason), *(int(number) for number in numbers)).body
        assert (sent["kind"], sent["state"], sent["owed"]) == ("mail_in", "APPROVED", 0), (reason, numbers)
        assert doors.api("returns").post(f"/v1/returns/{sent['id']}/cancel", {"reason": "x"}).status == 200
    assert shop.pay(order_id) == []
    assert lines(shop.post(), "return_accepted") == ["100 Cr 2050 1620", "100 Dr 2040 120", "100 Dr 4090 1500"]
    doors.world.check()


@pytest.mark.capability("J3", whole=True)
def test_any_store_finds_a_web_order_and_has_its_units_at_once(doors: Doors, books: Books):
    """By the number of its channel; graded, for sale where it is restocked, paid back as the policy allows."""
    shop = Refunds(doors, books)
    shop.rules({"id": "web", "channels": ["web"], "tenders": ["original", "store_credit"]})
    order_id = shop.delivered(line("A", 3, 4000, tax=990), line("B", 1, 6000))
    external_id = doors.see(order_id)["external_id"]
    (found,) = doors.api("read_orders").get(f"/v1/orders?channel=web&external_id={external_id}").body["orders"]
    assert found["id"] == order_id
    before = {node: doors.world.stock("A", node) for node in ("S1", "S2")}
    back = [
        {"line_no": 1, "quantity": 1, "grade": "A", "disposition": "restock"},
        {"line_no": 1, "quantity": 1, "grade": "C", "disposition": "repair"},
    ]
    body = {"node_id": "S2", "reason": "too_small", "lines": back}
    path, staff = f"/v1/orders/{order_id}/returns", ("returns.write", "node.S2")
    with doors.world.unchanged():
        elsewhere = doors.api("returns").post(path, {**body, "node_id": "S1"}, scopes=staff)
        assert (elsewhere.status, elsewhere.body["code"]) == (404, "not_found")
        cash = doors.api("returns").post(path, {**body, "to": "cash", "to_reason": "no card"}, scopes=staff)
        _refused(cash, "not_returnable", "/to")
    made = doors.api("returns").post(path, body, scopes=staff)
    assert (made.status, made.body["owed"], made.body["node_id"]) == (201, 8660, "S2")
    assert [(one["grade"], one["disposition"]) for one in made.body["lines"]] == [("A", "restock"), ("C", "repair")]
    now = doors.world.stock("A", "S2")
    assert (now.on_hand, now.available, now.quality_control) == (
        before["S2"].on_hand + 2,
        before["S2"].available + 1,
        before["S2"].quality_control + 1,
    )
    assert doors.world.stock("A", "S1") == before["S1"]
    assert shop.pay(order_id) == []
    assert doors.world.provider.effects[-1] == ("refund", "psp_1", 8660)
    credit = {**body, "lines": [back[0]], "to": "store_credit", "to_reason": "card closed"}
    other = doors.api("returns").post(path, credit, scopes=staff).body
    assert (other["owed"], other["to"], doors.see(order_id)["return_status"]) == (
        4330,
        "store_credit",
        "PARTIALLY_RETURNED",
    )
    entries = shop.post()
    assert lines(entries, "return_accepted") == sorted(
        [
            "100 Cr 2050 8660",
            "100 Dr 2040 660",
            "100 Dr 4090 8000",
            "100 Cr 2050 4330",
            "100 Dr 2040 330",
            "100 Dr 4090 4000",
        ]
    )
    doors.world.check()
