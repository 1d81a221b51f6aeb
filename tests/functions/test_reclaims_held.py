"""Work that is asked back and then put on hold: who gets it anew has as long for it as anybody."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.test_reclaims import asked
from tests.functions.test_rerouting import act, at, reroute
from tests.functions.test_service_levels import wake
from tests.order_doors import Doors, doors
from tests.order_world import world

__all__ = ["doors", "world"]


@pytest.mark.capability("G2")
@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("hold", {"reason": "fraud_check"}, "ON_HOLD"),
        ("reschedule", {"release_at": "2026-11-23T15:30:00Z"}, "SCHEDULED"),
    ],
)
def test_who_gets_work_after_a_pause_is_asked_for_it_anew(doors: Doors, verb: str, body: dict[str, Any], status: str):
    order_id, work = asked(doors)
    api, place = doors.api("fulfillment"), f"/v1/fulfillment-orders/{work}"
    assert doors.world.work(work).reclaimed
    held = api.post(f"{place}/{verb}", body)
    assert (held.status, held.body["status"], held.body["cancel_request"]) == (200, status, None)
    doors.world.clock.advance(minutes=60)
    if verb == "hold":
        assert api.post(f"{place}/release-hold", {}).status == 200
    doors.world.waiting.add("third")
    doors.task("release_fulfillment", order_id=order_id, fulfillment_order_id=work, task_token="third")
    act(doors, work, "accept")
    # An hour to accept and two to pick, of which the second is exceeded by half an hour.
    wake(doors, order_id, work, 149)
    assert not reroute(doors, order_id, work, "TIMED_OUT")
    assert (at(doors, order_id), doors.world.work(work).reclaimed) == ([("DC1", "ACCEPTED", [(1, 2)])], False)
    assert wake(doors, order_id, work, 1)[0] == "REROUTE"
    assert not reroute(doors, order_id, work, "TIMED_OUT")
    again = doors.world.work(work).cancel_request
    assert again is not None
    assert (again.reclaim, again.answer, again.answer_by) == (True, None, "2026-11-23T18:20:00.000Z")
    assert wake(doors, order_id, work, 20)[0] == "REROUTE"
    assert reroute(doors, order_id, work, "TIMED_OUT")
    assert at(doors, order_id) == [("DC1", "REJECTED", [(1, 0)]), ("S1", "SCHEDULED", [(1, 2)])]
