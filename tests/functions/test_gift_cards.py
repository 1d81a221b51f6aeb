"""Gift cards and store credit over HTTP: issued, shown, refused, and their unused rest recognised."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oms.platform.clock import format_instant
from tests.drawer_doors import Drawers
from tests.money_doors import PEOPLE, SHOP, Money, gift
from tests.order_doors import Doors, doors
from tests.order_world import line, world

__all__ = ["doors", "world"]
NUMBER = "GIFT-7H2K-99QP-4M"


@pytest.fixture
def money(doors: Doors) -> Money:
    return Money(doors)


@pytest.mark.capability("K7")
def test_a_card_is_sold_once_however_often_the_call_is_sent(money: Money):
    cash = {"session_id": Drawers(money.doors).opened(), "business_date": "2026-11-23"}
    first = money.issue(5000, key="sale-1", number=NUMBER, **cash)
    assert first.status == 201
    assert first.headers["Location"] == f"/v1/gift-cards/{first.body['id']}"
    with money.doors.world.unchanged():
        again = money.issue(5000, key="sale-1", number=NUMBER, **cash)
        other = money.issue(6000, key="sale-1", number=NUMBER, **cash)
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    seen = money.see(first.body["id"])
    assert {name: seen[name] for name in ("kind", "state", "issued", "balance", "available", "held", "version")} == {
        "kind": "gift_card",
        "state": "ACTIVE",
        "issued": 5000,
        "balance": 5000,
        "available": 5000,
        "held": 0,
        "version": 1,
    }
    assert [(one["kind"], one["amount"]) for one in seen["movements"]] == [("issued", 5000)]
    instants = [seen["issued_at"], seen["movements"][0]["at"]]
    assert instants == [format_instant(money.doors.world.clock.now())] * 2
    (told,) = money.told(f"STOREDVALUE#{first.body['id']}")
    assert told["detail-type"] == "GiftCardIssued"
    assert told["detail"]["data"] == {
        "card_id": first.body["id"],
        "kind": "gift_card",
        "currency": "USD",
        "legal_entity": "100",
        "store": "S1",
        "channel": "store",
        "amount": 5000,
        "reason": "sold",
        "tenders": [{"tender": "cash", "amount": 5000, "provider": None, "reference": None}],
        "provider": None,
        "expires_on": None,
        "cause_id": None,
        "session_id": cash["session_id"],
        "business_date": "2026-11-23",
        "tender_entity": None,
        "tender_store": None,
    }


@pytest.mark.capability("K7")
def test_the_number_of_a_card_names_it_and_is_kept_nowhere(money: Money):
    card = money.sold(5000, number=NUMBER)
    order_id, _ = money.ready(line("A", 1, 2000), payments=[gift("gift 7h2k 99qp 4m", 2000)])
    assert money.sums(card) == (3000, 2000, 5000)
    assert money.doors.world.order(order_id).payments[0].token == card
    kept = str(money.doors.world.database.rows).upper()
    assert "7H2K" not in kept
    with money.doors.world.unchanged():
        twice = money.issue(100, number=NUMBER.lower())
    assert (twice.status, twice.body["code"], twice.pointers) == (409, "card_exists", ["/number"])


SOLD = {"tender": "card", "amount": 5000, "provider": "strict", "reference": "cap_1"}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": 4999, "tenders": [SOLD]}, "/amount"),
        ({"tenders": []}, "/amount"),
        ({"amount": 0, "tenders": [SOLD]}, "/amount"),
        ({"currency": "XXX"}, "/currency"),
        ({"selling_node": "S404"}, "/selling_node"),
        ({"number": "short"}, "/number"),
        ({"number": "gft_01JTOOCLEVER"}, "/number"),
        ({"reason": "goodwill"}, "/tenders"),
        ({"reason": "refund", "tenders": []}, "/reason"),
        ({"kind": "store_credit"}, "/kind"),
        ({"kind": "store_credit", "reason": "goodwill", "tenders": [], "number": NUMBER}, "/number"),
        ({"tenders": [{"tender": "gift_card", "amount": 5000}]}, "/tenders/0/tender"),
        ({"tenders": [{"tender": "card", "amount": 5000}]}, "/tenders/0"),
        ({"tenders": [{**SOLD, "amount": 2000}, {**SOLD, "amount": 3000, "provider": "other"}]}, "/tenders"),
        ({"tenders": [SOLD], "session_id": "drw_1"}, "/session_id"),
        ({"session_id": "drw_1"}, "/session_id"),
        ({"business_date": "2026-11-22"}, "/business_date"),
    ],
)
@pytest.mark.capability("K7")
def test_a_card_that_makes_no_sense_is_not_issued(money: Money, change: dict[str, Any], pointer: str):
    with money.doors.world.unchanged():
        refused = money.issue(change.pop("amount", 5000), **change)
    assert refused.status == 422, refused.body
    assert refused.pointers == [pointer]


@pytest.mark.capability("K7")
def test_who_may_do_what_with_cards(money: Money):
    card = money.sold(5000)
    goodwill = {"reason": "goodwill", "tenders": []}
    read = f"/v1/gift-cards/{card}"
    with money.doors.world.unchanged():
        assert money.issue(100, api=money.shop, **goodwill).status == 403
        assert money.issue(100, api=money.shop, channel="call-centre").status == 403
        assert money.shop.post(f"{read}/breakage", {"reason": "dormant"}).status == 403
        assert money.shop.get(read, scopes=("gift_cards.write",)).status == 403
        assert money.shop.get(read, tenant="other").status == 404
        assert money.shop.get("/v1/gift-cards/gft_404").status == 404
        body = {"amount": 100, "currency": "USD", "selling_node": "S1", "channel": "store"}
        body |= {"tenders": [{"tender": "cash", "amount": 100}]}
        assert money.shop.post("/v1/gift-cards", body, scopes=("gift_cards.write", "node.S2")).status == 404
    assert money.shop.post("/v1/gift-cards", body, scopes=("gift_cards.write", "node.S1")).status == 201
    assert money.issue(100, **goodwill).body["reason"] == "goodwill"
    assert set(SHOP) < set(PEOPLE)


def break_up(money: Money, card: str, reason: str, **more: Any) -> Any:
    return money.people.post(f"/v1/gift-cards/{card}/breakage", {"reason": reason, **more.pop("body", {})}, **more)


@pytest.mark.capability("K7", "N6")
def test_breakage_is_of_expired_or_dormant_cards_and_never_of_what_is_held(money: Money):
    card = money.sold(5000, expires_on="2026-11-30")
    money.ready(line("A", 1, 2000), payments=[gift(card, 2000)])
    clock = money.doors.world.clock
    # The last day is over when it is over everywhere.
    clock.instant = clock.instant.replace(day=30) + timedelta(hours=23)
    for reason in ("expired", "dormant"):
        with money.doors.world.unchanged():
            refused = break_up(money, card, reason)
        assert (refused.status, refused.body["code"]) == (409, "not_expired_or_dormant")
    clock.instant += timedelta(hours=2)
    seen = money.see(card)
    assert (seen["state"], seen["available_actions"]) == ("EXPIRED", ["recognize_breakage"])
    with money.doors.world.unchanged():
        too_much = break_up(money, card, "expired", body={"amount": 3001})
        stale = break_up(money, card, "expired", headers={"if-match": "1"})
    assert (too_much.body["code"], too_much.pointers) == ("insufficient_funds", ["/amount"])
    assert stale.body["code"] == "stale_version"
    some = break_up(money, card, "expired", body={"amount": 1000}, key="b-1")
    assert (some.body["recognized"], some.body["available"], some.body["held"]) == (1000, 2000, 2000)
    assert break_up(money, card, "expired", body={"amount": 1000}, key="b-1").body == some.body
    rest = break_up(money, card, "expired")
    assert (rest.body["recognized"], rest.body["balance"], rest.body["available_actions"]) == (2000, 2000, [])
    with money.doors.world.unchanged():
        assert break_up(money, card, "expired").body["code"] == "insufficient_funds"
    told = [event["detail"] for event in money.told(f"STOREDVALUE#{card}")]
    assert [(one["meta"]["sequence"], one["data"]["amount"]) for one in told] == [(1, 5000), (2, 1000), (3, 2000)]


@pytest.mark.capability("K7", "N6")
def test_a_card_that_nobody_used_for_two_years_is_dormant(money: Money):
    used, unused = money.sold(5000), money.sold(700)
    clock = money.doors.world.clock
    clock.instant += timedelta(days=30)
    money.ready(line("A", 1, 2000), payments=[gift(used, 2000)])
    clock.instant += timedelta(days=700)
    with money.doors.world.unchanged():
        assert break_up(money, used, "dormant").status == 409
    assert break_up(money, unused, "dormant").body["recognized"] == 700


@pytest.mark.capability("K7")
def test_the_movements_of_a_card_come_in_pages(money: Money):
    card = money.sold(5000)
    for amount in (100, 200):
        money.ready(line("A", 1, amount), payments=[gift(card, amount)], external_id=f"order-{amount}")
    first = money.people.get(f"/v1/gift-cards/{card}?limit=2").body
    rest = money.people.get(f"/v1/gift-cards/{card}?limit=2&cursor={first['next_cursor']}").body
    amounts = [one["amount"] for one in (*first["movements"], *rest["movements"])]
    assert (len(first["movements"]), sorted(amounts), rest["next_cursor"]) == (2, [100, 200, 5000], None)
    for wrong in ("cursor=abc", "limit=0", "cursor=eyJzayI6ICJBQ0NPVU5UIn0="):
        assert money.people.get(f"/v1/gift-cards/{card}?{wrong}").status == 422
