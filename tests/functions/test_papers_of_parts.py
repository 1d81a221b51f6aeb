"""Papers of kits, of stock in segments and of legs, and of goods that are collected."""

from __future__ import annotations

import pytest

from tests.functions.test_brokering import hold
from tests.functions.test_consolidation import HUB, NEAR, two_nodes
from tests.functions.test_rerouting import begun
from tests.kits import add_kit
from tests.order_doors import Doors, doors
from tests.order_world import line, world
from tests.paper_doors import GDANSK, printed, says

__all__ = ["doors", "world"]


@pytest.mark.capability("H7")
@pytest.mark.parametrize("when_short", ["reject", "split"])
def test_a_kit_is_picked_as_its_components_and_declared_as_what_leaves(doors: Doors, when_short: str):
    for sku, grams in (("CUP", 100), ("POT", 250)):
        doors.world.add_item(sku, {"DC1": 9}, weight_grams=grams)
    add_kit(doors.world, "SET", {"CUP": 2, "POT": 1}, when_short)
    _, work = begun(doors, line("SET", 2, 1500, off=100), ship_to=GDANSK)
    sheet = says(printed(doors, work, "pick-sheet", "?locale=en"))
    assert sheet[sheet.index("Barcode") + 1 : -2] == [*("CUP", "CUP", "4", "CUP"), *("POT", "POT", "2", "POT")]
    slip = says(printed(doors, work, "packing-slip", "?locale=en"))
    form = says(printed(doors, work, "customs-form", "?locale=en&incomplete=true"))
    slip, form = (rows[next(n for n, row in enumerate(rows) if row in ("SET", "CUP")) :] for rows in (slip, form))
    total = ["0.900 kg", "$29.00"]
    if when_short == "reject":
        assert slip[:4] == ["SET", "Contains: 2 × CUP, 1 × POT", "2", "2"]
        assert form[2:11] == ["MISSING", "MISSING", "2", *total, "Total", "2", *total]
        pointers = ["/items/SET/attributes/hs_code", "/items/SET/attributes/country_of_origin"]
        assert printed(doors, work, "customs-form").pointers == pointers
    else:
        # Components that may go apart are lines of their own, worth their share of the kit by units.
        assert slip[:6] == ["CUP", "4", "4", "POT", "2", "2"]
        assert form[:12] == [
            *("CUP", "MISSING", "MISSING", "4", "0.400 kg", "$19.33"),
            *("POT", "MISSING", "MISSING", "2", "0.500 kg", "$9.67"),
        ]
        assert form[12:16] == ["Total", "6", *total]


@pytest.mark.capability("H7")
def test_a_leg_goes_to_its_node_and_only_its_own_node_prints_for_it(doors: Doors):
    hold(doors, {**NEAR, "consolidation": {**HUB, "when": "always"}})
    _, work = two_nodes(doors)
    slip = says(printed(doors, work["S1"], "packing-slip", "?locale=en"))
    start = slip.index("Recipient")
    assert slip[start : start + 6] == ["Recipient", "DC1", "1 Main St", "Town", "US", "Sender"]
    assert "Transfer to another node" in slip
    refused = printed(doors, work["S1"], "return-label")
    assert (refused.status, refused.body["code"]) == (409, "nothing_to_print")
    hub = ("fulfillment.read", "node.DC1")
    assert doors.api("fulfillment").get(f"/v1/fulfillment-orders/{work['S1']}", scopes=hub).status == 200
    assert printed(doors, work["S1"], "packing-slip", scopes=hub).status == 404


@pytest.mark.capability("H7")
def test_what_is_collected_names_the_store_and_the_customer_sends_it_back_from_nowhere(doors: Doors):
    customer = {"name": "Ann Example", "phone": "555-1234"}
    _, work = begun(doors, line("A", 1, method="pickup", pickup_node="S1"), customer=customer)
    slip = says(printed(doors, work, "packing-slip", "?locale=en"))
    start = slip.index("Collect at")
    assert slip[start : start + 5] == ["Collect at", "S1", "1 Main St", "Town", "US"]
    assert "Pick-up in store" in slip
    assert "555-1234" not in slip
    label = says(printed(doors, work, "return-label", "?locale=en"))
    assert label[1:5] == ["Sender", "Ann Example", "Return to", "S1"]
    assert printed(doors, work, "customs-form").body["code"] == "no_border"
