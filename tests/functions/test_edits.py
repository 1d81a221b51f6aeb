"""Edits: looked at first, then carried out in one transaction against the version, with their stock and their money."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


def edit(doors: Doors, order_id: str, *actions: dict[str, Any], mode: str = "commit", **more: Any) -> Answer:
    """An edit against the order as it is now."""
    version = more.pop("version", None) or doors.see(order_id)["version"]
    wish = {"mode": mode, "reason": "customer", **more}
    if actions:
        wish["actions"] = list(actions)
    headers = {"If-Match": f'"{version}"'}
    return doors.api("change_orders").post(f"/v1/orders/{order_id}/edits", wish, headers=headers)


def quantity(line_no: int, units: int) -> dict[str, Any]:
    return {"action": "set_quantity", "line_no": line_no, "quantity": units}


def running(doors: Doors, *lines: dict[str, Any], **changes: Any) -> tuple[str, list[str]]:
    order_id = doors.place(document(*lines, **changes))
    return order_id, doors.run_order_workflow(order_id)


@pytest.mark.capability("C2", "C4", "K5")
def test_more_units_after_a_part_has_shipped_join_the_order_and_only_the_difference_is_authorised(doors):
    order_id, (work,) = running(doors, line("A", 2, 1000, tax=160))
    doors.world.act(work, "ship", lines={1: 1})
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    looked = edit(doors, order_id, quantity(1, 4), mode="preview")
    assert looked.status == 200, looked.body
    assert looked.body["difference"] == {"goods": 2000, "discount": 0, "charges": 0, "tax": 160, "total": 2160}
    assert looked.body["money"]["to_collect"] == 2160
    assert looked.body["money"]["collected_by"] == [{"tender": "card", "provider": "strict", "amount": 2160}]
    assert [(one["action"], one["quantity"], one["node_id"]) for one in looked.body["stock"]] == [(0, 2, "DC1")]

    done = edit(doors, order_id, mode="commit", preview_id=looked.body["preview_id"])

    assert done.status == 200, done.body
    assert done.body["change_id"] == f"chg_{order_id[4:]}_1"
    told = doors.stored_event(order_id, "OrderEdited")["detail"]["data"]
    assert (told["difference"], told["to_collect"], told["payment_id"]) == (2160, 2160, f"pay_{order_id[4:]}_2")
    (new,) = doors.run_order_workflow(order_id)
    assert told["fulfillment_order_ids"] == [new]
    seen = doors.see(order_id)
    assert [(one["amount"], one["authorized"]) for one in seen["payments"]] == [(2160, 2160), (2160, 2160)]
    for verb in ("accept", "pick", "pack", "ship"):
        doors.world.act(new, verb)
    doors.world.act(work, "ship")
    for one in (work, new):
        doors.task("capture_payment", order_id=order_id, fulfillment_order_id=one)
    seen = doors.see(order_id)
    assert (seen["status"], seen["payment_status"], seen["summary"]["total"]) == ("COMPLETED", "CAPTURED", 4320)
    assert doors.world.provider.amount("capture") == 4320
    doors.world.check()


@pytest.mark.capability("C2", "K5")
def test_fewer_units_keep_the_authorisation_and_less_is_captured(doors):
    order_id, (work,) = running(doors, line("A", 3, 1000, tax=241), postage=200)
    moved = list(doors.world.provider.effects)

    done = edit(doors, order_id, quantity(1, 1))

    assert (done.status, done.body["difference"]["total"]) == (200, -2161)
    assert done.body["money"] == {
        "to_collect": 0,
        "collected_by": [],
        "to_return": 0,
        "returned_by": [],
        "beyond": 2161,
    }
    doors.world.release_payment(order_id)
    assert doors.world.provider.effects == moved
    doors.world.act(work, "ship")
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    seen = doors.see(order_id)
    assert (seen["status"], doors.world.provider.amount("capture"), seen["summary"]["total"]) == (
        "COMPLETED",
        1300,
        1300,
    )
    doors.world.check()


@pytest.mark.capability("C2")
def test_what_was_captured_already_is_given_back_and_a_preview_says_by_which_tender(doors):
    bought = document(line("A", 2, 1000))
    bought["payments"] = [{"provider": "strict", "amount": 2000, "captured": True, "reference": "market-1"}]
    order_id = doors.place(bought)
    doors.run_order_workflow(order_id)

    looked = edit(doors, order_id, quantity(1, 1), mode="preview")
    done = edit(doors, order_id, preview_id=looked.body["preview_id"])

    assert looked.body["money"] == done.body["money"]
    assert (done.body["money"]["to_return"], done.body["money"]["returned_by"]) == (
        1000,
        [{"tender": "card", "amount": 1000}],
    )
    (refund,) = doors.see(order_id)["refunds"]
    assert (refund["amount"], refund["cause"]) == (1000, "cancellation")
    more = edit(doors, order_id, quantity(1, 2))
    assert (more.status, more.body["code"], more.pointers) == (409, "payment_needed", ["/actions"])
    doors.world.check()


@pytest.mark.capability("C2", "S1")
def test_price_discount_and_address_of_units_that_are_not_picked_are_lines_in_their_place(doors):
    order_id, _ = running(doors, line("A", 3, 1000, tax=210, off=300), line("B", 1, 500))
    home = {"city": "Albany", "postal_code": "12207", "country": "US"}

    done = edit(
        doors,
        order_id,
        {"action": "change_price", "line_no": 1, "unit_price": 900},
        {"action": "add_discount", "discount": {"amount": 101, "source": "GOODWILL-7"}},
        {"action": "change_address", "line_no": 2, "ship_to": home},
    )

    assert done.status == 200, done.body
    seen = doors.see(order_id)
    new = [(one["line_no"], one["sku"], one["quantity"], one["unit_price"], one["total"]) for one in seen["lines"][2:]]
    # The discount is split 2700 to 500 by largest remainder; the tax falls with the net price, 210 x 2315 / 2700.
    assert [one["discounts"] for one in seen["lines"][2:]] == [
        [{"amount": 300, "source": "promo-1"}, {"amount": 85, "source": "GOODWILL-7"}],
        [{"amount": 16, "source": "GOODWILL-7"}],
    ]
    assert [one["tax"] for one in seen["lines"][2:]] == [180, 0]
    assert new == [(3, "A", 3, 900, 2495), (4, "B", 1, 500, 484)]
    assert seen["lines"][3]["ship_to"]["city"] == "Albany"
    assert (seen["original"]["total"], seen["summary"]["total"]) == (3410, 2979)
    assert done.body["difference"] == {"goods": -300, "discount": 101, "charges": 0, "tax": -30, "total": -431}
    (change,) = doors.api("read_orders").get(f"/v1/orders/{order_id}/changes").body["changes"]
    assert (change["kind"], change["reason"], change["amounts"]["total"]) == ("edit", "customer", -431)
    for work in doors.run_order_workflow(order_id):
        doors.world.act(work, "ship")
        doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    assert (doors.see(order_id)["status"], doors.world.provider.amount("capture")) == ("COMPLETED", 2979)
    back = {"node_id": "S1", "reason": "too_big", "lines": [{"line_no": 3, "quantity": 1, "disposition": "sellable"}]}
    returned = doors.api("returns").post(f"/v1/orders/{order_id}/returns", back)
    # A third of 2700 less a third of both discounts, and of the tax.
    assert (returned.body["goods"], returned.body["tax"]) == (772, 60)
    doors.world.check()


@pytest.mark.capability("C2", "S1")
def test_a_discount_is_taken_out_of_the_lines_that_have_it(doors):
    order_id, _ = running(doors, line("A", 2, 1000, off=400), line("B", 1, 500))
    looked = edit(doors, order_id, {"action": "remove_discount", "source": "promo-1"}, mode="preview")
    assert (looked.body["difference"]["discount"], looked.body["money"]["to_collect"]) == (-400, 400)
    unknown = edit(doors, order_id, {"action": "remove_discount", "source": "promo-9"}, mode="preview")
    assert [(one["action"], one["code"], one["pointer"]) for one in unknown.body["refusals"]] == [
        (0, "invalid_request", "/actions/0/source")
    ]
    doors.world.check()


@pytest.mark.capability("C2", "S1")
def test_a_price_below_the_discount_of_a_line_is_refused_and_one_without_it_is_not(doors):
    order_id, _ = running(doors, line("A", 2, 1000, tax=160, off=400))
    free = {"action": "change_price", "line_no": 1, "unit_price": 199}
    with doors.world.unchanged():
        refused = edit(doors, order_id, free)
    assert (refused.status, refused.pointers) == (422, ["/actions/0"])
    assert refused.body["errors"][0]["code"] == "discount_above_goods"
    done = edit(doors, order_id, free, {"action": "remove_discount", "source": "promo-1"})
    # The tax follows the net price: 160 x 398 / 1600.
    assert (done.status, done.body["after"]["tax"], done.body["after"]["total"]) == (200, 40, 438)
    doors.world.check()


@pytest.mark.capability("C2")
def test_a_new_line_is_checked_like_that_of_a_placed_order_and_claims_its_stock(doors):
    order_id, _ = running(doors, line("A", 1, 1000))
    bad = {"action": "add_line", "line": line("NOPE", 1, 500)}
    with doors.world.unchanged():
        refused = edit(doors, order_id, quantity(1, 2), bad)
    assert (refused.status, refused.pointers) == (422, ["/actions/1/line/sku"])
    with doors.world.unchanged():
        short = edit(doors, order_id, {"action": "add_line", "line": line("B", 21, 500)})
    assert (short.status, short.body["code"], short.pointers) == (409, "out_of_stock", ["/actions/0/quantity"])

    done = edit(doors, order_id, {"action": "add_line", "line": line("B", 4, 500, tax=17)})

    assert done.status == 200, done.body
    assert [(one["line_no"], one["node_id"], one["quantity"]) for one in done.body["stock"]] == [(2, "DC1", 4)]
    assert doors.world.stock("B", "DC1").allocated == 4
    assert len(doors.run_order_workflow(order_id)) == 1
    doors.world.check()


@pytest.mark.capability("C2", "B4")
def test_a_preview_stores_nothing_of_the_order_and_one_that_holds_no_more_is_refused(doors):
    order_id, _ = running(doors, line("A", 1, 1000))
    rows = {slot: row for slot, row in doors.world.tables().items() if slot[0] != "commands"}
    looked = edit(doors, order_id, quantity(1, 8), mode="preview")
    after = {slot: row for slot, row in doors.world.tables().items() if slot[0] != "commands"}
    assert after == rows
    other = doors.place(document(line("A", 5, 1000), external_id="other"))
    with doors.world.unchanged():
        outdated = edit(doors, order_id, preview_id=looked.body["preview_id"])
    assert (outdated.status, outdated.body["code"], outdated.pointers) == (409, "edit_outdated", ["/stock"])
    assert doors.world.cancel(other).status == 200
    with doors.world.unchanged():
        stale = edit(doors, order_id, preview_id=looked.body["preview_id"], version=1)
        missing = doors.api("change_orders").post(f"/v1/orders/{order_id}/edits", {"mode": "commit", "reason": "x"})
    assert (stale.status, stale.body["code"]) == (409, "stale_version")
    assert (missing.status, missing.pointers) == (422, ["/header/If-Match"])
    again = edit(doors, order_id, quantity(1, 8), mode="preview")
    doors.world.clock.advance(minutes=15)
    with doors.world.unchanged():
        late = edit(doors, order_id, preview_id=again.body["preview_id"])
        unknown = edit(doors, order_id, preview_id="edt_unknown")
    assert (late.status, late.body["code"], unknown.status) == (409, "edit_outdated", 404)


@pytest.mark.capability("C2")
def test_what_stands_against_each_action_is_named_and_nothing_is_half_done(doors):
    order_id, (work,) = running(doors, line("A", 2, 1000), line("B", 2, 500))
    doors.world.act(work, "accept")
    doors.world.act(work, "pick", lines={1: 2, 2: 2})
    doors.world.act(work, "pack", lines={1: 2, 2: 2})
    actions = [
        {"action": "change_price", "line_no": 1, "unit_price": 1},
        quantity(2, 3),
        {"action": "change_address", "ship_to": {"country": "US", "postal_code": "10001"}},
        quantity(9, 1),
    ]
    looked = edit(doors, order_id, *actions, mode="preview")
    assert [(one["action"], one["code"], one["pointer"]) for one in looked.body["refusals"]] == [
        (0, "action_not_available", "/actions/0"),
        (2, "action_not_available", "/actions/2"),
        (3, "invalid_request", "/actions/3/line_no"),
    ]
    assert looked.body["before"] == looked.body["after"]
    with doors.world.unchanged():
        refused = edit(doors, order_id, *actions)
        same = edit(doors, order_id, quantity(1, 2))
    assert (refused.status, refused.body["code"], refused.pointers) == (409, "action_not_available", ["/actions/0"])
    assert (same.status, same.pointers) == (409, ["/actions"])


@pytest.mark.capability("C2", "C4")
def test_a_line_takes_the_place_of_another_and_what_a_node_has_taken_is_asked_for(doors):
    order_id, (work,) = running(doors, line("A", 2, 1000), postage=100)
    swapped = edit(doors, order_id, quantity(1, 0), {"action": "add_line", "line": line("B", 2, 1000)})
    assert (swapped.status, swapped.body["difference"]["total"]) == (200, 0)
    assert (doors.see(order_id)["status"], doors.see(order_id)["summary"]["charges"]) == ("CONFIRMED", 100)
    assert doors.world.work(work).status.value == "CANCELLED"
    (new,) = doors.run_order_workflow(order_id)
    doors.world.act(new, "accept")
    asked = edit(doors, order_id, quantity(2, 1))
    assert (asked.status, asked.body["asked"], asked.body["difference"]["total"]) == (202, 1, 0)
    doors.world.act(new, "cancel-response", accepted=True)
    assert doors.see(order_id)["summary"]["total"] == 1110
    doors.world.check()


@pytest.mark.capability("C4", "K5")
def test_a_declined_difference_holds_back_only_what_it_pays_for_and_ends_with_it(doors):
    order_id, (work,) = running(doors, line("A", 1, 1000))
    doors.world.provider.script["authorize"] = ["declined"]
    assert edit(doors, order_id, {"action": "add_line", "line": line("B", 1, 500)}).status == 200
    assert doors.run_order_workflow(order_id) == []
    seen = doors.see(order_id)
    assert (seen["status"], seen["payment_status"], seen["payments"][1]["state"]) == ("CONFIRMED", "FAILED", "FAILED")
    wake(doors, order_id)
    assert doors.see(order_id)["payments"][1]["state"] == "FAILED"
    doors.world.act(work, "ship")
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    assert doors.world.provider.amount("capture") == 1000
    doors.world.clock.advance(days=3)

    wake(doors, order_id)

    seen = doors.see(order_id)
    assert (seen["status"], seen["payment_status"], seen["summary"]["total"]) == ("COMPLETED", "CAPTURED", 1000)
    assert seen["cancellations"] == [{"line_no": 2, "quantity": 1, "reason": "unpaid"}]
    assert seen["payments"][1]["state"] == "VOIDED"
    assert doors.world.stock("B", "DC1").allocated == 0
    doors.world.check()


def wake(doors: Doors, order_id: str) -> None:
    doors.task("care_for_payment", order_id=order_id)
