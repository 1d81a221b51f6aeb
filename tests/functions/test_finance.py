"""/v1/finance: who may ask for what, what is refused and why, and what the books answer."""

# ruff: noqa: F811 - fixtures are imported by name

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.finance import handler as function
from functions.finance_export import handler as export_function
from oms.finance.commands import Books
from tests.functions.conftest import Api
from tests.unit.finance import exported, world
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)

SCOPES = ("finance.read", "finance.write")
F01 = [
    world.authorized("O1", 11325),
    world.shipped("O1", 10000, shipping=500, tax=825),
    world.captured("O1", 11325),
]
WISH = {"entity": "100", "business_date": "2026-11-20"}


@pytest.fixture
def api(books: Books, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setattr(function, "runtime", books.runtime)
    return Api(function.handler, SCOPES, tenant=world.TENANT)


@pytest.mark.capability("N7")
def test_a_wish_is_accepted_once_and_met_by_a_batch(api: Api, books: Books) -> None:
    world.deliver(books, F01)
    first = api.post("/v1/finance/exports", WISH, key="k1")
    again = api.post("/v1/finance/exports", WISH, key="k1")
    assert (first.status, first.body["status"], first.body["kind"]) == (202, "REQUESTED", "interim")
    assert again.body == first.body
    (requested,) = exported.events("FinanceExportRequested")
    assert requested["export_id"] == first.body["export_id"]
    assert exported.run(export_function, books, world.event("FinanceExportRequested", requested)) == []

    listed = api.get("/v1/finance/exports?business_date=2026-11-20").body["exports"]
    assert [(one["entity"], one["batch"]) for one in listed] == [("100", 1)]
    assert listed[0]["manifest"] in exported.stored()
    assert listed[0]["manifest"].split("tenant=")[1].split("/")[0] == world.TENANT
    assert "Signature" in listed[0]["url"]


def test_a_key_reused_for_another_wish_is_refused(api: Api) -> None:
    api.post("/v1/finance/exports", WISH, key="k1")
    answer = api.post("/v1/finance/exports", {**WISH, "entity": "200"}, key="k1")
    assert (answer.status, answer.body["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"business_date": "2026-11-20"}, "/entity"),
        ({**WISH, "business_date": "2026-02-30"}, "/business_date"),
        ({**WISH, "business_date": 20261120}, "/business_date"),
        ({**WISH, "kind": "final"}, "/kind"),
        ({**WISH, "entity": "1#0"}, "/entity"),
        ({**WISH, "colour": "red"}, "/colour"),
    ],
)
def test_a_wrong_wish_names_its_field_and_stores_nothing(api: Api, body: dict[str, Any], pointer: str) -> None:
    answer = api.post("/v1/finance/exports", body)
    assert (answer.status, answer.pointers) == (422, [pointer])
    assert exported.events("FinanceExportRequested") == []


def test_a_wish_needs_an_idempotency_key(api: Api) -> None:
    assert api.post("/v1/finance/exports", WISH, key="").status == 400


@pytest.mark.capability("N8")
def test_a_day_that_is_not_over_cannot_be_closed(api: Api, books: Books) -> None:
    today = {**WISH, "kind": "close"}
    answer = api.post("/v1/finance/exports", today)
    assert (answer.status, answer.body["code"], answer.pointers) == (422, "business_day_not_over", ["/business_date"])
    books.runtime.clock.instant = datetime(2026, 11, 21, 3, 59, tzinfo=UTC)
    assert api.post("/v1/finance/exports", today).status == 422
    books.runtime.clock.instant += timedelta(minutes=1)
    assert api.post("/v1/finance/exports", today).status == 202


@pytest.mark.parametrize(
    ("method", "url", "scope"),
    [
        ("POST", "/v1/finance/exports", "finance.read"),
        ("GET", "/v1/finance/exports?business_date=2026-11-20", "finance.write"),
        ("GET", "/v1/finance/trial-balance?entity=100&from=2026-11-20", "orders.read"),
        ("GET", "/v1/finance/journal?order_id=ord_O1", "orders.read"),
    ],
)
def test_another_scope_is_not_enough(api: Api, method: str, url: str, scope: str) -> None:
    answer = api.send(method, url, WISH if method == "POST" else None, scopes=(scope,))
    assert (answer.status, answer.body["code"]) == (403, "scope_missing")


def test_another_tenant_sees_nothing(api: Api, books: Books) -> None:
    world.deliver(books, F01)
    exported.run(export_function, books, exported.wish("exp_1"))
    assert api.get("/v1/finance/exports?business_date=2026-11-20", tenant="other").body["exports"] == []
    assert api.get("/v1/finance/journal?order_id=ord_O1", tenant="other").body["entries"] == []
    balance = api.get("/v1/finance/trial-balance?entity=100&from=2026-11-20", tenant="other")
    assert balance.body["accounts"] == []


@pytest.mark.capability("N1")
def test_the_trial_balance_sums_to_zero(api: Api, books: Books) -> None:
    world.deliver(books, F01)
    early = world.authorized("O2", 700)["detail"]["data"]
    world.deliver(books, [world.event("PaymentAuthorized", early, at=world.NOON - timedelta(days=1))])
    today = api.get("/v1/finance/trial-balance?entity=100&from=2026-11-20").body
    assert today["entries"] == 3
    assert {one["account"]: one["balance"] for one in today["accounts"] if one["balance"]} == {
        "1110": 11325,
        "2040": -825,
        "4010": -10000,
        "4020": -500,
    }
    both = api.get("/v1/finance/trial-balance?entity=100&from=2026-11-19&to=2026-11-20").body
    assert both["entries"] == 4
    assert sum(one["balance"] for one in both["accounts"]) == 0
    assert [one["name"] for one in both["accounts"] if one["account"] == "2010"] == ["customer deposits"]


@pytest.mark.capability("N1")
def test_the_journal_shows_an_orders_entries_with_their_lines(api: Api, books: Books) -> None:
    world.deliver(books, [*F01, world.authorized("O2", 100)])
    journal = api.get("/v1/finance/journal?order_id=ord_O1").body
    assert journal["order_id"] == "ord_O1"
    assert sorted(entry["rule"] for entry in journal["entries"]) == [
        "goods_transferred",
        "payment_authorized",
        "payment_captured",
    ]
    goods = next(entry for entry in journal["entries"] if entry["rule"] == "goods_transferred")
    assert (goods["business_date"], goods["original_business_date"]) == ("2026-11-20", "2026-11-20")
    assert goods["lines"][0] == {
        "line_no": 1,
        "account": "2010",
        "account_name": "customer deposits",
        "debit": 11325,
        "credit": 0,
        "currency": "USD",
        "jurisdiction": None,
    }


@pytest.mark.parametrize(
    ("url", "pointer"),
    [
        ("/v1/finance/exports", "/query/business_date"),
        ("/v1/finance/exports?business_date=yesterday", "/query/business_date"),
        ("/v1/finance/exports?business_date=2026-11-20&limit=0", "/query/limit"),
        ("/v1/finance/exports?business_date=2026-11-20&colour=red", "/query/colour"),
        ("/v1/finance/trial-balance?entity=100", "/query/from"),
        ("/v1/finance/trial-balance?entity=100&from=2026-11-21&to=2026-11-20", "/query/to"),
        ("/v1/finance/trial-balance?entity=100&from=2026-01-01&to=2026-12-31", "/query/to"),
        ("/v1/finance/journal", "/query/order_id"),
    ],
)
def test_a_wrong_query_names_its_parameter(api: Api, url: str, pointer: str) -> None:
    answer = api.get(url)
    assert (answer.status, answer.pointers) == (422, [pointer])


def test_a_long_list_comes_in_pages(api: Api, books: Books) -> None:
    for number in range(3):
        world.deliver(books, [world.authorized(f"A{number}", 100), world.authorized(f"B{number}", 1, legal_entity="2")])
        wishes = [exported.wish(f"exp_{number}_{entity}", entity=entity) for entity in ("100", "2")]
        assert exported.run(export_function, books, *wishes) == []
    url = "/v1/finance/exports?business_date=2026-11-20&limit=4"
    first = api.get(url).body
    second = api.get(f"{url}&cursor={first['next_cursor'].replace('=', '%3D')}").body
    found = [(one["entity"], one["batch"]) for one in first["exports"] + second["exports"]]
    assert found == [("100", 1), ("100", 2), ("100", 3), ("2", 1), ("2", 2), ("2", 3)]
    assert second["next_cursor"] is None
    only = api.get("/v1/finance/exports?business_date=2026-11-20&entity=2").body["exports"]
    assert [one["batch"] for one in only] == [1, 2, 3]


def test_a_link_is_signed_for_the_very_object(api: Api, books: Books) -> None:
    world.deliver(books, F01)
    exported.run(export_function, books, exported.wish("exp_1"))
    (listed,) = api.get("/v1/finance/exports?business_date=2026-11-20").body["exports"]
    head = boto3.client("s3").head_object(Bucket=world.bucket_name(), Key=listed["manifest"])
    assert head["ContentLength"] == listed["bytes"]
    assert world.bucket_name() in listed["url"]
    assert listed["url"].split("?")[0].endswith("batch%3D0001.json")
