"""Cases 07 to 11 and 39: what is no order is refused with its field named, before anything is kept.

Where a case leaves the status open, or names another, the error table of the product settles it: 413 for a body, a line
count or a depth over the limit, 400 for what is no JSON, and 409 for stock that somebody else has.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.simulation.cases.steps import (
    effects,
    later,
    nothing_kept,
    placed,
    refused,
    released,
    rested,
    ship,
    shown,
    stock,
)
from tests.simulation.machine.simulation import Simulation
from tests.simulation.world import PLACES, _node, line, order, simulated

CARD = "4242424242424242"


def changed(path: str, value: Any) -> dict[str, Any]:
    """A good order with one field set to something else."""
    document = order("o-1", line("MUG", 2))
    *way, last = [int(part) if part.isdigit() else part for part in path.strip("/").split("/")]
    place: Any = document
    for part in way:
        place = place[part]
    place[last] = value
    return document


def post(simulation: Simulation, document: Any) -> Any:
    return simulation.http("POST", "/v1/orders", document, key="k-1")


@pytest.mark.parametrize(
    ("quantity", "code"),
    [
        ("0", "greater_than_equal"),
        ("-1", "greater_than_equal"),
        ("1.5", "invalid_value"),
        ('"1"', "int_type"),
        ("1e308", "invalid_value"),
        ("null", "int_type"),
        ("true", "int_type"),
        ("1000001", "less_than_equal"),
    ],
)
def test_case_07_a_quantity_is_a_whole_number_from_one(quantity, code):
    simulation = simulated(faults=False)
    text = json.dumps(changed("/lines/0/quantity", "?")).replace('"?"', quantity)
    with nothing_kept(simulation):
        answer = post(simulation, text)
        refused(answer, 422, "invalid_request", ["/lines/0/quantity"])
        assert [error["code"] for error in answer.body["errors"]] == [code]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "01", "1."])
def test_case_07_what_is_no_number_is_no_json(number):
    simulation = simulated(faults=False)
    text = json.dumps(changed("/lines/0/quantity", "?")).replace('"?"', number)
    with nothing_kept(simulation):
        refused(post(simulation, text), 400, "malformed_json")


@pytest.mark.parametrize(
    ("path", "value", "code", "pointers"),
    [
        ("/lines/0/total", 1_401, "sum_mismatch", ["/lines/0/total"]),
        ("/lines/0/unit_price", 701, "sum_mismatch", ["/lines/0/total", "/totals/goods", "/totals/total"]),
        ("/totals/total", 1_399, "sum_mismatch", ["/totals/total"]),
        ("/totals/tax", 1, "sum_mismatch", ["/totals/tax"]),
        ("/lines/0/unit_price", 0.1 + 0.2, "invalid_value", ["/lines/0/unit_price"]),
        ("/lines/0/total", 1_400.0, "invalid_value", ["/lines/0/total"]),
        ("/totals/total", "1400", "int_type", ["/totals/total"]),
        ("/payments/0/amount", 14.0, "invalid_value", ["/payments/0/amount"]),
    ],
)
def test_case_08_money_is_whole_minor_units_that_add_up(path, value, code, pointers):
    simulation = simulated(faults=False)
    with nothing_kept(simulation):
        answer = post(simulation, changed(path, value))
        refused(answer, 422, "invalid_request", pointers)
        assert {error["code"] for error in answer.body["errors"]} == {code}


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("/currency", "XXQ", "invalid_value"),
        ("/currency", "usd", "invalid_value"),
        ("/currency", None, "string_type"),
        ("/lines/0/currency", "EUR", "unknown_field"),
        ("/totals/currency", "EUR", "unknown_field"),
        ("/payments/0/currency", "EUR", "unknown_field"),
    ],
)
def test_case_09_an_order_has_one_known_currency(path, value, code):
    simulation = simulated(faults=False)
    with nothing_kept(simulation):
        answer = post(simulation, changed(path, value))
        refused(answer, 422, "invalid_request", [path])
        assert answer.body["errors"][0]["code"] == code


def test_case_09_yen_have_no_decimals():
    simulation = simulated(faults=False)
    document = {**changed("/lines/0/unit_price", 700.25), "currency": "JPY"}
    with nothing_kept(simulation):
        refused(post(simulation, document), 422, "invalid_request", ["/lines/0/unit_price"])
    order_id = placed(simulation, {**changed("/lines/0/unit_price", 700), "currency": "JPY"})
    ship(simulation, *released(simulation))
    rested(simulation)
    assert shown(simulation, order_id)["payments"][0]["captured"] == 1400
    assert {entry["currency"] for entry in simulation.provider.psp.journal.log} == {"JPY"}


def test_case_10_what_is_too_large_is_refused_before_anything_is_read():
    simulation = simulated(faults=False)
    deep: Any = "end"
    for _ in range(10):
        deep = {"in": deep}
    too_large = [
        (order("o-1", *[line("MUG")] * 201), ["/lines"]),
        ({**order("o-1", line("MUG")), "note": "n" * 300_000}, []),
        ({**order("o-1", line("MUG")), "attributes": deep}, []),
        ("[" * 100_000, []),
    ]
    for document, pointers in too_large:
        with nothing_kept(simulation):
            refused(post(simulation, document), 413, "too_large", pointers)
    assert simulation.calls("place_order") == 0
    # One less of each is fine.
    document = {**order("o-1", *[line("MUG")] * 9), "attributes": deep["in"]}
    assert post(simulation, document).status == 201


def test_case_11_what_nobody_knows_is_refused():
    simulation = simulated(faults=False)
    at_nowhere = {**line("MUG"), "method": "pickup", "pickup_node": "nowhere"}
    unknown = [
        (changed("/lines/0/sku", "GHOST"), ["/lines/0/sku"]),
        (changed("/selling_node", "nowhere"), ["/selling_node"]),
        (order("o-1", at_nowhere), ["/lines/0/pickup_node"]),
    ]
    for document, pointers in unknown:
        with nothing_kept(simulation):
            answer = post(simulation, document)
            refused(answer, 422, "invalid_request", pointers)
            assert answer.body["errors"][0]["code"] == f"unknown_{'sku' if 'sku' in pointers[0] else 'node'}"


@pytest.mark.parametrize(
    ("path", "change", "validator", "detail"),
    [
        ("/v1/nodes/albany", {"status": "closed"}, "node", "node albany is closed"),
        ("/v1/items/MUG", {"status": "inactive"}, "sku", "item MUG of line 1 is no longer sold"),
    ],
)
def test_case_11_a_closed_store_or_item_is_for_a_person_to_decide(path, change, validator, detail):
    simulation = simulated(faults=False)
    node = _node("albany", *PLACES["albany"])
    body = {k: v for k, v in node.items() if k != "id"} if "nodes" in path else {"description": "Mug", "kind": "stock"}
    first = {"if-match": "1"}
    put = simulation.http("PUT", path, {**body, **change}, key="close", client="acme-operator", headers=first)
    assert put.status == 200
    later(simulation, 120)
    answer = post(simulation, order("o-1", line("MUG", 2, method="pickup", pickup_node="albany")))
    assert (answer.status, answer.body["status"]) == (201, "PENDING_REVIEW")
    order_id = answer.body["id"]
    failed = [v for v in shown(simulation, order_id)["validations"] if v["verdict"] == "fail"]
    assert failed == [{"name": validator, "verdict": "fail", "detail": detail}]
    assert stock(simulation, "MUG", "albany") == (3, 2, 0)
    review = {"decision": "cancel", "reason": "not there"}
    answer = simulation.http("POST", f"/v1/orders/{order_id}/review", review, key="r-1", client="acme-operator")
    assert (answer.status, answer.body["status"]) == (200, "CANCELLED")
    assert stock(simulation, "MUG", "albany") == (3, 0, 0)
    rested(simulation)
    assert effects(simulation) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/note", f"card {CARD}"),
        ("/note", "4242 4242 4242 4242"),
        ("/attributes", {"gift_message": f"use {CARD}"}),
        ("/lines/0/attributes", {"engraving": ["4242-4242-4242-4242"]}),
        ("/customer", {"name": CARD}),
        ("/payments/0/token", CARD),
        ("/attributes", {"number": int(CARD)}),
    ],
)
def test_case_39_a_card_number_is_refused_and_is_nowhere(path, value):
    simulation = simulated(faults=False)
    with nothing_kept(simulation):
        answer = post(simulation, changed(path, value))
    assert (answer.status, answer.body["code"]) == (422, "card_number_found")
    assert answer.body["errors"][0]["pointer"].startswith(path)
    assert CARD not in everything_written(simulation)


def test_case_39_a_card_number_from_a_node_is_nowhere():
    simulation = simulated(faults=False)
    order_id = placed(simulation, order("o-1", line("MUG")))
    (work_id,) = released(simulation)
    before = shown(simulation, order_id)
    simulation.say("wms.dc-newark", "RejectFulfillmentOrder", "m-1", {"fulfillment_order_id": work_id, "reason": CARD})
    later(simulation, 3600)
    assert shown(simulation, order_id) == before
    assert CARD not in everything_written(simulation)


def everything_written(simulation: Simulation) -> str:
    """All that the product has written anywhere, as one text without blanks and hyphens."""
    seen = simulation.evidence()
    told = [entry for entry in seen.bus if entry["source"] == "spine"]
    answers = [{name: entry[name] for name in ("status", "body")} for entry in seen.answers]
    rows = [list(simulation.rows(name).values()) for name in ("orders", "stock", "ledger", "events", "commands")]
    written = [rows, seen.psp, told, seen.executions, seen.in_flight, seen.dead, seen.logs, answers]
    text = json.dumps(written, default=str) + repr(seen.objects)
    return text.replace(" ", "").replace("-", "")
