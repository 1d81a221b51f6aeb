"""Stock, quantities, outcomes, liveness and events: each rule broken once, by hand, and found at quiet."""

import copy
import json

import pytest

from tests.simulation.checked_run import Run


def an_order(run, status="COMPLETED"):
    pk, _ = run.key("orders", "ORDER", status)
    return pk


def row_of(run, sku="MUG", node="dc-newark"):
    return f"T#acme#SKU#{sku}", f"NODE#{node}"


def add(document, name, units):
    document[name] = document.get(name, 0) + units


def allocated_for_nobody(run):
    row = run.evidence.tables["stock"][row_of(run)]
    run.set("stock", row_of(run), allocated=row["allocated"] + 1, available=row["available"] - 1)


def reserved_for_nobody(run):
    row = run.evidence.tables["stock"][row_of(run)]
    run.set("stock", row_of(run), reserved=row["reserved"] + 1, available=row["available"] - 1)


def held_by_a_saga(run):
    run.put(
        "commands",
        ("T#acme#SAGA", "place_order#x"),
        {"runner": "u", "claimed_by": "r", "lease_until": "2026-11-23T12:00:00.000Z"},
    )
    chunk = ("T#acme#SAGA#place_order#x", "CHUNK#r#000000")
    run.put("commands", chunk, {"claims": json.dumps([["MUG", "dc-newark", 2]]), "expires_at": 4_000_000_000})


def more_left_than_was_done(run):
    run.rewrite("orders", run.key("orders", "SHIPMENT#"), lambda body: add(body["lines"][0], "quantity", 1))


def more_was_cancelled_than_ordered(run):
    many = [{"line_no": 1, "quantity": 99, "reason": "x"}]
    run.rewrite("orders", (an_order(run), "ORDER"), name="progress", cancellations=many)


def shipped_before_it_was_picked(run):
    run.rewrite("orders", run.key("orders", "WORK#", "COMPLETED"), lambda body: add(body["lines"][0], "picked", -1))


def two_orders_under_one_number(run):
    rows = run.evidence.tables["orders"]
    for (pk, sk), row in list(rows.items()):
        if pk == an_order(run) and sk in ("ORDER", "AGREED"):
            run.put("orders", ("T#acme#ORDER#ord_ANOTHER", sk), row)


def a_note_is_gone(run):
    run.put("orders", run.key("orders", "EXTERNAL"), None)


def two_answers_to_one_call(run):
    first = copy.deepcopy(run.evidence.answers[0])
    first["body"]["total"] += 1
    run.evidence.answers.append(first)


def told_and_not_stored(run):
    run.put("commands", run.key("commands", "COMMAND#place_order"), None)


def taken_for_a_reuse(run):
    answer = {**run.evidence.answers[0], "status": 422, "body": {"code": "idempotency_key_reused"}}
    run.evidence.answers.append(answer)


def a_lost_order(run):
    pk = an_order(run)
    for key in [key for key in run.evidence.tables["orders"] if key[0] == pk]:
        run.put("orders", key, None)


def nobody_asked_for_the_money(run):
    pk, sk = run.key("orders", "PAYMENT#", "COMPLETED")
    run.rewrite("orders", (pk, sk), state="CREATED")
    run.set("orders", (pk, "ORDER"), status="CONFIRMED")


def nobody_looks_up_the_outcome(run):
    pk, sk = run.key("orders", "PAYMENT#", "COMPLETED")
    run.rewrite("orders", (pk, sk), state="UNKNOWN")
    run.set("orders", (pk, "ORDER"), status="IN_PROGRESS")


def nobody_waits_for_the_work(run):
    pk, sk = run.key("orders", "WORK#", "COMPLETED")
    run.rewrite("orders", (pk, sk), status="ACCEPTED")
    run.set("orders", (pk, "ORDER"), status="IN_PROGRESS")


def nobody_was_told_of_the_rejection(run):
    pk, sk = run.key("orders", "WORK#", "COMPLETED")
    run.rewrite("orders", (pk, sk), status="REJECTED")
    run.set("orders", (pk, "ORDER"), status="IN_PROGRESS")


def work_is_due_at_another_time_than_promised(run):
    run.rewrite("orders", run.key("orders", "WORK#", "COMPLETED"), due_at="2026-11-23T22:00:00.000Z")


def replaced_by_nobody(run):
    key = run.key("orders", "WORK#", "COMPLETED")
    run.rewrite("orders", key, lambda body: body["lines"][0].update(replaced=1))
    run.rewrite("orders", key, status="REPLACED")


def taken_over_twice(run):
    pk, sk = run.key("orders", "WORK#", "COMPLETED")
    run.rewrite("orders", (pk, sk), status="REPLACED")
    own = sk.removeprefix("WORK#")
    run.rewrite("orders", (pk, sk), replaces=f"{own}0")
    run.put("orders", (pk, f"{sk}0"), dict(run.evidence.tables["orders"][pk, sk]))
    run.rewrite("orders", (pk, f"{sk}0"), id=f"{own}0", replaces=None)


def part_of_work(**counts):
    """Work whose first line has these counts, and perhaps a node that it goes to."""

    def spoil(run):
        key, to = run.key("orders", "WORK#", "COMPLETED"), counts.get("to")
        own = {name: units for name, units in counts.items() if name != "to"}
        run.rewrite("orders", key, lambda body: body["lines"][0].update(own))
        if to:
            run.rewrite("orders", key, destination_node=to)

    spoil.__name__ = "_".join(counts)
    return spoil


def on_offer_and_over(run):
    run.rewrite("orders", run.key("orders", "WORK#", "COMPLETED"), offered_to=["albany"])


def an_offer_in_no_list(run):
    key = run.key("orders", "WORK#", "COMPLETED")
    run.rewrite("orders", key, offered_to=["albany"], status="OPEN")


def taken_without_an_offer(run):
    run.rewrite("orders", run.key("orders", "WORK#", "COMPLETED"), took_offer=True)


def nobody_takes_the_money(run):
    run.rewrite("orders", run.key("orders", "SHIPMENT#"), lambda body: body["captures"][0].pop("capture_id"))


def another_status_than_told(run):
    run.set("orders", (an_order(run), "ORDER"), payment_status="AUTHORIZED")


def another_quantity_than_told(run):
    def edit(detail):
        detail["data"]["lines"][0]["quantity"] += 1

    rows = run.evidence.tables["events"]
    key = next(key for key, row in rows.items() if row["type"] == "ShipmentShipped")
    run.rewrite("events", key, edit, name="detail")


def status_of_another_order(run):
    run.set("orders", (an_order(run), "ORDER"), status="CONFIRMED")


def never_published(run):
    name = run.evidence.bus[-1]["detail"]["meta"]["id"]
    run.evidence.bus[:] = [each for each in run.evidence.bus if each["detail"]["meta"]["id"] != name]


def never_told_to_nodes(run):
    kind = "FulfillmentOrderReleased"
    run.evidence.bus[:] = [
        each for each in run.evidence.bus if each["detail_type"] != kind or "Store" not in each["bus"]
    ]


def published_and_not_committed(run):
    ghost = copy.deepcopy(run.evidence.bus[-1])
    ghost["detail"]["meta"]["id"] = "evt_ghost"
    run.evidence.bus.append(ghost)


def published_with_other_content(run):
    run.evidence.bus[-1] = {**run.evidence.bus[-1], "detail_type": "OrderForgotten"}


def an_event_is_gone(run):
    run.put("events", (an_order(run), "EVENT#000000002"), None)


CASES = [
    ("INV1", "open allocations", allocated_for_nobody),
    ("INV1", "open reservations", reserved_for_nobody),
    ("INV1", "open reservations", held_by_a_saga),
    ("INV2", "its shipments", more_left_than_was_done),
    ("INV2", "99 cancelled", more_was_cancelled_than_ordered),
    ("INV2", "to do are", shipped_before_it_was_picked),
    ("INV2", "were replaced, by {}", replaced_by_nobody),
    ("INV2", "was taken over after", taken_over_twice),
    ("INV2", "goes to the customer, and has", part_of_work(in_transit=1)),
    ("INV2", "goes to the customer, and has", part_of_work(recalled=1)),
    ("INV2", "is COMPLETED, and line 1 has", part_of_work(to="albany", in_transit=1)),
    ("INV2", "came to albany, 0 are work there", part_of_work(to="albany", received=1)),
    ("INV2", "goes to albany, and", part_of_work(to="albany", shipped=1)),
    ("INV7", "units on their way", part_of_work(to="albany", in_transit=1)),
    ("INV4", "the same channel and external id", two_orders_under_one_number),
    ("INV4", "is noted as None", a_note_is_gone),
    ("INV4", "and then", two_answers_to_one_call),
    ("INV4", "no stored outcome", told_and_not_stored),
    ("INV4", "taken for a reuse", taken_for_a_reuse),
    ("INV5", "lost order", a_lost_order),
    ("INV5", "never asked for", nobody_asked_for_the_money),
    ("INV5", "nobody is looking it up", nobody_looks_up_the_outcome),
    ("INV5", "nothing waits for it", nobody_waits_for_the_work),
    ("INV5", "is REJECTED, and nobody was told", nobody_was_told_of_the_rejection),
    ("INV5", "was not taken", nobody_takes_the_money),
    ("INV5", "left half done", held_by_a_saga),
    ("INV7", "promised was None", work_is_due_at_another_time_than_promised),
    ("INV7", "payment_status: stored AUTHORIZED", another_status_than_told),
    ("INV7", "units that left", another_quantity_than_told),
    ("INV7", "its parts say COMPLETED", status_of_another_order),
    ("INV22", "is COMPLETED and on offer", on_offer_and_over),
    ("INV22", "listed are []", an_offer_in_no_list),
    ("INV22", "without an offer", taken_without_an_offer),
    ("INV13", "never published", never_published),
    ("INV13", "never told to them", never_told_to_nodes),
    ("INV13", "is not committed", published_and_not_committed),
    ("INV13", "another content", published_with_other_content),
    ("INV13", "are numbered", an_event_is_gone),
]


@pytest.mark.parametrize(("invariant", "words", "spoil"), CASES, ids=[f"{c[0]}-{c[2].__name__}" for c in CASES])
def test_a_broken_rule_is_found(invariant, words, spoil):
    run = Run.healthy()
    spoil(run)
    found = run.broken(invariant)
    assert any(words in what for what in found), found


@pytest.mark.parametrize(
    "witness",
    [
        ("executions", {"machine": "m", "name": "{work}", "status": "RUNNING", "input": {}}),
        ("in_flight", {"queue": "q", "body": "…{work}…"}),
        ("dead", {"queue": "q", "body": "…{work}…"}),
        ("timers", {"at": "2026-12-01T00:00:00.000Z", "kind": "timer", "what": "{work}"}),
    ],
    ids=lambda witness: witness[0],
)
def test_a_witness_is_enough(witness):
    run = Run.healthy()
    nobody_waits_for_the_work(run)
    where, document = witness
    work = run.key("orders", "WORK#", "IN_PROGRESS")[1].partition("#")[2]
    getattr(run.evidence, where).append({name: str(text).replace("{work}", work) for name, text in document.items()})
    assert not [what for what in run.broken("INV5") if "nothing waits" in what]


def test_a_run_that_is_over_is_no_witness():
    run = Run.healthy()
    nobody_waits_for_the_work(run)
    work = run.key("orders", "WORK#", "IN_PROGRESS")[1].partition("#")[2]
    run.evidence.executions.append({"machine": "m", "name": work, "status": "FAILED", "input": {}})
    assert [what for what in run.broken("INV5") if "nothing waits" in what]


def test_a_person_who_was_told_is_a_witness():
    run = Run.healthy()
    nobody_was_told_of_the_rejection(run)
    run.rewrite("orders", run.key("orders", "WORK#", "IN_PROGRESS"), escalated_reason="REJECTED")
    assert run.broken("INV5") == []
