"""Rules of stock over HTTP: drafts, promotion, roll-back and comparison, and what they keep from whom."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oms.platform.dynamodb import Database
from tests.functions.conftest import Api
from tests.functions.test_availability import NEWARK, RENO, node

SCOPES = ("rules.write", "rules.read")
SHOP = ("availability.read", "inventory.write", "inventory.correct", "registry.write")
RULES = "/v1/inventory/rules/usual"


@pytest.fixture
def rules(function) -> Api:
    return Api(function("rule_sets").handler, SCOPES)


@pytest.fixture
def stock(function) -> Api:
    registry = Api(function("registry").handler, SHOP)
    nodes = [
        node("east", NEWARK, attributes={"group": "malls"}),
        node("west", RENO),
        node("shop", NEWARK, kind="store", journeys=["pickup", "ship"]),
    ]
    registry.put("/v1/nodes", {"nodes": nodes}, key="nodes")
    items = [{"sku": "A", "description": "A", "attributes": {"class": "lamps"}}, {"sku": "B", "description": "B"}]
    registry.put("/v1/items", {"items": items}, key="items")
    api = Api(function("inventory").handler, SHOP)
    rows = [
        {"sku": sku, "node_id": name, "kind": "received", "quantity": units}
        for sku in ("A", "B")
        for name, units in (("east", 10), ("west", 7), ("shop", 3))
    ]
    assert api.post("/v1/inventory/movements", {"movements": rows}).status == 200
    return api


def safety(rule_id: str, priority: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": rule_id, "priority": priority, **more}


def hold(rules: Api, content: dict[str, Any]) -> int:
    """Draft a content and let it hold; the number of its version."""
    now = rules.get(RULES)
    match = {"if-match": str(now.body["version"])} if now.status == 200 else {}
    put = rules.put(RULES, content, headers=match)
    assert put.status in (200, 201), put.body
    number = put.body["newest_number"]
    made = rules.post(f"{RULES}/promotions", {"number": number}, headers={"if-match": str(put.body["version"])})
    assert (made.status, made.body["live_number"]) == (200, number), made.body
    return int(number)


def had(stock: Api, sku: str = "A", channel: str | None = "web", **more: str) -> dict[str, int]:
    query = "".join(f"&{name}={value}" for name, value in more.items())
    named = f"&channel={channel}" if channel else ""
    answer = stock.get(f"/v1/availability?skus={sku}{named}{query}")
    assert answer.status == 200, answer.body
    (item,) = answer.body["items"]
    assert item["available"] == sum(one["available"] for one in item["nodes"])
    return {one["node_id"]: one["available"] for one in item["nodes"]}


@pytest.mark.capability("R8")
def test_a_rule_set_is_drafted_promoted_and_rolled_back_in_one_call_each(rules: Api, stock: Api):
    first = rules.put(RULES, {"safety": [safety("all", units=2)]})
    assert first.status == 201
    assert first.body == {
        "kind": "inventory",
        "id": "usual",
        "version": 1,
        "live_number": None,
        "newest_number": 1,
        "previous_number": None,
        "available_actions": ["put", "promote"],
    }
    assert had(stock) == {"east": 10, "shop": 3, "west": 7}, "a draft changes nothing"
    assert rules.get(RULES).body["live"] is None
    hold(rules, {"safety": [safety("all", units=2)]})
    assert had(stock) == {"east": 8, "shop": 1, "west": 5}
    assert hold(rules, {"safety": [safety("all", units=5)]}) == 2
    assert had(stock) == {"east": 5, "west": 2, "shop": 0}
    shown = rules.get(RULES).body
    assert (shown["live"]["number"], shown["live"]["status"]) == (2, "LIVE")
    assert rules.get(f"{RULES}/versions/1").body["status"] == "RETIRED"
    back = rules.post(f"{RULES}/rollbacks", None, headers={"if-match": str(shown["version"])})
    assert (back.status, back.body["live_number"], back.body["previous_number"]) == (200, 1, None)
    assert had(stock) == {"east": 8, "shop": 1, "west": 5}
    assert rules.get(f"{RULES}/versions/2").body["status"] == "RETIRED"
    again = rules.post(f"{RULES}/rollbacks", None, headers={"if-match": str(back.body["version"])})
    assert (again.status, again.body["code"]) == (409, "action_not_available")
    assert had(stock) == {"east": 8, "shop": 1, "west": 5}
    assert [one["id"] for one in rules.get("/v1/inventory/rules").body["rule_sets"]] == ["usual"]


@pytest.mark.capability("R8")
def test_two_versions_are_compared_rule_by_rule(rules: Api, stock: Api):
    hold(rules, {"safety": [safety("a", units=2), safety("b", units=1)]})
    version = rules.get(RULES).body["version"]
    changed = {"safety": [safety("b", units=1), safety("a", units=3), safety("c", percent=10)]}
    assert rules.put(RULES, changed, headers={"if-match": str(version)}).status == 200
    diff = rules.get(f"{RULES}/diff").body
    assert (diff["from"], diff["to"]) == (1, 2)
    assert [(one["pointer"], one["before"]) for one in diff["differences"]] == [
        ("/safety/a/units", 2),
        ("/safety/c", None),
    ]
    assert diff["differences"][0]["after"] == 3
    assert rules.get(f"{RULES}/diff?from=2&to=2").body["differences"] == []
    assert rules.get(f"{RULES}/diff?from=9").status == 404


def test_what_is_put_twice_is_one_version_and_a_stale_change_is_refused(rules: Api, stock: Api):
    content = {"safety": [safety("all", units=2)]}
    rules.put(RULES, content)
    assert rules.put(RULES, content).status == 422, "an existing set needs If-Match"
    same = rules.put(RULES, content, headers={"if-match": "1"})
    assert (same.status, same.body["newest_number"], same.body["version"]) == (200, 1, 1)
    stale = rules.put(RULES, {"safety": []}, headers={"if-match": "7"})
    assert (stale.status, stale.body["code"]) == (409, "stale_version")
    assert rules.get(RULES).body["newest_number"] == 1
    assert rules.post(f"{RULES}/promotions", {"number": 2}, headers={"if-match": "1"}).status == 404
    assert rules.post("/v1/inventory/rules/other/rollbacks", None).status == 404
    made = rules.post(f"{RULES}/promotions", {"number": 1}, headers={"if-match": "1"}, key="once")
    repeat = rules.post(f"{RULES}/promotions", {"number": 1}, headers={"if-match": "1"}, key="once")
    assert (made.body, repeat.headers["Idempotency-Replayed"]) == (repeat.body, "true")
    twice = rules.post(f"{RULES}/promotions", {"number": 1}, headers={"if-match": "2"})
    assert (twice.status, twice.body["code"]) == (409, "action_not_available")


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"safety": [safety("a")]}, "/safety/0"),
        ({"safety": [safety("a", units=1, percent=1)]}, "/safety/0"),
        ({"safety": [safety("a", percent=101)]}, "/safety/0/percent"),
        ({"safety": [safety("a", units=1.5)]}, "/safety/0/units"),
        ({"safety": [safety("a", units=-1)]}, "/safety/0/units"),
        ({"safety": [safety("a", units=1), safety("a", units=2)]}, "/safety"),
        (
            {"safety": [safety("a", units=1, **{"from": "2026-03-09T12:00:00Z", "until": "2026-03-09T12:00:00Z"})]},
            "/safety/0",
        ),
        ({"pools": [{"id": "p", "units": 1, "channels": []}]}, "/pools/0/channels"),
        ({"rules": []}, "/rules"),
    ],
)
def test_rules_that_mean_nothing_are_refused_and_kept_nowhere(rules: Api, content: dict[str, Any], pointer: str):
    refused = rules.put(RULES, content)
    assert (refused.status, refused.pointers) == (422, [pointer])
    assert rules.get(RULES).status == 404


def test_rules_that_no_item_holds_are_refused(rules: Api):
    """What a rule leaves out is stored too, so that an old version means for ever what it meant."""
    skus = [f"{n:0>30}" for n in range(11)]
    many = [safety(f"rule-{n:03}", units=1, where={"skus": skus}) for n in range(500)]
    bare = [{"id": f"{n}", "channels": ["a"], "units": 1} for n in range(500)]
    refused = rules.put(RULES, json.dumps({"safety": many, "pools": bare}, separators=(",", ":")))
    assert (refused.status, refused.body["code"]) == (413, "too_large")
    assert refused.body["detail"].startswith("The rules take 3")
    assert rules.get(RULES).status == 404


def test_rules_belong_to_a_tenant_and_need_their_scope(rules: Api, stock: Api):
    hold(rules, {"safety": [safety("all", units=2)]})
    assert rules.get(RULES, tenant="other").status == 404
    assert rules.get(RULES, scopes=("inventory.read",)).status == 403
    assert rules.put(RULES, {}, scopes=("rules.read",)).status == 403
    assert had(stock) == {"east": 8, "shop": 1, "west": 5}


@pytest.mark.capability("D5", whole=True)
def test_buffers_go_by_product_node_group_and_channel_and_priority_decides(rules: Api, stock: Api):
    hold(
        rules,
        {
            "safety": [
                safety("all", 1, units=1),
                safety("lamps", 5, percent=25, where={"item_attributes": {"class": "lamps"}}),
                safety("malls", 9, units=4, where={"node_attributes": {"group": "malls"}}, channels=["web"]),
                safety("shops", 9, units=3, where={"node_kinds": ["store"], "skus": ["B"]}),
            ]
        },
    )
    # A quarter of 7 is rounded up to 2, of 3 to 1; the group's rule comes first for the web only.
    assert had(stock) == {"east": 6, "west": 5, "shop": 2}
    assert had(stock, channel="store") == {"east": 7, "west": 5, "shop": 2}
    assert had(stock, "B") == {"east": 6, "west": 6, "shop": 0}
    assert had(stock, channel=None) == {"east": 10, "west": 7, "shop": 3}
    (item,) = stock.get("/v1/availability?skus=A&channel=web&nodes=east").body["items"]
    assert item["nodes"][0]["kept_back"] == [{"rule_set": "usual", "number": 1, "rule": "malls", "units": 4}]


@pytest.mark.capability("D5")
def test_a_buffer_begins_and_ends_on_schedule(rules: Api, stock: Api, clock):
    sale = {"from": "2026-03-09T13:00:00Z", "until": "2026-03-09T14:00:00+00:00"}
    hold(rules, {"safety": [safety("usual", 1, units=1), safety("sale", 2, units=0, **sale)]})
    assert had(stock)["east"] == 9
    clock.advance(hours=1)
    assert had(stock)["east"] == 10
    clock.advance(minutes=59, seconds=59)
    assert had(stock)["east"] == 10
    clock.advance(seconds=1)
    assert had(stock)["east"] == 9


@pytest.mark.capability("D5")
def test_safety_units_of_the_row_itself_count_towards_the_buffer(rules: Api, stock: Api):
    row = {"sku": "A", "node_id": "east", "kind": "safety_changed", "quantity": 3, "reason": "season"}
    assert stock.post("/v1/inventory/movements", {"movements": [row]}).status == 200
    hold(rules, {"safety": [safety("all", units=5)]})
    assert had(stock)["east"] == 5


@pytest.mark.capability("D6")
def test_ring_fenced_stock_is_for_its_channels_until_others_may_borrow(rules: Api, stock: Api, clock):
    pool = {"id": "vip", "units": 6, "channels": ["vip"], "where": {"nodes": ["east"]}}
    hold(rules, {"pools": [{**pool, "borrow_from": "2026-03-09T13:00:00Z", "borrow_keep": 2}]})
    assert had(stock) == {"east": 4, "west": 7, "shop": 3}
    assert had(stock, channel="vip") == {"east": 10, "west": 7, "shop": 3}
    clock.advance(hours=1)
    assert had(stock)["east"] == 8


@pytest.mark.capability("D6", whole=True)
def test_a_channel_does_not_see_nodes_that_are_kept_from_it(rules: Api, stock: Api):
    gone = {"id": "control", "channels": ["web"], "where": {"nodes": ["west"]}}
    hold(rules, {"safety": [safety("all", units=1)], "exclusions": [gone]})
    assert had(stock) == {"east": 9, "west": 0, "shop": 2}
    assert had(stock, channel="store") == {"east": 9, "west": 6, "shop": 2}
    total = stock.get("/v1/availability?skus=A,B&channel=web&view=aggregate").body["items"]
    assert total == [{"sku": "A", "segment": None, "available": 11}, {"sku": "B", "segment": None, "available": 11}]


def test_rules_cost_one_read_where_nothing_has_changed(rules: Api, stock: Api, database: Database, monkeypatch):
    hold(rules, {"safety": [safety("all", units=1)]})
    had(stock)
    calls: list[str] = []
    real = Database._call
    monkeypatch.setattr(Database, "_call", lambda self, name, **more: calls.append(name) or real(self, name, **more))
    had(stock)
    assert calls == ["query", "query"]
