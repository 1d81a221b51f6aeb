"""Segments of stock on their way in: by movement, count, stream, file and supply, and what is refused."""

from __future__ import annotations

import pytest

from tests.functions.test_promises import promised
from tests.functions.test_segments import USED, available, came, name
from tests.functions.test_strategies import hold as hold_strategy
from tests.functions.test_supply import part, post, put
from tests.intake_doors import Intake, count, intake
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "intake", "world"]


@pytest.mark.capability("D12", "D7")
def test_lots_come_with_a_notice_of_what_was_ordered_without_them(doors: Doors):
    put(doors, "po-1", part(1, "A", 6))
    notice = [part(n, "A", 3, segment={"lot": f"L-{n}"}, order_line_no=1) for n in (1, 2)]
    made = put(doors, "asn-1", *notice, kind="shipment_notice", purchase_order="po-1")
    assert [(one["sku"], one["segment"], one["in_transit"]) for one in made.body["lines"]] == [
        ("A", {"lot": "L-1"}, 3),
        ("A", {"lot": "L-2"}, 3),
    ]
    assert doors.world.stock("A", "S1").future == 0
    coming = doors.api("supply").get("/v1/supply?sku=A").body["coming"]
    assert [(one["supply_id"], one["segment"], one["units"]) for one in coming] == [
        ("asn-1", {"lot": "L-1"}, 3),
        ("asn-1", {"lot": "L-2"}, 3),
    ]
    assert post(doors, "asn-1/receipts", lines=[{"line_no": 2, "quantity": 3}]).status == 200
    assert available(doors, "A", "&lot=L-2") == {"S1": 3}
    assert available(doors, "A", "&lot=L-1") == {}
    doors.world.received[name("A", {"lot": "L-2"}), "S1"] = 3
    with doors.world.unchanged():
        other, of_order = {**notice[1], "segment": {"lot": "L-9"}}, {"purchase_order": "po-1"}
        again = put(doors, "asn-1", notice[0], other, version=2, kind="shipment_notice", **of_order)
        assert (again.status, again.body["errors"][0]["code"]) == (422, "fixed")


@pytest.mark.capability("D12", "E10", "I3")
def test_who_waits_for_a_segment_is_given_units_of_it_when_they_come(doors: Doors):
    doors.world.add_item("TV", {"DC1": 4})
    waits = {"id": "waits", "otherwise": "backorder", "cancel_after_days": 30}
    hold_strategy(doors, waits)
    order_id = doors.place(document(line("TV", 1, segment=USED)))
    doors.run_order_workflow(order_id)
    assert doors.see(order_id)["lines"][0]["quantities"] == {"backordered": 1}
    came(doors, "TV", "S2", 1, USED)
    data = {"sku": "TV", "segment": USED}
    meta = {"id": "evt-1", "tenant": TENANT, "type": "StockFreed"}
    fact = {"source": "spine", "detail-type": "StockFreed", "detail": {"meta": meta, "data": data}}
    assert doors.queue("broker_backlog", fact) == []
    assert doors.see(order_id)["lines"][0]["quantities"] == {"allocated": 1}
    assert doors.world.stock(name("TV", USED), "S2").allocated == 1


@pytest.mark.capability("D12", "D2")
def test_each_segment_has_its_own_sequence_of_a_source(doors: Doors):
    doors.world.add_item("TV", {"DC1": 4})
    feed = {"source": "wms-1", "sequence": 7}
    assert came(doors, "TV", "S1", 2, USED, **feed).body["movements"][0]["outcome"] == "recorded"
    assert came(doors, "TV", "S1", 2, USED, **feed).body["movements"][0]["outcome"] == "ignored"
    assert came(doors, "TV", "S1", 3, {"condition": "open box"}, **feed).body["movements"][0]["outcome"] == "recorded"
    assert came(doors, "TV", "S1", 1, None, **feed).body["movements"][0]["outcome"] == "recorded"
    counted = {"sku": "TV", "segment": USED, "node_id": "S1", "quantity": 5, "as_of": "2026-11-23T12:00:00Z"}
    counts = {"snapshots": [{**counted, "source": "wms-1", "sequence": 8, "reason": "cycle count"}]}
    assert doors.api("inventory").post("/v1/inventory/snapshots", counts).status == 200
    assert doors.world.stock(name("TV", USED), "S1").on_hand == 5
    doors.world.received[name("TV", USED), "S1"] = 5


@pytest.mark.capability("D12")
@pytest.mark.parametrize(
    ("segment", "code", "pointer"),
    [
        ({}, "invalid_value", "/lines/0/segment"),
        ({"colour": "red"}, "unknown_field", "/lines/0/segment/colour"),
        ({"lot": "a#b"}, "string_pattern_mismatch", "/lines/0/segment/lot"),
        ({"lot": "a&lot=b"}, "string_pattern_mismatch", "/lines/0/segment/lot"),
        ({"lot": "x" * 41}, "string_too_long", "/lines/0/segment/lot"),
        ({"expires_on": "soon"}, "invalid_value", "/lines/0/segment/expires_on"),
    ],
)
def test_a_segment_that_says_nothing_or_too_much_is_refused(
    doors: Doors, segment: dict[str, str], code: str, pointer: str
):
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(line("A", 1, segment=segment)))
        assert (refused.status, [(one["pointer"], one["code"]) for one in refused.body["errors"]]) == (
            422,
            [(pointer, code)],
        )


@pytest.mark.capability("D12", "D13")
def test_what_is_not_counted_has_no_segment(doors: Doors):
    doors.world.add_item("SET", {}, kind="kit", components=[{"sku": "A", "quantity": 2}])
    with doors.world.unchanged():
        for one in (line("SET", 1, segment=USED), line("POST", 1, segment=USED, type="non_stock")):
            refused = doors.api("place_order").post("/v1/orders", document(one))
            assert (refused.status, refused.pointers) == (422, ["/lines/0/segment"])
        basket_of_kit = {"channel": "web", "lines": [{"sku": "SET", "quantity": 1, "segment": USED}]}
        refused = doors.api("reservations").post("/v1/reservations", basket_of_kit)
        assert (refused.status, refused.pointers) == (422, ["/lines/0/segment"])


@pytest.mark.capability("D12", "O4")
def test_a_file_counts_stock_in_segments_in_columns_of_their_own(intake: Intake):
    header = "node_id,sku,quantity,as_of,source,sequence,reason,condition,owner,lot,serial,expires_on"
    intake.drop(
        count(units=7) + ",,,,,",
        count("S1", units=2) + ",used,,,,",
        count("S1", units=3) + ",,,L-7,,2026-12-01",
        count("S1", units=3) + ",,,L#7,,",
        header=header,
    )
    intake.until_empty()
    assert [row.split(",")[1:3] for row in intake.results()[1:]] == [
        ["recorded", ""],
        ["recorded", ""],
        ["recorded", ""],
        ["refused", "string_pattern_mismatch"],
    ]
    assert intake.on_hand() == {"DC1": 7, "S1": 5, "S2": 5}
    assert available(intake.doors, "A", "&condition=used") == {"S1": 2}
    assert available(intake.doors, "A", "&lot=L-7&expires_on=2026-12-01") == {"S1": 3}
    for segment, units in ((USED, 2), ({"lot": "L-7", "expires_on": "2026-12-01"}, 3)):
        intake.doors.world.received[name("A", segment), "S1"] = units
    intake.settle()


@pytest.mark.capability("D12", "D7", "D8")
def test_what_will_have_expired_when_it_comes_is_counted_for_nobody(doors: Doors):
    doors.world.add_item("MILK", {})
    hold_strategy(doors, {"id": "waits", "otherwise": "backorder", "cancel_after_days": 30})
    lot = {"lot": "L-7", "expires_on": "2026-12-01"}
    put(doors, "po-1", part(1, "MILK", 5, "2026-12-01", segment=lot), part(2, "MILK", 5, "2026-12-02", segment=lot))
    wanted = [{"sku": "MILK", "quantity": units, "segment": lot} for units in (5, 6)]
    days = [promised(doors, one).body["options"][0]["from_supply"] for one in wanted]
    assert [day and day["expected_on"] for day in days] == ["2026-12-01", None]
    assert available(doors, "MILK", "&lot=L-7&expires_on=2026-12-01&by=2026-12-10") == {"S1": 5}
    orders = [doors.place(document(line("MILK", 5, segment=lot), external_id=f"o-{n}")) for n in range(2)]
    told = [doors.see(order_id)["lines"][0]["backorder"]["expected_on"] for order_id in orders]
    assert told == ["2026-12-01", None]
    coming = doors.api("supply").get("/v1/supply?sku=MILK").body["coming"]
    assert [(one["expected_on"], one["units"]) for one in coming] == [("2026-12-01", 5), ("2026-12-02", 5)]
