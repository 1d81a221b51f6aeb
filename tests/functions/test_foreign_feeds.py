"""The inventory stream with records of other systems: translated by the retailer's own data, each thing told once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oms.inventory.store import movements_of
from oms.platform.dynamodb import Database
from tests.functions.conftest import NOW, Api
from tests.functions.test_inventory_stream import Feed, feed, message, parked, row
from tests.template import deployed

__all__ = ["deployed", "feed", "parked"]

SAMPLES = Path(__file__).parents[1] / "contracts" / "feeds"
SQUARE = {"id": "till", "adapter": "square", "nodes": {"LOC1": "n1"}, "items": {"VAR1": "A", "VAR2": "B"}}
POS = {
    "id": "pos",
    "adapter": "poslog",
    "nodes": {"S7": "n2"},
    "items": {"00000000001001": "A", "00000000001002": "B"},
    "time_zone": "America/New_York",
}


@pytest.fixture
def connected(function) -> Callable[..., None]:
    """Rules of stock with these connections come to hold."""

    def connect(*connections: dict[str, Any]) -> None:
        rules = Api(function("rule_sets").handler, ("rules.read", "rules.write"))
        path = "/v1/inventory/rules/connections"
        assert rules.put(path, {"connections": list(connections)}).status == 201
        assert rules.post(f"{path}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200

    return connect


def foreign(connection: str, sample: str) -> dict[str, Any]:
    text = (SAMPLES / sample).read_text(encoding="utf-8")
    body = text if sample.endswith(".xml") else json.loads(text)
    return {"tenant": "acme", "connection": connection, "body": body}


@pytest.mark.capability("O6", "D2")
def test_other_systems_tell_of_stock_once_in_whichever_order(feed: Feed, database: Database, connected):
    connected(SQUARE, POS)
    counts, changes, sales = (
        foreign("till", "square_counts.json"),
        foreign("till", "square_changes.json"),
        foreign("pos", "poslog.xml"),
    )
    assert feed(message("B", 5, 1, node_id="n2"), message("A", 5, 1, node_id="n2"), counts, sales) == []
    assert (row(database).on_hand, row(database, "B").on_hand) == (10, 3)
    assert (row(database, "A", "n2").on_hand, row(database, "B", "n2").on_hand) == (4, 6)
    # The adjustments came after the count and are later than it; the physical count is older, and late.
    assert feed(changes) == []
    assert row(database).on_hand == 10 - 2 + 5
    before = {place: row(database, *place) for place in (("A", "n1"), ("B", "n1"), ("A", "n2"), ("B", "n2"))}
    assert feed(sales, changes, counts, counts, sales) == []
    assert {place: row(database, *place) for place in before} == before
    (first, *_) = [one for one in movements_of(database, "acme", "A", "n2") if one.source != "wms"]
    assert (first.kind, first.quantity, first.source) == ("reported", -2, "pos.2")


@pytest.mark.capability("O6")
@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin"])
def test_numbers_and_times_beyond_all_bounds_are_set_aside_at_once(
    feed: Feed, database: Database, connected, parked, zone: str
):
    connected(SQUARE, {**POS, "time_zone": zone})
    huge, never = foreign("till", "square_counts.json"), foreign("pos", "poslog.xml")
    for one in huge["body"]["data"]["object"]["inventory_counts"]:
        one |= {"state": "IN_STOCK", "quantity": "1e999999999"}
    day = "9999-12-31T23:59:59" if zone.startswith("America") else "0001-01-01T00:00:00"
    never["body"] = re.sub(r"<EndDateTime>[^<]*<", f"<EndDateTime>{day}<", never["body"])
    assert feed(message("S1", 1, 1), huge, never, message("S2", 2, 1)) == []
    assert (row(database, "S1").on_hand, row(database, "S2").on_hand) == (1, 2)
    found = {one["sequence"]: {error["detail"] for error in one["errors"]} for one in parked()}
    assert found == {
        "1": {"stock is kept in whole units"},
        "2": {"The end of a transaction is a time outside the years 1 to 9999."},
    }


@pytest.mark.capability("O6")
def test_what_is_wrong_in_a_record_is_set_aside_and_blocks_nothing(feed: Feed, database: Database, connected, parked):
    connected(SQUARE)
    poison = foreign("till", "square_counts.json")
    counts = poison["body"]["data"]["object"]["inventory_counts"]
    counts[1] |= {"state": "IN_STOCK", "quantity": "a few"}
    counts.append({**counts[0], "catalog_object_id": "VAR9"})
    counts.append({**counts[0], "catalog_object_id": "VAR2", "quantity": "8"})
    late = NOW - timedelta(minutes=1)
    assert feed(message("S1", 1, 1), poison, {**poison, "connection": "gone"}, message("S2", 2, 1), arrived=late) == []
    assert (row(database).on_hand, row(database, "B").on_hand) == (10, 8)
    assert (row(database, "S1").on_hand, row(database, "S2").on_hand) == (1, 2)
    found = [(one["sequence"], one["cause"], one["errors"]) for one in parked()]
    place = "/body/data/object/inventory_counts"
    assert sorted(found, key=lambda one: one[:2]) == [
        (
            "1",
            "not_possible",
            [{"pointer": f"{place}/3/quantity", "code": "not_possible", "detail": "VAR9 at n1."}],
        ),
        (
            "1",
            "not_understood",
            [{"pointer": f"{place}/1/quantity", "code": "invalid_value", "detail": "a number of units"}],
        ),
        (
            "2",
            "not_understood",
            [
                {
                    "pointer": "/connection",
                    "code": "unknown_connection",
                    "detail": "No rules of stock that hold name a connection gone.",
                }
            ],
        ),
    ]


@pytest.mark.capability("O6")
def test_an_item_that_may_still_be_registered_is_waited_for(feed: Feed, database: Database, connected, parked):
    connected({**SQUARE, "items": {"VAR2": "B"}})
    counts = foreign("till", "square_counts.json")
    assert feed(message("S1", 1, 1), counts, message("S2", 1, 1)) == ["1"]
    assert (row(database, "S1").on_hand, row(database, "S2"), parked()) == (1, None, [])


@pytest.mark.capability("O6")
def test_a_card_number_in_a_foreign_record_is_not_kept(feed: Feed, connected, parked):
    connected(SQUARE)
    body = {"counts": [{"catalog_object_id": "4242424242424242", "note": "4242 4242 4242 4242"}]}
    assert feed({"tenant": "acme", "connection": "till", "body": body}) == []
    (found,) = parked()
    assert (found["cause"], found["text"]) == ("not_understood", None)
    assert "4242" not in json.dumps(found["errors"])


def test_a_connection_that_means_nothing_is_refused(function):
    rules = Api(function("rule_sets").handler, ("rules.read", "rules.write"))
    for wrong, pointer in (
        ({**SQUARE, "adapter": "abacus"}, "/connections/0/adapter"),
        ({**SQUARE, "takes": []}, "/connections/0/takes"),
        ({**SQUARE, "time_zone": "Mars/Base"}, "/connections/0/time_zone"),
    ):
        assert rules.put("/v1/inventory/rules/connections", {"connections": [wrong]}).pointers == [pointer]
