"""Goods over the counter: who collects, what they show, what they leave there."""

from __future__ import annotations

import json

import pytest

from tests.money_doors import Money, paid
from tests.order_doors import Doors, doors, message
from tests.order_world import line, world
from tests.pickup_doors import ANN, Counter, collected

__all__ = ["doors", "world"]

CODE = {"id": "all", "proofs": ["code", "id_document"], "attempts": 3, "lock_minutes": 15}


@pytest.fixture
def counter(doors: Doors) -> Counter:
    return Counter(doors)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08d}"


@pytest.mark.capability("F9")
def test_goods_are_handed_over_for_a_proof_only_which_is_kept_with_the_shipment_and_told(counter: Counter):
    counter.rules(CODE)
    order_id, work = counter.ready(collected("A", 2))
    code = counter.code(order_id)
    assert [len(code), code.isdigit()] == [8, True]
    assert counter.refused(work) == (422, "proof_missing", ["/proof"])
    assert counter.refused(work, collector="Ann Smith", proof={"signature": "sig-1"}) == (
        *(422, "proof_missing"),
        ["/proof"],
    )
    assert counter.refused(work, proof={"code": code}) == (422, "invalid_request", ["/collector"])
    bob = {"collector": "Bob", "proof": {"id_document": {"kind": "passport", "last_digits": "1234"}}}
    assert counter.refused(work, **bob) == (422, "collector_unknown", ["/collector"])
    handed = counter.hand_over(work, collector="Bob Jones", proof={"code": f"{code[:4]} {code[4:]}"})
    assert (handed.status, handed.body["status"]) == (200, "COMPLETED")
    (shipment,) = counter.doors.see(order_id)["shipments"]
    assert shipment["proof"] == {
        "collector": "Bob Jones",
        "collected_by": "alternate",
        "kinds": ["code"],
        "id_document": None,
        "signature": None,
        "age_checked": None,
        "checked_by": "client-1",
    }
    assert counter.last(order_id, "FulfillmentOrderHandedOver") == {
        "order_id": order_id,
        "fulfillment_order_id": work,
        "node_id": "S1",
        "shipment_id": shipment["id"],
        "collector": "Bob Jones",
        "collected_by": "alternate",
        "proofs": ["code"],
        "age_checked": None,
        "lines": [{"line_no": 1, "sku": "A", "quantity": 2}],
        "refused": [],
    }
    counter.doors.world.check()


@pytest.mark.capability("F9")
def test_the_code_is_for_the_customer_alone(counter: Counter):
    """The event that leads to the customer's message has it; no order, no work and no timeline does."""
    counter.rules(CODE)
    order_id, work = counter.ready()
    code = counter.code(order_id)
    seen = counter.doors.api("fulfillment").get(f"/v1/fulfillment-orders/{work}").body
    assert seen["collection"] == {
        "may_collect": ["Ann Smith"],
        "named_only": False,
        "proofs": ["code", "id_document"],
        "locked_until": None,
        "pickup_by": None,
        "late_allowed": True,
        "extensions": [],
    }
    shown = [seen, counter.doors.see(order_id), counter.doors.timeline(order_id)]
    assert not any(code in json.dumps(one) for one in shown)
    rows = {place: row for place, row in counter.doors.world.tables().items() if code in str(row)}
    assert [table for table, _ in rows] == ["events"]


@pytest.mark.capability("F9")
def test_wrong_codes_are_counted_once_each_and_lock(counter: Counter):
    counter.rules(CODE)
    order_id, work = counter.ready()
    code = counter.code(order_id)
    stock = counter.doors.world.stock("A", "S1")
    for key in ("k1", "k1", "k2", "k3"):
        answer = counter.hand_over(work, key, collector="Ann Smith", proof={"code": wrong(code)})
        assert (answer.status, answer.body["code"], answer.pointers) == (422, "proof_wrong", ["/proof/code"])
    told = [one["data"] for one in counter.doors.timeline(order_id) if one["event"] == "FulfillmentOrderProofRefused"]
    assert [(one["attempts"], one["locked_until"]) for one in told] == [
        (1, None),
        (2, None),
        (3, "2026-11-23T12:15:00.000Z"),
    ]
    right = {"collector": "Ann Smith", "proof": {"code": code}}
    assert counter.refused(work, **right) == (409, "proof_locked", ["/proof/code"])
    reused = counter.hand_over(work, "k1", **right)
    assert (reused.status, reused.body["code"]) == (422, "idempotency_key_reused")
    assert counter.doors.world.work(work).status == "READY"
    assert counter.doors.world.stock("A", "S1") == stock
    counter.doors.world.clock.advance(minutes=15)
    assert counter.hand_over(work, **right).status == 200
    counter.doors.world.check()


@pytest.mark.capability("F9")
def test_another_proof_will_do_while_the_code_is_locked(counter: Counter):
    counter.rules({**CODE, "attempts": 1})
    order_id, work = counter.ready(customer={"name": "Ann  SMITH"})
    counter.hand_over(work, collector="Ann", proof={"code": wrong(counter.code(order_id))})
    document = {"kind": "driving_licence", "last_digits": "77X"}
    assert counter.hand_over(work, collector="ann smith", proof={"id_document": document}).status == 200
    proof = counter.doors.see(order_id)["shipments"][0]["proof"]
    assert (proof["kinds"], proof["id_document"], proof["collected_by"]) == (["id_document"], document, "customer")
    long = {"kind": "passport", "last_digits": "123456789"}
    assert counter.refused(work, collector="Ann", proof={"id_document": long})[2] == ["/proof/id_document/last_digits"]


@pytest.mark.capability("F9")
def test_which_proof_is_needed_follows_from_channel_value_and_age(counter: Counter):
    counter.rules(
        {"id": "dear", "currency": "USD", "from_total": 2001, "proofs": ["id_document"], "named_only": True},
        {"id": "elsewhere", "channels": ["call-centre"], "proofs": ["code"]},
        {"id": "aged", "age_checked": True, "proofs": ["signature"]},
    )
    proofs = []
    for lines in ([collected("A", 2)], [collected("A", 1, price=2001)], [collected("B", 1, minimum_age=18)]):
        _, work = counter.ready(*lines, external_id=str(len(proofs)))
        kept = counter.doors.world.work(work).collection
        proofs.append(kept and tuple(kind.value for kind in kept.proofs))
    assert proofs == [None, ("id_document",), ("signature",)]


@pytest.mark.capability("A10", whole=True)
def test_gifts_age_checks_and_other_collectors_are_seen_by_the_store_and_held_to(counter: Counter):
    counter.doors.world.add_item("WINE", {"S1": 5}, minimum_age=21)
    counter.rules({"id": "all", "proofs": ["id_document"], "named_only": True})
    bob = {"name": "Bob Jones", "email": "bob@example.com", "phone": "555-1"}
    gift = {"message": "Happy birthday", "receipt": True}
    lines = [collected("WINE", 2, minimum_age=18, gift=gift), collected("A", 1)]
    order_id, work = counter.ready(*lines, collectors=[bob])
    seen = counter.doors.see(order_id)
    assert seen["collectors"] == [bob]
    assert [(one["gift"], one["minimum_age"]) for one in seen["lines"]] == [(gift, 21), (None, None)]
    shown = counter.doors.api("fulfillment").get(f"/v1/fulfillment-orders/{work}").body
    assert [(one["gift"], one["minimum_age"]) for one in shown["lines"]] == [(gift, 21), (None, None)]
    assert shown["collection"]["may_collect"] == ["Ann Smith", "Bob Jones"]
    assert [one in str(shown) for one in ("bob@example.com", "555-1")] == [False, False]
    proof = {"id_document": {"kind": "identity_card", "last_digits": "9"}}
    for age in ({}, {"age_checked": 20}):
        assert counter.refused(work, collector="Bob Jones", proof={**proof, **age}) == (
            *(422, "age_check_missing"),
            ["/proof/age_checked"],
        )
    too_young = [{"line_no": 1, "quantity": 2, "reason": "age_check_failed"}]
    part = counter.hand_over(work, collector="Bob Jones", proof=proof, lines=[{"line_no": 2, "quantity": 1}])
    assert (part.status, part.body["status"]) == (200, "READY")
    assert counter.refused(work, collector="Eve", proof={**proof, "age_checked": 30})[1] == "collector_unknown"
    done = counter.hand_over(work, collector="Bob Jones", proof=proof, refused=too_young)
    assert (done.status, done.body["status"]) == (200, "COMPLETED")
    assert counter.doors.world.stock("WINE", "S1").available == 5
    counter.doors.world.check()


@pytest.mark.capability("A10")
def test_an_age_is_checked_where_no_rule_asks_for_a_proof(counter: Counter):
    order_id, work = counter.ready(collected("A", 1, minimum_age=18))
    assert counter.refused(work) == (422, "age_check_missing", ["/proof/age_checked"])
    assert counter.hand_over(work, collector="Ann Smith", proof={"age_checked": 18}).status == 200
    assert counter.doors.see(order_id)["shipments"][0]["proof"]["age_checked"] == 18


@pytest.mark.capability("G6", whole=True)
def test_a_customer_takes_a_part_leaves_a_part_and_refuses_the_rest(counter: Counter):
    """Of five units two leave, one is refused, one is damaged, and one is still there for another day."""
    order_id, work = counter.ready(collected("A", 5))
    refused = [
        {"line_no": 1, "quantity": 1, "reason": "changed_mind"},
        {"line_no": 1, "quantity": 1, "reason": "damaged"},
    ]
    part = counter.hand_over(work, collector="Ann Smith", lines=[{"line_no": 1, "quantity": 2}], refused=refused)
    assert (part.status, part.body["status"]) == (200, "READY")
    (row,) = part.body["lines"]
    assert (row["quantity"], row["shipped"], row["cancelled"]) == (5, 2, 2)
    stock = counter.doors.world.stock("A", "S1")
    assert (stock.on_hand, stock.allocated, stock.damaged, stock.available) == (3, 1, 1, 1)
    seen = counter.doors.see(order_id)
    assert [(one["quantity"], one["reason"]) for one in seen["cancellations"]] == [(1, "changed_mind"), (1, "damaged")]
    assert [one["total"] for one in seen["shipments"]] == [2000]
    counter.doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    counter.doors.queue("release_payment", counter.doors.stored_event(order_id, "OrderLinesCancelled"))
    last = counter.hand_over(work, collector="Ace Couriers", collected_by="courier", shipment={"carrier": "ace"})
    assert (last.status, last.body["status"]) == (200, "COMPLETED")
    counter.doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    assert [one["proof"]["collected_by"] for one in counter.doors.see(order_id)["shipments"]] == ["customer", "courier"]
    assert counter.doors.see(order_id)["status"] == "COMPLETED"
    assert counter.doors.world.provider.amount("capture") == 3000
    counter.doors.world.check()


@pytest.mark.capability("G6", "K8")
def test_what_was_paid_when_it_was_ready_and_is_refused_is_owed_back_at_once(doors: Doors):
    money, counter = Money(doors), Counter(doors)
    order_id, work = money.ready(collected("A", 2), payments=[paid(2000, capture_on="ready")])
    money.stage(order_id, work)
    assert doors.world.provider.amount("capture") == 2000
    answer = counter.hand_over(work, refused=[{"line_no": 1, "quantity": 1, "reason": "does_not_fit"}])
    assert (answer.status, answer.body["status"]) == (200, "COMPLETED")
    assert money.capture(order_id, work) == 0
    owed = counter.last(order_id, "RefundOwed")
    assert (owed["amount"], owed["cause"]) == (1000, "cancellation")
    assert doors.queue("refund_payment", doors.stored_event(order_id, "RefundOwed")) == []
    assert doors.world.provider.amount("refund") == 1000
    assert doors.see(order_id)["status"] == "COMPLETED"
    doors.world.check()


@pytest.mark.capability("G6")
def test_a_customer_who_wants_nothing_of_it_ends_the_work(counter: Counter):
    order_id, work = counter.ready(collected("A", 2))
    refused = [{"line_no": 1, "quantity": 2, "reason": "wrong_item"}]
    answer = counter.hand_over(work, "once", refused=refused)
    assert (answer.status, answer.body["status"]) == (200, "CANCELLED")
    assert counter.hand_over(work, "once", refused=refused).headers["Idempotency-Replayed"] == "true"
    assert counter.doors.see(order_id)["status"] == "CANCELLED"
    assert counter.doors.world.stock("A", "S1").available == 5
    told = counter.doors.stored_event(order_id, "FulfillmentOrderCancelled")
    assert told["detail"]["data"]["nothing_left"] is True
    assert counter.doors.queue("resume_fulfillment", told) == []
    assert [outcome.value for _, outcome in counter.doors.world.continued] == ["CANCELLED"]
    counter.doors.world.check()


@pytest.mark.capability("G6")
def test_what_cannot_be_refused_is_told_where(counter: Counter):
    order_id, work = counter.ready(collected("A", 2), line("B", 1, method="pickup", pickup_node="S1"))
    asked = [
        {"line_no": 9, "quantity": 1, "reason": "damaged"},
        {"line_no": 1, "quantity": 2, "reason": "damaged"},
        {"line_no": 1, "quantity": 1, "reason": "wrong_item"},
    ]
    assert counter.refused(work, refused=asked) == (
        *(422, "invalid_request"),
        ["/refused/0/line_no", "/refused/2/quantity"],
    )
    assert counter.refused(work, refused=[{"line_no": 1, "quantity": 1, "reason": "ugly"}])[2] == ["/refused/0/reason"]
    counter.doors.world.cancel(order_id, {2: 1})
    one = [{"line_no": 1, "quantity": 1, "reason": "damaged"}]
    assert counter.refused(work, refused=one) == (409, "action_not_available", ["/refused"])


@pytest.mark.capability("F9", "O6")
def test_a_store_hands_over_by_a_message_with_the_same_proof(counter: Counter):
    counter.rules(CODE)
    order_id, work = counter.ready(customer=ANN)
    content = {"fulfillment_order_id": work, "collector": "Ann Smith"}
    code = counter.code(order_id)
    bad = message("store.S1", "HandOverFulfillmentOrder", "m1", **content, proof={"code": wrong(code)})
    for _ in range(2):
        assert counter.doors.queue("node_messages", bad) == ["m0"]
    assert counter.told(order_id).count("FulfillmentOrderProofRefused") == 1
    good = message("store.S1", "HandOverFulfillmentOrder", "m2", **content, proof={"code": code})
    assert counter.doors.queue("node_messages", good) == []
    assert counter.doors.see(order_id)["shipments"][0]["proof"]["checked_by"] == "node:S1"
