"""Every operation of the API description, called with whatever a fuzzer makes of it: valid, broken and hostile.

No answer is a 5xx, none is of a kind that the description does not name, and the checker that watches every commit of a
simulation watches these too. FUZZ_EXAMPLES sets how many calls each operation gets.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator, FormatChecker
from schemathesis.checks import not_a_server_error
from schemathesis.core import NotSet
from schemathesis.specs.openapi import checks as openapi_checks

from tests.simulation.machine import seams
from tests.simulation.machine.simulation import Simulation
from tests.simulation.shim import Shim, token
from tests.simulation.world import NODES, SKUS, line, order, simulated
from tests.template import ROOT, gateway_key, of_type, template

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
DESCRIPTION = json.loads((ROOT / "docs" / "openapi.json").read_text())


def broken_calls_are_refused(context: Any, response: Any, case: Any) -> bool | None:
    """Schemathesis's own check, which does not know that too much is 413, and that a bulk load refuses row by row."""
    if response.status_code == 413 or _refused_rows(response) or _is_whole_after_all(case):
        return True
    return openapi_checks.negative_data_rejection(context, response, case)


def _is_whole_after_all(case: Any) -> bool:
    """Whether what was sent is what the description asks for, whatever was meant to be broken in it.

    Free attributes take anything, a known value may have taken a broken one's place in the path, and the test itself
    gives each call a key.
    """
    operation = DESCRIPTION["paths"][case.path].get(case.method.lower())
    if operation is None:
        return False
    sent = {
        "path": case.path_parameters or {},
        "query": case.query or {},
        "header": {name.lower(): value for name, value in {"Idempotency-Key": "k", **(case.headers or {})}.items()},
    }
    declared = operation.get("parameters", [])
    if not set(sent["query"]) <= {parameter["name"] for parameter in declared if parameter["in"] == "query"}:
        return False
    for parameter in declared:
        name = parameter["name"].lower() if parameter["in"] == "header" else parameter["name"]
        if name not in sent[parameter["in"]]:
            if parameter.get("required"):
                return False
        elif not _follows(_as_read(sent[parameter["in"]][name], parameter["schema"]), parameter["schema"]):
            return False
    if "requestBody" not in operation:
        return isinstance(case.body, NotSet)
    if isinstance(case.body, NotSet):
        return not operation["requestBody"].get("required")
    return _follows(case.body, operation["requestBody"]["content"]["application/json"]["schema"])


def _as_read(value: Any, schema: dict[str, Any]) -> Any:
    """A value of the path, the query or a header as its reader takes it: text, unless the description says a number."""
    if schema["type"] == "integer" and isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value):
        return int(value)
    if schema["type"] == "array" and isinstance(value, str):
        return value.split(",")
    return value


def _follows(value: Any, schema: dict[str, Any]) -> bool:
    whole = {**schema, "components": DESCRIPTION["components"]}
    return bool(Draft202012Validator(whole, format_checker=FormatChecker()).is_valid(value))


def _refused_rows(response: Any) -> bool:
    kinds = response.headers.get("content-type") or [""]
    is_document = response.status_code == 200 and kinds[0].startswith("application/json")
    body = json.loads(response.content) if is_document else {}
    return isinstance(body, dict) and bool(body.get("refused"))


CHECKS = [
    not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.response_headers_conformance,
    broken_calls_are_refused,
]
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in DESCRIPTION["paths"].items()
    for method, operation in methods.items()
]
_numbers = itertools.count()


@cache
def account() -> Simulation:
    """One calm account with an order in each of several states; the fuzzer works on it for the whole module."""
    simulation = simulated(faults=False)
    for number, card in enumerate(("tok_visa", "tok_visa", "tok_declined")):
        simulation.http("POST", "/v1/orders", order(f"fuzz-{number}", line("MUG"), card=card), key=f"fuzz-{number}")
    simulation.run(120)
    return simulation


@cache
def every_scope() -> str:
    """A token that may do all that one tenant's operator may, and place orders for any channel."""
    return token(name.removeprefix("acme/") for name in account().topology.clients["acme-operator"].split())


def known(name: str) -> list[str]:
    """Values that exist for a path parameter, so that calls get further than 404."""
    orders = sorted({key[0].rsplit("#", 1)[1] for key in account().rows("orders") if key[1] == "ORDER"})
    work = sorted({key[1].split("#", 1)[1] for key in account().rows("orders") if key[1].startswith("WORK#")})
    return {
        "order_id": orders,
        "fulfillment_order_id": work,
        "sku": list(SKUS),
        "reservation_id": sorted(
            {key[0].rsplit("#", 1)[1] for key in account().rows("stock") if key[1] == "RESERVATION"}
        ),
        "promise_id": sorted({key[0].rsplit("#", 1)[1] for key in account().rows("commands") if key[1] == "PROMISE"}),
        "draft_id": sorted({key[0].rsplit("#", 1)[1] for key in account().rows("orders") if key[1] == "DRAFT"}),
        "rule_set_id": ["usual", "other"],
        "drawer_id": ["D1"],
        "appeasement_id": [f"apm_{order_id.removeprefix('ord_')}_1" for order_id in orders],
        "session_id": sorted({key[0].rsplit("#", 1)[1] for key in account().rows("ledger") if key[1] == "SESSION"}),
        "settlement_id": sorted({key[0].rsplit("#", 1)[1] for key in account().rows("ledger") if key[1] == "PAYOUT"}),
        "suspense_id": sorted({key[0].rsplit("#", 1)[1] for key in account().rows("ledger") if key[1] == "SUSPENSE"}),
        "dispute_id": sorted({key[0].rsplit("#", 1)[1] for key in account().rows("ledger") if key[1] == "DISPUTE"}),
        "supply_id": ["po-1", "tr-1"],
        "number": ["1", "2"],
        "node_id": list(NODES),
        "action": ["accept", "pick", "pack", "ship", "reject", "stage", "hand-over", "close", "cancel-response"],
        "paper": ["pick-sheet", "packing-slip", "gift-receipt", "customs-form", "return-label"],
        "provider": ["strict"],
        "file": ["index.html", "app.js"],
    }.get(name, [])


@schemathesis.hook
def map_path_parameters(_context: Any, parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Two calls of three are about something that exists."""
    number = next(_numbers)
    if parameters and number % 3:
        for name in parameters:
            values = known(name)
            if values:
                parameters[name] = values[number % len(values)]
    return parameters


schema = schemathesis.openapi.from_dict(DESCRIPTION)
schema.app = Shim(account())


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_no_call_breaks_an_operation(case):
    headers = {"Idempotency-Key": f"fuzz-{next(_numbers)}", **(case.headers or {}), "Authorization": every_scope()}
    response = case.call(headers=headers)
    case.validate_response(response, checks=CHECKS)
    assert account().violations == []


@pytest.mark.parametrize(
    ("method", "path", "operation"), OPERATIONS, ids=[f"{method} {path}" for method, path, _ in OPERATIONS]
)
def test_every_operation_refuses_whoever_may_not(method, path, operation):
    """Without a token, with one for something else, and with a tenant's token that names no scope at all."""
    if operation["security"] == []:
        links = ("/v1/pay-links/", "/v1/arrivals/", "/v1/choices/", "/v1/draft-links/")
        assert path.startswith(("/console", "/v1/webhooks/", *links))
        return
    (needed,) = operation["security"][0]["token"]
    simulation = seams.running = account()
    before = {table: dict(rows) for table, rows in simulation.tables.plain.items()}
    for name in (
        "order_id",
        "fulfillment_order_id",
        "sku",
        "node_id",
        "action",
        "rule_set_id",
        "number",
        "reservation_id",
        "promise_id",
    ):
        values = known(name)
        path = path.replace(f"{{{name}}}", values[0] if values else "x")
    others = sorted({scope for _, _, o in OPERATIONS for s in o["security"] for scope in s["token"]} - {needed})
    nobody = simulation.http(method, path, "{}", key="refused-1", client="nobody")
    assert nobody.status == 401
    for scopes in (others, ["channel.web"]):
        answer = simulation.http(method, path, "{}", key="refused-2", scopes=scopes)
        assert (answer.status, answer.body["code"]) == (403, "scope_missing"), path
    assert {table: dict(rows) for table, rows in simulation.tables.plain.items()} == before


def test_the_description_names_every_route():
    """A route of the template that the description does not name would not be fuzzed."""
    routes = {properties["RouteKey"] for properties in of_type(template(), "AWS::ApiGatewayV2::Route").values()}
    assert routes == {gateway_key(f"{method} {path}") for method, path, _ in OPERATIONS}
