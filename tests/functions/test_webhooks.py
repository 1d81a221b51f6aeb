"""Outgoing webhooks: what subscribers hear, in which order, signed how, and what becomes of what they do not take."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.functions.test_change_orders import cancel
from tests.order_doors import doors
from tests.order_world import document, line, world
from tests.webhook_doors import URL, Died, Hooks, hooks, signature

__all__ = ["doors", "hooks", "world"]

DAY = 86_400


def order(hooks: Hooks, number: int) -> str:
    return hooks.doors.place(document(line("A", 1), external_id=f"o-{number}"))


@pytest.mark.capability("O2")
def test_a_subscriber_hears_of_what_it_asked_for_and_of_nothing_that_was_before(hooks: Hooks):
    order(hooks, 1)
    hooks.run()
    made = hooks.put("shop", "OrderPlaced", "OrderCancelled")
    assert (made.status, made.body["state"], made.body["version"]) == (201, "ACTIVE", 1)
    hooks.doors.world.clock.advance(seconds=1)
    order_id = order(hooks, 2)
    cancel(hooks.doors, order_id)
    hooks.run()
    assert [kind for kind, _ in hooks.subscriber.heard] == ["OrderPlaced", "OrderCancelled"]
    (url, headers, message), _ = hooks.subscriber.sent
    assert url == URL
    assert headers["content-type"] == "application/json"
    # The body is the event's envelope, byte for byte as it was published.
    stored = hooks.doors.stored_event(order_id, "OrderPlaced")["detail"]
    assert message["raw"] == json.dumps(stored, separators=(",", ":"), ensure_ascii=False).encode()
    assert headers["webhook-id"] == stored["meta"]["id"]
    assert [(one["detail_type"], one["state"], one["tries"]) for one in hooks.deliveries("shop")] == [
        ("OrderPlaced", "DELIVERED", 1),
        ("OrderCancelled", "DELIVERED", 1),
    ]


@pytest.mark.capability("O2")
def test_messages_are_signed_and_a_new_secret_has_the_old_one_beside_it_for_a_day(hooks: Hooks):
    hooks.put("shop", "OrderPlaced")
    (first,) = hooks.secrets("shop")
    order(hooks, 1)
    hooks.run()
    _, headers, message = hooks.subscriber.sent[-1]
    assert headers["webhook-signature"] == signature(first, headers, message["raw"])
    assert headers["webhook-timestamp"] == str(int(hooks.doors.world.clock.now().timestamp()))
    assert hooks.turn("shop", "secret-rotations").body["secret_number"] == 2
    second, old = hooks.secrets("shop")
    assert old == first != second
    order(hooks, 2)
    hooks.run()
    _, headers, message = hooks.subscriber.sent[-1]
    both = [signature(second, headers, message["raw"]), signature(first, headers, message["raw"])]
    assert headers["webhook-signature"].split(" ") == both
    hooks.pass_time(DAY)
    assert hooks.secrets("shop") == [second]
    # No table has a secret.
    assert not [row for row in hooks.doors.world.database.rows.values() if "whsec_" in json.dumps(row)]


@pytest.mark.capability("O2")
def test_a_message_that_is_not_taken_holds_up_its_own_order_and_no_other(hooks: Hooks):
    hooks.put("shop", "OrderPlaced", "OrderCancelled")
    hooks.subscriber.next["OrderPlaced"] = [500, "silent"]
    first = order(hooks, 1)
    cancel(hooks.doors, first)
    hooks.run()
    assert hooks.subscriber.heard == [("OrderPlaced", 1)]
    second = order(hooks, 2)
    hooks.subscriber.next["OrderPlaced"].insert(0, 200)
    hooks.run()
    assert hooks.subscriber.sent[-1][2]["data"]["order_id"] == second
    hooks.pass_time(5)
    hooks.pass_time(29)
    assert len(hooks.subscriber.sent) == 3
    hooks.pass_time(1)
    heard = [message["meta"]["type"] for _, _, message in hooks.subscriber.sent if message["data"]["order_id"] == first]
    assert heard == ["OrderPlaced", "OrderPlaced", "OrderPlaced", "OrderCancelled"]
    assert len(set(hooks.subscriber.ids[:1] + hooks.subscriber.ids[2:4])) == 1
    log = next(one for one in hooks.deliveries("shop") if one["tries"] == 3)
    assert [(one["status"], one["failure"]) for one in log["attempts"]] == [
        (500, None),
        (None, "time_out"),
        (200, None),
    ]
    assert not hooks.queue


@pytest.mark.capability("O2")
def test_after_ten_pauses_it_is_a_dead_letter_and_what_comes_after_goes_on(hooks: Hooks):
    hooks.put("shop", "OrderPlaced", "OrderCancelled")
    hooks.subscriber.next["OrderPlaced"] = [503] * 11
    order_id = order(hooks, 1)
    cancel(hooks.doors, order_id)
    hooks.pass_time(2 * DAY)
    assert [kind for kind, _ in hooks.subscriber.heard] == ["OrderPlaced"] * 11 + ["OrderCancelled"]
    (letter,) = hooks.dead()
    assert (letter["delivery"]["state"], letter["delivery"]["tries"]) == ("DEAD", 11)
    assert letter["available_actions"] == ["redrive"]
    redriven = hooks.api.post(f"/v1/dead-letters/{letter['id']}/redrive", None)
    assert redriven.status == 202
    hooks.run()
    assert hooks.subscriber.heard[-1] == ("OrderPlaced", 1)
    assert hooks.subscriber.ids[-1] == hooks.subscriber.ids[0]
    assert hooks.dead() == []
    assert hooks.deliveries("shop")[0]["state"] == "DELIVERED"
    assert hooks.api.post(f"/v1/dead-letters/{letter['id']}/redrive", None).status == 404


def test_a_longer_pause_that_is_asked_for_is_kept(hooks: Hooks):
    hooks.put("shop", "OrderPlaced")
    hooks.subscriber.next["OrderPlaced"] = [(429, 2_000)]
    order(hooks, 1)
    hooks.pass_time(1_999)
    assert len(hooks.subscriber.sent) == 1
    hooks.pass_time(1)
    assert len(hooks.subscriber.sent) == 2


@pytest.mark.capability("O2")
def test_what_happens_while_it_is_paused_goes_out_in_order_when_it_is_resumed(hooks: Hooks):
    hooks.put("shop", "OrderPlaced", "OrderCancelled")
    paused = hooks.turn("shop", "pause", {"reason": "moving house"})
    assert (paused.body["state"], paused.body["reason"]) == ("PAUSED", "moving house")
    assert paused.body["available_actions"] == ["put", "resume", "rotate_secret", "redeliver"]
    for number in range(3):
        cancel(hooks.doors, order(hooks, number))
    hooks.pass_time(DAY)
    assert hooks.subscriber.sent == []
    refused = hooks.turn("shop", "pause", {"reason": "again"})
    assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    assert hooks.turn("shop", "resume").body["reason"] is None
    hooks.run()
    by_order: dict[str, list[str]] = {}
    for _, _, message in hooks.subscriber.sent:
        by_order.setdefault(message["data"]["order_id"], []).append(message["meta"]["type"])
    assert list(by_order.values()) == [["OrderPlaced", "OrderCancelled"]] * 3
    assert not hooks.queue


@pytest.mark.capability("O2")
def test_deliveries_go_out_again_by_name_or_by_time(hooks: Hooks):
    hooks.put("shop", "OrderPlaced")
    start = hooks.doors.world.clock.now()
    for number in range(3):
        order(hooks, number)
        hooks.run()
        hooks.pass_time(60)
    ids = list(hooks.subscriber.ids)
    name = hooks.deliveries("shop")[1]["id"]
    assert hooks.turn("shop", "redeliveries", {"delivery_ids": [name]}).status == 202
    hooks.run()
    assert hooks.subscriber.ids == [*ids, ids[1]]
    bounds = {"occurred_from": start + timedelta(seconds=30), "occurred_to": start + timedelta(seconds=121)}
    body = {name: instant.isoformat() for name, instant in bounds.items()}
    hooks.turn("shop", "redeliveries", body)
    hooks.run()
    assert hooks.subscriber.ids == [*ids, ids[1], ids[1], ids[2]]
    for wrong in ({}, {"occurred_from": start.isoformat()}, {"delivery_ids": [name], **body}):
        assert hooks.turn("shop", "redeliveries", wrong).status == 422


@pytest.mark.capability("O2")
def test_many_deliveries_of_a_time_go_out_page_by_page(hooks: Hooks, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("oms.webhooks.taking.MOST_PIECES", 2)
    hooks.put("shop", "OrderPlaced")
    start = hooks.doors.world.clock.now()
    for number in range(5):
        order(hooks, number)
    hooks.run()
    ids = sorted(hooks.subscriber.ids)
    hooks.subscriber.sent.clear()
    end = (start + timedelta(seconds=1)).isoformat()
    hooks.turn("shop", "redeliveries", {"occurred_from": start.isoformat(), "occurred_to": end})
    hooks.run()
    assert sorted(hooks.subscriber.ids) == ids
    hooks.turn("shop", "pause", {"reason": "x"})
    for number in range(5, 10):
        order(hooks, number)
    hooks.run()
    hooks.subscriber.sent.clear()
    hooks.turn("shop", "resume")
    hooks.run()
    assert len(set(hooks.subscriber.ids)) == 5


@pytest.mark.capability("O2")
def test_messages_late_twice_and_in_any_order_are_one_telling(hooks: Hooks):
    hooks.put("shop", "OrderPlaced", "OrderCancelled")
    order_id = order(hooks, 1)
    hooks.follow()
    cancel(hooks.doors, order_id)
    hooks.follow()
    (placed, _), (cancelled, _) = hooks.queue, hooks.queue[::-1]
    hooks.queue[:] = [cancelled, placed, placed, cancelled]
    hooks.run()
    assert hooks.subscriber.heard == [("OrderPlaced", 1), ("OrderCancelled", 3)]


@pytest.mark.capability("O2")
def test_a_function_that_dies_after_it_has_sent_sends_the_same_again(hooks: Hooks):
    hooks.put("shop", "OrderPlaced")
    hooks.subscriber.next["OrderPlaced"] = ["die"]
    order(hooks, 1)
    hooks.follow()
    kept = list(hooks.queue)
    with pytest.raises(Died):
        hooks.run()
    # The queue gives its message to the next one, who waits for as long as the dead one might be alive.
    hooks.queue[:] = kept
    hooks.run()
    assert len(hooks.subscriber.sent) == 1
    hooks.pass_time(100)
    assert len(hooks.subscriber.sent) == 2
    assert len(set(hooks.subscriber.ids)) == 1
    assert not hooks.queue


@pytest.mark.capability("O2")
def test_a_subscriber_that_is_gone_is_paused_and_hears_all_when_it_is_back(hooks: Hooks):
    hooks.put("shop", "OrderPlaced")
    hooks.subscriber.next["OrderPlaced"] = [410]
    order(hooks, 1)
    hooks.pass_time(60)
    seen = hooks.api.get("/v1/webhook-subscriptions/shop").body
    assert (seen["state"], seen["reason"]) == ("PAUSED", "Its address answered 410 Gone.")
    hooks.turn("shop", "resume")
    hooks.pass_time(60)
    assert hooks.subscriber.heard == [("OrderPlaced", 1), ("OrderPlaced", 1)]


def test_a_burst_about_one_entity_is_cut_into_several_turns(hooks: Hooks, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("oms.webhooks.sending.MOST_MESSAGES", 1)
    hooks.put("all")
    order_id = order(hooks, 1)
    cancel(hooks.doors, order_id)
    hooks.run()
    own = [m["meta"]["sequence"] for _, _, m in hooks.subscriber.sent if m["meta"]["entity"] == f"ORDER#{order_id}"]
    assert own == [1, 2, 3]


def test_a_tenant_without_subscribers_has_no_messages(hooks: Hooks):
    order(hooks, 1)
    hooks.follow()
    assert hooks.queue == []


def test_a_repeat_that_fails_gives_nothing_up_that_is_still_tried(hooks: Hooks):
    hooks.put("shop", "OrderPlaced")
    hooks.subscriber.next["OrderPlaced"] = [500] * 10
    order(hooks, 1)
    hooks.pass_time(1)
    (one,) = hooks.deliveries("shop")
    hooks.turn("shop", "redeliveries", {"delivery_ids": [one["id"]]})
    hooks.pass_time(900)
    assert (hooks.deliveries("shop")[0]["state"], hooks.dead()) == ("RETRYING", [])
    hooks.pass_time(DAY)
    assert (hooks.deliveries("shop")[0]["state"], hooks.dead(), hooks.queue) == ("DELIVERED", [], [])


@pytest.mark.capability("O2", whole=True)
def test_a_subscriber_is_served_as_the_row_says(hooks: Hooks):
    """Signed, in order, again after pauses, set aside, sent again by name and by time, and paused by itself."""
    hooks.put("erp", "OrderPlaced", "OrderCancelled")
    hooks.put("shop", "OrderPlaced")
    hooks.turn("shop", "pause", {"reason": "its own"})
    start = hooks.doors.world.clock.now()
    hooks.subscriber.next["OrderPlaced"] = [500] * 11
    order_id = order(hooks, 1)
    cancel(hooks.doors, order_id)
    hooks.pass_time(4)
    assert [kind for kind, _ in hooks.subscriber.heard] == ["OrderPlaced"]
    hooks.pass_time(2 * DAY)
    assert [kind for kind, _ in hooks.subscriber.heard] == ["OrderPlaced"] * 11 + ["OrderCancelled"]
    (secret,) = hooks.secrets("erp")
    for _, headers, message in hooks.subscriber.sent:
        assert headers["webhook-signature"] == signature(secret, headers, message["raw"])
    (letter,) = hooks.dead()
    hooks.turn("erp", "redeliveries", {"delivery_ids": [letter["delivery"]["id"]]})
    hooks.run()
    assert (hooks.subscriber.heard[-1], hooks.dead()) == (("OrderPlaced", 1), [])
    hooks.subscriber.sent.clear()
    bounds = {"occurred_from": start.isoformat(), "occurred_to": (start + timedelta(minutes=1)).isoformat()}
    hooks.turn("erp", "redeliveries", bounds)
    hooks.turn("shop", "resume")
    hooks.run()
    assert sorted(kind for kind, _ in hooks.subscriber.heard) == ["OrderCancelled", "OrderPlaced", "OrderPlaced"]
    assert len(hooks.deliveries("shop")) == 1
