"""Disputes as Stripe tells of them, by its partner bus and by signed webhooks: each taken in once, in any order."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from oms.settlement.model import dispute_name
from tests.functions.test_disputes import book, lines, tender
from tests.functions.test_stripe_webhook import WHSEC, send, signed
from tests.order_doors import SECRET, Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

SAMPLES = Path(__file__).resolve().parents[1] / "contracts" / "stripe" / "eventbridge"
ACCOUNT = {"api_key": "sk_test_1", "webhook_secret": WHSEC, "settlement": {"tenant": TENANT, "legal_entity": "100"}}
TOLD = ("DisputeReported", "PayoutReported")
DISPUTE = dispute_name("stripe", "dp_oms0001")


@pytest.fixture(autouse=True)
def account(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our account at Stripe, which settles for entity 100."""
    monkeypatch.setitem(SECRET, "stripe", ACCOUNT)
    monkeypatch.setattr(doors.world, "providers", lambda name: doors.world.provider)


def sample(name: str, kind: str = "", event_id: str = "", **change: Any) -> dict[str, Any]:
    """A sample as the partner bus has it, perhaps as another type and with other values of its object."""
    envelope: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    envelope["detail"]["data"]["object"].update(copy.deepcopy(change))
    if kind:
        envelope["detail-type"] = envelope["detail"]["type"] = kind
        envelope["detail"]["id"] = event_id or f"evt_{kind}"
    return envelope


def of_dispute(kind: str, charge: str, status: str = "needs_response", *moved: tuple[int, int]) -> dict[str, Any]:
    """An event of a dispute of a charge, with amount and fee of each of its balance transactions."""
    rows = [{"amount": amount, "fee": fee, "currency": "usd", "id": f"txn_{amount}"} for amount, fee in moved]
    change = {
        "amount": 2165,
        "charge": charge,
        "status": status,
        "payment_intent": "psp_1",
        "balance_transactions": rows,
    }
    return sample("charge_dispute_created", f"charge.dispute.{kind}", **change)


def hear(doors: Doors) -> list[str]:
    """Deliver all that was recorded, the last first and then in order; what comes again."""
    told = doors.told(*TOLD)
    return [*doors.queue("psp_events", *told[::-1]), *doors.queue("psp_events", *told)]


def ours(doors: Doors) -> tuple[str, str]:
    """An order of 21.65 paid over Stripe that has left, in the books, and Stripe's id of its capture."""
    order_id, _ = shipped_over_stripe(doors)
    return order_id, book(doors, order_id)


def shipped_over_stripe(doors: Doors) -> tuple[str, str]:
    payments = [{"provider": "stripe", "token": "pm_1", "amount": 2165}]
    order_id = doors.place(document(line("A", 2, 1000, tax=165), payments=payments))
    (work,) = doors.run_order_workflow(order_id)
    doors.world.act(work, "ship", lines={1: 2})
    doors.world.capture(work)
    return order_id, work


def settled(doors: Doors, entity: str) -> list[str]:
    """What was told of a dispute or payout that belongs to no order."""
    return [str(row["type"]) for row in doors.world.database.query("events", f"T#{TENANT}#{entity}")]


def parked(doors: Doors) -> list[tuple[str, str, str]]:
    shown = doors.api("settlements").get("/v1/finance/settlements/exceptions?legal_entity=100").body
    assert all(one["remedy"] and one["detail"] for one in shown["parked"])
    return [(one["kind"], one["name"], one["code"]) for one in shown["parked"]]


@pytest.mark.capability("K11", "K12")
def test_a_dispute_of_the_partner_bus_is_taken_in_once_however_often_it_is_told(doors: Doors) -> None:
    told = sample("charge_dispute_created")
    assert doors.queue("psp_events", told, {**told, "id": "another-delivery"}) == []
    raw = json.dumps(told["detail"])
    assert send(doors, raw, signed(doors, raw)).body == {"done": "recorded"}
    (reported,) = doors.told(*TOLD)
    assert reported["detail"]["data"]["message_id"] == "evt_oms0004"
    assert hear(doors) == []
    assert settled(doors, f"DISPUTE#{DISPUTE}") == ["DisputeFundsWithdrawn"]
    (withdrawn,) = doors.told("DisputeFundsWithdrawn")
    data = withdrawn["detail"]["data"]
    assert (data["amount"], data["fee"], data["currency"], data["order_id"]) == (2941, 1500, "USD", None)
    assert (data["legal_entity"], data["reference"], data["reason"]) == ("100", "ch_oms0001", "product_not_received")
    # Another event about the same dispute says nothing new.
    assert doors.queue("psp_events", sample("charge_dispute_created", "charge.dispute.funds_withdrawn")) == []
    assert (hear(doors), settled(doors, f"DISPUTE#{DISPUTE}")) == ([], ["DisputeFundsWithdrawn"])


@pytest.mark.capability("K12")
@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_a_dispute_that_is_won_comes_to_the_same_in_any_order(doors: Doors, order: tuple[int, ...]) -> None:
    order_id, charge = ours(doors)
    taken, back = (-2165, 1500), (2165, 0)
    told = [
        of_dispute("created", charge),
        of_dispute("funds_withdrawn", charge, "under_review", taken),
        of_dispute("funds_reinstated", charge, "won", taken, back),
        of_dispute("closed", charge, "won", taken, back),
    ]
    for number in order:
        assert doors.queue("psp_events", told[number]) == []
        assert doors.queue("psp_events", *doors.told(*TOLD)[-1:]) == []
    assert hear(doors) == []
    kinds = [row["event"] for row in doors.timeline(order_id) if row["event"].startswith("Dispute")]
    assert [kind for kind in kinds if kind != "DisputeWarned"] == ["DisputeFundsWithdrawn", "DisputeWon"]
    assert lines(doors, order_id, "DisputeFundsWithdrawn") == [("1120", 2165), ("6021", 1500), ("1110", -3665)]
    assert lines(doors, order_id, "DisputeWon") == [("1110", 2165), ("1120", -2165)]
    after = tender(doors, order_id)
    assert (after.disputed, after.charged_back, after.refundable, after.is_frozen) == (0, 0, 2165, False)
    assert parked(doors) == []


@pytest.mark.capability("K12", whole=True)
def test_a_dispute_told_by_webhook_freezes_refunds_posts_and_is_lost(doors: Doors) -> None:
    order_id, charge = ours(doors)
    for one in (
        of_dispute("created", charge, "needs_response", (-2165, 1500)),
        of_dispute("closed", charge, "lost", (-2165, 1500)),
    ):
        raw = json.dumps(one["detail"])
        assert send(doors, raw, signed(doors, raw)).body == {"done": "recorded"}
        assert doors.queue("psp_events", *doors.told(*TOLD)) == []
        if one["detail-type"].endswith("created"):
            assert (tender(doors, order_id).is_frozen, tender(doors, order_id).disputed) == (True, 2165)
            assert lines(doors, order_id, "DisputeFundsWithdrawn") == [("1120", 2165), ("6021", 1500), ("1110", -3665)]
    assert lines(doors, order_id, "DisputeLost") == [("6020", 2165), ("1120", -2165)]
    assert (tender(doors, order_id).disputed, tender(doors, order_id).charged_back) == (0, 2165)
    assert (hear(doors), tender(doors, order_id).charged_back) == ([], 2165)


@pytest.mark.capability("K12")
def test_a_win_waits_until_the_money_is_back(doors: Doors) -> None:
    order_id, charge = ours(doors)
    won = of_dispute("closed", charge, "won", (-2165, 1500))
    assert doors.queue("psp_events", won) == []
    assert (hear(doors), tender(doors, order_id).disputed) == ([], 2165)
    back = of_dispute("funds_reinstated", charge, "won", (-2165, 1500), (2165, -1500))
    assert doors.queue("psp_events", back) == []
    assert (hear(doors), tender(doors, order_id).disputed) == ([], 0)
    assert lines(doors, order_id, "DisputeWon") == [("1110", 3665), ("1120", -2165), ("6021", -1500)]


@pytest.mark.capability("K12")
def test_a_dispute_of_a_capture_that_is_not_in_the_books_yet_comes_again(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, _ = shipped_over_stripe(doors)
    charge = str(doors.stored_event(order_id, "PaymentCaptured")["detail"]["data"]["capture_id"])
    own(doors, monkeypatch)
    told = of_dispute("created", charge, "needs_response", (-2165, 1500))
    assert doors.queue("psp_events", told) == []
    reported = doors.told(*TOLD)
    with doors.world.unchanged():
        assert doors.queue("psp_events", *reported) == ["m0"]
        doors.world.provider.script["get"] = ["lost_before"]
        assert doors.queue("psp_events", *reported) == ["m0"]
    book(doors, order_id)
    assert (doors.queue("psp_events", *reported), tender(doors, order_id).disputed) == ([], 2165)


@pytest.mark.capability("K12")
def test_a_dispute_that_names_one_of_several_captures_finds_the_tender(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, _ = ours(doors)
    own(doors, monkeypatch)
    assert doors.queue("psp_events", of_dispute("created", "ch_of_all", "needs_response", (-2165, 1500))) == []
    assert (hear(doors), tender(doors, order_id).disputed) == ([], 2165)


def own(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripted provider shows whose each of its payments is, as metadata does."""
    from dataclasses import replace

    get = doors.world.provider.get

    def with_owner(reference: str) -> Any:
        found = get(reference)
        order_id = getattr(found, "order_id", None)
        if order_id is None:
            return found
        return replace(found, tenant=TENANT, payment_id=f"pay_{order_id.removeprefix('ord_')}_1")

    monkeypatch.setattr(doors.world.provider, "get", with_owner)


@pytest.mark.capability("K11")
def test_an_account_that_settles_for_nobody_takes_nothing_in(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SECRET, "stripe", {"api_key": "sk_test_1", "webhook_secret": WHSEC})
    with doors.world.unchanged():
        assert doors.queue("psp_events", sample("payout_paid"), sample("charge_dispute_created")) == []


@pytest.mark.capability("K11")
def test_another_source_and_an_unreadable_event_go_to_the_dead_letters(doors: Doors) -> None:
    strange = {**sample("payout_paid"), "source": "aws.partner/shopify.com/x"}
    nameless = sample("payout_paid", "payout.paid", "evt_1", id="")
    bare = sample("charge_dispute_created", "charge.dispute.created", "evt_2", charge=None)
    fraction = of_dispute("created", "ch_1", "needs_response", (-2165, 1500))
    fraction["detail"]["data"]["object"]["balance_transactions"][0]["fee"] = "15.00"
    never = sample("charge_dispute_created", "charge.dispute.created", "evt_3", created=10**15)
    with doors.world.unchanged():
        assert doors.queue("psp_events", strange, nameless, bare, fraction, never) == ["m0", "m1", "m2", "m3", "m4"]
        for unreadable in (nameless, never):
            raw = json.dumps(unreadable["detail"])
            answer = send(doors, raw, signed(doors, raw))
            assert (answer.status, answer.body["code"]) == (422, "provider_message_unreadable")


@pytest.mark.capability("K11")
def test_a_payment_event_of_the_partner_bus_is_the_same_hint_as_its_webhook(doors: Doors) -> None:
    order_id = doors.place(document(line("A", 3)))
    doors.run_order_workflow(order_id)
    payment = doors.world.order(order_id).payments[0]
    metadata = {"tenant": TENANT, "order_id": order_id, "payment_id": payment.id}
    gone = sample("payment_intent_succeeded", "payment_intent.canceled", id="psp_1", metadata=metadata)
    doors.world.provider.expire("psp_1")
    assert doors.queue("psp_events", gone) == []
    assert doors.see(order_id)["payment_status"] == "EXPIRED"
    with doors.world.unchanged():
        assert doors.queue("psp_events", gone) == []
