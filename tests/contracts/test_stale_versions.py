"""A command that wants a version refuses a stale one, wherever the API description says so, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from oms.registry import reads as registry
from tests.contracts.appeasement_answers import GOODWILL, MANAGER, delivered, waiting
from tests.contracts.carrier_answers import CLAIM, LABEL, label_of, parcel_of
from tests.contracts.choice_answers import CHOICE_BODIES
from tests.contracts.collection_answers import COUNTER_BODIES
from tests.contracts.described import Gateway
from tests.contracts.draft_answers import DRAFT, DRAFT_BODIES, draft
from tests.contracts.drawer_answers import BODIES, opened
from tests.contracts.money_answers import issued
from tests.contracts.notice_answers import told
from tests.contracts.picking_answers import waved
from tests.contracts.reshape_answers import RESHAPE_BODIES
from tests.contracts.return_answers import ORDER_BODIES, RMA_BODIES, rma_of
from tests.contracts.rule_answers import RULE_SETS, every_kind
from tests.contracts.stock_answers import TRANSFER
from tests.contracts.test_answers import ITEM, NODE, basket, ordered
from tests.contracts.webhook_answers import WEBHOOK_BODIES, given_up
from tests.order_world import World
from tests.task_doors import opened as task_opened
from tools.openapi_routes import ROUTES


@pytest.fixture(name="everything", scope="module")
def everything_fixture() -> Iterator[tuple[Gateway, dict[str, str]]]:
    """One retailer who has something of every kind, and the ids of these; whoever is refused leaves it as it is."""
    shop = World()
    with pytest.MonkeyPatch.context() as patch:
        gateway = Gateway(shop, patch)
        order_id = ordered(gateway)
        (work, *_) = shop.order(order_id).fulfillment_orders
        every_kind(gateway)
        named = {"order_id": order_id, "fulfillment_order_id": work.id, "rule_set_id": "usual"}
        named |= {"reservation_id": basket(gateway), "supply_id": "tr-9", "session_id": opened(gateway)}
        named |= {"appeasement_id": waiting(gateway, delivered(gateway)), "refund_id": f"rfd_{order_id[4:]}_1"}
        named |= {"card_id": issued(gateway), "notice_id": told(gateway, order_id)}
        named["tracking_number"] = parcel_of(gateway)
        named["return_id"] = rma_of(gateway)
        named |= {"choice_id": "chc_1", "draft_id": draft(gateway)}
        named["task_id"] = task_opened(shop, "COUNT", "count-9", "S1")
        named |= {"label_id": label_of(gateway, patch, work.id), "wave_id": str(waved(gateway)["id"])}
        assert gateway.send("PUT", "/v1/supply/tr-9", TRANSFER)[0] == 201
        named |= given_up(gateway)
        yield gateway, named
    registry.forget()


@pytest.mark.parametrize("key", sorted(key for key, route in ROUTES.items() if route.if_match))
def test_a_stale_version_is_refused_where_if_match_is_described(everything, key):
    gateway, named = everything
    method, path = key.split(" ")
    url = path.format(**named, node_id="DC1", sku="A", action="accept")
    bodies = {
        "promotions": {"number": 1},
        "tr-9": TRANSFER,
        **ORDER_BODIES,
        **RMA_BODIES,
        **RESHAPE_BODIES,
        "close": {} if "waves" in path else {"reason": "late"},
        "breakage": {"reason": "dormant"},
        "DC1": {**NODE, "id": "DC1"},
        "A": {**ITEM, "sku": "A"},
        **GOODWILL,
        **COUNTER_BODIES,
        **CHOICE_BODIES,
        **DRAFT_BODIES,
        "labels": {**LABEL, "package_no": 2},
        "claims": CLAIM,
    }
    if path.startswith("/v1/webhook-subscriptions"):
        bodies = WEBHOOK_BODIES
    if path.startswith("/v1/supply"):
        bodies = {"tr-9": TRANSFER, "close": {"reason": "late"}}
    usual = {"ttl_seconds": 60} if method == "PATCH" else {}
    if path.endswith("{rule_set_id}"):
        usual = RULE_SETS[url.removeprefix("/v1/").partition("/usual")[0]]
    if path == "/v1/drafts/{draft_id}":
        usual = DRAFT
    if "drawer-sessions" in path:
        bodies = BODIES
    body = bodies.get(url.rsplit("/", 1)[1], usual)
    before = _apart_from_answers(gateway)
    answered, problem = gateway.send(method, url, body, headers={"if-match": "999"}, scopes=MANAGER)
    assert (answered, problem["code"]) == (409, "stale_version")
    assert _apart_from_answers(gateway) == before


def _apart_from_answers(gateway: Gateway) -> dict[Any, Any]:
    """Everything that is stored but for what clients were told."""
    return {key: dict(row) for key, row in gateway.world.database.rows.items() if key[0] != "commands"}
