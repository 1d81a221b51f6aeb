"""Goodwill without a call: a broken promise is made good by a rule, once, within the limits, and that is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.appeasement_doors import People
from tests.carrier_messages import easypost, hear, scan, shipped, tracker
from tests.functions.test_promises import GROUND, basket, card, promised, works
from tests.notice_doors import CUSTOMER, Notices, notices
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "notices", "world"]

LATE = {"id": "late", "event": "promise_broken", "currency": "USD", "percent": 10, "most": 500}
# What was promised for Wednesday, where Wednesday ends at 05:00 UTC.
IN_TIME, LATE_BY_A_MINUTE, LATE_BY_A_DAY = "2026-11-26T04:59:59Z", "2026-11-26T05:01:00Z", "2026-11-27T05:00:00Z"


@pytest.fixture
def people(doors: Doors) -> People:
    works(doors, "DC1", "S1", "S2")
    card(doors, GROUND)
    return People(doors)


def sent(people: People, number: str, *lines: dict[str, Any], capture: bool = True, **changes: Any) -> str:
    """An order that is promised for the 25th, and has left as a parcel."""
    promise = promised(people.doors, *(basket(one["sku"], one["quantity"]) for one in lines)).body
    known = {"customer": CUSTOMER, "external_id": number, "promise_id": promise["id"], **changes}
    order_id = people.doors.place(document(*lines, **known))
    assert people.doors.see(order_id)["groups"][0]["promise"]["latest"] == "2026-11-25"
    (work,) = people.doors.run_order_workflow(order_id)
    shipped(people.doors, work, {"carrier": "USPS", "tracking_number": number})
    if capture:
        people.doors.world.capture(work)
    return order_id


def arrives(people: People, number: str, at: str, times: int = 2) -> list[str]:
    """A parcel was delivered, and the function hears of it so often; the messages that come again."""
    assert easypost(people.doors, tracker(number, scan("delivered", at), event=f"evt_{number}")).status == 200
    assert hear(people.doors) == []
    return heard(people, "ParcelDelivered", times)


def heard(people: People, kind: str, times: int = 2) -> list[str]:
    return people.doors.queue("grant_goodwill", *(people.doors.told(kind) * times))


@pytest.mark.capability("L5", whole=True)
def test_a_broken_promise_is_made_good_by_a_rule_without_a_call(people: People, notices: Notices):
    people.rules(rules=[LATE])
    order_id = sent(people, "9400", line("A", 2, 2000, tax=330))
    assert arrives(people, "9400", LATE_BY_A_MINUTE) == []
    (made,) = people.listed(order_id)["appeasements"]
    assert [made[name] for name in ("state", "requested_by", "reason", "rule", "goods", "tax", "total")] == [
        *("GRANTED", "policy", "LATE", "late", 400, 33, 433)
    ]
    assert made["cause"].startswith("promise:prm_")
    assert (made["evaluation"]["role"], made["ruling"]) == ("agent", None)
    people.pay(order_id)
    assert people.posted(order_id) == [
        [("4091", 400), ("2040", 33), ("2050", -433)],
        [("2050", 433), ("1110", -433)],
    ]
    # The customer hears of it once.
    for event in people.doors.told("AppeasementGranted") * 2:
        assert people.doors.queue("send_notices", event) == []
    assert people.doors.queue("send_notices", *people.doors.told("NoticeQueued")) == []
    assert [one for one in notices.states(order_id) if one[0] == "goodwill"] == [("goodwill", "SENT", None)]
    letter = notices.carrier.has[-1][1]
    assert letter.subject == "A credit of $4.33 for your order 9400"
    assert "$4.33" in letter.text
    assert "coupon" not in letter.text


@pytest.mark.capability("L5")
def test_without_a_rule_or_in_time_nothing_is_granted(people: People):
    order_id = sent(people, "9400", line("A", 1, 8000))
    with people.doors.world.unchanged():
        heard(people, "ShipmentShipped")
    assert arrives(people, "9400", LATE_BY_A_DAY) == []
    assert people.listed(order_id)["appeasements"] == []
    people.rules(rules=[LATE])
    in_time = sent(people, "9401", line("A", 1, 8000))
    assert arrives(people, "9401", IN_TIME, times=1) == []
    assert people.listed(in_time)["appeasements"] == []


@pytest.mark.capability("L5")
@pytest.mark.parametrize(
    ("changes", "granted"),
    [
        ({"minimum_late_minutes": 1}, 400),
        ({"minimum_late_minutes": 2}, None),
        ({"channels": ["store"]}, None),
        ({"currency": "EUR"}, None),
        ({"event": "lost_parcel"}, None),
        ({"most": 150}, 150),
        ({"percent": None, "most": None, "amount": 300}, 300),
        ({"on": "shipping"}, None),
        # No more than a quarter of the goods, however much a rule says.
        ({"percent": None, "most": None, "amount": 9000, "paid_to": "store_credit"}, 1000),
    ],
)
def test_a_rule_says_for_whom_from_when_on_and_how_much(people: People, changes: dict[str, Any], granted: int | None):
    rule = {name: value for name, value in {**LATE, **changes}.items() if value is not None}
    people.rules(rules=[rule])
    order_id = sent(people, "9400", line("A", 2, 2000))
    assert arrives(people, "9400", LATE_BY_A_MINUTE) == []
    made = people.listed(order_id)["appeasements"]
    assert [one["goods"] for one in made] == ([granted] if granted else [])
    # Above what an agent may grant it waits for a person, as an agent's would.
    assert [one["state"] for one in made] == (["PENDING_APPROVAL"] if granted == 1000 else ["GRANTED"] * len(made))


@pytest.mark.capability("L5", "L2")
def test_a_customer_gets_it_as_often_as_the_rule_says_within_its_period(people: People):
    people.rules(rules=[{**LATE, "per_customer": 2, "period_days": 30}])
    orders = [sent(people, f"940{number}", line("A", 1, 1000)) for number in range(3)]
    for number in range(3):
        assert arrives(people, f"940{number}", LATE_BY_A_MINUTE, times=1) == []
    assert [len(people.listed(one)["appeasements"]) for one in orders] == [1, 1, 0]


@pytest.mark.capability("L5")
def test_it_waits_until_the_money_is_taken_and_gives_way_to_a_person(people: People):
    people.rules(rules=[LATE])
    order_id = sent(people, "9400", line("A", 1, 8000), capture=False)
    assert arrives(people, "9400", LATE_BY_A_MINUTE, times=1) == ["m0"]
    assert people.listed(order_id)["appeasements"] == []
    people.doors.world.capture(people.doors.see(order_id)["fulfillment_orders"][0]["id"])
    waits = people.ask("agent", order_id, amount=1100).body
    with people.doors.world.unchanged():
        assert heard(people, "ParcelDelivered") == []
    people.decide("manager", waits["id"], "reject")
    assert heard(people, "ParcelDelivered") == []
    assert [one["requested_by"] for one in people.listed(order_id)["appeasements"]] == ["agent", "policy"]


@pytest.mark.capability("L5", "L1")
def test_a_coupon_by_policy_is_told_with_its_code(people: People, notices: Notices):
    people.rules(rules=[{**LATE, "paid_to": "coupon", "coupon_days": 30}])
    order_id = sent(people, "9400", line("A", 1, 4000))
    assert arrives(people, "9400", LATE_BY_A_MINUTE) == []
    (made,) = people.listed(order_id)["appeasements"]
    for event in people.doors.told("CouponIssued"):
        assert people.doors.queue("send_notices", event) == []
    assert people.doors.queue("send_notices", *people.doors.told("NoticeQueued")) == []
    assert made["coupon"]["code"] in notices.carrier.has[-1][1].text


@pytest.mark.capability("L5")
def test_what_is_ready_late_is_made_good_when_it_is_collected(people: People):
    people.rules(rules=[LATE])
    asked = promised(people.doors, basket("A", 1, "pickup"), pickup_node="S1").body
    picked = line("A", 1, 4000, method="pickup", pickup_node="S1")
    order_id = people.doors.place(document(picked, promise_id=asked["id"], customer=CUSTOMER))
    (work,) = people.doors.run_order_workflow(order_id)
    people.doors.world.clock.advance(days=1)
    path = f"/v1/fulfillment-orders/{work}"
    for verb in ("accept", "pack", "stage", "hand-over"):
        done = people.doors.api("fulfillment").post(f"{path}/{verb}", {})
        assert done.status == 200, done.body
    people.doors.world.capture(work)
    assert heard(people, "ShipmentShipped") == []
    (made,) = people.listed(order_id)["appeasements"]
    assert (made["goods"], made["requested_by"], made["reason"]) == (400, "policy", "LATE")


@pytest.mark.capability("L5")
def test_a_parcel_that_is_lost_is_made_good_once(people: People):
    people.rules(rules=[{**LATE, "id": "lost", "event": "lost_parcel"}])
    order_id = sent(people, "9400", line("A", 2, 4000))
    for _ in range(2):
        claim = {"reason": "lost", "resolution": "refund", "lines": [{"line_no": 1, "quantity": 1}]}
        answer = people.doors.api("change_orders").post("/v1/parcels/9400/claims", claim)
        assert answer.status in (200, 201), answer.body
        assert heard(people, "ParcelClaimed") == []
    made = people.listed(order_id)["appeasements"]
    assert [(one["reason"], one["rule"]) for one in made] == [("MISSING_ITEM", "lost")]
