"""Goodwill over HTTP: who grants how much, who approves more, and what the ledger and the timeline have of it."""

from __future__ import annotations

import pytest

from oms.appeasements.reads import appeased
from tests.appeasement_doors import DECIDE, People
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, line, world

__all__ = ["doors", "world"]


@pytest.fixture
def people(doors: Doors) -> People:
    return People(doors)


@pytest.mark.capability("L2", "L3")
def test_goodwill_inside_and_outside_the_limits(people: People):
    """F09: 8.00 by the agent, 10.50 approved by the supervisor, 2.00 beyond a quarter of 80.00."""
    order_id = people.delivered(8000, tax=660)
    first = people.ask("agent", order_id, amount=800, reason="LATE")
    assert (first.status, first.body["state"]) == (201, "GRANTED")
    assert [first.body[name] for name in ("goods", "shipping", "tax", "total")] == [800, 0, 66, 866]
    second = people.ask("agent", order_id, amount=1050, reason="DAMAGE", paid_to="store_credit")
    assert (second.status, second.body["state"], second.body["pending"]) == (201, "PENDING_APPROVAL", ["ROLE_LIMIT"])
    assert second.body["available_actions"] == ["approve", "reject"]
    assert second.body["evaluation"]["needs_role"] == "supervisor"
    assert people.posted(order_id) == [[("4091", 800), ("2040", 66), ("2050", -866)]]
    approved = people.decide("supervisor", second.body["id"])
    assert (approved.status, approved.body["state"], approved.body["version"]) == (200, "GRANTED", 2)
    assert (approved.body["tax"], approved.body["total"], approved.body["paid_to"]) == (87, 1137, "store_credit")
    with people.doors.world.unchanged():
        third = people.ask("supervisor", order_id, amount=200, reason="OTHER", text="a kind word")
    assert (third.status, third.body["code"], third.pointers) == (409, "order_cap", ["/amount"])
    assert people.posted(order_id) == [
        [("4091", 800), ("2040", 66), ("2050", -866)],
        [("4091", 1050), ("2040", 87), ("2050", -1137)],
    ]
    owed = people.doors.see(order_id)["refunds"]
    assert [(one["cause"], one["cause_id"], one["amount"]) for one in owed] == [
        *(("appeasement", first.body["id"], 866), ("appeasement", second.body["id"], 1137))
    ]
    assert [[(part["tender"], part["amount"]) for part in one["parts"]] for one in owed] == [
        *([("card", 866)], [("store_credit", 1137)])
    ]
    assert [kind for kind, _ in people.told(order_id)] == [
        *("AppeasementGranted", "AppeasementRequested", "AppeasementGranted")
    ]
    assert people.told(order_id)[2][1] == {
        "order_id": order_id,
        "external_id": "goodwill-1",
        "appeasement_id": second.body["id"],
        "currency": "USD",
        "legal_entity": "100",
        "store": "WEB",
        "channel": "web",
        "reason": "DAMAGE",
        "paid_to": "store_credit",
        "goods": 1050,
        "shipping": 0,
        "tax": 87,
        "taxes": [],
        "total": 1137,
        "requested_by": "agent",
        "role": "agent",
        "lines": [{"line_no": 1, "net": 1050, "tax": 87}],
        "approved_by": "supervisor",
    }


@pytest.mark.capability("L2", whole=True)
def test_limits_hold_by_role_by_order_and_by_customer_and_what_is_above_waits_for_somebody_else(people: People):
    order_id = people.delivered(100000)
    for who, within, needs in (("associate", 500, "agent"), ("agent", 500, "supervisor"), ("supervisor", 4000, None)):
        granted = people.ask(who, order_id, amount=within)
        assert (granted.body["state"], granted.body["evaluation"]["pending"]) == ("GRANTED", []), granted.body
        if needs is None:
            continue
        beyond = people.ask(who, order_id, amount=1)
        assert (beyond.body["state"], beyond.body["pending"]) == ("PENDING_APPROVAL", ["ROLE_LIMIT"])
        assert beyond.body["evaluation"]["needs_role"] == needs
        with people.doors.world.unchanged():
            blocked = people.ask("manager", order_id, amount=1)
        assert (blocked.status, blocked.body["code"]) == (409, "appeasement_pending")
        rejected = people.decide("manager", beyond.body["id"], "reject")
        assert (rejected.status, rejected.body["state"], rejected.body["available_actions"]) == (200, "REJECTED", [])
    # The fourth grant within 90 days waits, whatever its amount, and on whichever of the customer's orders.
    other = people.delivered(10000, customer={"reference": "cust-1"})
    fourth = people.ask("supervisor", other, amount=100)
    assert (fourth.body["state"], fourth.body["pending"]) == ("PENDING_APPROVAL", ["VELOCITY"])
    assert fourth.body["evaluation"]["seen"][0] | {"name": ""} == {
        **{"of": "customer", "name": "", "grants": 3, "amount": 5000, "beyond": True}
    }
    with people.doors.world.unchanged():
        own = people.decide("supervisor", fourth.body["id"])
        peer = people.decide("bob:supervisor", fourth.body["id"])
    assert (own.status, own.body["code"]) == (409, "self_approval")
    assert (peer.status, peer.body["code"]) == (409, "role_limit")
    assert people.decide("manager", fourth.body["id"]).body["state"] == "GRANTED"
    # An agent who may decide on others' requests still does not on his own; and a quarter of the goods is the end.
    small = people.delivered(4000)
    asked = people.ask("agent", small, amount=1000).body
    with people.doors.world.unchanged():
        himself = people.decide("agent", asked["id"], scopes=(*DECIDE, "role.agent"))
        rejected_by_himself = people.decide("agent", asked["id"], "reject")
    assert (himself.status, himself.body["code"]) == (409, "self_approval")
    assert (rejected_by_himself.status, rejected_by_himself.body["code"]) == (403, "scope_missing")
    assert people.decide("supervisor", asked["id"]).body["state"] == "GRANTED"
    with people.doors.world.unchanged():
        capped = people.ask("manager", small, amount=1)
    assert (capped.status, capped.body["code"]) == (409, "order_cap")


@pytest.mark.capability("L2")
def test_nobody_can_approve_what_is_above_every_role(people: People):
    order_id = people.delivered(200000)
    with people.doors.world.unchanged():
        refused = people.ask("agent", order_id, amount=20001)
        peer = people.ask("manager", order_id, amount=20001)
    assert (refused.status, refused.body["code"], refused.pointers) == (409, "role_limit", ["/amount"])
    assert peer.body["code"] == "role_limit"
    assert people.ask("agent", order_id, amount=20000).body["evaluation"]["needs_role"] == "manager"


@pytest.mark.capability("L2")
def test_the_share_of_the_goods_holds_beside_the_amount(people: People):
    order_id = people.delivered(2000)
    assert people.ask("agent", order_id, amount=301).body["evaluation"]["needs_role"] == "supervisor"
    other = people.delivered(2000)
    assert people.ask("agent", other, amount=300).body["state"] == "GRANTED"


@pytest.mark.capability("L2")
def test_a_request_expires_after_72_hours_and_blocks_nothing_then(people: People):
    order_id = people.delivered(8000)
    name = people.ask("agent", order_id, amount=1100).body["id"]
    people.doors.world.clock.advance(hours=72, seconds=-1)
    assert people.see(name)["state"] == "PENDING_APPROVAL"
    people.doors.world.clock.advance(seconds=1)
    seen = people.see(name)
    assert (seen["state"], seen["expires_at"], seen["available_actions"]) == ("EXPIRED", "2026-11-26T12:00:00.000Z", [])
    with people.doors.world.unchanged():
        late = people.decide("supervisor", name)
    assert (late.status, late.body["code"]) == (409, "action_not_available")
    assert people.ask("agent", order_id, amount=1000).body["state"] == "GRANTED"


@pytest.mark.capability("L1")
def test_goodwill_is_an_amount_or_a_percentage_on_lines_on_shipping_or_on_the_order(people: People):
    placed = people.placed(line("A", 1, 6000, tax=495), line("B", 2, 1500, tax=248), postage=500)
    order_id = people.shipped(placed)
    line_2 = people.ask("supervisor", order_id, percent=10, on="lines", lines=[2], reason="DAMAGE").body
    assert (line_2["kind"], line_2["percent"], line_2["parts"]) == (
        *("percent", 10),
        [{"line_no": 2, "net": 300, "tax": 25, "taxes": []}],
    )
    shipping = people.ask("supervisor", order_id, amount=499, on="shipping", reason="SHIPPING").body
    assert (shipping["goods"], shipping["shipping"], shipping["tax"], shipping["total"]) == (0, 499, 50, 549)
    whole = people.ask("supervisor", order_id, amount=1000, paid_to="gift_card").body
    # 60.00 of line 1 and the 27.00 that are left of line 2: 6.897 and 3.103, with the tax of the running sums.
    assert whole["parts"] == [
        {"line_no": 1, "net": 690, "tax": 57, "taxes": []},
        {"line_no": 2, "net": 310, "tax": 25, "taxes": []},
    ]
    # A return of a line gives back only the rest of it.
    sums = appeased(people.doors.world.database, TENANT, order_id)
    sums = {no: (part.net, part.tax) for no, part in appeased(people.doors.world.database, TENANT, order_id).items()}
    assert sums == {0: (499, 50), 1: (690, 57), 2: (610, 50)}
    assert people.posted(order_id) == [
        [("4091", 300), ("2040", 25), ("2050", -325)],
        [("4091", 499), ("2040", 50), ("2050", -549)],
        [("4091", 1000), ("2040", 82), ("2050", -1082)],
    ]


@pytest.mark.capability("L3")
def test_goodwill_is_only_for_what_was_delivered_and_paid(people: People):
    order_id = people.delivered(4000, 4000, units={1: 1})
    with people.doors.world.unchanged():
        second = people.ask("manager", order_id, amount=100, on="lines", lines=[1, 2])
        shipping = people.ask("manager", order_id, amount=100, on="shipping")
        unknown = people.ask("manager", order_id, amount=100, on="lines", lines=[3])
    assert (second.status, second.body["code"], second.pointers) == (409, "undelivered", ["/lines/1"])
    assert (shipping.status, shipping.body["code"], shipping.pointers) == (409, "undelivered", ["/on"])
    assert (unknown.status, unknown.body["errors"][0]["code"], unknown.pointers) == (422, "unknown_line", ["/lines/0"])
    fresh = people.placed(line("A"))
    with people.doors.world.unchanged():
        nothing = people.ask("manager", fresh, amount=1)
    assert nothing.body["code"] == "undelivered"
    cheap = people.delivered(100, 9900)
    with people.doors.world.unchanged():
        more = people.ask("manager", cheap, amount=101, on="lines", lines=[1])
    assert (more.status, more.body["code"]) == (409, "refund_exceeds_captured")
    assert people.ask("manager", cheap, amount=100, on="lines", lines=[1]).body["state"] == "GRANTED"
    with people.doors.world.unchanged():
        again = people.ask("manager", cheap, amount=1, on="lines", lines=[1])
    assert again.body["code"] == "refund_exceeds_captured"


@pytest.mark.capability("L3")
def test_what_was_not_taken_yet_is_not_given_back(people: People):
    order_id = people.placed(line("A", 1, 8000))
    (work_id,) = people.doors.run_order_workflow(order_id)
    people.doors.world.act(work_id, "ship")
    with people.doors.world.unchanged():
        refused = people.ask("agent", order_id, amount=100)
    assert (refused.status, refused.body["code"]) == (409, "refund_exceeds_captured")
    people.doors.world.capture(work_id)
    assert people.ask("agent", order_id, amount=100).status == 201


@pytest.mark.capability("L4")
def test_what_was_granted_before_is_shown_before_granting(people: People):
    order_id = people.delivered(8000, tax=660)
    before = people.listed(order_id)
    assert (before["granted"], before["order_cap"], before["left"], before["appeasements"]) == (0, 2000, 2000, [])
    first = people.ask("agent", order_id, amount=800).body
    people.ask("agent", order_id, amount=300)
    listed = people.listed(order_id)
    assert (listed["granted"], listed["left"]) == (800, 1200)
    assert [one["state"] for one in listed["appeasements"]] == ["GRANTED", "PENDING_APPROVAL"]
    assert listed["appeasements"][0] == people.see(first["id"]) == first
    # So also on the customer's next order, whoever looks at it; the actor's own count is that of the day.
    other = people.delivered(5000, customer={"reference": "cust-1"})
    assert [(one["of"], one["grants"], one["amount"]) for one in people.listed(other)["seen"]] == [
        *(("customer", 1, 800), ("actor", 1, 800))
    ]
    assert people.listed(other, "bob:agent")["seen"][1]["grants"] == 0
    people.doors.world.clock.advance(days=90)
    assert [one["grants"] for one in people.listed(other)["seen"]] == [0, 0]


@pytest.mark.capability("L4")
def test_a_customer_is_known_by_each_of_their_names_and_an_anonymous_one_by_card_and_receipt(people: People):
    same = ({"reference": "c1", "email": "Ann@X.org"}, {"email": "ann@x.org", "phone": "1"}, {"phone": "1"})
    for number, customer in enumerate(same):
        order_id = people.delivered(20000, customer=customer)
        seen = people.ask(f"{number}:agent", order_id, amount=1000).body["evaluation"]["seen"]
        assert max(one["grants"] for one in seen if one["of"] == "customer") == min(number, 1)
    by_card = {"provider": "strict", "token": "tok_visa_x"}
    for number in range(4):
        anonymous = people.delivered(20000, customer=None, payments=[{**by_card, "amount": 20000}])
        asked = people.ask(f"{number}:agent", anonymous, amount=100).body
    assert (asked["state"], asked["pending"]) == ("PENDING_APPROVAL", ["VELOCITY"])


@pytest.mark.capability("L2", "L4")
def test_an_actor_who_grants_much_in_a_day_needs_somebody_else(people: People):
    orders = [people.delivered(100, tax=0) for _ in range(11)]
    asked = [people.ask("agent", order_id, amount=1).body for order_id in orders]
    assert [one["pending"] for one in asked] == [[]] * 10 + [["VELOCITY"]]
    assert people.ask("ann:agent", people.delivered(100), amount=1).body["state"] == "GRANTED"
    # The day of the store ends at 04:00 of its own clock: 09:00 UTC.
    people.doors.world.clock.advance(hours=21, seconds=-1)
    assert people.ask("agent", people.delivered(100), amount=1).body["state"] == "PENDING_APPROVAL"
    people.doors.world.clock.advance(seconds=1)
    assert people.ask("agent", people.delivered(100), amount=1).body["state"] == "GRANTED"


@pytest.mark.capability("L2")
def test_limits_are_whole_units_of_the_currency(people: People):
    order_id = people.delivered(1000, currency="JPY")
    assert people.ask("agent", order_id, amount=10).body["state"] == "GRANTED"
    assert people.ask("agent", order_id, amount=1).body["pending"] == ["ROLE_LIMIT"]


@pytest.mark.capability("L2")
def test_whoever_may_approve_finds_what_waits(people: People):
    def waiting(query: str = "") -> tuple[list[str], str | None]:
        body = people.api("supervisor").get(f"/v1/appeasements{query}").body
        return [one["id"] for one in body["appeasements"]], body["next_cursor"]

    orders = [people.delivered(8000) for _ in range(4)]
    people.ask("agent", orders[0], amount=100)
    asked = []
    for order_id in orders:
        asked.append(people.ask("agent", order_id, amount=1000 + len(asked)).body["id"])
        people.doors.world.clock.advance(hours=1)
    assert people.see(asked[1])["state"] == "PENDING_APPROVAL"
    people.decide("supervisor", asked[1], "reject")
    assert waiting() == ([asked[3], asked[2], asked[0]], None)
    first, cursor = waiting("?limit=3")
    assert (first, cursor is not None) == ([asked[3], asked[2]], True)
    assert waiting(f"?limit=3&cursor={cursor}") == ([asked[0]], None)
    people.doors.world.clock.advance(hours=68, minutes=30)
    assert waiting() == ([asked[3], asked[2]], None)
    refused = people.api("supervisor").get("/v1/appeasements?cursor=eyJwayI6ICJUI290aGVyIyJ9")
    assert (refused.status, refused.pointers) == (422, ["/query/cursor"])
    assert people.api("agent").get("/v1/appeasements").status == 403
