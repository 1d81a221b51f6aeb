"""A notice is sent once: when its event comes twice, when the process dies, and when the transport takes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oms.notifications.port import Refused, Unavailable
from oms.platform.effects import Unknown
from tests.interruptions import before_commit, calm
from tests.notice_doors import Lost, Notices, notices
from tests.order_doors import doors
from tests.order_world import line, world

__all__ = ["doors", "notices", "world"]


def queued(notices: Notices) -> dict[str, Any]:
    """The event that has the notice of a new order sent."""
    notices.place(line("A", 1))
    assert notices.doors.queue("send_notices", *notices.doors.told("OrderPlaced")) == []
    (event,) = notices.doors.told("NoticeQueued")
    return event


def notice(notices: Notices) -> dict[str, Any]:
    (order_id,) = notices.doors.world.order_ids()
    (found,) = notices.listed(order_id)
    return found


@pytest.mark.capability("B6")
@pytest.mark.parametrize("when", ["die before", "die after"])
def test_a_process_that_dies_while_it_sends_leaves_one_message(notices: Notices, when: str):
    event = queued(notices)
    notices.carrier.next = [when]
    with pytest.raises(Lost):
        notices.doors.queue("send_notices", event)
    assert notice(notices)["status"] == "QUEUED"
    for _ in range(2):
        assert notices.doors.queue("send_notices", event) == []
    assert (notice(notices)["status"], len(notices.letters)) == ("SENT", 1)
    assert len(notices.doors.told("NoticeSent")) == 1


@pytest.mark.capability("B6")
def test_an_answer_that_never_came_is_looked_up_before_anything_is_sent_again(notices: Notices):
    event = queued(notices)
    notices.carrier.next = ["no answer"]
    assert notices.doors.queue("send_notices", event) == []
    # It looked at once and found the message, though nobody had answered.
    assert (notice(notices)["status"], notice(notices)["reference"], len(notices.letters)) == ("SENT", "found", 1)
    assert notices.put_back == []


@pytest.mark.capability("B6")
def test_a_transport_that_knows_no_repeats_is_never_asked_by_two_at_once(notices: Notices):
    notices.carrier.knows_repeats = False
    event = queued(notices)
    notices.carrier.next = ["die after"]
    with pytest.raises(Lost):
        notices.doors.queue("send_notices", event)
    # It may still be at it, as far as anybody knows.
    assert notices.doors.queue("send_notices", event) == []
    assert ([seconds for _, seconds in notices.put_back], len(notices.letters)) == ([30], 1)
    notices.doors.world.clock.advance(minutes=2)
    assert notices.doors.queue("send_notices", event) == []
    # Nobody can say whether the first one went out: a second is better than none.
    assert (notice(notices)["status"], len(notices.letters)) == ("SENT", 2)
    assert notices.doors.queue("send_notices", event) == []
    assert len(notices.letters) == 2


@pytest.mark.capability("B6")
def test_of_two_that_begin_at_once_one_asks_the_transport(notices: Notices):
    notices.carrier.knows_repeats = False
    event = queued(notices)

    def overtake() -> None:
        calm(notices.doors)
        assert notices.doors.queue("send_notices", event) == []

    before_commit(notices.doors, 1, overtake)
    assert notices.doors.queue("send_notices", event) == []
    assert (notice(notices)["status"], len(notices.letters)) == ("SENT", 1)


@pytest.mark.capability("B6")
def test_what_the_transport_refuses_has_failed_and_can_be_asked_for_again(notices: Notices):
    event = queued(notices)
    notices.carrier.next = [Refused("MessageRejected")]
    assert notices.doors.queue("send_notices", event) == []
    found = notice(notices)
    assert (found["status"], found["reason"], found["available_actions"]) == ("FAILED", "MessageRejected", ["resend"])
    (told,) = notices.doors.told("NoticeFailed")
    assert told["detail"]["data"]["reason"] == "MessageRejected"
    assert notices.letters == []


@pytest.mark.capability("B6")
@pytest.mark.parametrize("knows_repeats", [True, False])
def test_an_outage_is_waited_for_longer_and_longer_and_the_order_goes_on(notices: Notices, knows_repeats: bool):
    notices.carrier.knows_repeats = knows_repeats
    event = queued(notices)
    body, pauses = json.dumps(event), []
    for _ in range(12):
        notices.carrier.next = [Unavailable("SendingPausedException")]
        assert notices.doors.queue("send_notices", json.loads(body)) == []
        body, seconds = notices.put_back.pop()
        notices.doors.world.clock.advance(seconds=seconds)
        pauses.append(seconds)
    assert pauses == [30, 60, 120, 240, 480, *([900] * 7)]
    assert notice(notices)["status"] == "QUEUED"
    (order_id,) = notices.doors.world.order_ids()
    (work,) = notices.doors.run_order_workflow(order_id)
    notices.doors.world.act(work, "ship")
    assert notices.doors.see(order_id)["status"] == "COMPLETED"
    # Then it fails as other messages do, which the queue sets aside and rings for.
    notices.carrier.next = [Unavailable("SendingPausedException")]
    assert notices.doors.queue("send_notices", json.loads(body)) == ["m0"]
    assert notices.doors.queue("send_notices", json.loads(body)) == []
    assert (notice(notices)["status"], len(notices.letters)) == ("SENT", 1)


@pytest.mark.capability("B6")
@pytest.mark.parametrize("knows_repeats", [True, False])
def test_what_nobody_can_know_any_more_is_not_sent_by_itself(notices: Notices, knows_repeats: bool):
    notices.carrier.knows_repeats = knows_repeats
    event = queued(notices)
    notices.carrier.next = [Unknown("TimeoutError")]
    assert notices.doors.queue("send_notices", event) == []
    notices.doors.world.clock.advance(hours=21)
    assert notices.doors.queue("send_notices", event) == []
    if knows_repeats:
        assert (notice(notices)["status"], len(notices.letters)) == ("SENT", 1)
    else:
        assert (notice(notices)["status"], notice(notices)["reason"]) == ("FAILED", "outcome_unknown")
        assert notices.letters == []
