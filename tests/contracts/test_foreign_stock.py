"""Stock in the words of other systems becomes feed messages: names, refusals with their place, and nothing raises."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.requests import FeedMessage
from oms.inventory.terms import Connection
from oms.inventory.told import Told, microseconds
from oms.inventory.translating import ADAPTERS, ForeignRecord, translated
from oms.platform.problems import FieldError
from tests.contracts.test_stock_feeds import CHICAGO, SAMPLES, body_of


def connection(adapter: str = "square", **more: Any) -> Connection:
    return Connection.model_validate({"id": "own", "adapter": adapter, **more})


def meant(body: Any, one: Connection) -> tuple[list[FeedMessage], list[tuple[str, str]]]:
    found = translated(ForeignRecord(tenant="acme", connection="own", body=body), [one])
    return [message for message, _ in found.messages], [(error.pointer, error.code) for error in found.errors]


def counted(**more: Any) -> dict[str, Any]:
    return {
        "catalog_object_id": "VAR1",
        "location_id": "LOC1",
        "quantity": "4",
        "calculated_at": "2026-03-09T09:00:00Z",
        **more,
    }


def test_names_are_translated_and_a_till_is_a_source_of_its_own():
    at = datetime(2026, 3, 9, 13, 59, tzinfo=UTC)
    own = connection("poslog", nodes={"S7": "seattle"}, items={"00000000001001": "MUG"}, time_zone="America/Chicago")
    found, errors = meant(body_of(SAMPLES / "poslog.xml"), own)
    first = (datetime(2026, 3, 9, tzinfo=UTC).toordinal() * 10**7 + 41) * 10**4 + 1
    shared = {"tenant": "acme", "source": "own.2", "kind": "delta", "node_id": "seattle", "as_of": at}
    assert found == [
        FeedMessage(sku="MUG", quantity=-2, sequence=first, **shared),
        FeedMessage(sku="MUG", quantity=1, sequence=first + 1, **shared),
        FeedMessage(sku="00000000001002", quantity=1, sequence=first + 4, **shared),
    ]
    assert errors == []


def test_a_connection_takes_what_it_says_and_passes_over_what_is_not_ours():
    changes = body_of(SAMPLES / "square_changes.json")
    assert [one.kind for one in meant(changes, connection(takes=["snapshot"]))[0]] == ["snapshot"]
    assert [one.kind for one in meant(changes, connection(takes=["delta"]))[0]] == ["delta", "delta"]
    assert meant(changes, connection(not_ours=["LOC1"])) == ([], [])
    assert meant(changes, connection(not_ours=["VAR1"])) == ([], [])


def test_what_is_wrong_in_a_record_is_named_and_the_rest_is_taken():
    body = {
        "counts": [
            counted(),
            counted(quantity="1.5"),
            counted(calculated_at="yesterday"),
            "nothing",
            counted(quantity="-1"),
            counted(catalog_object_id="A#B"),
            counted(catalog_object_id="VAR2"),
        ]
    }
    found, errors = meant(body, connection())
    assert [one.sku for one in found] == ["VAR1", "VAR2"]
    assert errors == [
        ("/body/counts/1/quantity", "invalid_value"),
        ("/body/counts/2/calculated_at", "invalid_value"),
        ("/body/counts/3", "invalid_request"),
        ("/body/counts/4/quantity", "invalid_value"),
        ("/body/counts/5/quantity", "string_pattern_mismatch"),
    ]


@pytest.mark.parametrize(
    ("adapter", "body", "pointer"),
    [
        ("shopify", {"inventory_item_id": 1, "location_id": 2, "available": 1}, "/body/updated_at"),
        ("shopify", {"inventory_levels": 7}, "/body/inventory_levels"),
        ("shopify", None, "/body"),
        ("square", {"type": "inventory.count.updated"}, "/body/data/object/inventory_counts"),
        ("square", [], "/body"),
        ("epcis", {"type": "EPCISDocument"}, "/body/epcisBody/eventList"),
        ("epcis", {"eventList": []}, "/body/type"),
        (
            "epcis",
            {"type": "ObjectEvent", "bizStep": "receiving", "eventTime": "2026-03-09T09:00:00Z", "action": "ADD"},
            "/body/bizLocation",
        ),
        ("poslog", {"xml": 1}, "/body"),
        ("poslog", "<POSLog>", "/body"),
        ("poslog", '<!DOCTYPE a [<!ENTITY b "c">]><POSLog>&b;</POSLog>', "/body"),
        ("poslog", "<html/>", "/body"),
    ],
)
def test_what_cannot_be_read_says_where(adapter: str, body: Any, pointer: str):
    found, errors = meant(body, connection(adapter))
    assert (found, [place for place, _ in errors]) == ([], [pointer])


def test_an_event_that_was_taken_back_or_is_no_number_of_pieces_is_refused():
    event = body_of(SAMPLES / "epcis_events.json")["epcisBody"]["eventList"][1]
    assert len(meant(event, connection("epcis"))[0]) == 1
    taken_back = {**event, "errorDeclaration": {"declarationTime": "2026-03-09T10:00:00Z"}}
    assert meant(taken_back, connection("epcis")) == ([], [("/body/errorDeclaration", "none_required")])
    weighed = {**event, "quantityList": [{**event["quantityList"][0], "uom": "KGM"}]}
    assert meant(weighed, connection("epcis")) == ([], [("/body/quantityList/0/uom", "none_required")])


def test_levels_of_the_same_second_are_told_apart_by_their_trigger():
    event = body_of(SAMPLES / "shopify_event.json")
    (first,) = ADAPTERS["shopify"](event, CHICAGO)
    assert first.sequence == microseconds(first.as_of) + 250_000
    for trigger, more in (("2026-03-09T09:00:07Z", 999_999), ("2026-03-09T08:59:00Z", 0), ("soon", 0), (None, 0)):
        event["detail"]["metadata"]["X-Shopify-Triggered-At"] = trigger
        (told,) = ADAPTERS["shopify"](event, CHICAGO)
        assert told.sequence == microseconds(told.as_of) + more


def test_a_connection_that_nobody_has_named_is_refused():
    assert translated(ForeignRecord(tenant="acme", connection="new", body={}), [connection()]).errors[0].code == (
        "unknown_connection"
    )


_WORDS = st.sampled_from(
    [
        *("type", "counts", "changes", "detail", "payload", "metadata", "inventory_levels", "epcisBody", "eventList"),
        *("adjustment", "quantity", "bizStep", "quantityList", "epcList", "inventory.count.updated", "ObjectEvent"),
        *("receiving", "available", "updated_at", "2026-03-09T09:00:00Z", "EPCISDocument", "bizLocation", "id"),
    ]
)
_LEAVES = st.none() | st.booleans() | st.integers() | _WORDS | st.text(max_size=5)
_BODIES = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4))


@given(_BODIES)
def test_nothing_that_is_sent_raises(body: Any):
    for adapter in ADAPTERS:
        for one in ADAPTERS[adapter](body, CHICAGO):
            assert isinstance(one, Told | FieldError)
            assert json.dumps(one.pointer)


_TAGS = st.sampled_from(
    ["Transaction", "RetailTransaction", "LineItem", "Sale", "Quantity", "SequenceNumber", "ItemID"]
)


@given(
    st.recursive(
        st.text("0123456789-. x", max_size=4),
        lambda inner: st.builds(
            lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>", _TAGS, st.lists(inner, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_no_log_of_a_till_raises(text: str):
    for one in ADAPTERS["poslog"](f"<POSLog>{text}</POSLog>", CHICAGO):
        assert isinstance(one, Told | FieldError)
