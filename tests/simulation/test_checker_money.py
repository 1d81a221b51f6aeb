"""Money, ledger and exports: each rule broken once, by hand, and found at quiet."""

import copy
import json
from functools import partial

import pytest

from tests.simulation.checked_run import Run


def effect(run, name):
    return next(entry for entry in run.evidence.psp if entry["effect"] == name)


def entry(run, rule):
    rows = run.evidence.tables["ledger"]
    return next(key for key, row in rows.items() if key[1] == "MARK" and f'"rule":"{rule}"' in row["body"])


def add(document, name, units):
    document[name] = document.get(name, 0) + units


def a_manifest(run):
    return next(key for key in run.evidence.objects if "/manifests/" in key)


def a_file(run, ending):
    return next(key for key in run.evidence.objects if key.endswith(ending) and "journal_lines" in key)


def edit_manifest(run, edit):
    manifest = json.loads(run.evidence.objects[a_manifest(run)])
    edit(manifest)
    run.evidence.objects[a_manifest(run)] = json.dumps(manifest).encode()


def authorized_twice(run):
    run.evidence.psp.append({**copy.deepcopy(effect(run, "authorized")), "payment": "pay_again"})


def refunded_too_much(run):
    refund = copy.deepcopy(effect(run, "captured"))
    refund["after"]["refunded"] = refund["after"]["captured"] + 1
    run.evidence.psp.append({**refund, "effect": "refunded", "reference": "ref_1", "amount": 1})


def captured_and_not_posted(run):
    run.put("ledger", entry(run, "payment_captured"), None)


def released_and_not_posted(run):
    run.put("ledger", entry(run, "payment_released"), None)


def posted_with_another_amount(run):
    def edit(body):
        for line in body["lines"]:
            for side in ("debit", "credit"):
                if side in line:
                    line[side] += 1

    run.rewrite("ledger", entry(run, "payment_captured"), edit)


def posted_twice(run):
    run.put("ledger", ("T#acme#ENTRY#again", "MARK"), run.evidence.tables["ledger"][entry(run, "payment_captured")])


def posted_and_never_happened(run):
    run.put("ledger", ("T#acme#ENTRY#other", "MARK"), run.evidence.tables["ledger"][entry(run, "payment_captured")])
    run.rewrite("ledger", ("T#acme#ENTRY#other", "MARK"), reference="cap_of_nobody")


def goods_not_posted(run):
    run.put("ledger", entry(run, "goods_transferred"), None)


def one_sided(run):
    run.rewrite("ledger", entry(run, "goods_transferred"), lambda body: body["lines"].pop())


def a_fraction_of_money(run):
    run.rewrite("orders", run.key("orders", "PAYMENT#", "COMPLETED"), amount=2650.0)


def more_taken_than_held(run):
    run.rewrite("orders", run.key("orders", "PAYMENT#", "COMPLETED"), authorized=1)


def taken_only_here(run):
    def edit(body):
        body["captures"][0]["amount"] -= 1

    run.rewrite("orders", run.key("orders", "SHIPMENT#"), edit)


def in_another_currency(run):
    run.rewrite("orders", run.key("orders", "PAYMENT#"), currency="EUR")


def still_on_hold(run):
    voided = effect(run, "voided")
    run.evidence.psp.remove(voided)


def posted_before_it_happened(run):
    effect(run, "voided")["at"] += 6 * 24 * 3600


def nobody_knows_that_money_is_missing(run):
    key = run.key("orders", "SHIPMENT#")
    run.rewrite("orders", key, lambda body: body["captures"][0].pop("capture_id"))
    run.rewrite("orders", (key[0], run.key("orders", "WORK#")[1]), escalated_reason="OVERDUE")
    run.evidence.psp.remove(effect(run, "captured"))
    for each in run.evidence.psp:
        each["after"]["captured"] = 0


def told_with_other_content(run):
    run.put("ledger", ("T#acme#QUARANTINE", "pst_1#abc"), {"body": "{}"})


def a_page_is_gone(run):
    run.put("ledger", run.key("ledger", "LEDGER#100#web#2026-11-23#00"), None)


def other_bytes(run):
    run.evidence.objects[a_file(run, ".parquet")] += b"x"


def a_file_is_missing(run):
    del run.evidence.objects[a_file(run, ".csv.gz")]


def a_wrong_total(run):
    edit_manifest(run, lambda manifest: add(manifest["control_totals"]["currencies"][0], "debit_minor", 1))


def a_line_in_no_file(run):
    run.put("ledger", ("T#acme#ENTRY#late", "MARK"), run.evidence.tables["ledger"][entry(run, "goods_transferred")])
    run.rewrite("ledger", ("T#acme#ENTRY#late", "MARK"), entry_id="ent_late")


def a_line_of_no_entry(run):
    run.put("ledger", entry(run, "goods_transferred"), None)


def the_chain_is_cut(run):
    edit_manifest(run, lambda manifest: manifest.update(planned_at="2026-11-23T00:00:00.000Z"))


CASES = [
    ("INV3", "more than once", authorized_twice),
    ("INV3", "more was refunded than captured", refunded_too_much),
    ("INV3", "is not posted", captured_and_not_posted),
    ("INV3", "is not posted", released_and_not_posted),
    ("INV3", "never happened", posted_with_another_amount),
    ("INV3", "is posted already", posted_twice),
    ("INV3", "never happened", posted_and_never_happened),
    ("INV3", "goods left and are not posted", goods_not_posted),
    ("INV3", "differ by", one_sided),
    ("INV3", "amounts are", a_fraction_of_money),
    ("INV3", "does not hold", more_taken_than_held),
    ("INV3", "its shipments took", taken_only_here),
    ("INV3", "is in EUR", in_another_currency),
    ("INV3", "still on hold", still_on_hold),
    ("INV3", "before it happened", posted_before_it_happened),
    ("INV3", "a person knows that 0 are missing", nobody_knows_that_money_is_missing),
    ("INV3", "other content", told_with_other_content),
    ("INV3", "do not match", a_page_is_gone),
    ("INV9", "its bytes are not", other_bytes),
    ("INV9", "is not there", a_file_is_missing),
    ("INV9", "the rows sum to", a_wrong_total),
    ("INV9", "in no file", a_line_in_no_file),
    ("INV9", "not in the ledger", a_line_of_no_entry),
    ("INV9", "is number 2 after", the_chain_is_cut),
]


@pytest.mark.parametrize(("invariant", "words", "spoil"), CASES, ids=[f"{c[0]}-{c[2].__name__}" for c in CASES])
def test_a_broken_rule_is_found(invariant, words, spoil):
    run = Run.healthy()
    spoil(run)
    found = run.broken(invariant)
    assert any(words in what for what in found), found


# And these in one commit each.


def captured_shrinks(run):
    key = run.key("orders", "PAYMENT#", "COMPLETED")
    return [run.step(key), run.rewrite("orders", key, captured=0)]


def recorded_before_it_happened(run):
    key = run.key("orders", "PAYMENT#", "COMPLETED")
    run.evidence.psp[:] = [entry for entry in run.evidence.psp if entry["effect"] == "authorized"]
    return [run.step(key), run.rewrite("orders", key, decline_code="x")]


def a_shipment_is_changed(run):
    key = run.key("orders", "SHIPMENT#")
    return [run.step(key), run.rewrite("orders", key, carrier="other")]


def a_capture_is_changed(run):
    key = run.key("orders", "SHIPMENT#")
    edit = partial(_set, "capture_id", "cap_other")
    return [run.step(key), run.rewrite("orders", key, edit)]


def _set(name, value, body):
    body["captures"][0][name] = value


def an_entry_is_changed(run):
    return [run.set("ledger", run.key("ledger", "MARK"), content_hash="x")]


def an_entry_without_a_page(run):
    row = run.evidence.tables["ledger"][run.key("ledger", "MARK")]
    body = json.dumps({**json.loads(row["body"]), "reference": "cap_new"})
    return [run.put("ledger", ("T#acme#ENTRY#pst_new", "MARK"), {**row, "body": body})]


def an_entry_posted_again(run):
    row = run.evidence.tables["ledger"][run.key("ledger", "MARK")]
    page = {"entries": ["pst_new"]}
    return [
        run.put("ledger", ("T#acme#ENTRY#pst_new", "MARK"), row),
        run.put("ledger", ("T#acme#LEDGER#100#web#2026-12-24#00", "ENTRY#000000001"), page),
    ]


def a_page_leaves_a_gap(run):
    return [run.put("ledger", ("T#acme#LEDGER#100#web#2026-12-24#00", "ENTRY#000000002"), {"closing": True})]


def a_page_behind_the_closing_one(run):
    return [run.put("ledger", ("T#acme#LEDGER#100#web#2026-11-23#00", "ENTRY#000000099"), {"closing": True})]


def a_day_opens_again(run):
    return [run.set("ledger", run.key("ledger", "DAY#"), state="OPEN")]


COMMITS = [
    ("INV3", "captured went from", captured_shrinks),
    ("INV3", "at the provider 0", recorded_before_it_happened),
    ("INV3", "changed after it left", a_shipment_is_changed),
    ("INV3", "was changed", a_capture_is_changed),
    ("INV3", "append-only", an_entry_is_changed),
    ("INV3", "put on pages", an_entry_without_a_page),
    ("INV3", "is posted already", an_entry_posted_again),
    ("INV3", "should begin at 1", a_page_leaves_a_gap),
    ("INV3", "behind the closing one", a_page_behind_the_closing_one),
    ("INV3", "from CLOSED to OPEN", a_day_opens_again),
]


@pytest.mark.parametrize(("invariant", "words", "make"), COMMITS, ids=[f"{c[0]}-{c[2].__name__}" for c in COMMITS])
def test_a_broken_rule_is_found_in_its_commit(invariant, words, make):
    run = Run.healthy()
    found = run.broken_by(*make(run), invariant=invariant)
    assert any(words in what for what in found), found
