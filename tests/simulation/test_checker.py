"""The checker at quiet: silent about a healthy run, and not about any that breaks one of its rules."""

import copy
import gzip
import sys

import pytest

from tests.architecture.sources import imports, python_files, shown, top
from tests.simulation.checked_run import Run, calm_days
from tests.simulation.checker import Checker, Evidence
from tests.simulation.checker.privacy import is_card_number

PAN = "4111 1111 1111 1111"


def test_a_healthy_run_is_not_blamed():
    assert Checker().when_quiet(copy.deepcopy(calm_days())) == []


def test_the_healthy_run_has_something_of_everything():
    evidence = calm_days()
    assert {entry["effect"] for entry in evidence.psp} >= {"authorized", "captured", "voided", "declined"}
    assert {row["status"] for key, row in evidence.tables["orders"].items() if key[1] == "ORDER"} == {
        "COMPLETED",
        "CANCELLED",
    }
    assert sum("/manifests/" in key for key in evidence.objects) >= 2
    assert len(evidence.answers) >= 7


def test_the_checker_imports_nothing_of_what_it_checks():
    paths = python_files("tests/simulation/checker")
    assert len(paths) > 12
    for path in paths:
        for one in imports(path):
            own = one.module.startswith("tests.simulation.checker")
            assert own or top(one.module) in sys.stdlib_module_names, f"{shown(path)}: {one.module}"


def an_order(run, status="COMPLETED"):
    pk, _ = run.key("orders", "ORDER", status)
    return pk


def a_file(run, ending):
    return next(key for key in run.evidence.objects if key.endswith(ending) and "journal_lines" in key)


def a_key_of_no_tenant(run):
    run.put("orders", ("ORDER#ord_1", "NOTE"), {"body": "{}"})


def a_file_of_no_tenant(run):
    run.evidence.objects["finance/v1/stray.csv"] = b""


def shown_to_another_tenant(run):
    run.put("registry", ("T#zenith#NODE", "NODE#z"), {"body": "{}"})
    run.evidence.answers.append(
        {**run.evidence.answers[0], "tenant": "zenith", "path": "/v1/orders", "method": "GET", "key": None}
    )


def a_card_number_in_a_log(run):
    run.evidence.logs += f'{{"message":"declined {PAN}"}}'


def a_card_number_in_an_item(run):
    run.rewrite("orders", (an_order(run), "AGREED"), note=f"card {PAN.replace(' ', '')}")


def a_card_number_in_a_file(run):
    run.evidence.objects["finance/v1/tenant=acme/x.csv.gz"] = gzip.compress(PAN.encode())


def a_token_in_a_dead_letter(run):
    run.evidence.dead.append({"queue": "q", "body": "authorization: Bearer abcdefghijklmnopqrstuvwxyz"})


def a_secret_in_a_payload(run):
    run.evidence.executions.append(
        {"machine": "m", "name": "n", "status": "SUCCEEDED", "input": {"k": "hush-hush-key"}}
    )


def a_webhook_secret(run):
    run.evidence.logs += "whsec_1234567890abcdef"


def a_name_in_a_log(run):
    run.evidence.logs += "sent to Erika Mustermann"


def a_record_expires(run):
    run.set("commands", run.key("commands", "COMMAND#place_order"), expires_at=1_800_000_000)


def an_item_too_large(run):
    run.rewrite("orders", (an_order(run), "AGREED"), note="x" * 310_000)


def an_event_too_large(run):
    run.rewrite("events", (an_order(run), "EVENT#000000001"), name="detail", note="x" * 70_000)


def a_payload_too_large(run):
    run.evidence.executions[0]["input"] = {"x": "y" * 40_000}


def too_long_a_history(run):
    run.evidence.executions[0]["history"] = 10_001


CASES = [
    ("INV11", "begins with no tenant", a_key_of_no_tenant),
    ("INV11", "belongs to no tenant", a_file_of_no_tenant),
    ("INV11", "zenith was shown", shown_to_another_tenant),
    ("INV12", "card number, ending in 1111", a_card_number_in_a_log),
    ("INV12", "card number, ending in 1111", a_card_number_in_an_item),
    ("INV12", "card number, ending in 1111", a_card_number_in_a_file),
    ("INV12", "a bearer token", a_token_in_a_dead_letter),
    ("INV12", "a secret of 13", a_secret_in_a_payload),
    ("INV12", "a secret by its form", a_webhook_secret),
    ("INV12", "personal words", a_name_in_a_log),
    ("INV14", "expires", a_record_expires),
    ("INV15", "an item of", an_item_too_large),
    ("INV15", "an event of", an_event_too_large),
    ("INV15", "an input of", a_payload_too_large),
    ("INV15", "a history of", too_long_a_history),
]


@pytest.mark.parametrize(("invariant", "words", "spoil"), CASES, ids=[f"{c[0]}-{c[2].__name__}" for c in CASES])
def test_a_broken_rule_is_found(invariant, words, spoil):
    run = Run.healthy()
    spoil(run)
    found = run.broken(invariant)
    assert any(words in what for what in found), found


def test_nothing_at_all_is_healthy():
    assert Checker().when_quiet(Evidence()) == []


@pytest.mark.parametrize("digits", ["4111111111111111", "5555 5555 5555 4444", "3782-822463-10005"])
def test_card_numbers_are_known_by_their_check_digit(digits):
    assert is_card_number(digits)
    assert not is_card_number(digits[:-1] + str((int(digits[-1]) + 1) % 10))


def test_what_was_written_over_is_read_as_well():
    run, checker = Run.healthy(), Checker()
    key = run.key("orders", "AGREED")
    stored = run.evidence.tables["orders"][key]
    checker.after_commit([run.rewrite("orders", key, note=PAN)], run.evidence)
    checker.after_commit([run.put("orders", key, stored)], run.evidence)
    assert "INV12" in {violation.invariant for violation in checker.when_quiet(run.evidence)}
