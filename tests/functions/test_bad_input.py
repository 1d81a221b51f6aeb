"""What a channel must not send: each case with its status, its code and the field it names; nothing is ever stored.

The table of refusals of POST /v1/orders, the most exposed door; the other doors read their bodies the same way.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

CARD = "4111111111111111"
BIG = 10**400


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in document().items() if key != name}


def lines_with(**changes: Any) -> dict[str, Any]:
    """The usual order with its first line changed and no sum corrected."""
    made = document()
    made["lines"][0].update(changes)
    return made


def totals_with(**changes: int) -> dict[str, Any]:
    made = document()
    made["totals"].update(changes)
    return made


def raw(text: str) -> str:
    """The usual order as text, with the first line's quantity written as given."""
    return json.dumps(document()).replace('"quantity": 3', f'"quantity": {text}')


def nested(depth: int) -> Any:
    return 0 if depth == 0 else [nested(depth - 1)]


# name -> (body, status, code, pointers)
REFUSALS: dict[str, tuple[Any, int, str, list[str]]] = {
    "no body": (None, 400, "malformed_json", []),
    "an empty body": ("", 400, "malformed_json", []),
    "not JSON": ("{'channel': 'web'}", 400, "malformed_json", []),
    "cut off": (json.dumps(document())[:-1], 400, "malformed_json", []),
    "NaN": (raw("NaN"), 400, "malformed_json", []),
    "Infinity": (raw("-Infinity"), 400, "malformed_json", []),
    "a key twice": (raw('1, "quantity": 3'), 400, "malformed_json", []),
    "a number of 5,000 digits": (raw("9" * 5000), 400, "malformed_json", []),
    "an exponent of 20 digits": (raw("1e99999999999999999999"), 400, "malformed_json", []),
    "a vanishing exponent": (raw("1e-99999999999999999999"), 400, "malformed_json", []),
    "half a character": (raw("3").replace("New York", "New \\ud83d York"), 400, "malformed_json", []),
    "a list": ("[1]", 422, "invalid_request", []),
    "a text": ('"order"', 422, "invalid_request", []),
    "null": ("null", 422, "invalid_request", []),
    "an unknown field": ({**document(), "gift": True}, 422, "invalid_request", ["/gift"]),
    "an unknown field of a line": (lines_with(colour="red"), 422, "invalid_request", ["/lines/0/colour"]),
    "a slash in a field's name": ({**document(), "a/b~c": 1}, 422, "invalid_request", ["/a~1b~0c"]),
    "no lines": (document() | {"lines": []}, 422, "invalid_request", ["/lines"]),
    "an unknown SKU": (document(line("A"), line("NOPE")), 422, "invalid_request", ["/lines/1/sku"]),
    "an unknown selling node": (document(selling_node="S9"), 422, "invalid_request", ["/selling_node"]),
    "an unknown pick-up node": (
        document(line("A", method="pickup", pickup_node="S9")),
        422,
        "invalid_request",
        ["/lines/0/pickup_node"],
    ),
    "a pick-up nowhere": (document(line("A", method="pickup")), 422, "invalid_request", ["/lines/0/pickup_node"]),
    "a shop to ship from": (
        document(line("A", pickup_node="S1")),
        422,
        "invalid_request",
        ["/lines/0/pickup_node"],
    ),
    "an unknown method": (document(line("A", method="drone")), 422, "invalid_request", ["/lines/0/method"]),
    "an unknown currency": (document(currency="XXX"), 422, "invalid_request", ["/currency"]),
    "a currency in small letters": (document(currency="usd"), 422, "invalid_request", ["/currency"]),
    "an unknown provider": (
        document(payments=[{"provider": "paypal", "token": "t", "amount": 1509}]),
        422,
        "invalid_request",
        ["/payments/0/provider"],
    ),
    "the same line_id twice": (
        document(line("A", line_id="1"), line("B", line_id="1")),
        422,
        "invalid_request",
        ["/lines/1/line_id"],
    ),
    "quantity 0": (lines_with(quantity=0), 422, "invalid_request", ["/lines/0/quantity"]),
    "quantity -1": (lines_with(quantity=-1), 422, "invalid_request", ["/lines/0/quantity"]),
    "quantity 1.5": (lines_with(quantity=1.5), 422, "invalid_request", ["/lines/0/quantity"]),
    "quantity 3.0": (lines_with(quantity=3.0), 422, "invalid_request", ["/lines/0/quantity"]),
    'quantity "1"': (lines_with(quantity="1"), 422, "invalid_request", ["/lines/0/quantity"]),
    "quantity true": (lines_with(quantity=True), 422, "invalid_request", ["/lines/0/quantity"]),
    "quantity null": (lines_with(quantity=None), 422, "invalid_request", ["/lines/0/quantity"]),
    "quantity 1e308": (raw("1e308"), 422, "invalid_request", ["/lines/0/quantity"]),
    "quantity 1e999999": (raw("1e999999"), 422, "invalid_request", ["/lines/0/quantity"]),
    "a million and one": (lines_with(quantity=1_000_001), 422, "invalid_request", ["/lines/0/quantity"]),
    "a huge quantity": (lines_with(quantity=BIG), 422, "invalid_request", ["/lines/0/quantity"]),
    "a price with a fraction": (lines_with(unit_price=0.1 + 0.2), 422, "invalid_request", ["/lines/0/unit_price"]),
    "a whole price as a float": (lines_with(unit_price=333.0), 422, "invalid_request", ["/lines/0/unit_price"]),
    "a negative price": (lines_with(unit_price=-333), 422, "invalid_request", ["/lines/0/unit_price"]),
    "a price as text": (lines_with(unit_price="333"), 422, "invalid_request", ["/lines/0/unit_price"]),
    "a huge price": (lines_with(unit_price=10**15 + 1), 422, "invalid_request", ["/lines/0/unit_price"]),
    "a fraction of tax": (
        totals_with() | {"totals": {**document()["totals"], "tax": 1.5}},
        422,
        "invalid_request",
        ["/totals/tax"],
    ),
    "a tender of nothing": (
        document(payments=[{"provider": "strict", "token": "t", "amount": 0}]),
        422,
        "invalid_request",
        ["/payments/0/amount"],
    ),
    "a fraction in attributes": (document(attributes={"weight": 1.5}), 422, "invalid_request", ["/attributes"]),
    "more off than it costs": (
        document(line("A", 1, 100, off=101), postage=500),
        422,
        "invalid_request",
        ["/lines/0/discounts"],
    ),
    "a time without a zone": (
        document(ordered_at="2026-11-23T12:00:00"),
        422,
        "invalid_request",
        ["/ordered_at"],
    ),
    "a time before all years": (
        document(ordered_at="0001-01-01T00:00:00+14:00"),
        422,
        "invalid_request",
        ["/ordered_at"],
    ),
    "a time after all years": (
        document(ordered_at="9999-12-31T23:59:59-01:00"),
        422,
        "invalid_request",
        ["/ordered_at"],
    ),
    "201 lines": (document(*[line("A", 1, 1)] * 201), 413, "too_large", ["/lines"]),
    "300 KB": (document(attributes={"x": "y" * 300_000}), 413, "too_large", []),
    "256 KB and a byte": (json.dumps(document()).ljust(256 * 1024 + 1), 413, "too_large", []),
    "11 levels": (document(attributes={"deep": nested(9)}), 413, "too_large", []),
    "100,000 brackets": ("[" * 100_000, 413, "too_large", []),
}
for field in ("channel", "external_id", "selling_node", "taken_by", "currency", "locale", "lines", "totals"):
    REFUSALS[f"no {field}"] = (without(field), 422, "invalid_request", [f"/{field}"])
for field in ("channel", "external_id", "selling_node", "taken_by"):
    REFUSALS[f"{field} with a #"] = (document(**{field: "a#b"}), 422, "invalid_request", [f"/{field}"])
    REFUSALS[f"{field} of 101 letters"] = (document(**{field: "x" * 101}), 422, "invalid_request", [f"/{field}"])
# A gap of one minor unit, in either direction, is named where it is.
for gap in (-1, 1):
    amounts = document()["totals"]
    REFUSALS[f"a line that is {gap} off"] = (lines_with(total=1009 + gap), 422, "invalid_request", ["/lines/0/total"])
    for part in ("goods", "total"):
        REFUSALS[f"{part} {gap} off"] = (
            totals_with(**{part: amounts[part] + gap}),
            422,
            "invalid_request",
            [f"/totals/{part}"],
        )
REFUSALS["tax 1 too little"] = (totals_with(tax=9), 422, "invalid_request", ["/totals/tax"])
REFUSALS["charges 1 too much"] = (totals_with(charges=1), 422, "invalid_request", ["/totals/charges"])
REFUSALS["discount 1 too much"] = (totals_with(discount=1), 422, "invalid_request", ["/totals/discount"])


def refused(doors: Doors, body: Any, **more: Any) -> Answer:
    with doors.world.unchanged():
        return doors.api("place_order").post("/v1/orders", body, **more)


@pytest.mark.capability("A3", "A4", "O3")
@pytest.mark.parametrize("case", REFUSALS)
def test_a_malformed_order_is_refused_and_nothing_is_kept(doors: Doors, case: str):
    body, status, code, pointers = REFUSALS[case]
    answer = refused(doors, body)
    assert (answer.status, answer.body["code"], answer.pointers) == (status, code, pointers)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["type"] == f"urn:spine:problem:{code}"
    assert answer.body["status"] == status
    assert answer.body["title"]
    assert answer.body["remedy"]


@pytest.mark.parametrize(
    ("key", "status", "code", "pointer"),
    [
        ("", 400, "idempotency_key_missing", []),
        ("   ", 400, "idempotency_key_missing", []),
        ("k" * 256, 422, "invalid_request", ["/header/Idempotency-Key"]),
        ("a\tb", 422, "invalid_request", ["/header/Idempotency-Key"]),
        ("schlüssel", 422, "invalid_request", ["/header/Idempotency-Key"]),
    ],
)
def test_a_call_without_a_usable_key_is_refused(doors: Doors, key: str, status: int, code: str, pointer: list[str]):
    answer = refused(doors, document(), key="", headers={"Idempotency-Key": key} if key else {})
    assert (answer.status, answer.body["code"], answer.pointers) == (status, code, pointer)


def test_a_key_of_255_characters_is_fine(doors: Doors):
    assert doors.place(document(), key="k" * 255)


def test_who_may_place_an_order(doors: Doors):
    api = doors.api("place_order")
    anonymous = {key: value for key, value in _event()["requestContext"].items() if key != "authorizer"}
    with doors.world.unchanged():
        nobody = api.handler({**_event(), "requestContext": anonymous}, None)
        no_scope = api.post("/v1/orders", document(), scopes=("orders.read", "channel.web"))
        other_channel = api.post("/v1/orders", document(), scopes=("orders.write", "channel.app"))
        two_tenants = api.handler(_event(scope="acme/orders.write other/orders.write"), None)
        no_tenant = api.handler(_event(scope="orders.write"), None)
    assert (nobody["statusCode"], json.loads(nobody["body"])["code"]) == (401, "not_authenticated")
    assert (no_scope.status, no_scope.body["code"]) == (403, "scope_missing")
    assert "acme/orders.write" in no_scope.body["detail"]
    assert (other_channel.status, other_channel.body["code"]) == (403, "scope_missing")
    for answer in (two_tenants, no_tenant):
        assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (401, "not_authenticated")


def _event(scope: str = "acme/orders.write") -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": "/v1/orders",
        "rawQueryString": "",
        "headers": {"idempotency-key": "k"},
        "requestContext": {
            "stage": "$default",
            "http": {"method": "POST", "path": "/v1/orders"},
            "authorizer": {"jwt": {"claims": {"sub": "c", "scope": scope}}},
        },
        "body": json.dumps(document()),
        "isBase64Encoded": False,
    }


def test_a_limit_is_raised_by_a_scope_or_by_the_deployment(doors: Doors, monkeypatch: pytest.MonkeyPatch):
    many = document(*[line("A", 1, 1)] * 20)
    monkeypatch.setenv("LINE_LIMIT", "19")
    assert refused(doors, many).body["detail"] == "The order has 20 lines; the limit is 19."
    scopes = ("orders.write", "channel.web", "lines.20")
    assert doors.api("place_order").post("/v1/orders", many, scopes=scopes).status == 201
    monkeypatch.setenv("LINE_LIMIT", "20")
    assert doors.place(document(*[line("B", 1, 1)] * 20, external_id="2"))


def test_a_body_in_base64_is_read_as_it_was_sent(doors: Doors):
    event = {**_event(), "isBase64Encoded": True}
    event["body"] = base64.b64encode(json.dumps(document(note="café"), ensure_ascii=False).encode()).decode()
    answer = doors.api("place_order").handler(event, None)
    assert answer["statusCode"] == 201
    assert doors.see(json.loads(answer["body"])["id"])["note"] == "café"


@pytest.mark.parametrize("body", ["a", "no base64!", base64.b64encode(b"\xff\xfe{}").decode()])
def test_a_body_that_is_no_text_is_refused(doors: Doors, body: str):
    answer = doors.api("place_order").handler({**_event(), "isBase64Encoded": True, "body": body}, None)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (400, "malformed_json")


def test_an_unknown_path_is_a_problem_too(doors: Doors):
    answer = doors.api("place_order").post("/v1/nothing", document())
    assert (answer.status, answer.body["code"]) == (404, "not_found")


def test_a_fault_of_ours_is_told_without_its_text(doors: Doors):
    def broken(name: str, act: Any) -> Any:
        raise RuntimeError(f"secret {CARD}")

    doors.world.database.around = broken
    answer = doors.api("place_order").post("/v1/orders", document())
    doors.world.database.around = lambda name, act: act()
    assert (answer.status, answer.body["code"]) == (500, "unexpected")
    assert "secret" not in json.dumps(answer.body)
