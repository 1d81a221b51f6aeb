"""Chargebacks and reports of Adyen: signed items, each recorded once and taken in whatever their order."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from oms.payments.adapters.adyen import account as account_of
from oms.settlement.model import dispute_name
from tests.contracts.scripted_http import Scripted, scripted
from tests.functions.test_adyen import ACCOUNT, KEY, P, Till, item
from tests.functions.test_reported_disputes import TOLD, hear, parked, settled
from tests.order_doors import SECRET, Doors, doors
from tests.order_world import TENANT, world

__all__ = ["doors", "scripted", "world"]
CASE = dispute_name("adyen", "DSP1")


@pytest.fixture
def till(doors: Doors, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> Till:
    own = {"endpoint": scripted.endpoint, "api_key": "key_1", "merchant_account": ACCOUNT, "hmac_keys": [KEY]}
    monkeypatch.setitem(SECRET, "adyen", {**own, "settlement": {"tenant": TENANT, "legal_entity": "100"}})
    at = account_of(f"{scripted.endpoint}/v71", "key_1", ACCOUNT)
    monkeypatch.setattr(doors.world, "providers", lambda name: at)
    return Till(doors, scripted, at)


def chargeback(event: str, made: str = "DSP1", value: int = 3000, status: str = "", **change: Any) -> dict[str, Any]:
    """An item about a dispute of the payment; `status` is what Adyen says of the dispute besides."""
    found = item(event, "a1", made, value, **change)
    return {**found, "additionalData": {**found["additionalData"], "disputeStatus": status}}


def state(till: Till) -> str | None:
    row = till.doors.world.database.rows
    bodies = [str(one["body"]) for (_, key), one in row.items() if key.pk.endswith(f"DISPUTE#{CASE}")]
    return next((text for text in ("WARNING", "OPEN", "WON", "LOST") if bodies and f'"{text}"' in bodies[0]), None)


@pytest.mark.capability("K11", "K12")
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_chargeback_that_is_reversed_is_won_in_any_order(till: Till, order: tuple[int, ...]) -> None:
    told = [
        chargeback("NOTIFICATION_OF_CHARGEBACK"),
        chargeback("CHARGEBACK", status="Undefended"),
        chargeback("CHARGEBACK_REVERSED", status="Won"),
    ]
    for number in order:
        assert till.send(told[number], told[number]).body == {"done": "recorded"}
        assert till.doors.queue("psp_events", *till.doors.told(*TOLD)[-1:]) == []
    assert (hear(till.doors), state(till), parked(till.doors)) == ([], "WON", [])
    kinds = [kind for kind in settled(till.doors, f"DISPUTE#{CASE}") if kind != "DisputeWarned"]
    assert kinds == ["DisputeFundsWithdrawn", "DisputeWon"]
    (data,) = [one["detail"]["data"] for one in till.doors.told("DisputeFundsWithdrawn")]
    assert (data["amount"], data["fee"], data["reference"], data["legal_entity"]) == (3000, 0, P, "100")


@pytest.mark.capability("K12")
@pytest.mark.parametrize("status", ["Lost", "Accepted", "Expired"])
def test_a_chargeback_that_says_it_is_over_is_lost(till: Till, status: str) -> None:
    for one in (
        chargeback("REQUEST_FOR_INFORMATION"),
        chargeback("CHARGEBACK"),
        chargeback("CHARGEBACK", status=status),
    ):
        assert till.send(one).body == {"done": "recorded"}
    assert (hear(till.doors), state(till)) == ([], "LOST")


@pytest.mark.capability("K12")
def test_a_second_chargeback_is_a_dispute_of_its_own(till: Till) -> None:
    for event in ("CHARGEBACK", "CHARGEBACK_REVERSED", "SECOND_CHARGEBACK"):
        assert till.send(chargeback(event)).body == {"done": "recorded"}
        assert till.doors.queue("psp_events", *till.doors.told(*TOLD)[-1:]) == []
    assert state(till) == "WON"
    again = dispute_name("adyen", "DSP1-2")
    assert settled(till.doors, f"DISPUTE#{again}") == ["DisputeFundsWithdrawn"]


@pytest.mark.capability("L5")
def test_a_report_of_payouts_is_parked_for_a_person(till: Till) -> None:
    report = item("REPORT_AVAILABLE", "", "settlement_detail_report_batch_1.csv", 0, originalReference="")
    assert till.send(report).body == {"done": "recorded"}
    assert hear(till.doors) == []
    assert parked(till.doors) == [("payout", "adyen settlement_detail_report_batch_1.csv", "report_to_be_read")]


@pytest.mark.capability("K11")
def test_an_item_that_names_nothing_is_refused_and_one_that_did_not_happen_says_nothing(till: Till) -> None:
    with till.doors.world.unchanged():
        refused = till.send(chargeback("CHARGEBACK", originalReference=""))
        assert (refused.status, refused.body["code"]) == (422, "provider_message_unreadable")
        assert till.send(chargeback("CHARGEBACK", value=0)).status == 422
        assert till.send(chargeback("CHARGEBACK", success=False)).body == {"done": "nothing"}
