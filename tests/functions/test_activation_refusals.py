"""What is refused of digital lines that are activated, of their items, and of pools of licences."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_activations import FakeActivations
from tests.functions.test_activations import ITEMS, authorized, digital, load, not_now, provider_fixture
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "provider_fixture", "world"]


@pytest.mark.capability("H9")
@pytest.mark.parametrize(
    ("own", "pointer", "code"),
    [
        (line("GAME", 1), "/lines/0/method", "digital_only"),
        (digital("GAME", 201), "/lines/0/quantity", "too_many_activations"),
        (digital("CARD", 1, 0), "/lines/0/unit_price", "greater_than_equal"),
    ],
)
def test_a_line_that_cannot_be_activated_is_refused(
    doors: Doors, at: FakeActivations, own: Any, pointer: str, code: str
):
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(own))
    assert refused.status == 422
    assert [(one["pointer"], one["code"]) for one in refused.body["errors"]] == [(pointer, code)]


@pytest.mark.capability("H9")
def test_what_is_activated_is_no_nodes_to_do(doors: Doors, at: FakeActivations):
    _, work_id = authorized(doors, digital("GAME"))
    not_now(doors, work_id)
    work = doors.api("fulfillment").get(f"/v1/fulfillment-orders/{work_id}").body
    assert (work["available_actions"], work["lines"][0]["activation"]["by"]) == ([], "licence_pool")
    for verb in ("accept", "ship", "reject"):
        with doors.world.unchanged():
            refused = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work_id}/{verb}", {"reason": "no"})
        assert (refused.status, refused.body["code"]) == (409, "action_not_available")


@pytest.mark.capability("H9")
def test_pools_and_terms_are_refused_where_they_make_no_sense(doors: Doors, at: FakeActivations):
    bad = [
        ("A", {"description": "a", "activation": ITEMS["GAME"]}, "/activation"),
        ("X", {"description": "x", "kind": "digital", "activation": {"by": "provider"}}, "/activation"),
        ("X", {"description": "x", "kind": "digital", "activation": {**ITEMS["GAME"], "provider": "p"}}, "/activation"),
    ]
    with doors.world.unchanged():
        for sku, body, pointer in bad:
            headers = {"if-match": "1" if sku == "A" else "0"}
            refused = doors.api("registry").put(f"/v1/items/{sku}", body, headers=headers)
            assert (refused.status, refused.pointers) == (422, [pointer])
        assert load(doors, "CODE", sku="NOBODY").status == 404
        other = load(doors, "CODE", sku="CARD")
        assert (other.status, other.body["errors"][0]["code"]) == (422, "no_licence_pool")
        assert load(doors, "CODE", "CODE").pointers == ["/codes"]
        assert load(doors, "CODE", scopes=("registry.read",)).status == 403
