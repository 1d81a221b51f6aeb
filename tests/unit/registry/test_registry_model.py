"""Nodes and items: what is accepted, and which version holds when."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from oms.platform.intake import read_json, validate
from oms.platform.problems import InvalidRequest
from oms.registry.model import Node, PutItem, PutNode, in_force, stored_node, upcoming

NODE: dict[str, Any] = {
    "id": "store-1",
    "kind": "store",
    "name": "Store 1",
    "legal_entity": "us",
    "address": {"lines": ["1 Main St"], "city": "Springfield", "postal_code": "12345", "country": "US"},
    "latitude": Decimal("40.712776"),
    "longitude": Decimal("-74.005974"),
    "time_zone": "America/New_York",
    "hours": {"monday": [["09:00", "17:00"]]},
    "journeys": ["ship", "pickup", "returns"],
}


def test_coordinates_are_kept_as_whole_microdegrees():
    put = validate(PutNode, NODE)
    assert (put.latitude, put.longitude) == (40712776, -74005974)
    body = b'{"latitude": 40.71277649999, "longitude": -180}'
    put = validate(PutNode, NODE | read_json(body))
    assert (put.latitude, put.longitude) == (40712776, -180000000)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"time_zone": "../etc/passwd"}, "/time_zone"),
        ({"kind": "moon_base"}, "/kind"),
        ({"latitude": Decimal("90.000001")}, "/latitude"),
        ({"longitude": Decimal("-180.000001")}, "/longitude"),
        ({"latitude": Decimal("1e999999")}, "/latitude"),
        ({"longitude": Decimal("-9.99999999999999999999999999999e999999")}, "/longitude"),
        ({"latitude": "40.7"}, "/latitude"),
        ({"latitude": True}, "/latitude"),
        ({"hours": {"monday": [["9:00", "17:00"]]}}, "/hours/monday/0/0"),
        ({"hours": {"monday": [["24:00", "17:00"]]}}, "/hours/monday/0/0"),
        ({"hours": {"someday": []}}, "/hours/someday"),
        ({"holidays": [{"date": "2026-02-30"}]}, "/holidays/0/date"),
        ({"holidays": [{"date": "2026-02-03"}, {"date": "2026-02-03"}]}, "/holidays"),
        ({"journeys": ["teleport"]}, "/journeys/0"),
        ({"effective_from": "2026-01-01T00:00:00"}, "/effective_from"),
        ({"effective_from": "0001-01-01T00:00:00+14:00"}, "/effective_from"),
        ({"address": {"lines": [], "city": "X", "country": "US"}}, "/address/lines"),
        ({"address": {"lines": ["1"], "city": "X", "country": "usa"}}, "/address/country"),
        ({"contact": {"email": "nobody"}}, "/contact/email"),
        ({"attributes": {"area": Decimal("1.5")}}, "/attributes"),
        ({"colour": "red"}, "/colour"),
        ({"id": "a#b"}, "/id"),
    ],
)
def test_a_wrong_field_of_a_node_is_named(change: dict[str, Any], pointer: str):
    with pytest.raises(InvalidRequest) as refusal:
        validate(PutNode, NODE | change)
    assert [error.pointer for error in refusal.value.errors] == [pointer]


def test_a_float_never_becomes_a_coordinate():
    with pytest.raises(InvalidRequest):
        validate(PutNode, NODE | {"latitude": 40.7})


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "thing"}, "/kind"),
        ({"weight_grams": Decimal("1.5")}, "/weight_grams"),
        ({"weight_grams": -1}, "/weight_grams"),
        ({"status": "gone"}, "/status"),
        ({"sku": ""}, "/sku"),
        ({"price": 5}, "/price"),
    ],
)
def test_a_wrong_field_of_an_item_is_named(change: dict[str, Any], pointer: str):
    with pytest.raises(InvalidRequest) as refusal:
        validate(PutItem, {"sku": "85123A", "description": "Heart"} | change)
    assert [error.pointer for error in refusal.value.errors] == [pointer]


def instant(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


def version(number: int, begins: int, node_id: str = "store-1") -> Node:
    document = deepcopy(NODE) | {"id": node_id, "name": f"version {number}"}
    return stored_node(validate(PutNode, document), version=number, effective_from=instant(begins))


def test_the_version_that_began_last_holds():
    versions = [version(3, 20), version(1, 1), version(2, 10)]
    assert [[node.version for node in in_force(versions, instant(day))] for day in (1, 9, 10, 19, 20, 31)] == [
        [1],
        [1],
        [2],
        [2],
        [3],
        [3],
    ]


def test_before_the_first_version_there_is_no_node():
    assert in_force([version(1, 5)], instant(4)) == []


def test_a_change_made_now_gives_way_to_one_planned_before():
    versions = [version(1, 1), version(2, 20), version(3, 10)]
    assert [node.version for node in in_force(versions, instant(15))] == [3]
    assert [node.version for node in in_force(versions, instant(20))] == [2]


def test_a_planned_version_is_replaced_by_a_later_one_for_the_same_instant():
    versions = [version(1, 1), version(2, 20), version(3, 20), version(4, 25)]
    assert [node.version for node in upcoming(versions, instant(2))] == [3, 4]
    assert [node.version for node in in_force(versions, instant(21))] == [3]


def test_each_node_has_its_own_version_in_force():
    versions = [version(1, 1, "b"), version(1, 1, "a"), version(2, 3, "a"), version(1, 9, "c")]
    assert [(node.id, node.version) for node in in_force(versions, instant(5))] == [("a", 2), ("b", 1)]


def test_a_stored_node_reads_back_as_it_was():
    node = version(1, 1)
    assert Node.model_validate_json(node.model_dump_json()) == node
