"""Drafts: agreed without any effect, edited, shared by a link, and placed exactly once by whoever submits or pays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.order_doors import Doors, doors
from tests.order_world import STOCK, document, line, world

__all__ = ["doors", "world"]

pytestmark = pytest.mark.capability("A5")
CARD = {"provider": "strict", "token": "tok_visa"}


def draft_of(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**document(*(lines or (line("A", 2),)), external_id="d-1"), "payments": [], **changes}


def made(doors: Doors, *lines: dict[str, Any], **changes: Any) -> str:
    answer = doors.api("place_order").post("/v1/drafts", draft_of(*lines, **changes))
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


def linked(doors: Doors, draft_id: str) -> str:
    answer = doors.api("place_order").post(f"/v1/drafts/{draft_id}/link", None)
    assert answer.status == 201, answer.body
    return str(answer.body["path"])


def public(doors: Doors, method: str, path: str, body: Any = None, **more: Any) -> Answer:
    """A call by a customer, who has no token."""
    return doors.api("place_order").send(method, path, body, scopes=(), **more)


def effects(doors: Doors) -> dict[str, Any]:
    """Stock and money, which a draft must leave alone."""
    rows = doors.world.database.rows
    stock = {place: row for place, row in rows.items() if place[0] == "stock"}
    return {"stock": stock, "money": list(doors.world.provider.effects), "orders": doors.world.order_ids()}


def test_a_draft_has_no_effect_until_it_is_submitted_and_is_placed_once(doors: Doors):
    before, api = effects(doors), doors.api("place_order")
    answer = api.post("/v1/drafts", draft_of(line("A", 2), quote_number="Q-7", valid_days=5))
    draft_id = answer.body["id"]
    assert (answer.status, answer.headers["Location"]) == (201, f"/v1/drafts/{draft_id}")
    assert {name: answer.body[name] for name in answer.body if name != "order"} == {
        "id": draft_id,
        "state": "DRAFT",
        "version": 1,
        "quote_number": "Q-7",
        "created_at": "2026-11-23T12:00:00.000Z",
        "valid_until": "2026-11-28T12:00:00.000Z",
        "order_id": None,
        "available_actions": ["edit", "submit", "share"],
    }
    assert api.get(f"/v1/drafts/{draft_id}").body == answer.body
    assert effects(doors) == before
    tender = {**CARD, "amount": 2000}
    first = api.post(f"/v1/drafts/{draft_id}/submit", {"payments": [tender]}, key="k")
    assert (first.status, first.body["status"], first.body["total"]) == (201, "CONFIRMED", 2000)
    assert doors.world.stock("A", "DC1").reserved == 2
    placed = doors.world.tables()
    same = api.post(f"/v1/drafts/{draft_id}/submit", {"payments": [tender]}, key="k")
    again = api.post(f"/v1/drafts/{draft_id}/submit", {"payments": [tender]}, key="other")
    assert (same.status, again.status) == (201, 200)
    assert same.body == again.body == first.body
    other = api.post(f"/v1/drafts/{draft_id}/submit", {"payments": [{**tender, "token": "tok_other"}]})
    assert (other.status, other.body["code"]) == (409, "draft_over")
    assert doors.world.tables() == placed
    seen = api.get(f"/v1/drafts/{draft_id}").body
    assert (seen["state"], seen["order_id"], seen["available_actions"]) == ("PLACED", first.body["id"], [])
    assert [one["detail"]["data"]["order_id"] for one in doors.told("DraftPlaced")] == [first.body["id"]]


def test_a_draft_is_edited_against_its_version_and_placed_with_its_last_prices(doors: Doors):
    api, draft_id = doors.api("place_order"), made(doors)
    path, cheaper = f"/v1/drafts/{draft_id}", draft_of(line("A", 2, 900), valid_days=1)
    with doors.world.unchanged():
        assert api.put(path, cheaper).pointers == ["/header/If-Match"]
        stale = api.put(path, cheaper, headers={"if-match": "2"})
        moved = api.put(path, {**cheaper, "channel": "app"}, headers={"if-match": "1"})
        wrong = api.put(path, {**cheaper, "totals": {**cheaper["totals"], "total": 1799}}, headers={"if-match": "1"})
    assert (stale.status, stale.body["code"]) == (409, "stale_version")
    assert (moved.status, moved.pointers) == (422, ["/channel"])
    assert (wrong.status, wrong.pointers) == (422, ["/totals/total"])
    edited = api.put(path, cheaper, headers={"if-match": "1"})
    assert (edited.status, edited.body["version"], edited.body["valid_until"]) == (200, 2, "2026-11-24T12:00:00.000Z")
    with doors.world.unchanged():
        early = api.post(f"{path}/submit", {"payments": [{**CARD, "amount": 1800}]}, headers={"if-match": "1"})
    assert (early.status, early.body["code"]) == (409, "stale_version")
    assert api.post(f"{path}/submit", {"payments": [{**CARD, "amount": 1800}]}).body["total"] == 1800


def test_a_draft_whose_time_is_over_is_neither_edited_nor_placed_nor_shared(doors: Doors):
    api, draft_id = doors.api("place_order"), made(doors)
    path, link = f"/v1/drafts/{draft_id}", linked(doors, draft_id)
    doors.world.clock.advance(days=2)
    assert (api.get(path).body["state"], api.get(path).body["available_actions"]) == ("EXPIRED", [])
    with doors.world.unchanged():
        refused = [
            api.put(path, draft_of(), headers={"if-match": "2"}),
            api.post(f"{path}/submit", None),
            api.post(f"{path}/link", None),
            public(doors, "POST", link, CARD),
        ]
        shown = public(doors, "GET", link)
    assert [(one.status, one.body["code"]) for one in refused] == [(409, "draft_over")] * 4
    assert (shown.status, shown.body["code"]) == (404, "not_found")


@pytest.mark.capability("A5", whole=True)
def test_by_its_link_a_customer_sees_a_draft_and_pays_it_once_however_often_it_is_clicked(doors: Doors):
    before = effects(doors)
    draft_id = made(doors, line("A", 2), line("B", 1, 500), customer={"name": "Ann", "email": "ann@example.com"})
    link = linked(doors, draft_id)
    seen = public(doors, "GET", link)
    assert effects(doors) == before
    assert seen.body == {
        "state": "DRAFT",
        "quote_number": None,
        "valid_until": "2026-11-25T12:00:00.000Z",
        "currency": "USD",
        "lines": [
            {"line_no": 1, "sku": "A", "description": None, "quantity": 2, "unit_price": 1000, "total": 2000},
            {"line_no": 2, "sku": "B", "description": None, "quantity": 1, "unit_price": 500, "total": 500},
        ],
        "totals": {"goods": 2500, "discount": 0, "charges": 0, "tax": 0, "total": 2500},
    }
    other: list[Answer] = []

    def overtaken(name: str, act: Any) -> Any:
        if name == "commit" and not other:
            other.append(Answer(0, {}, {}))
            other[0] = public(doors, "POST", link, CARD, key="click-2")
        return act()

    doors.world.database.around = overtaken
    ours = public(doors, "POST", link, CARD, key="click-1")
    doors.world.database.around = lambda name, act: act()
    third = public(doors, "POST", link, CARD, key="click-3")
    assert (other[0].status, ours.status, third.status) == (201, 200, 200)
    assert ours.body == other[0].body == third.body
    assert doors.world.order_ids() == [ours.body["id"]]
    assert {node: doors.world.stock("A", node).available for node in STOCK} == {**STOCK, "DC1": 8}
    doors.run_order_workflow(ours.body["id"])
    assert doors.world.provider.effects == [("authorize", "psp_1", 2500)]
    with doors.world.unchanged():
        late = public(doors, "POST", link, {**CARD, "token": "tok_other"})
    assert (late.status, late.body["code"]) == (409, "draft_over")
    assert public(doors, "GET", link).body["state"] == "PLACED"


@pytest.mark.capability("M6")
def test_who_does_not_know_a_link_learns_nothing(doors: Doors):
    draft_id = made(doors)
    link = linked(doors, draft_id)
    name = link.rpartition("/")[2]
    stored = [str(row) for (table, _), row in doors.world.database.rows.items() if table in ("orders", "events")]
    assert not [row for row in stored if name in row]
    guesses = [link[:-1], f"/v1/draft-links/other.{name.partition('.')[2]}", f"/v1/draft-links/acme.{draft_id}"]
    with doors.world.unchanged():
        refused = [public(doors, "GET", guess) for guess in guesses]
        refused += [public(doors, "POST", guess, CARD) for guess in guesses]
    assert {(one.status, str(one.body)) for one in refused} == {(404, str(refused[0].body))}


def test_without_stock_a_draft_stays_a_draft(doors: Doors):
    draft_id = made(doors, line("A", 21))
    link = linked(doors, draft_id)
    with doors.world.unchanged():
        refused = public(doors, "POST", link, CARD)
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert doors.api("place_order").get(f"/v1/drafts/{draft_id}").body["state"] == "DRAFT"


def test_drafts_belong_to_their_tenant_and_channel_and_are_checked_as_orders_are(doors: Doors):
    api, draft_id = doors.api("place_order"), made(doors)
    wrong = draft_of(line("NONE", 1))
    with doors.world.unchanged():
        assert api.get(f"/v1/drafts/{draft_id}", tenant="other").status == 404
        assert api.get(f"/v1/drafts/{draft_id}", scopes=("orders.write",)).status == 403
        foreign = api.post(f"/v1/drafts/{draft_id}/submit", None, scopes=("orders.write", "channel.app"))
        assert (foreign.status, foreign.body["code"]) == (403, "scope_missing")
        assert api.post("/v1/drafts", wrong).pointers == ["/lines/0/sku"]
        assert api.post("/v1/drafts", draft_of(valid_days=0)).pointers == ["/valid_days"]
