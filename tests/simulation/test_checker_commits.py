"""The checker after each commit: what must always hold, broken once each, and found in the commit that broke it."""

import copy
import json

import pytest

from tests.simulation.checked_run import Run, said
from tests.simulation.checker import Change, Checker

MUG = ("T#acme#SKU#MUG", "NODE#dc-newark")


def an_order(run, status="COMPLETED"):
    return run.key("orders", "ORDER", status)


TAKEN = ("reserved", "allocated", "safety", "damaged", "quality_control", "blocked")


def stock(run, told=None, **units):
    """The stock row of mugs with some buckets changed, and with what the stock ledger is told of them."""
    row = run.evidence.tables["stock"][MUG]
    after = {name: row[name] + change for name, change in units.items()}
    free = {**row, **after}
    after["available"] = free["on_hand"] - sum(
        free[n] for n in ("reserved", "allocated", "safety", "damaged", "quality_control", "blocked")
    )
    changes = [run.set("stock", MUG, version=row["version"] + 1, **after)]
    if told is not None:
        told = {**told, "available": after["available"] - row["available"]}
        entry = [{"kind": "adjusted", "quantity": 0, "changes": told}]
        changes.append(run.put("stock", ("T#acme#MOVES#MUG#dc-newark", "MOVE#2026#m1"), {"body": json.dumps(entry)}))
    return changes


def oversold(run):
    return stock(run, allocated=run.evidence.tables["stock"][MUG]["available"] + 1)


def below_zero(run):
    return stock(run, told={"on_hand": -99}, on_hand=-99)


def fewer_than_promised_and_untold(run):
    return [*stock(run, told={"damaged": 50}, damaged=50)]


def not_by_the_formula(run):
    row = run.evidence.tables["stock"][MUG]
    return [run.set("stock", MUG, available=row["available"] + 1, version=row["version"] + 1)]


def moved_without_a_line(run):
    return stock(run, on_hand=1)


def a_line_is_changed(run):
    return [run.set("stock", run.key("stock", "MOVE#"), body="[]")]


def a_claim_without_stock(run):
    key = an_order(run)
    work = (key[0], run.key("orders", "WORK#", "COMPLETED")[1])
    return [run.step(key, status="IN_PROGRESS"), run.rewrite("orders", work, lambda body: body.update(status="OPEN"))]


def claimed_units_appear(run):
    work = run.key("orders", "WORK#", "COMPLETED")

    def edit(body):
        body["status"] = "ACCEPTED"
        body["lines"][0]["quantity"] += 1

    return [run.step(work), run.rewrite("orders", work, edit)]


def left_from_a_terminal_state(run):
    return [run.step(an_order(run, "CANCELLED"), status="CONFIRMED")]


def fulfilment_goes_back(run):
    return [run.step(an_order(run), fulfillment_status="UNFULFILLED")]


def a_voided_tender_is_used(run):
    key = run.key("orders", "PAYMENT#", "CANCELLED")
    return [run.step(key), run.rewrite("orders", key, state="CAPTURED")]


def authorized_anew_as_before(run):
    key = run.key("orders", "PAYMENT#", "COMPLETED")
    return [run.step(key), run.rewrite("orders", key, state="CREATED")]


def a_version_is_skipped(run):
    key = an_order(run)
    return [run.set("orders", key, version=run.evidence.tables["orders"][key]["version"] + 2)]


def changed_without_a_version(run):
    return [run.rewrite("orders", run.key("orders", "PAYMENT#"), decline_code="x")]


def an_agreement_is_changed(run):
    key = an_order(run)
    return [run.step(key), run.rewrite("orders", (key[0], "AGREED"), note="changed")]


def a_child_is_removed(run):
    key = run.key("orders", "PAYMENT#")
    return [run.step(key), run.put("orders", key, None)]


def a_feed_goes_back(run):
    key = (MUG[0], "FEED#dc-newark#wms")
    run.put("stock", key, {"sequence": 7})
    return [run.set("stock", key, sequence=6)]


def a_second_order(run):
    changes = []
    for (pk, sk), row in list(run.evidence.tables["orders"].items()):
        if pk == an_order(run)[0] and sk in ("ORDER", "AGREED"):
            changes.append(run.put("orders", ("T#acme#ORDER#ord_ANOTHER", sk), {**row, "version": 1, "sequence": 1}))
    return changes


def an_outcome_is_changed(run):
    return [run.set("commands", run.key("commands", "COMMAND#"), status=500)]


def an_event_is_changed(run):
    return [run.set("events", run.key("events", "EVENT#"), for_nodes=True)]


def an_event_is_not_counted(run):
    key = an_order(run)
    return [run.set("orders", key, version=run.evidence.tables["orders"][key]["version"] + 1, sequence=99)]


def an_event_leaves_a_gap(run):
    pk = an_order(run)[0]
    row = run.evidence.tables["events"][pk, "EVENT#000000001"]
    detail = json.loads(row["detail"])
    detail["meta"] |= {"sequence": 98, "id": "evt_new"}
    return [run.put("events", (pk, "EVENT#000000098"), {**row, "detail": json.dumps(detail)})]


def an_event_of_somebody_else(run):
    pk = an_order(run)[0]
    return [
        run.put("events", ("T#zenith#ORDER#x", "EVENT#000000001"), run.evidence.tables["events"][pk, "EVENT#000000001"])
    ]


def two_tenants_at_once(run):
    return [run.put("registry", (f"T#{tenant}#NODE", "NODE#x"), {"body": "{}"}) for tenant in ("acme", "zenith")]


def no_tenant(run):
    return [run.put("registry", ("NODE", "NODE#x"), {"body": "{}"})]


def listed_elsewhere(run):
    return [run.put("registry", ("T#acme#NODE", "NODE#x"), {"gsi1pk": "T#zenith#NODES", "body": "{}"})]


def too_many_actions(run):
    return [run.put("registry", ("T#acme#NODE", f"NODE#{n}"), {"body": "{}"}) for n in range(91)]


def an_item_too_large(run):
    return [run.put("registry", ("T#acme#NODE", "NODE#x"), {"body": "é" * 160_000})]


def a_note_that_expires_at_once(run):
    return [run.put("commands", ("T#acme#SAGA#x", "CHUNK#r#000000"), {"claims": "[]", "expires_at": 1})]


CASES = [
    ("INV1", "oversold", oversold),
    ("INV1", "below zero", below_zero),
    ("INV1", "nobody was told", fewer_than_promised_and_untold),
    ("INV1", "the formula gives", not_by_the_formula),
    ("INV1", "the stock ledger says", moved_without_a_line),
    ("INV1", "was changed", a_line_is_changed),
    ("INV1", "open allocations are 1", claimed_units_appear),
    ("INV6", "went from COMPLETED to OPEN", a_claim_without_stock),
    ("INV6", "order went from CANCELLED", left_from_a_terminal_state),
    ("INV6", "fulfilment went from", fulfilment_goes_back),
    ("INV6", "tender went from VOIDED", a_voided_tender_is_used),
    ("INV6", "under the same attempt", authorized_anew_as_before),
    ("INV6", "was followed by", a_version_is_skipped),
    ("INV6", "without a new version", changed_without_a_version),
    ("INV6", "is written once", an_agreement_is_changed),
    ("INV6", "was removed", a_child_is_removed),
    ("INV6", "a feed's mark", a_feed_goes_back),
    ("INV4", "the same channel and external id", a_second_order),
    ("INV4", "stored outcome of a command", an_outcome_is_changed),
    ("INV13", "was changed or removed", an_event_is_changed),
    ("INV13", "more events", an_event_is_not_counted),
    ("INV13", "are numbered", an_event_leaves_a_gap),
    ("INV13", "is an event of acme", an_event_of_somebody_else),
    ("INV11", "at once", two_tenants_at_once),
    ("INV11", "begins with no tenant", no_tenant),
    ("INV11", "is listed under", listed_elsewhere),
    ("INV15", "of 91 actions", too_many_actions),
    ("INV15", "an item of", an_item_too_large),
    ("INV14", "expires in", a_note_that_expires_at_once),
]


@pytest.mark.parametrize(("invariant", "words", "make"), CASES, ids=[f"{c[0]}-{c[2].__name__}" for c in CASES])
def test_a_broken_rule_is_found_in_its_commit(invariant, words, make):
    run = Run.healthy()
    found = run.broken_by(*make(run), invariant=invariant)
    assert any(words in what for what in found), found


def test_a_commit_that_breaks_nothing_is_not_blamed():
    run = Run.healthy()
    changes = stock(run, told={"on_hand": 3}, on_hand=3)
    assert Checker().after_commit(changes, run.evidence) == []


def test_a_shortage_that_is_told_is_no_fault():
    run = Run.healthy()
    on_hand = run.evidence.tables["stock"][MUG]["on_hand"]
    changes = stock(run, told={"damaged": on_hand + 2}, damaged=on_hand + 2)
    shortage = {"sku": "MUG", "node_id": "dc-newark", "deficit": 2}
    meta = {"id": "evt_s", "type": "StockMoved", "sequence": 1, "tenant": "acme", "entity": "MOVEMENT#m1"}
    detail = json.dumps({"meta": meta, "data": {"shortages": [shortage]}})
    event = run.put("events", ("T#acme#MOVEMENT#m1", "EVENT#000000001"), {"type": "StockMoved", "detail": detail})
    assert Checker().after_commit([*changes, event], run.evidence) == []
    assert said(Checker().after_commit(changes, run.evidence), "INV1")


def test_what_is_published_must_be_stored_already():
    run = Run.healthy()
    checker = Checker()
    first = stock(run, told={"on_hand": 1}, on_hand=1)
    assert checker.after_commit(first, run.evidence) == []
    ghost = copy.deepcopy(run.evidence.bus[-1])
    ghost["detail"]["meta"]["sequence"] = 77
    run.evidence.bus.append(ghost)
    unchanged = Change("registry", "T#acme#NODE", "NODE#n", None, {"pk": "T#acme#NODE", "sk": "NODE#n", "body": "{}"})
    assert said(checker.after_commit([unchanged], run.evidence), "INV13")
