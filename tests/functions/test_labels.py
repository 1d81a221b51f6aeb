"""Labels of carriers: bought once whatever is lost, used by what leaves, and given back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.carrier_messages import easypost, hear, scan, shipped, tracker
from tests.fake_easypost import FakeEasyPost
from tests.functions.conftest import Api
from tests.functions.test_packages import open_work
from tests.order_doors import Doors, doors
from tests.order_world import line, world

__all__ = ["doors", "world"]

CARD = {
    "currency": "USD",
    "services": [
        {
            "id": "ground",
            "zones": [{"id": "all", "cents": 700, "fastest_days": 2, "slowest_days": 4}],
            "ships_by": {"provider": "easypost", "carrier": "USPS", "service": "Priority"},
        },
        {"id": "plain", "zones": [{"id": "all", "cents": 700, "fastest_days": 2, "slowest_days": 4}]},
        {
            "id": "moon",
            "zones": [{"id": "all", "cents": 700, "fastest_days": 2, "slowest_days": 4}],
            "ships_by": {"provider": "easypost", "carrier": "USPS", "service": "Moon"},
        },
    ],
}
ASKED = {"package_no": 1, "service": "ground", "weight_grams": 700}


@pytest.fixture(name="at")
def carrier_fixture(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> FakeEasyPost:
    """A carrier that the functions reach, and a rate card that names it."""
    made = FakeEasyPost()
    monkeypatch.setattr("oms.carriers.routes.carrier", made.carrier)
    monkeypatch.setattr(doors.module("recover_sagas"), "carrier", made.carrier)
    rules = doors.api("rule_sets")
    assert rules.put("/v1/sourcing/rate-cards/usual", CARD).status == 201
    promoted = rules.post("/v1/sourcing/rate-cards/usual/promotions", {"number": 1}, headers={"if-match": "1"})
    assert promoted.status == 200
    return made


def ask(doors: Doors, work: str, body: dict[str, Any] | None = None, **more: Any) -> Any:
    return doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/labels", body or ASKED, **more)


def void(doors: Doors, label: str, **more: Any) -> Any:
    return doors.api("fulfillment").post(f"/v1/labels/{label}/void", None, **more)


def sweep(doors: Doors) -> None:
    doors.world.clock.advance(minutes=3)
    wish = {
        "source": "spine",
        "detail-type": "SagaRecoveryRequested",
        "detail": {"meta": {"id": "w", "tenant": "acme"}},
    }
    doors.monkeypatch.setattr(doors.module("recover_sagas"), "run_order_workflow", lambda *_: None)
    assert doors.queue("recover_sagas", wish) == []


def told(doors: Doors, order_id: str) -> list[str]:
    return [row["event"] for row in doors.timeline(order_id) if row["event"].startswith("Label")]


@pytest.mark.capability("H4")
def test_a_label_is_bought_and_its_parcel_leaves_and_arrives_by_its_number(doors: Doors, at: FakeEasyPost):
    order_id, work = open_work(doors, line("A", 2))
    sides = {"length_mm": 300, "width_mm": 254, "height_mm": 100}
    made = ask(doors, work, {**ASKED, **sides})
    assert made.status == 201
    shown = {name: made.body[name] for name in ("status", "tracking_number", "cost", "currency", "carrier", "url")}
    assert shown == {
        "status": "BOUGHT",
        "tracking_number": "TRACK1",
        "cost": 758,
        "currency": "USD",
        "carrier": "USPS",
        "url": "https://labels.example/shp_1.pdf",
    }
    assert doors.api("fulfillment").get(f"/v1/labels/{made.body['id']}").body == made.body
    # 700 g are 24.69 oz, 300 mm 11.81 in: a begun tenth counts.
    draft = at.calls[0][2]["shipment"]
    assert draft["parcel"] == {"weight": "24.7", "length": "11.9", "width": "10.0", "height": "4.0"}
    assert (draft["reference"], draft["options"]) == (f"acme/{made.body['id']}", {"label_format": "PDF"})
    assert (draft["to_address"]["street1"], draft["from_address"]["name"]) == ("1 Fifth Ave", "DC1")
    assert told(doors, order_id) == ["LabelRequested", "LabelBought"]

    shipment = shipped(doors, work, {})
    assert (shipment["carrier"], shipment["tracking_number"]) == ("USPS", "TRACK1")
    easypost(doors, tracker("TRACK1", scan("delivered", "2026-11-26T10:00:00Z")))
    assert hear(doors) == []
    assert doors.see(order_id)["lines"][0]["quantities"] == {"delivered": 2}
    with doors.world.unchanged():
        used = void(doors, made.body["id"])
        assert (used.status, used.body["code"]) == (409, "label_used")
    assert at.sold == ["shp_1"]


LOST = {
    "draft": ({"draft": ["lost_after"]}, "REQUESTED"),
    "draft never came": ({"draft": ["lost_before"]}, "REQUESTED"),
    "buy, found at once": ({"buy": ["lost_after"]}, "BOUGHT"),
    "buy and look-up": ({"buy": ["lost_after"], "find": ["lost_before"]}, "REQUESTED"),
    "buy never came": ({"buy": ["lost_before"]}, "REQUESTED"),
}


@pytest.mark.capability("H4")
@pytest.mark.parametrize("case", LOST)
def test_whatever_answer_is_lost_a_label_is_bought_once(doors: Doors, at: FakeEasyPost, case: str):
    script, status = LOST[case]
    at.script.update({kind: list(steps) for kind, steps in script.items()})
    order_id, work = open_work(doors, line("A", 1))
    first = ask(doors, work, key="once")
    assert (first.status, first.body["status"]) == (201, status)
    if status == "REQUESTED":
        sweep(doors)
    label = doors.api("fulfillment").get(f"/v1/labels/{first.body['id']}").body
    assert (label["status"], len(at.sold), label["cost"]) == ("BOUGHT", 1, 758)
    repeat = ask(doors, work, key="once")
    assert (repeat.body, repeat.headers["Idempotency-Replayed"]) == (label, "true")
    with doors.world.unchanged():
        other = ask(doors, work)
        assert (other.status, other.body["code"], other.pointers) == (409, "label_exists", ["/package_no"])
    sweep(doors)
    assert (len(at.sold), told(doors, order_id)) == (1, ["LabelRequested", "LabelBought"])


@pytest.mark.capability("H4")
def test_no_label_is_bought_for_what_has_left_without_it(doors: Doors, at: FakeEasyPost):
    order_id, work = open_work(doors, line("A", 1))
    at.script["draft"] = ["lost_after"]
    label = ask(doors, work).body["id"]
    assert shipped(doors, work, {"tracking_number": "OWN"})["tracking_number"] == "OWN"
    sweep(doors)
    ended = doors.api("fulfillment").get(f"/v1/labels/{label}").body
    assert (ended["status"], ended["refused"], at.sold) == ("REFUSED", "work_is_over", [])
    assert told(doors, order_id) == ["LabelRequested", "LabelRefused"]


@pytest.mark.capability("H4")
def test_a_repeat_of_the_call_finishes_what_was_lost(doors: Doors, at: FakeEasyPost):
    at.script.update({"buy": ["lost_after"], "find": ["lost_before"]})
    _, work = open_work(doors, line("A", 1))
    assert ask(doors, work, key="once").body["status"] == "REQUESTED"
    assert ask(doors, work, key="once").body["status"] == "BOUGHT"
    assert at.sold == ["shp_1"]


@pytest.mark.capability("H4")
def test_a_carrier_that_sells_none_is_told_and_another_label_may_be_asked_for(doors: Doors, at: FakeEasyPost):
    order_id, work = open_work(doors, line("A", 1))
    at.script["buy"] = ["declined"]
    refused = ask(doors, work)
    assert (refused.body["status"], refused.body["refused"]) == ("REFUSED", "ADDRESS.VERIFY.FAILURE")
    nowhere = ask(doors, work, {**ASKED, "service": "moon"})
    assert (nowhere.body["status"], nowhere.body["refused"]) == ("REFUSED", "service_not_available")
    assert ask(doors, work).body["status"] == "BOUGHT"
    assert len(at.sold) == 1
    assert told(doors, order_id) == [*("LabelRequested", "LabelRefused") * 2, "LabelRequested", "LabelBought"]


@pytest.mark.capability("H4")
def test_a_label_is_given_back_once_and_nothing_leaves_with_it(doors: Doors, at: FakeEasyPost):
    order_id, work = open_work(doors, line("A", 1))
    label = ask(doors, work).body["id"]
    at.script.update({"refund": ["lost_after"], "find": ["lost_before"]})
    assert void(doors, label, key="v").body["status"] == "VOID_REQUESTED"
    sweep(doors)
    assert void(doors, label, key="v").body["status"] == "VOIDED"
    with doors.world.unchanged():
        assert void(doors, label).body["code"] == "action_not_available"
    assert at.returned == ["shp_1"]
    assert told(doors, order_id)[2:] == ["LabelVoidRequested", "LabelVoided"]
    assert shipped(doors, work, {})["tracking_number"] is None


@pytest.mark.capability("H4")
@pytest.mark.parametrize("lost", [True, False], ids=["asked", "taken back"])
def test_nothing_leaves_under_the_number_of_a_label_that_is_given_back(doors: Doors, at: FakeEasyPost, lost: bool):
    order_id, work = open_work(doors, line("A", 1))
    bought = ask(doors, work).body
    if lost:
        at.script.update({"refund": ["lost_before"], "find": ["lost_before"]})
    assert void(doors, bought["id"]).body["status"] == ("VOID_REQUESTED" if lost else "VOIDED")
    box = {"package_no": 1, "tracking_number": bought["tracking_number"]}
    for said, pointer in (
        ({"tracking_number": bought["tracking_number"]}, "/shipment/tracking_number"),
        ({"packages": [box]}, "/shipment/packages/0/tracking_number"),
    ):
        with doors.world.unchanged():
            refused = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {"shipment": said})
            assert (refused.status, refused.body["errors"][0]["code"]) == (422, "label_given_back")
            assert refused.pointers == [pointer]
    assert shipped(doors, work, {"tracking_number": "OWN"})["tracking_number"] == "OWN"
    assert doors.see(order_id)["lines"][0]["quantities"] == {"shipped": 1}


@pytest.mark.capability("H4")
def test_a_label_that_is_not_taken_back_may_be_used_or_voided_again(doors: Doors, at: FakeEasyPost):
    _, work = open_work(doors, line("A", 1))
    label = ask(doors, work).body["id"]
    at.script["refund"] = ["rejected"]
    kept = void(doors, label).body
    assert (kept["status"], kept["refused"]) == ("BOUGHT", "rejected")
    assert void(doors, label).body["status"] == "VOIDED"


@pytest.mark.capability("H4")
def test_each_package_leaves_by_its_own_label(doors: Doors, at: FakeEasyPost):
    _, work = open_work(doors, line("A", 2))
    for number in (1, 2):
        assert ask(doors, work, {**ASKED, "package_no": number}).body["status"] == "BOUGHT"
    with doors.world.unchanged():
        vague = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
        assert (vague.status, vague.pointers) == (422, ["/shipment/packages"])
    packages = [{"package_no": n, "lines": [{"line_no": 1, "quantity": 1}]} for n in (1, 2)]
    shipment = shipped(doors, work, {"packages": packages})
    assert [one["tracking_number"] for one in shipment["packages"]] == ["TRACK1", "TRACK2"]


@pytest.mark.capability("H4")
def test_the_labels_of_one_shipment_are_lost_replaced_and_delivered_each_by_itself(doors: Doors, at: FakeEasyPost):
    order_id, work = open_work(doors, line("A", 2))
    first = ask(doors, work).body
    at.script.update({"buy": ["lost_after"], "find": ["lost_before"]})
    second = ask(doors, work, {**ASKED, "package_no": 2}).body
    assert (first["status"], second["status"]) == ("BOUGHT", "REQUESTED")
    assert void(doors, first["id"]).body["status"] == "VOIDED"
    assert ask(doors, work).body["tracking_number"] == "TRACK3"
    sweep(doors)
    found = doors.api("fulfillment").get(f"/v1/labels/{second['id']}").body
    assert (found["status"], found["tracking_number"]) == ("BOUGHT", "TRACK2")
    assert (at.sold, at.returned) == (["shp_1", "shp_2", "shp_3"], ["shp_1"])

    packages = [{"package_no": n, "lines": [{"line_no": 1, "quantity": 1}]} for n in (1, 2)]
    shipment = shipped(doors, work, {"packages": packages})
    assert [one["tracking_number"] for one in shipment["packages"]] == ["TRACK3", "TRACK2"]
    easypost(doors, tracker("TRACK2", scan("delivered", "2026-11-26T10:00:00Z")))
    assert hear(doors) == []
    assert doors.see(order_id)["lines"][0]["quantities"] == {"shipped": 1, "delivered": 1}
    easypost(doors, tracker("TRACK3", scan("delivered", "2026-11-26T11:00:00Z"), event="evt_2"))
    assert hear(doors) == []
    assert doors.see(order_id)["lines"][0]["quantities"] == {"delivered": 2}


@pytest.mark.capability("H4")
def test_rates_are_asked_without_leaving_anything(doors: Doors, at: FakeEasyPost):
    _, work = open_work(doors, line("A", 1))
    with doors.world.unchanged():
        found = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/rates", {"weight_grams": 1000})
    assert [(one["carrier"], one["service"], one["amount"], one["days"]) for one in found.body["rates"]] == [
        ("USPS", "Priority", 758, 2),
        ("UPS", "Ground", 1140, None),
        ("USPS", "Express", 3125, 1),
    ]
    assert (at.shipments, at.calls[0][2]["shipment"]["parcel"]) == ({}, {"weight": "35.3"})
    at.script["draft"] = ["lost_before"]
    unheard = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/rates", {"weight_grams": 1000})
    assert (unheard.status, unheard.body["code"]) == (503, "busy")


@pytest.mark.capability("H4")
def test_refusals_change_nothing_here_or_there(doors: Doors, at: FakeEasyPost):
    order_id, work = open_work(doors, line("A", 1))
    own = Api(doors.module("fulfillment").handler, ("fulfillment.write", "fulfillment.read", "node.S1"))
    path = f"/v1/fulfillment-orders/{work}/labels"
    with doors.world.unchanged():
        plain = ask(doors, work, {**ASKED, "service": "plain"})
        assert (plain.status, plain.body["code"], plain.pointers) == (422, "no_carrier_service", ["/service"])
        assert ask(doors, work, {"package_no": 1, "weight_grams": 1}).body["code"] == "no_carrier_service"
        assert ask(doors, work, {**ASKED, "weight_grams": 0}).pointers == ["/weight_grams"]
        assert ask(doors, work, {**ASKED, "length_mm": 1}).status == 422
        assert own.post(path, ASKED).status == 404
        assert doors.api("fulfillment").post(path, ASKED, tenant="globex").status == 404
        assert doors.api("fulfillment").get("/v1/labels/lbl_none_1").status == 404
        assert void(doors, f"lbl_{order_id[4:]}_1").status == 404
        stale = ask(doors, work, headers={"if-match": "1"})
        assert stale.body["code"] == "stale_version"
    assert at.calls == []
    doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
    with doors.world.unchanged():
        assert ask(doors, work).body["code"] == "action_not_available"
