"""A packing table from end to end: assembly, cartons, their labels and slips, and the bay of what is collected."""

from __future__ import annotations

import pytest

from tests.fake_easypost import FakeEasyPost
from tests.functions.test_labels import carrier_fixture
from tests.functions.test_packing import BOX, PICKUP, carton, say
from tests.functions.test_rerouting import begun
from tests.order_doors import Doors, doors
from tests.order_world import line, world
from tests.paper_doors import printed, says

__all__ = ["carrier_fixture", "doors", "world"]


@pytest.mark.capability("G5", whole=True)
def test_cartons_are_packed_labelled_and_have_their_slips_and_what_is_collected_lies_in_a_bay(
    doors: Doors, at: FakeEasyPost
):
    doors.world.add_item("P", {"DC1": 5}, preparation="assembly")
    order_id, work = begun(doors, line("P", 2), line("A", 1))
    say(doors, work, "pick")
    first, second = carton(1, (1, 2), weight_grams=900, **BOX), carton(2, (2, 1), weight_grams=350)
    with doors.world.unchanged():
        assert say(doors, work, "pack", cartons=[first]).body["code"] == "not_prepared"
    assert say(doors, work, "prepare").status == 200
    packed = say(doors, work, "pack", cartons=[first, second])
    assert [(one["carton_no"], one["weight_grams"]) for one in packed.body["cartons"]] == [(1, 900), (2, 350)]
    path = f"/v1/fulfillment-orders/{work}/labels"
    bought = [
        doors.api("fulfillment").post(path, {"package_no": number, "service": "ground", "weight_grams": grams})
        for number, grams in ((1, 900), (2, 350))
    ]
    assert [(one.body["package_no"], one.body["url"]) for one in bought] == [
        (1, "https://labels.example/shp_1.pdf"),
        (2, "https://labels.example/shp_2.pdf"),
    ]
    slips = [says(printed(doors, work, "packing-slip", f"?carton={number}&locale=en")) for number in (1, 2)]
    contents = [slip[slip.index("Quantity") - 3 :][:7] for slip in slips]
    assert contents == [
        ["Carton 1 · box-m · 0.900 kg · 400 × 300 × 200 mm", "Item", "Ordered", "Quantity", "P", "2", "2"],
        ["Carton 2 · 0.350 kg", "Item", "Ordered", "Quantity", "A", "1", "1"],
    ]
    assert say(doors, work, "ship").body["status"] == "COMPLETED"
    (shipment,) = doors.see(order_id)["shipments"]
    assert [(one["package_no"], one["tracking_number"]) for one in shipment["packages"]] == [
        (1, bought[0].body["tracking_number"]),
        (2, bought[1].body["tracking_number"]),
    ]
    _, collected = begun(doors, line("A", 1, **PICKUP), external_id="o-2")
    assert say(doors, collected, "pack", cartons=[carton(1, (1, 1))]).status == 200
    assert say(doors, collected, "stage", bay="R-12").body["staging_bay"] == "R-12"
    slip = says(printed(doors, collected, "packing-slip", "?locale=en"))
    assert slip[slip.index("Collect at") + 1] == "S1"
