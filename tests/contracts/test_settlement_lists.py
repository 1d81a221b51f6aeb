"""What providers list of a payout: the strict one over its socket, and answers of the shapes that Stripe documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from oms.payments.adapters.absent import Absent, UnknownProvider
from oms.payments.adapters.adyen import account
from oms.payments.adapters.strict_psp import StrictPsp
from oms.payments.adapters.stripe import Stripe
from oms.payments.port import (
    Approved,
    AuthorizeRequest,
    CaptureRequest,
    NoTrace,
    RefundRequest,
    SettlementList,
    Unknown,
)
from oms.platform.commands import Runtime
from oms.platform.problems import InvalidRequest
from oms.settlement.adapters.strict import payout_of
from tests.contracts.provider import Merchant, Provider, merchant, provider
from tests.contracts.scripted_http import Scripted, scripted

__all__ = ["merchant", "provider", "scripted"]

pytestmark = pytest.mark.capability("L5")


@pytest.fixture
def strict(provider: Provider) -> Iterator[StrictPsp]:
    adapter = StrictPsp(provider.known["endpoint"], provider.known["api_key"], read_timeout=0.5)
    yield adapter
    adapter.close()


def taken(strict: StrictPsp, number: int, amount: int) -> tuple[str, str]:
    """A payment and its capture."""
    held = strict.authorize(AuthorizeRequest(amount, "USD", "tok_visa", "acme", "ord_1", "pay_1"), key=f"a{number}")
    assert isinstance(held, Approved)
    made = strict.capture(CaptureRequest(held.reference, amount, "USD", True), key=f"c{number}")
    assert isinstance(made, Approved)
    assert made.movement_id
    return held.reference, made.movement_id


def test_the_payout_of_f14_is_paid_out_by_the_strict_provider(
    strict: StrictPsp, provider: Provider, merchant: Merchant
) -> None:
    captures = [taken(strict, number, amount) for number, amount in enumerate((11325, 6995, 4330))]
    refund = strict.refund(RefundRequest(captures[2][0], 4330, "USD"), key="r1")
    assert isinstance(refund, Approved)
    provider.configure(webhook={"url": merchant.url, "types": ["payout.paid", "payout.reconciliation_completed"]})
    assert strict.list_settlement("po_none") == NoTrace()
    status, answer = provider.send("POST", "/_payouts", {})
    (payout,) = answer["payouts"]
    assert (status, merchant.types(2)) == (200, ["payout.paid", "payout.reconciliation_completed"])
    listed = strict.list_settlement(payout["id"])
    assert isinstance(listed, SettlementList)
    told = payout_of(listed)
    assert (told.provider, told.payout_id, told.net, told.currency) == ("strict", payout["id"], 17573, "USD")
    assert [(one.kind.value, one.reference, one.amount, one.fee) for one in told.items] == [
        ("charge", captures[0][1], 11325, 358),
        ("charge", captures[1][1], 6995, 233),
        ("charge", captures[2][1], 4330, 156),
        ("refund", refund.movement_id, -4330, 0),
    ]
    assert told.business_date == datetime.fromtimestamp(payout["arrival_date"], UTC).date()
    assert told.end_to_end_id == payout["end_to_end_id"]
    with pytest.raises(InvalidRequest):
        payout_of(SettlementList({**listed.payout, "arrival_date": None}, listed.transactions))


def test_a_long_list_of_the_strict_provider_is_read_page_by_page(
    strict: StrictPsp, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oms.payments.adapters.strict_psp._PAGE", 2)
    captures = [taken(strict, number, 1000)[1] for number in range(5)]
    (payout,) = provider.send("POST", "/_payouts", {})[1]["payouts"]
    listed = strict.list_settlement(payout["id"])
    assert isinstance(listed, SettlementList)
    assert [row["source"] for row in listed.transactions] == captures


def test_a_payout_that_is_not_reconciled_has_no_list_yet(strict: StrictPsp, provider: Provider) -> None:
    taken(strict, 1, 1000)
    provider.configure(manner="asynchronous", settle_seconds=3600)
    (payout,) = provider.send("POST", "/_payouts", {})[1]["payouts"]
    assert strict.list_settlement(payout["id"]) == Unknown("status 409")


def test_admin_calls_need_the_key_of_the_account_and_other_addresses_are_refused(provider: Provider) -> None:
    for path in ("/_payouts", "/_disputes"):
        assert provider.send("POST", path, {}, api_key="other")[0] == 401
    assert provider.send("POST", "/_payouts", {"currency": "dollars"})[1]["error"]["code"] == "currency_invalid"
    assert provider.send("POST", "/_disputes/dp_none", {"outcome": "won"})[1]["error"]["code"] == "dispute_not_found"
    assert provider.send("GET", "/payouts/po_none/other")[0] == 404
    assert provider.send("GET", "/disputes/dp_none")[0] == 404
    assert provider.send("GET", "/payouts/po_none/transactions?limit=0")[1]["error"]["code"] == "page_invalid"


def row(number: int) -> dict[str, Any]:
    return {"id": f"txn_{number}", "reporting_category": "charge", "source": f"ch_{number}", "amount": 100, "fee": 3}


def page(*rows: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": list(rows), "has_more": more}


def test_stripe_lists_a_payout_page_by_page(scripted: Scripted) -> None:
    stripe = Stripe("sk_test_1", endpoint=scripted.endpoint)
    payout = {"id": "po_1", "object": "payout", "amount": 291, "currency": "usd"}
    scripted.answers = [(200, payout), (200, page(row(1), row(2), more=True)), (200, page(row(3)))]
    assert stripe.list_settlement("po_1") == SettlementList(payout, (row(1), row(2), row(3)))
    first, second, third = scripted.asked
    assert first.path == "/v1/payouts/po_1"
    assert parse_qs(urlsplit(second.path).query) == {"payout": ["po_1"], "limit": ["100"]}
    assert parse_qs(urlsplit(third.path).query)["starting_after"] == ["txn_2"]
    scripted.answers = [(404, {}), (503, {}), (200, payout), (200, page(row(1), more=True)), (429, {})]
    assert stripe.list_settlement("po_none") == NoTrace()
    assert stripe.list_settlement("po_1") == Unknown("status 503")
    assert stripe.list_settlement("po_1") == Unknown("status 429")
    scripted.answers = [(200, payout), (200, {"data": None})]
    assert stripe.list_settlement("po_1") == Unknown("unreadable answer")
    stripe.close()


def test_providers_without_lists_say_so(scripted: Scripted) -> None:
    adyen = account(scripted.endpoint, "key_1", "Acme").of(Runtime(), "acme")
    assert adyen.list_settlement("report_1") == NoTrace()
    with pytest.raises(UnknownProvider):
        Absent("stripe").list_settlement("po_1")
