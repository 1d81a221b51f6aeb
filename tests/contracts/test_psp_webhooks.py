"""The fake provider's webhooks on the wire: signed, in the planned order, tried again."""

import hashlib
import hmac
import json
import time

from tests.contracts.provider import BODY, Merchant, Provider, hold, merchant, provider

__all__ = ["merchant", "provider"]


def test_each_result_is_told_by_a_signed_webhook(provider: Provider, merchant: Merchant) -> None:
    provider.configure(webhook={"url": merchant.url, "secret": "whsec_shared"})
    payment = hold(provider)
    provider.send("POST", f"/payments/{payment}/capture", {"amount": 6995, "final": True}, "c1")
    header, raw = merchant.received.get(timeout=5)
    stamp, signature = (part.split("=", 1)[1] for part in header.split(","))
    expected = hmac.new(b"whsec_shared", stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    assert signature == expected
    assert abs(int(stamp) - time.time()) < 5
    event = json.loads(raw)
    assert (event["type"], event["data"]["payment"]["id"]) == ("payment.authorized", payment)
    _, event = merchant.next()
    assert (event["type"], event["data"]["capture"]["amount"]) == ("payment.captured", 6995)
    assert event["data"]["payment"]["metadata"] == BODY["metadata"]


def test_only_the_wanted_types_are_sent(provider: Provider, merchant: Merchant) -> None:
    provider.configure(webhook={"url": merchant.url, "types": ["payment.captured"]})
    payment = hold(provider)
    provider.send("POST", f"/payments/{payment}/capture", {"amount": 1, "final": True}, "c1")
    assert merchant.types(1) == ["payment.captured"]
    assert merchant.received.empty()


def test_a_refused_webhook_is_tried_again_with_the_same_body(provider: Provider, merchant: Merchant) -> None:
    merchant.answers = [503]
    provider.configure(webhook={"url": merchant.url})
    hold(provider)
    first, second = merchant.received.get(timeout=5), merchant.received.get(timeout=5)
    assert first[1] == second[1]
    for _ in range(50):
        delivery = provider.send("GET", "/events")[1]["entries"][0]["delivery"]
        if delivery["status"] == "delivered":
            break
        time.sleep(0.02)
    assert delivery == {"status": "delivered", "attempts": 2, "last_answer": 200}


def test_events_twice_and_in_reverse_on_the_wire(provider: Provider, merchant: Merchant) -> None:
    provider.configure(
        webhook={"url": merchant.url},
        faults=[{"kind": "event_twice", "operation": "authorize"}, {"kind": "events_reversed", "times": 2}],
    )
    path = f"/payments/{hold(provider)}"
    provider.send("POST", f"{path}/capture", {"amount": 100, "final": True}, "c1")
    provider.send("POST", f"{path}/refunds", {"amount": 50}, "r1")
    assert merchant.types(4) == [
        "payment.authorized",
        "payment.authorized",
        "refund.succeeded",
        "payment.captured",
    ]


def test_a_webhook_can_arrive_before_the_answer(provider: Provider, merchant: Merchant) -> None:
    provider.configure(webhook={"url": merchant.url}, faults=[{"kind": "event_before_reply", "operation": "authorize"}])
    hold(provider)
    assert merchant.received.qsize() == 1


def test_an_accepted_capture_fails_later_without_being_asked(provider: Provider, merchant: Merchant) -> None:
    provider.configure(webhook={"url": merchant.url}, settle_seconds=0)
    payment = hold(provider, token="tok_capture_fails_later")
    status, capture = provider.send("POST", f"/payments/{payment}/capture", {"amount": 100, "final": True}, "c1")
    assert (status, capture["status"]) == (201, "pending")
    assert merchant.types(2) == ["payment.authorized", "payment.capture_failed"]
