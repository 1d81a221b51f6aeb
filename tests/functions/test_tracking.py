"""What carriers tell of parcels: believed when signed, recorded first, and never going back."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.carrier_messages import easypost, hear, scan, shipped, shippo, signed, tracker
from tests.functions.test_packages import open_work
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

T1, T2, T3, T4 = (f"2026-11-{day}T09:00:00.000Z" for day in (23, 24, 25, 26))


def parcels(doors: Doors, order_id: str) -> list[dict]:
    """What is shown of each parcel, without what was in it."""
    found = [parcel for shipment in doors.see(order_id)["shipments"] for parcel in shipment["parcels"]]
    return [{name: value for name, value in one.items() if name != "delivered"} for one in found]


@pytest.mark.capability("H5")
def test_a_parcel_is_followed_to_the_door(doors: Doors):
    order_id, work = open_work(doors, line("A", 3))
    shipment = shipped(doors, work, {"carrier": "USPS", "tracking_number": "9400 1000 0000 0000 0000 00"})
    assert (shipment["parcels"], doors.see(order_id)["lines"][0]["quantities"]) == ([], {"shipped": 3})
    number = "9400100000000000000000"
    told = [
        tracker(number, scan("pre_transit", T1), event="evt_0"),
        tracker(number, scan("pre_transit", T1), scan("in_transit", T2), event="evt_1"),
        tracker(number, scan("in_transit", T2), scan("out_for_delivery", T3), event="evt_2"),
        tracker(number, scan("in_transit", T2), scan("delivered", T4), event="evt_3"),
    ]
    assert [easypost(doors, one).body["done"] for one in told] == ["nothing", "recorded", "recorded", "recorded"]
    assert hear(doors) == []
    own: dict = {"tracking_number": "9400 1000 0000 0000 0000 00", "status": "DELIVERED", "status_at": T4}
    own["delivered"] = [{"line_no": 1, "sku": "A", "quantity": 3}]
    seen = doors.see(order_id)
    assert (seen["shipments"][0]["parcels"], seen["lines"][0]["quantities"]) == ([own], {"delivered": 3})
    assert (seen["status"], seen["fulfillment_status"]) == ("COMPLETED", "FULFILLED")
    rows = [row for row in doors.timeline(order_id) if row["event"].startswith("Parcel")]
    assert [(row["event"], row["data"].get("status"), row["data"].get("before")) for row in rows] == [
        ("ParcelStatusChanged", "IN_TRANSIT", None),
        ("ParcelStatusChanged", "OUT_FOR_DELIVERY", "IN_TRANSIT"),
        ("ParcelDelivered", None, None),
    ]
    assert rows[2]["data"]["lines"] == [{"line_no": 1, "sku": "A", "quantity": 3}]
    assert rows[2]["data"]["delivered_at"] == T4
    assert rows[2]["changes"] == {"parcel 9400 1000 0000 0000 0000 00": ["OUT_FOR_DELIVERY", "DELIVERED"]}


@pytest.mark.capability("H5")
@pytest.mark.parametrize("order", list(permutations(range(3)))[1:], ids=str)
def test_news_in_any_order_and_twice_end_the_same_and_never_go_back(doors: Doors, order: tuple[int, ...]):
    order_id, work = open_work(doors, line("A", 2))
    shipped(doors, work, {"tracking_number": "1Z1"})
    told = [
        tracker("1Z1", scan("in_transit", T1), event="evt_1"),
        tracker("1Z1", scan("out_for_delivery", T2), event="evt_2"),
        tracker("1Z1", scan("delivered", T3), event="evt_3"),
    ]
    reached = ""
    for number in (*order, *order):
        assert easypost(doors, told[number]).status == 200
        assert hear(doors) == []
        (parcel,) = parcels(doors, order_id)
        assert parcel["status_at"] >= reached
        reached = parcel["status_at"]
    assert parcels(doors, order_id) == [{"tracking_number": "1Z1", "status": "DELIVERED", "status_at": T3}]
    assert doors.see(order_id)["lines"][0]["quantities"] == {"delivered": 2}
    with doors.world.unchanged():
        assert easypost(doors, told[0]).body == {"done": "recorded"}
        assert hear(doors) == []


@pytest.mark.capability("H5")
def test_a_scan_of_the_same_kind_makes_what_is_older_than_it_old(doors: Doors):
    order_id, work = open_work(doors, line("A", 1))
    shipped(doors, work, {"tracking_number": "1Z1"})
    for event, (status, at) in enumerate([("in_transit", T1), ("in_transit", T3), ("out_for_delivery", T2)]):
        easypost(doors, tracker("1Z1", scan(status, at), event=f"evt_{event}"))
        assert hear(doors) == []
    assert parcels(doors, order_id) == [{"tracking_number": "1Z1", "status": "IN_TRANSIT", "status_at": T1}]


@pytest.mark.capability("H5")
def test_what_was_delivered_or_goes_back_stays_so(doors: Doors):
    order_id, work = open_work(doors, line("A", 2))
    both = [{"package_no": n, "tracking_number": f"1Z{n}", "lines": [{"line_no": 1, "quantity": 1}]} for n in (1, 2)]
    shipped(doors, work, {"packages": both})
    easypost(doors, tracker("1Z1", scan("delivered", T1), event="evt_1"))
    easypost(doors, tracker("1Z2", scan("return_to_sender", T1), event="evt_2"))
    assert hear(doors) == []
    assert doors.see(order_id)["lines"][0]["quantities"] == {"shipped": 1, "delivered": 1}
    easypost(doors, tracker("1Z1", scan("in_transit", T2), event="evt_3"))
    easypost(doors, tracker("1Z2", scan("delivered", T2), event="evt_4"))
    assert hear(doors) == []
    assert [parcel["status"] for parcel in parcels(doors, order_id)] == ["DELIVERED", "RETURNING"]


@pytest.mark.capability("H5")
def test_each_package_delivers_what_is_in_it(doors: Doors):
    order_id, work = open_work(doors, line("A", 3), line("B", 2))
    packages = [
        {"package_no": 1, "tracking_number": "P1", "lines": [{"line_no": 1, "quantity": 2}]},
        {
            "package_no": 2,
            "tracking_number": "P2",
            "lines": [{"line_no": 1, "quantity": 1}, {"line_no": 2, "quantity": 2}],
        },
    ]
    shipped(doors, work, {"packages": packages})
    easypost(doors, tracker("P2", scan("delivered", T1)))
    assert hear(doors) == []
    quantities = [one["quantities"] for one in doors.see(order_id)["lines"]]
    assert quantities == [{"shipped": 2, "delivered": 1}, {"delivered": 2}]


@pytest.mark.capability("H5")
def test_shippo_tells_the_same_in_its_own_words(doors: Doors):
    order_id, work = open_work(doors, line("A", 1))
    shipped(doors, work, {"tracking_number": "SHIPPO1"})

    def told(status: str, at: str, finer: str | None = None) -> dict:
        said = {"status": status, "status_date": at, "substatus": {"code": finer} if finer else None}
        data = {"carrier": "usps", "tracking_number": "SHIPPO1", "tracking_status": said}
        return {"event": "track_updated", "test": False, "data": data}

    expected = [("TRANSIT", None, "IN_TRANSIT"), ("TRANSIT", "out_for_delivery", "OUT_FOR_DELIVERY")]
    expected += [("TRANSIT", "delivery_attempted", "ATTEMPTED"), ("FAILURE", None, "EXCEPTION")]
    for day, (status, finer, ours) in enumerate([*expected, ("RETURNED", None, "RETURNING")], start=20):
        news = told(status, f"2026-11-{day}T10:00:00Z", finer)
        assert [shippo(doors, news).body["done"] for _ in range(2)] == ["recorded", "recorded"]
        assert hear(doors) == []
        assert parcels(doors, order_id)[0]["status"] == ours
    with doors.world.unchanged():
        assert shippo(doors, told("PRE_TRANSIT", T1)).body["done"] == "nothing"
        assert shippo(doors, told("DELIVERED", "yesterday")).body["done"] == "nothing"
        late = shippo(doors, told("DELIVERED", T4), age=301)
    assert (late.status, late.body["code"]) == (401, "signature_refused")


@pytest.mark.capability("H5")
def test_nothing_is_believed_without_its_signature(doors: Doors):
    raw = tracker("1Z1", scan("delivered", T1))
    with doors.world.unchanged():
        for forged in ("", "hmac-sha256-hex=", signed(raw, "whsec_other"), signed(raw + " "), "ü"):
            refused = easypost(doors, raw, forged)
            assert (refused.status, refused.body["code"]) == (401, "signature_refused")
        broken = easypost(doors, "{")
        assert (broken.status, broken.body["code"]) == (400, "malformed_json")
        for odd in ("{}", '{"id": "evt_1", "result": {"object": "Batch"}}', tracker("A#B", scan("delivered", T1))):
            assert easypost(doors, odd).body == {"done": "nothing"}
    assert easypost(doors, raw, signed(raw, "whsec_old")).body == {"done": "recorded"}


@pytest.mark.capability("H5")
def test_news_of_a_parcel_that_nobody_sent_wait_and_then_lie_before_a_person(doors: Doors):
    """Within ten minutes the number may still become known; afterwards somebody has to find out whose it is."""
    easypost(doors, tracker("1Z9", scan("delivered", T1)))
    with doors.world.unchanged():
        assert hear(doors) == ["m0"]
    order_id, work = open_work(doors, line("A", 1))
    shipped(doors, work, {"tracking_number": "1Z9"})
    assert hear(doors) == []
    assert doors.see(order_id)["lines"][0]["quantities"] == {"delivered": 1}

    easypost(doors, tracker("NOBODY", scan("in_transit", T2), event="evt_2"))
    doors.world.clock.advance(minutes=11)
    assert (hear(doors), hear(doors)) == ([], [])
    listed = doors.api("read_orders").get("/v1/parcels/unknown")
    assert (listed.status, [one["tracking_number"] for one in listed.body["parcels"]]) == (200, ["NOBODY"])
    assert listed.body["parcels"][0]["status"] == "IN_TRANSIT"
    assert doors.api("read_orders").get("/v1/parcels/unknown", tenant="globex").body == {"parcels": []}
    # Nobody knows which node sent it.
    of_node = doors.api("read_orders").get("/v1/parcels/unknown", scopes=("fulfillment.read", "node.S1"))
    assert (of_node.status, of_node.body["code"]) == (404, "not_found")


@pytest.mark.capability("H5")
def test_a_number_that_a_carrier_uses_again_is_the_newer_shipments(doors: Doors):
    first, work = open_work(doors, line("A", 1))
    shipped(doors, work, {"tracking_number": "AGAIN"})
    doors.world.clock.advance(days=200)
    second = doors.place(document(line("A", 1), external_id="second"))
    (other,) = doors.run_order_workflow(second)
    shipped(doors, other, {"tracking_number": "again"})
    easypost(doors, tracker("AGAIN", scan("delivered", "2027-06-12T00:00:00Z")))
    assert hear(doors) == []
    assert (parcels(doors, first), [one["status"] for one in parcels(doors, second)]) == ([], ["DELIVERED"])


@pytest.mark.capability("H5", "J1")
def test_what_comes_back_is_of_what_was_delivered(doors: Doors):
    order_id, work = open_work(doors, line("A", 3))
    both = [
        {"package_no": n, "tracking_number": f"R{n}", "lines": [{"line_no": 1, "quantity": units}]}
        for n, units in ((1, 2), (2, 1))
    ]
    shipped(doors, work, {"packages": both})
    easypost(doors, tracker("R1", scan("delivered", T1)))
    assert hear(doors) == []
    doors.world.capture(work)
    back = {"node_id": "S1", "reason": "too_small", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("returns").post(f"/v1/orders/{order_id}/returns", back).status == 201
    assert doors.see(order_id)["lines"][0]["quantities"] == {"shipped": 1, "delivered": 1, "returned": 1}
