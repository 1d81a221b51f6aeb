"""Posting rules: each fact makes exactly the lines that the books ask for."""

from datetime import timedelta

import pytest

from oms.finance.chart import CHART
from oms.finance.model import LedgerFault, Posting, Unbalanced, credit, debit, require_balanced
from oms.finance.posting import RULES, postings_of
from oms.finance.rules.rule import TENDER_ACCOUNTS
from tests.unit.finance import world


def _post(event: dict, **other: object) -> Posting:
    detail = event["detail"]
    (posting,) = postings_of(event["detail-type"], {**detail["data"], **other}, detail["meta"]["id"], world.NOON)
    return posting


def _lines(event: dict, **other: object) -> list[tuple[str, int, int]]:
    return [(line.account, line.debit, line.credit) for line in _post(event, **other).entry.lines]


@pytest.mark.capability("N1")
def test_an_authorisation_touches_only_the_memorandum_pair() -> None:
    assert _lines(world.authorized("O1", 11325)) == [("9010", 11325, 0), ("9020", 0, 11325)]
    assert _lines(world.released("O1", 2200)) == [("9020", 2200, 0), ("9010", 0, 2200)]
    ran_out = world.event("PaymentExpired", world.released("O1", 2200)["detail"]["data"], id="evt-exp-O1")
    assert _lines(ran_out) == [("9020", 2200, 0), ("9010", 0, 2200)]


@pytest.mark.capability("N1")
def test_a_capture_turns_the_memorandum_into_a_deposit() -> None:
    assert _lines(world.captured("O1", 6995)) == [
        ("1110", 6995, 0),
        ("2010", 0, 6995),
        ("9020", 6995, 0),
        ("9010", 0, 6995),
    ]


def test_a_capture_that_releases_the_rest_clears_the_whole_authorisation() -> None:
    assert _lines(world.captured("O3", 1500, released=6000)) == [
        ("1110", 1500, 0),
        ("2010", 0, 1500),
        ("9020", 7500, 0),
        ("9010", 0, 7500),
    ]


@pytest.mark.parametrize(
    ("tender", "account"), [("card", "1110"), ("gift_card", "2020"), ("store_credit", "2030"), ("cash", "1010")]
)
def test_each_tender_has_its_account(tender: str, account: str) -> None:
    assert _lines(world.captured("O1", 100, tender=tender))[0] == (account, 100, 0)
    assert len(TENDER_ACCOUNTS) == 4


@pytest.mark.capability("N6")
@pytest.mark.parametrize("mode", ["ship", "pickup"])
def test_revenue_counts_when_goods_leave_or_are_picked_up(mode: str) -> None:
    assert _lines(world.shipped("O1", 10000, shipping=500, tax=743, discount=1000, mode=mode)) == [
        ("2010", 10243, 0),
        ("4092", 1000, 0),
        ("4010", 0, 10000),
        ("4020", 0, 500),
        ("2040", 0, 743),
    ]


def test_a_refused_capture_ends_the_memorandum_of_a_hold_that_went_with_it() -> None:
    refused = {**world.captured("O1", 6995)["detail"]["data"], "reason": "account_closed", "released": 11325}
    (posting,) = postings_of("PaymentCaptureFailed", refused, "evt_1", world.NOON)
    assert [(line.account, line.debit, line.credit) for line in posting.entry.lines] == [
        ("9020", 11325, 0),
        ("9010", 0, 11325),
    ]


def test_what_a_channel_took_was_never_an_open_authorisation() -> None:
    assert _lines(world.captured("O1", 6995, authorized=False)) == [("1110", 6995, 0), ("2010", 0, 6995)]


def test_nothing_is_posted_where_no_money_moves() -> None:
    free = world.shipped("O1", 0)
    assert postings_of("ShipmentShipped", free["detail"]["data"], "evt_1", world.NOON) == []
    refused = {**world.captured("O1", 6995)["detail"]["data"], "reason": "processor_declined", "released": 0}
    assert postings_of("PaymentCaptureFailed", refused, "evt_1", world.NOON) == []


def test_an_entry_carries_what_finance_sorts_by() -> None:
    entry = _post(world.captured("O1", 6995)).entry
    assert (entry.entity, entry.store, entry.channel) == ("100", "web", "shop")
    assert (entry.order_id, entry.payment_id, entry.psp, entry.tender) == ("ord_O1", "pay_O1", "fakepsp", "card")
    assert (entry.rule, entry.rule_version, entry.source_event) == ("payment_captured", 1, "evt-cap-O1-1")
    assert (entry.reference, entry.occurred_at) == ("cap-O1-1", world.NOON)


@pytest.mark.capability("N1")
def test_identity_is_of_the_business_and_not_of_the_message() -> None:
    told = world.captured("O1", 6995)
    again = {**told, "detail": {**told["detail"], "meta": {**told["detail"]["meta"], "id": "evt_other"}}}
    first, second = _post(told), _post(again)
    assert (first.identity_key, first.content_hash) == (second.identity_key, second.content_hash)
    assert first.entry.entry_id == second.entry.entry_id
    later = postings_of("PaymentCaptured", told["detail"]["data"], "evt_3", world.NOON + timedelta(days=3))
    assert later[0].identity_key == first.identity_key


def test_other_content_under_one_identity_is_seen_and_unknown_fields_are_not() -> None:
    capture = world.captured("O1", 6995)
    assert _post(capture).content_hash == _post(capture, carrier="dhl").content_hash
    other = _post(capture, amount=6996)
    assert other.identity_key == _post(capture).identity_key
    assert other.content_hash != _post(capture).content_hash


def test_identities_of_different_kinds_never_meet() -> None:
    money = world.captured("O1", 100, capture_id="same")
    let_go = world.released("O1", 100, release_id="same")
    goods = world.shipped("O1", 100, shipment_id="same")
    assert len({_post(event).identity_key for event in (money, let_go, goods)}) == 3
    elsewhere = _post(money, provider="otherpsp")
    assert elsewhere.identity_key != _post(money).identity_key


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 69.95},
        {"amount": -1},
        {"amount": "6995"},
        {"amount": True},
        {"currency": "XXX"},
        {"tender": "seashells"},
        {"capture_id": ""},
        {"capture_id": "a#b"},
        {"legal_entity": None},
    ],
)
def test_a_payload_of_another_shape_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(LedgerFault):
        _post(world.captured("O1", 6995), **wrong)


def test_goods_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(LedgerFault):
        _post(world.shipped("O1", 10000, tax=825), total=10824)


def test_an_event_without_a_rule_is_refused() -> None:
    with pytest.raises(LedgerFault, match="OrderTeleported"):
        postings_of("OrderTeleported", {}, "evt_1", world.NOON)


@pytest.mark.parametrize(
    "lines",
    [
        [debit("1110", 100, "USD"), credit("2010", 99, "USD")],
        [debit("1110", 100, "USD"), credit("2010", 100, "EUR")],
        [debit("1110", 100, "USD"), credit("9010", 100, "USD")],  # the ledger and the memorandum never meet
        [debit("1110", -100, "USD"), credit("2010", -100, "USD")],
        [debit("1110", 0, "USD"), credit("2010", 0, "USD")],
        [debit("1234", 100, "USD"), credit("2010", 100, "USD")],
    ],
)
def test_lines_that_do_not_balance_are_refused(lines: list) -> None:
    with pytest.raises(Unbalanced):
        require_balanced(lines)


def test_every_rule_has_its_own_name_and_the_chart_its_accounts() -> None:
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
    assert {code for code, account in CHART.items() if account.is_memorandum} == {"9010", "9020"}
    assert " ".join(CHART) == (
        "1010 1020 1030 1035 1040 1090 1110 1120 1190 1210 1310 2010 2020 2030 2040 2050 2210 2310 4010 4020 4030 4040 "
        "4050 4090 4091 4092 5010 6010 6020 6021 6030 6040 6050 6060 6070 9010 9020"
    )
