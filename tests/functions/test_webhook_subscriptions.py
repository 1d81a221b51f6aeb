"""Subscriptions to events: addresses, versions, scopes and bounds; a refusal keeps nothing."""

from __future__ import annotations

import pytest

from tests.order_doors import doors
from tests.order_world import world
from tests.webhook_doors import Hooks, hooks

__all__ = ["doors", "hooks", "world"]


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.example.com/", "https://localhost/", "https://127.0.0.1/", "https://2130706433/"),
        *("https://[::1]/", "https://0x7f000001/", "https://user:pw@example.com/", "https://printer.local/"),
        *("https://example.com:22/", "https://example.com/#part", "ftp://example.com/", "https://", "https://a b.com/"),
        *("https://example.com/ä", "https://metadata.google.internal/", "https://example.com/" + "x" * 2_000),
    ],
)
def test_an_address_that_is_not_public_is_refused_and_nothing_is_kept(hooks: Hooks, url: str):
    before = len(hooks.doors.world.database.rows)
    refused = hooks.put("shop", url=url)
    assert (refused.status, refused.pointers) == (422, ["/url"])
    assert len(hooks.doors.world.database.rows) == before


def test_a_subscription_is_changed_against_its_version_only(hooks: Hooks):
    hooks.put("shop", "OrderPlaced")
    refused = hooks.put("shop", "OrderCancelled")
    assert (refused.status, refused.pointers) == (422, ["/header/If-Match"])
    stale = hooks.put("shop", "OrderCancelled", headers={"if-match": "7"})
    assert (stale.status, stale.body["code"]) == (409, "stale_version")
    changed = hooks.put("shop", "OrderCancelled", headers={"if-match": "1"})
    assert (changed.status, changed.body["detail_types"], changed.body["version"]) == (200, ["OrderCancelled"], 2)
    assert hooks.put("No_Name", "OrderPlaced").status == 422
    assert hooks.put("other", "no type").status == 422


def test_nobody_sees_the_secret_without_its_scope_and_no_tenant_anothers(hooks: Hooks):
    hooks.put("shop", "OrderPlaced")
    url = "/v1/webhook-subscriptions/shop"
    assert hooks.api.get(f"{url}/secrets", scopes=("webhooks.read", "webhooks.write")).status == 403
    assert hooks.api.get(url, tenant="other").status == 404
    assert hooks.api.get("/v1/webhook-subscriptions", tenant="other").body == {"subscriptions": []}
    assert hooks.put("none", scopes=("webhooks.read",)).status == 403


def test_a_tenant_has_no_more_than_so_many(hooks: Hooks, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("oms.webhooks.commands.MOST_SUBSCRIPTIONS", 1)
    hooks.put("one")
    refused = hooks.put("two")
    assert (refused.status, refused.body["code"]) == (409, "too_many_subscriptions")
