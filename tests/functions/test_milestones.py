"""All that a customer hears of orders from the first letter to the last, and of goods that somebody collected."""

from __future__ import annotations

from typing import Any

import pytest

from tests.carrier_messages import easypost, scan, shipped, tracker
from tests.carrier_messages import hear as hear_carriers
from tests.functions.test_notices import resend
from tests.functions.test_slips import EARLY, LATER, WAITS, hold, supply
from tests.functions.test_slips import hear as hear_supply
from tests.notice_doors import Notices, notices
from tests.order_doors import doors
from tests.order_world import line, world
from tests.pickup_doors import Counter, collected
from tests.refund_doors import Refunds

__all__ = ["doors", "notices", "world"]

SUBJECTS = {
    "en-US": {
        "confirmed": "Your order {} is confirmed",
        "shipped": "Your order {} is on its way",
        "delivered": "Your order {} has arrived",
        "refunded": "We have refunded $10.00 for your order {}",
        "ready": "Your order {} is ready for collection",
        "delayed": "Your order {} comes later",
        "cancelled": "Your order {} is cancelled",
    },
    "de-DE": {
        "confirmed": "Ihre Bestellung {} ist bestätigt",
        "shipped": "Ihre Bestellung {} ist unterwegs",
        "delivered": "Ihre Bestellung {} ist angekommen",
        "refunded": "Wir haben 10,00\u00a0$ für Ihre Bestellung {} erstattet",
        "ready": "Ihre Bestellung {} liegt zur Abholung bereit",
        "delayed": "Ihre Bestellung {} verspätet sich",
        "cancelled": "Ihre Bestellung {} ist storniert",
    },
    "fr-FR": {
        "confirmed": "Votre commande {} est confirmée",
        "shipped": "Votre commande {} est en route",
        "delivered": "Votre commande {} est arrivée",
        "refunded": "Nous avons remboursé 10,00\u00a0$US pour votre commande {}",
        "ready": "Votre commande {} est prête à être retirée",
        "delayed": "Votre commande {} arrivera plus tard",
        "cancelled": "Votre commande {} est annulée",
    },
}


def delivered_and_taken_back(notices: Notices, locale: str) -> None:
    """Order o-1 is shipped, paid and delivered, and one of its units comes back to a store."""
    order_id = notices.place(line("A", 2), external_id="o-1", locale=locale)
    (work,) = notices.doors.run_order_workflow(order_id)
    shipped(notices.doors, work, {"carrier": "UPS", "tracking_number": "1Z1"})
    notices.doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    for event in ("evt_1", "evt_2"):
        easypost(notices.doors, tracker("1Z1", scan("delivered", "2026-11-23T13:00:00.000Z"), event=event))
    assert hear_carriers(notices.doors) == []
    shop = Refunds(notices.doors)
    shop.taken_back(order_id, {1: 1})
    assert shop.pay(order_id) == []


def late(notices: Notices, locale: str) -> str:
    """Order o-3 waits for supply that comes a week later than was said."""
    notices.doors.world.add_item("NEW", {})
    hold(notices.doors, {**WAITS, "where": {"nodes": ["DC1"]}})
    supply(notices.doors, "po-1", 1, EARLY)
    order_id = notices.place(line("NEW", 1), external_id="o-3", locale=locale)
    notices.doors.task("source_order", order_id=order_id)
    slip = supply(notices.doors, "po-1", 1, LATER, 1)
    hear_supply(notices.doors, slip)
    hear_supply(notices.doors, slip)
    return order_id


@pytest.mark.capability("B6", whole=True)
@pytest.mark.parametrize("locale", SUBJECTS)
def test_each_of_the_seven_milestones_is_one_message_in_the_customers_language(notices: Notices, locale: str):
    delivered_and_taken_back(notices, locale)
    ready = notices.place(collected("B", 1), external_id="o-2", locale=locale)
    (work,) = notices.doors.run_order_workflow(ready)
    notices.doors.world.act(work, "stage")
    waits = late(notices, locale)
    gone = notices.place(line("C", 1), external_id="o-4", locale=locale)
    notices.doors.world.cancel(gone)
    notices.hear(times=3)
    notices.hear(times=2)
    told: dict[str, list[str]] = {
        "o-1": ["confirmed", "shipped", "delivered", "refunded"],
        "o-2": ["confirmed", "ready"],
        "o-3": ["confirmed", "delayed"],
        "o-4": ["confirmed", "cancelled"],
    }
    said = SUBJECTS[locale]
    expected = [said[milestone].format(order) for order, milestones in told.items() for milestone in milestones]
    assert sorted(letter.subject for letter in notices.letters) == sorted(expected)
    (first, delay) = notices.listed(waits)
    assert [(one["milestone"], one["status"], one["locale"]) for one in (first, delay)] == [
        ("confirmed", "SENT", locale),
        ("delayed", "SENT", locale),
    ]
    again: Any = resend(notices, waits, delay["id"], key="again")
    assert (again.status, resend(notices, waits, delay["id"], key="again").body) == (201, again.body)
    notices.hear(times=2)
    assert [letter.subject for letter in notices.letters[len(expected) :]] == [said["delayed"].format("o-3")]


@pytest.mark.capability("B6")
def test_a_parcel_that_is_delivered_is_told_with_what_was_in_it(notices: Notices):
    order_id = notices.place(line("A", 3, description="Blue mug"))
    (work,) = notices.doors.run_order_workflow(order_id)
    boxes = [{"package_no": n, "tracking_number": f"P{n}", "lines": [{"line_no": 1, "quantity": n}]} for n in (1, 2)]
    shipped(notices.doors, work, {"packages": boxes})
    for number in ("P2", "P1", "P2"):
        easypost(notices.doors, tracker(number, scan("delivered", "2026-11-23T13:00:00.000Z"), event=f"evt_{number}"))
        assert hear_carriers(notices.doors) == []
        notices.hear(times=2)
    arrived = [one for one in notices.letters if one.subject == "Your order 536365 has arrived"]
    assert [one.text.split("\n\n")[1:3] for one in arrived] == [
        ["A parcel of your order 536365 was delivered.", "2 × Blue mug"],
        ["A parcel of your order 536365 was delivered.", "1 × Blue mug"],
    ]


@pytest.mark.capability("F9", whole=True)
def test_the_buyer_hears_who_collected_what_and_when_once_for_each_hand_over(notices: Notices):
    counter = Counter(notices.doors)
    counter.rules({"id": "all", "proofs": ["code", "id_document", "signature"]})
    named = {"name": "Ann Smith", "email": "ann@example.com"}
    order_id, work = counter.ready(collected("A", 3, description="Blue mug"), customer=named)
    assert counter.refused(work, lines=[{"line_no": 1, "quantity": 2}]) == (422, "proof_missing", ["/proof"])
    notices.doors.world.clock.advance(hours=2)
    proof = {"code": counter.code(order_id)}
    for _ in range(2):
        some = {"lines": [{"line_no": 1, "quantity": 2}], "collector": "Ben Jones", "proof": proof}
        assert counter.hand_over(work, key="first", **some).status == 200
    notices.hear(times=2)
    notices.doors.world.clock.advance(hours=1)
    signature = {"signature": "files/1"}
    assert counter.hand_over(work, collector="Ann Smith", proof=signature).status == 200
    notices.hear(times=3)
    shown = notices.doors.see(order_id)["shipments"]
    assert [(one["proof"]["collector"], one["proof"]["kinds"]) for one in shown] == [
        ("Ben Jones", ["code"]),
        ("Ann Smith", ["signature"]),
    ]
    collected_letters = [one for one in notices.letters if one.subject == "Goods of your order 536365 were collected"]
    assert {one.to for one in collected_letters} == {"ann@example.com"}
    assert [one.text.split("\n\n")[1:4] for one in collected_letters] == [
        [
            "This was handed over on November 23, 2026 at 9:00\u00a0AM to Ben Jones:",
            "2 × Blue mug",
            "It was collected here:\nS1\n1 Main St\nTown",
        ],
        [
            "This was handed over on November 23, 2026 at 10:00\u00a0AM to Ann Smith:",
            "1 × Blue mug",
            "It was collected here:\nS1\n1 Main St\nTown",
        ],
    ]


@pytest.mark.capability("F9")
def test_goods_that_nothing_is_asked_for_are_told_without_a_name_and_what_was_refused_is_not(notices: Notices):
    counter = Counter(notices.doors)
    _, work = counter.ready(collected("A", 2))
    assert counter.hand_over(work, refused=[{"line_no": 1, "quantity": 1, "reason": "changed_mind"}]).status == 200
    other, nothing = counter.ready(collected("B", 1), external_id="o-2")
    assert counter.hand_over(nothing, refused=[{"line_no": 1, "quantity": 1, "reason": "changed_mind"}]).status == 200
    notices.hear(times=2)
    letter = next(one for one in notices.letters if one.subject == "Goods of your order 536365 were collected")
    assert letter.text.split("\n\n")[1:3] == ["This was handed over on November 23, 2026 at 7:00\u00a0AM:", "1 × A"]
    assert [one["milestone"] for one in notices.listed(other)].count("collected") == 0
