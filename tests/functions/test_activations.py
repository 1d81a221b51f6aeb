"""Digital lines that are activated: licences, gift cards and providers, each unit once, and retried until a person."""

from __future__ import annotations

from typing import Any

import pytest

from oms.finance.closing.evidence import order_facts
from oms.finance.posting import postings_of
from oms.platform.clock import parse_instant
from oms.platform.effects import TransientFailure
from oms.registry import reads as registry
from tests.fake_activations import FakeActivations
from tests.interruptions import before_commit, calm
from tests.notice_doors import CUSTOMER, Notices, notices
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "notices", "world"]

ITEMS = {
    "GAME": {"by": "licence_pool"},
    "CARD": {"by": "gift_card"},
    "PASS": {"by": "provider", "provider": "playbox"},
}


@pytest.fixture(name="at")
def provider_fixture(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> FakeActivations:
    """A provider of activations that the functions reach, and one item of each kind."""
    made = FakeActivations()
    monkeypatch.setattr(doors.module("release_fulfillment"), "activation_provider", made.provider)
    for sku, activation in ITEMS.items():
        body = {"description": f"The {sku.lower()}", "kind": "digital", "activation": activation}
        assert doors.api("registry").put(f"/v1/items/{sku}", body).status == 201
    registry.forget()
    return made


def load(doors: Doors, *codes: str, sku: str = "GAME", **more: Any) -> Any:
    return doors.api("registry").post(f"/v1/items/{sku}/licences", {"codes": list(codes)}, **more)


def free(doors: Doors) -> int:
    return int(doors.api("registry").get("/v1/items/GAME/licences").body["free"])


def digital(sku: str, units: int = 1, price: int = 1000) -> dict[str, Any]:
    return line(sku, units, price, method="digital")


def authorized(doors: Doors, *lines: dict[str, Any], **more: Any) -> tuple[str, str]:
    """An order whose money is held; its id and that of its digital work."""
    order_id = doors.place(document(*lines, customer=CUSTOMER, **more))
    doors.task("source_order", order_id=order_id)
    outcome = doors.task("authorize_payment", order_id=order_id)
    named = [str(one["fulfillment_order_id"]) for one in outcome["fulfillment_orders"]]
    return order_id, next(one for one in named if doors.world.work(one).method == "digital")


def release(doors: Doors, work_id: str, token: str = "token") -> None:
    doors.world.waiting.add(token)
    order_id = f"ord_{work_id.split('_')[1]}"
    doors.task("release_fulfillment", order_id=order_id, fulfillment_order_id=work_id, task_token=token)


def not_now(doors: Doors, work_id: str, token: str = "token") -> None:
    with pytest.raises(TransientFailure):
        release(doors, work_id, token)


def activations(doors: Doors, order_id: str) -> list[dict[str, Any]]:
    works = doors.see(order_id)["fulfillment_orders"]
    return [one for work in works for own in work["lines"] for one in own["activations"]]


def ids(doors: Doors, order_id: str) -> list[str | None]:
    return [one["activation_id"] for one in activations(doors, order_id)]


def tasks(doors: Doors) -> list[tuple[str, str]]:
    listed = doors.api("capacity").get("/v1/tasks?kind=ACTIVATION_FAILED")
    assert listed.status == 200, listed.body
    return [(one["reason"], one["subjects"]["fulfillment_order_id"]) for one in listed.body["tasks"]]


def posted(doors: Doors, order_id: str) -> dict[str, int]:
    """Debit less credit of each account, of what left and of the gift cards that came into being."""
    sums: dict[str, int] = {}
    for event in doors.told("ShipmentShipped", "GiftCardIssued"):
        detail, at = event["detail"], parse_instant(event["detail"]["meta"]["occurred_at"])
        for one in postings_of(event["detail-type"], detail["data"], detail["meta"]["id"], at):
            for own in one.entry.lines:
                sums[own.account] = sums.get(own.account, 0) + own.debit - own.credit
    return {account: amount for account, amount in sums.items() if amount}


@pytest.mark.capability("H9", whole=True)
def test_digital_and_gift_card_lines_are_delivered_at_once_and_what_fails_is_retried_and_then_a_task(
    doors: Doors, at: FakeActivations
):
    assert load(doors, "AAAA-1", "AAAA-2").body == {"sku": "GAME", "loaded": 2, "known": 0}
    order_id, work_id = authorized(doors, digital("GAME", 2, 5900), digital("CARD", 1, 2500), digital("PASS", 2, 800))
    at.script = {"activate": ["", "lost_before"], "find": ["lost_before"]}
    release(doors, work_id, "first")
    seen = doors.see(order_id)
    # What could be delivered has left at once: its money is to be taken, and the workflow is told.
    assert (seen["status"], [one["mode"] for one in seen["shipments"]]) == ("IN_PROGRESS", ["digital"])
    assert seen["shipments"][0]["total"] == 2 * 5900 + 2500 + 800
    assert [(token, outcome.value) for token, outcome in doors.world.continued] == [("first", "PARTIALLY_SHIPPED")]
    assert doors.world.capture(work_id) == 2 * 5900 + 2500 + 800
    # The rest fails, its workflow tries again and again, and then a person is told, once.
    at.script = {"find": ["lost_before", "lost_before"]}
    not_now(doors, work_id, "second")
    not_now(doors, work_id, "second")
    for _ in range(2):
        doors.task("escalate_fulfillment", order_id=order_id, fulfillment_order_id=work_id, reason="RELEASE_FAILED")
    assert tasks(doors) == [("NO_ANSWER", work_id)]
    release(doors, work_id, "third")
    assert doors.world.capture(work_id) == 800
    seen = doors.see(order_id)
    assert (seen["status"], seen["payment_status"], tasks(doors)) == ("COMPLETED", "CAPTURED", [])
    shown = {one["id"]: one["activation_id"] for one in activations(doors, order_id)}
    assert len(shown) == len(set(shown.values())) == 5
    assert sorted(str(name)[:4] for name in shown.values()) == ["actv", "actv", "gft_", "lic_", "lic_"]
    assert (len(at.activations.done), free(doors)) == (2, 0)
    assert [one["detail"]["data"]["outcome"] for one in doors.told("TaskDone")] == ["DELIVERED"]


@pytest.mark.capability("H9", "N1")
def test_a_gift_card_line_issues_a_card_of_its_price_that_can_be_spent(doors: Doors, at: FakeActivations):
    order_id, work_id = authorized(doors, digital("CARD", 2, 2500), digital("GAME", 1, 1000), cards=[6000])
    load(doors, "CODE-1")
    release(doors, work_id)
    names = [one["activation_id"] for one in activations(doors, order_id) if one["by"] == "gift_card"]
    for name in names:
        card = doors.api("gift_cards").get(f"/v1/gift-cards/{name}").body
        assert (card["balance"], card["currency"], card["reason"]) == (2500, "USD", "sold")
    # The cards are owed to whoever has them; only the game is revenue.
    assert posted(doors, order_id) == {"2010": 6000, "2020": -5000, "4010": -1000}
    facts = order_facts(doors.world.order(order_id))
    assert (facts.delivered, facts.delivered_goods) == (6000, 1000)
    pay = {"tender": "gift_card", "provider": "stored_value", "token": names[0], "amount": 2500}
    spent = doors.place(document(line("A", 1, 2500), payments=[pay], external_id="spent"))
    doors.run_order_workflow(spent)
    assert doors.see(spent)["payment_status"] == "AUTHORIZED"
    assert doors.api("gift_cards").get(f"/v1/gift-cards/{names[0]}").body["held"] == 2500
    body = {"node_id": "S1", "reason": "no_use", "lines": [{"line_no": 1, "quantity": 1, "disposition": "sellable"}]}
    with doors.world.unchanged():
        back = doors.api("returns").post(f"/v1/orders/{order_id}/returns", body)
    assert (back.status, back.pointers, back.body["errors"][0]["code"]) == (422, ["/lines/0/line_no"], "gift_card")


@pytest.mark.capability("H9")
def test_two_orders_at_once_never_get_one_code(doors: Doors, at: FakeActivations):
    load(doors, "ONLY-ONE")
    first, first_work = authorized(doors, digital("GAME"), external_id="first")
    second, second_work = authorized(doors, digital("GAME"), external_id="second")
    other: list[str] = []

    def faster() -> None:
        release(doors, second_work, "faster")
        other.extend(str(one) for one in ids(doors, second))

    # The token and its wait are one transaction, the delivery is the next.
    before_commit(doors, 2, faster)
    not_now(doors, first_work)
    calm(doors)
    assert (len(other), ids(doors, first), free(doors)) == (1, [], 0)
    assert load(doors, "ONLY-ONE", "ANOTHER").body == {"sku": "GAME", "loaded": 1, "known": 1}
    release(doors, first_work, "again")
    assert (len({*other, *ids(doors, first)}), doors.see(first)["status"]) == (2, "COMPLETED")


LOST = {
    "the call never came": {"activate": ["lost_before"], "find": ["lost_before"]},
    "the answer was lost": {"activate": ["lost_after"], "find": ["lost_before"]},
    "the answer was lost and found": {"activate": ["lost_after"]},
    "refused first": {"activate": ["declined"]},
}


@pytest.mark.capability("H9")
@pytest.mark.parametrize("case", LOST)
def test_whatever_answer_is_lost_a_provider_activates_a_unit_once(doors: Doors, at: FakeActivations, case: str):
    at.script = {kind: list(steps) for kind, steps in LOST[case].items()}
    order_id, work_id = authorized(doors, digital("PASS"))
    if case == "the answer was lost and found":
        release(doors, work_id)
    else:
        not_now(doors, work_id)
        (shown,) = activations(doors, order_id)
        refused = case == "refused first"
        assert (shown["status"], shown["refused"]) == (("FAILED", "not_available") if refused else ("REQUESTED", None))
        release(doors, work_id)
    (shown,) = activations(doors, order_id)
    assert (shown["status"], shown["attempt"]) == ("ACTIVATED", 2 if case == "refused first" else 1)
    assert (len(at.activations.done), doors.see(order_id)["status"]) == (1, "COMPLETED")
    release(doors, work_id, "late")
    assert len(at.activations.done) == 1


@pytest.mark.capability("H9", "C3")
def test_what_is_activated_outside_is_not_cancelled_and_what_is_not_is(doors: Doors, at: FakeActivations):
    order_id, work_id = authorized(doors, digital("PASS"), digital("GAME", 2))
    at.script = {"activate": ["lost_after"], "find": ["lost_before"]}
    not_now(doors, work_id)
    path, body = f"/v1/orders/{order_id}/cancellations", {"reason": "changed_mind"}
    asked = doors.api("change_orders").post(path, body)
    assert asked.status == 202, asked.body
    assert doors.see(order_id)["status"] == "IN_PROGRESS"
    release(doors, work_id, "again")
    seen = doors.see(order_id)
    assert [one["quantities"] for one in seen["lines"]] == [{"delivered": 1}, {"cancelled": 2}]
    assert (seen["status"], len(at.activations.done), doors.world.capture(work_id)) == ("COMPLETED", 1, 1000)


@pytest.mark.capability("H9", "B6")
def test_its_mail_has_the_codes_and_sending_it_again_activates_nothing(notices: Notices, at: FakeActivations):
    doors = notices.doors
    load(doors, "AAAA-BBBB")
    order_id, work_id = authorized(doors, digital("GAME"), digital("PASS"), digital("CARD", 1, 2500))
    release(doors, work_id)
    notices.hear(times=2)
    gift = next(str(name) for name in ids(doors, order_id) if str(name).startswith("gft_"))
    letter = notices.letters[-1]
    assert "The game: AAAA-BBBB" not in letter.subject
    said = ["GAME: AAAA-BBBB", "PASS: PLAY-0001", f"CARD: {gift}"]
    assert [row for row in letter.text.splitlines() if ": " in row][:3] == said
    told = "".join(str(event) for event in doors.told("ActivationCompleted", "LicencesLoaded", "ShipmentShipped"))
    assert "AAAA-BBBB" not in told
    assert "PLAY-0001" not in told
    assert "AAAA-BBBB" not in str(doors.see(order_id))
    (notice,) = [one for one in notices.listed(order_id) if one["milestone"] == "activated"]
    before = (ids(doors, order_id), free(doors), list(at.activations.done))
    again = doors.api("change_orders").post(f"/v1/orders/{order_id}/notices/{notice['id']}/resend", {})
    assert again.status == 201, again.body
    notices.hear()
    assert [one.text for one in notices.letters[-2:]] == [letter.text, letter.text]
    assert (ids(doors, order_id), free(doors), list(at.activations.done)) == before


@pytest.mark.capability("H9")
def test_a_large_line_leaves_in_as_many_shipments_as_transactions_hold(doors: Doors, at: FakeActivations):
    for part in range(2):
        load(doors, *(f"CODE-{part}-{number}" for number in range(40)))
    lines = (digital("GAME", 70, 100), digital("GAME", 5, 100), digital("CARD", 25, 300))
    order_id, work_id = authorized(doors, *lines)
    release(doors, work_id)
    seen = doors.see(order_id)
    assert (seen["status"], free(doors), len(set(ids(doors, order_id)))) == ("COMPLETED", 5, 100)
    assert sum(one["total"] for one in seen["shipments"]) == 15_000
    assert doors.world.capture(work_id) == 15_000
