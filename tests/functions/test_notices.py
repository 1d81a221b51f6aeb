"""What a customer is told of an order: one message for each milestone, and who may ask for it again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.test_payment_care import care
from tests.notice_doors import CUSTOMER, Notices, notices
from tests.order_doors import doors
from tests.order_world import document, line, world
from tests.pickup_doors import OPEN, Counter, collected

__all__ = ["doors", "notices", "world"]

PAY_PAGE = "https://shop.example/pay/$name"


def ship(notices: Notices, order_id: str, units: int) -> None:
    """The one node of an order ships some units of its first line."""
    (work,) = notices.doors.see(order_id)["fulfillment_orders"]
    shipment = {"carrier": "UPS", "tracking_number": "1Z1"}
    notices.doors.world.act(work["id"], "ship", lines={1: units}, shipment=shipment)


def texts(notices: Notices) -> list[tuple[str, str]]:
    """Subject, and text without its greeting and its end, of each letter in the order in which they were sent."""
    return [(letter.subject, "|".join(letter.text.split("\n\n")[1:-1])) for letter in notices.letters]


def resend(notices: Notices, order_id: str, notice_id: str, body: Any = None, **more: Any) -> Any:
    path = f"/v1/orders/{order_id}/notices/{notice_id}/resend"
    return notices.doors.api("change_orders").post(path, body, **more)


@pytest.mark.capability("B6")
def test_each_milestone_is_told_once_however_often_its_event_comes(notices: Notices):
    order_id = notices.place(line("A", 4, description="Blue mug"))
    notices.doors.run_order_workflow(order_id)
    notices.hear(times=2)
    notices.doors.world.cancel(order_id, {1: 1})
    notices.hear(times=2)
    ship(notices, order_id, 1)
    notices.hear(times=2)
    ship(notices, order_id, 2)
    notices.hear(times=3)
    assert notices.states(order_id) == [
        ("confirmed", "SENT", None),
        ("partly_cancelled", "SENT", None),
        ("partly_shipped", "SENT", None),
        ("shipped", "SENT", None),
    ]
    assert texts(notices) == [
        (
            "Your order 536365 is confirmed",
            "Thank you for your order 536365. We have received it and are getting it ready.|4 × Blue mug|Total: $40.00",
        ),
        (
            "A part of your order 536365 is cancelled",
            "This part of your order 536365 was cancelled:|1 × Blue mug|The rest of it is not touched by this.",
        ),
        (
            "A part of your order 536365 is on its way",
            "A part of your order 536365 has left us. We will write again when the rest leaves.|1 × Blue mug|"
            "Carrier: UPS\nTracking number: 1Z1",
        ),
        (
            "Your order 536365 is on its way",
            "Your order 536365 has left us.|2 × Blue mug|Carrier: UPS\nTracking number: 1Z1",
        ),
    ]
    assert {letter.to for letter in notices.letters} == {"ann@example.com"}
    assert {letter.text.split("\n")[0] for letter in notices.letters} == {"Hello Ann Example,"}
    told = [row["detail"]["meta"]["type"] for row in notices.doors.told("NoticeQueued", "NoticeSent")]
    assert (told.count("NoticeQueued"), told.count("NoticeSent")) == (4, 4)


@pytest.mark.capability("B6")
def test_goods_at_the_counter_are_told_where_they_are_and_what_is_cancelled_whole_is_told_once(notices: Notices):
    order_id = notices.place(line("A", 2, method="pickup", pickup_node="S1"), locale="de-DE")
    (work,) = notices.doors.run_order_workflow(order_id)
    for verb in ("accept", "pick", "pack", "stage"):
        notices.doors.world.act(work, verb)
    other = notices.place(line("B", 1), external_id="o-2", locale="fr-FR")
    notices.doors.world.cancel(other)
    notices.hear(times=2)
    assert notices.states(order_id) == [("confirmed", "SENT", None), ("ready", "SENT", None)]
    assert notices.states(other) == [("confirmed", "SENT", None), ("cancelled", "SENT", None)]
    said = dict(texts(notices))
    assert said["Ihre Bestellung 536365 liegt zur Abholung bereit"] == (
        "Ihre Bestellung 536365 liegt bereit. Sie können sie hier abholen:|S1\n1 Main St\nTown|2 × A"
    )
    assert said["Votre commande o-2 est annulée"] == (
        "Votre commande o-2 a été annulée :|1 × B|Ce que vous avez payé vous est rendu."
    )


@pytest.mark.capability("B6")
def test_a_customer_hears_the_code_and_until_when_goods_wait_and_is_reminded(notices: Notices):
    counter = Counter(notices.doors)
    counter.open_at(hours=OPEN)
    counter.rules({"id": "all", "proofs": ["code"], "open_days": 3, "remind_days": 1})
    order_id, work = counter.ready(collected("A", 2))
    for days in (0, 2):
        notices.doors.world.clock.advance(days=days, hours=days * 4)
        notices.doors.task("escalate_fulfillment", order_id=order_id, fulfillment_order_id=work)
        notices.hear(times=2)
    assert [one[:2] for one in notices.states(order_id)] == [
        *[("confirmed", "SENT"), ("ready", "SENT"), ("reservation_expiring", "SENT")],
    ]
    _, ready, reminder = notices.letters
    assert f"\n\nPlease show this code at the counter: {counter.code(order_id)}\n\n" in ready.text
    assert "\n\nWe keep it for you until November 26, 2026 at 6:00\u00a0PM.\n\n" in ready.text
    assert reminder.text.split("\n\n")[1:-1] == [
        "This is kept for you until November 26, 2026 at 6:00\u00a0PM:",
        "2 × A",
        "You can collect it here:\nS1\n1 Main St\nTown",
        "After that others can buy it.",
    ]
    assert counter.code(order_id) not in str(notices.listed(order_id))


@pytest.mark.capability("B6")
def test_a_customer_hears_of_the_page_on_which_another_card_can_be_given(notices: Notices):
    notices.rules(shop="Acme & Sons", pay_page=PAY_PAGE)
    order_id = unpaid(notices)
    notices.hear(times=2)
    assert notices.states(order_id)[-1] == ("pay_link", "SENT", None)
    name = notices.doors.stored_event(order_id, "PaymentLinkCreated")["detail"]["data"]["name"]
    letter = notices.letters[-1]
    assert letter.subject == "Please pay $30.00 for your order 536365"
    assert f"\n\nhttps://shop.example/pay/{name}\n\n" in letter.text
    assert letter.text.endswith("\n\nAcme & Sons")
    assert f'<p><a href="https://shop.example/pay/{name}">https://shop.example/pay/{name}</a></p>' in letter.html
    assert letter.html.endswith("<p>Acme &amp; Sons</p>\n</body></html>\n")
    stored = [str(row) for (table, key), row in notices.doors.world.database.rows.items() if "#NOTICES#" in key.pk]
    assert stored
    assert not [row for row in stored if name in row or "ann@example.com" in row or "Ann Example" in row]


def unpaid(notices: Notices) -> str:
    """An order whose payment was declined, and whose customer is asked for another card."""
    notices.doors.world.provider.script.update({"authorize": ["declined"]})
    order_id = notices.place(line("A", 3))
    notices.doors.task("source_order", order_id=order_id)
    assert notices.doors.task("authorize_payment", order_id=order_id)["outcome"] == "DECLINED"
    care(notices.doors, order_id)
    return order_id


@pytest.mark.capability("B6")
def test_nobody_hears_without_an_address_a_page_or_where_the_rules_send_nothing(notices: Notices):
    notices.rules("silent", channels=["web"], off=["cancelled"])
    nobody = notices.doors.place(document(line("A", 1), external_id="o-1"))
    wrong = notices.place(line("A", 1), external_id="o-2", customer={**CUSTOMER, "email": "ann at home"})
    off = notices.place(line("A", 1), external_id="o-3")
    notices.doors.world.cancel(off)
    linked = unpaid(notices)
    notices.hear(times=2)
    assert notices.states(nobody) == notices.states(wrong) == [("confirmed", "SUPPRESSED", "NO_ADDRESS")]
    assert notices.states(off) == [("confirmed", "SENT", None), ("cancelled", "SUPPRESSED", "SWITCHED_OFF")]
    assert notices.states(linked)[-1] == ("pay_link", "SUPPRESSED", "NO_PAY_PAGE")
    assert [letter.subject for letter in notices.letters] == [
        "Your order o-3 is confirmed",
        "Your order 536365 is confirmed",
    ]
    assert len(notices.doors.told("NoticeSuppressed")) == 4


@pytest.mark.capability("B6")
def test_a_person_may_have_a_notice_sent_again_once_for_each_call(notices: Notices):
    order_id = notices.place(line("A", 1))
    (queued,) = hear_only_placing(notices, order_id)
    world = notices.doors.world
    with world.unchanged():
        early = resend(notices, order_id, queued["id"])
        assert (early.status, early.body["code"]) == (409, "action_not_available")
        missing = resend(notices, order_id, "ntc_none")
        assert (missing.status, missing.body["code"]) == (404, "not_found")
    notices.hear()
    (first,) = notices.listed(order_id)
    assert (first["status"], first["available_actions"]) == ("SENT", ["resend"])
    with world.unchanged():
        stale = resend(notices, order_id, first["id"], headers={"if-match": "7"})
        assert (stale.status, stale.body["code"]) == (409, "stale_version")
        assert resend(notices, order_id, first["id"], {"locale": "French"}).pointers == ["/locale"]
    answer = resend(notices, order_id, first["id"], {"locale": "fr"}, key="again")
    assert (answer.status, answer.body["status"], answer.body["resend_of"]) == (201, "QUEUED", first["id"])
    assert resend(notices, order_id, first["id"], {"locale": "fr"}, key="again").body == answer.body
    notices.hear(times=2)
    assert [letter.subject for letter in notices.letters] == [
        "Your order 536365 is confirmed",
        "Votre commande 536365 est confirmée",
    ]
    second = notices.listed(order_id)[1]
    assert (second["status"], second["asked_by"], second["locale"]) == ("SENT", "client-1", "fr")


def hear_only_placing(notices: Notices, order_id: str) -> list[dict[str, Any]]:
    """The order's milestone is kept and nothing is sent yet."""
    assert notices.doors.queue("send_notices", *notices.doors.told("OrderPlaced")) == []
    return notices.listed(order_id)


@pytest.mark.capability("B6")
def test_nothing_is_sent_again_to_an_order_without_an_address(notices: Notices):
    order_id = notices.doors.place(document(line("A", 1)))
    notices.hear()
    (one,) = notices.listed(order_id)
    with notices.doors.world.unchanged():
        refused = resend(notices, order_id, one["id"])
    assert (refused.status, refused.body["code"]) == (409, "notice_without_address")


def test_notices_of_an_order_that_is_not_there_are_not_found(notices: Notices):
    answer = notices.doors.api("read_orders").get("/v1/orders/ord_none/notices")
    assert (answer.status, answer.body["code"]) == (404, "not_found")


@pytest.mark.capability("B6")
def test_templates_of_a_brand_come_before_ours_and_fall_back_from_region_to_language(notices: Notices):
    french = {"milestone": "confirmed", "locale": "fr", "subject": "Merci $name", "text": "$hello\n\n$order\n\n$total"}
    english = {**french, "locale": "en", "subject": "Thanks $name", "html": "<b>$name</b> [[code: never]]$lines"}
    notices.rules("acme", channels=["web"], shop="Acme", templates=[french, {**english, "html": "<b>$name</b>$lines"}])
    named = {"customer": {**CUSTOMER, "name": "<Ann>"}}
    for number, locale in enumerate(("fr-CA", "en-GB", "de-AT", "es-MX")):
        notices.place(line("A", 1, 123_450), external_id=f"o-{number}", locale=locale, currency="CAD", **named)
    notices.hear()
    canada, britain, austria, mexico = notices.letters
    assert (canada.subject, canada.text) == ("Merci <Ann>", "Bonjour <Ann>,\n\no-0\n\n1\u00a0234,50\u00a0$")
    assert (britain.subject, britain.html) == ("Thanks <Ann>", "<b>&lt;Ann&gt;</b><ul><li>1 × A</li></ul>")
    assert "\n\nSumme: CA$\u00a01.234,50\n\nAcme" in austria.text
    assert mexico.subject == "Thanks <Ann>"


@pytest.mark.capability("B6")
def test_rules_with_a_name_that_says_nothing_are_refused(notices: Notices):
    api = notices.doors.api("rule_sets")
    wrong = {"milestone": "refunded", "locale": "en", "subject": "Hi", "text": "$lines"}
    for text, code in (("$lines", "$lines is not known of refunded"), ("$", "a $ that no name follows")):
        with notices.doors.world.unchanged():
            put = api.put("/v1/notices/rules/a", {"templates": [{**wrong, "text": text}]}, headers={"if-match": "0"})
        assert (put.status, put.body["code"]) == (422, "invalid_request")
        assert code in json.dumps(put.body)


@pytest.mark.capability("B6")
def test_a_preview_shows_a_template_before_it_holds_and_what_holds(notices: Notices):
    notices.rules("acme", channels=["web"], shop="Acme")
    api = notices.doors.api("rule_sets")
    with notices.doors.world.unchanged():
        own = {"subject": "$order!", "text": "$amount"}
        tried = api.post("/v1/notices/previews", {"milestone": "refunded", "locale": "de", "template": own})
        holds = api.post("/v1/notices/previews", {"milestone": "refunded", "locale": "fr-CA", "channel": "web"})
        wrong = api.post(
            "/v1/notices/previews", {"milestone": "refunded", "locale": "de", "template": {**own, "text": "$when"}}
        )
    assert (tried.status, tried.body["own"], tried.body["subject"], tried.body["text"]) == (
        *(200, True, "100200300!"),
        "1.234,50\u00a0€",
    )
    assert (holds.body["own"], holds.body["locale"]) == (False, "fr")
    assert holds.body["subject"] == "Nous avons remboursé 1\u00a0234,50\u00a0€ pour votre commande 100200300"
    assert holds.body["text"].endswith("\n\nAcme")
    assert (wrong.status, wrong.pointers) == (422, ["/template"])
