"""Who may reshape which work, over both doors, and what is refused with nothing changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.test_brokering import hold as strategy
from tests.functions.test_offers import OFFER, say, told
from tests.functions.test_rerouting import act, at, begun, cancel, rows
from tests.functions.test_reshaping import done, reshape, seen
from tests.order_doors import Doors, doors, message
from tests.order_world import line, world

__all__ = ["doors", "world"]

NODE = ("fulfillment.write", "fulfillment.read", "node.DC1")


@pytest.mark.capability("H3")
def test_what_cannot_be_reshaped_is_refused_and_nothing_changes(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    other = begun(doors, line("A", 1), external_id="other")[1]
    split = done(doors, work, "split", lines=[{"line_no": 1, "quantity": 1}])["id"]
    assert doors.run_order_workflow(order_id) == [split]
    act(doors, split, "pick")
    one = [{"line_no": 1, "quantity": 1}]
    cases: list[tuple[str, str, dict[str, Any], int, str, list[str]]] = [
        (work, "split", {"lines": [{"line_no": 1, "quantity": 2}]}, 422, "invalid_request", ["/lines"]),
        (work, "split", {"lines": [{"line_no": 1, "quantity": 3}]}, 422, "invalid_request", ["/lines"]),
        (work, "split", {"lines": [{"line_no": 9, "quantity": 1}]}, 422, "invalid_request", ["/lines"]),
        (work, "split", {"lines": []}, 422, "invalid_request", ["/lines"]),
        (other, "split", {"lines": one}, 409, "action_not_available", []),
        (split, "split", {"lines": one}, 409, "action_not_available", []),
        (split, "hold", {"reason": "other"}, 409, "action_not_available", []),
        (split, "reschedule", {"release_at": "2026-11-25T08:00:00Z"}, 409, "action_not_available", []),
        (work, "hold", {"reason": "because"}, 422, "invalid_request", ["/reason"]),
        (
            work,
            "hold",
            {"reason": "other", "expires_at": "2026-11-23T12:00:00Z"},
            422,
            *("invalid_request", ["/expires_at"]),
        ),
        (work, "release-hold", {}, 409, "action_not_available", []),
        (
            work,
            "merge",
            {"other_fulfillment_order_id": work},
            422,
            *("invalid_request", ["/other_fulfillment_order_id"]),
        ),
        (
            work,
            "merge",
            {"other_fulfillment_order_id": other},
            422,
            *("invalid_request", ["/other_fulfillment_order_id"]),
        ),
        (
            work,
            "merge",
            {"other_fulfillment_order_id": split},
            409,
            *("not_mergeable", ["/other_fulfillment_order_id"]),
        ),
        ("ful_1_1", "hold", {"reason": "other"}, 404, "not_found", []),
    ]
    with doors.world.unchanged():
        for target, verb, body, status, code, pointers in cases:
            refused = reshape(doors, target, verb, **body)
            assert (refused.status, refused.body["code"], refused.pointers) == (status, code, pointers), (verb, body)
        stale = doors.api("fulfillment").post(
            f"/v1/fulfillment-orders/{work}/hold", {"reason": "other"}, headers={"if-match": '"1"'}
        )
        assert (stale.status, stale.body["code"]) == (409, "stale_version")
        # A node sees nothing of others' work, and has no say in where work goes or when.
        assert say(doors, work, "hold", "S1", reason="other").status == 404
        for verb, body in (("move", {"node_id": "S1"}), ("reschedule", {"release_at": "2026-11-25T08:00:00Z"})):
            url = f"/v1/fulfillment-orders/{work}/{verb}"
            refused = doors.api("fulfillment").post(url, body, scopes=NODE)
            assert (refused.status, refused.body["code"]) == (403, "operator_only")
        assert say(doors, work, "merge", "DC1", other_fulfillment_order_id=split).status == 403


@pytest.mark.capability("H3", "H2")
def test_a_node_holds_releases_and_splits_over_the_store_bus(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    hold = message("store.DC1", "HoldFulfillmentOrder", "m1", fulfillment_order_id=work, reason="node_disrupted")
    assert doors.queue("node_messages", hold, hold) == []
    assert [one["released_by"] for one in seen(doors, work)["holds"]] == ["node"]
    units = [{"line_no": 1, "quantity": 1}]
    split = message("store.DC1", "SplitFulfillmentOrder", "m2", fulfillment_order_id=work, lines=units)
    over = message("store.DC1", "ReleaseHoldFulfillmentOrder", "m3", fulfillment_order_id=work)
    stranger = message("store.S1", "HoldFulfillmentOrder", "m4", fulfillment_order_id=work, reason="other")
    nameless = message("store.DC1", "HoldFulfillmentOrder", "m5", reason="other")
    assert doors.queue("node_messages", split, over, stranger, nameless) == ["m2", "m3"]
    assert at(doors, order_id) == [("DC1", "OPEN", [(1, 2)]), ("DC1", "ON_HOLD", [(1, 1)])]
    assert doors.timeline(order_id)[-1]["actor"] == "node:DC1"


@pytest.mark.capability("H3", "E13")
def test_work_that_is_held_is_on_offer_to_nobody_any_more(doors: Doors):
    strategy(doors, OFFER)
    order_id, work = begun(doors, line("A", 2))
    done(doors, work, "hold", reason="other")
    assert told(doors, order_id)[-2:] == [("FulfillmentOrderOfferEnded", n, "ON_HOLD") for n in ("S1", "S2")]
    with doors.world.unchanged():
        assert say(doors, work, "accept", "S1").body["code"] == "offer_over"
    assert done(doors, work, "release-hold")["offered_to"] == []
    second, later = begun(doors, line("A", 2), external_id="later")
    done(doors, later, "reschedule", release_at="2026-11-23T13:00:00Z")
    assert told(doors, second)[-2:] == [("FulfillmentOrderOfferEnded", n, "RESCHEDULED") for n in ("S1", "S2")]


@pytest.mark.capability("H3", "C5")
def test_held_and_split_work_is_cancelled_at_once_and_its_units_are_available(doors: Doors):
    order_id, work = begun(doors, line("A", 4))
    done(doors, work, "hold", reason="customer_request")
    done(doors, work, "split", lines=[{"line_no": 1, "quantity": 1}])
    cancel(doors, order_id)
    assert [status for _, status, _ in at(doors, order_id)] == ["CANCELLED", "CANCELLED"]
    assert rows(doors, "A")["DC1"] == (10, 0)
    assert doors.world.view(order_id).status == "CANCELLED"
