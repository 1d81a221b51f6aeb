"""A channel places an order: what is promised at once, and that it happens once however often it is asked."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from botocore.exceptions import ClientError

from oms.inventory.store import snapshot
from oms.platform.commands import MOST_ATTEMPTS, Runtime
from oms.platform.dynamodb import Conflict, Database
from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.functions.conftest import Answer, Api
from tests.order_doors import Doors, doors
from tests.order_nodes import node
from tests.order_world import TENANT, World, document, line, world

__all__ = ["doors", "world"]


@pytest.mark.capability("A2")
def test_a_placed_order_is_answered_with_its_summary(doors: Doors):
    answer = doors.api("place_order").post("/v1/orders", document(line("A", 3, 333, tax=10), line("B", 1, 500)))
    assert answer.status == 201
    order_id = answer.body["id"]
    assert order_id.startswith("ord_01")
    assert answer.headers["Location"] == f"/v1/orders/{order_id}"
    assert "Idempotency-Replayed" not in answer.headers
    assert answer.body == {
        "id": order_id,
        "external_id": "536365",
        "channel": "web",
        "status": "CONFIRMED",
        "payment_status": "PENDING",
        "fulfillment_status": "UNFULFILLED",
        "version": 1,
        "currency": "USD",
        "total": 1509,
        "line_count": 2,
        "placed_at": "2026-11-23T12:00:00.000Z",
        "available_actions": ["cancel"],
    }
    assert doors.world.stock("A", "DC1").reserved == 3
    assert doors.world.stock("B", "DC1").reserved == 1


@pytest.mark.capability("A1", whole=True)
def test_one_order_however_it_is_repeated(doors: Doors, monkeypatch: pytest.MonkeyPatch):
    """Same key, same external id under a new key, both also in parallel: one order, reservation, authorization."""
    api, asked = doors.api("place_order"), document(line("A", 4))
    first = api.post("/v1/orders", asked, key="k1")
    bodies = [api.post("/v1/orders", asked, key="k1") for _ in range(4)]
    bodies += [api.post("/v1/orders", asked, key="k2"), api.post("/v1/orders", asked, key="k3")]
    for repeat in bodies:
        assert repeat.body == first.body
        assert repeat.headers["Idempotency-Replayed"] == "true"
        assert repeat.status in (200, 201)

    # In parallel: the other call's whole work happens between our reading and our writing.
    for ours, theirs in (("k4", "k4"), ("k5", "k6")):
        twin = document(line("A", 1), external_id=f"twin-{ours}")
        other: list[Any] = []

        def overtaken(name: str, act: Any, twin: Any = twin, theirs: str = theirs, other: list[Any] = other) -> Any:
            if name == "commit" and not other:
                other.append(None)
                other[0] = api.post("/v1/orders", twin, key=theirs)
            return act()

        doors.world.database.around = overtaken
        ours_answer = api.post("/v1/orders", twin, key=ours)
        doors.world.database.around = lambda name, act: act()
        assert other[0].status == 201
        assert ours_answer.body == other[0].body
        assert ours_answer.headers["Idempotency-Replayed"] == "true"

    assert len(doors.world.order_ids()) == 3
    assert doors.world.stock("A", "DC1").reserved == 4 + 1 + 1
    for _ in range(3):  # the event may arrive any number of times
        doors.run_order_workflow(first.body["id"])
    assert doors.world.provider.effects == [("authorize", "psp_1", 4000)]
    assert doors.world.stock("A", "DC1").allocated == 4

    before = doors.world.tables()
    other_body = api.post("/v1/orders", document(line("A", 5)), key="k1")
    assert (other_body.status, other_body.body["code"]) == (422, "idempotency_key_reused")
    assert doors.world.database.rows == before


def test_a_repeat_is_answered_as_at_first_whatever_happened_since(doors: Doors):
    api = doors.api("place_order")
    first = api.post("/v1/orders", document(line("A", 10)), key="k1")
    doors.run_order_workflow(first.body["id"])
    doors.api("change_orders").post(f"/v1/orders/{first.body['id']}/cancellations", {"reason": "x"})
    again = api.post("/v1/orders", document(line("A", 10)), key="k1")
    assert (again.status, again.body) == (201, first.body)
    # Also when there is no stock left to place it again, and when its SKU is gone.
    for sku_rows in [key for key in doors.world.database.rows if key[0] == "stock"]:
        doors.world.database.rows.pop(sku_rows)
    doors.world.received.clear()
    again = api.post("/v1/orders", document(line("A", 10)), key="k1")
    assert (again.status, again.body) == (201, first.body)


def test_the_same_external_id_with_other_content_is_refused(doors: Doors):
    api = doors.api("place_order")
    first = api.post("/v1/orders", document(line("A", 1)), key="k1")
    with doors.world.unchanged():
        other = api.post("/v1/orders", document(line("A", 2)), key="k2")
    assert (other.status, other.body["code"], other.pointers) == (409, "external_id_taken", ["/external_id"])
    assert first.body["id"] in other.body["detail"]
    # Another channel has numbers of its own.
    scopes = ("orders.write", "channel.app")
    assert api.post("/v1/orders", document(line("A", 2), channel="app"), scopes=scopes).status == 201


def test_keys_belong_to_their_client_and_tenant(doors: Doors):
    api = doors.api("place_order")
    assert api.post("/v1/orders", document(), key="k1").status == 201
    other = api.post("/v1/orders", document(external_id="2"), key="k1", tenant="other")
    # The other tenant has no item and no node, and sees nothing of ours.
    assert (other.status, other.body["code"]) == (422, "invalid_request")
    assert {key.pk.split("#")[1] for _, key in doors.world.database.rows} == {TENANT}


def test_stock_is_claimed_at_the_nearest_node_that_has_it_all(doors: Doors):
    far = {**document()["ship_to"], "postal_code": "90001"}
    order_id = doors.place(document(line("A", 5), line("B", 2), ship_to=far))
    assert doors.world.stock("A", "S2").reserved == 5
    assert doors.world.stock("B", "S2").reserved == 2
    doors.place(document(line("A", 6), ship_to=far, external_id="2"))
    assert doors.world.stock("A", "DC1").reserved == 6
    order = doors.world.order(order_id)
    assert [(c.node_id, c.quantity) for entry in order.lines for c in entry.claims] == [("S2", 5), ("S2", 2)]


@pytest.mark.capability("D4")
def test_lines_of_one_sku_are_summed_before_the_check(doors: Doors):
    api = doors.api("place_order")
    with doors.world.unchanged():
        refused = api.post("/v1/orders", document(line("A", 10), line("B", 1), line("A", 11)))
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert refused.pointers == ["/lines/0/quantity"]
    assert refused.body["errors"][0]["detail"] == "1 of A are missing"
    placed = api.post("/v1/orders", document(line("A", 10), line("B", 1), line("A", 10)))
    assert placed.status == 201
    assert sum(doors.world.stock("A", node).reserved for node in ("DC1", "S1", "S2")) == 20


@pytest.mark.capability("D4", "A6")
def test_groups_share_what_there_is(doors: Doors):
    """Two ways to the customer for one SKU: what the first takes, the second does not find."""
    asked = document(line("A", 8), line("A", 8, method="delivery"))
    order = doors.world.order(doors.place(asked))
    claimed: dict[str, int] = {}
    for entry in order.lines:
        for claim in entry.claims:
            claimed[claim.node_id] = claimed.get(claim.node_id, 0) + claim.quantity
    assert sum(claimed.values()) == 16
    assert claimed["DC1"] <= 10
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", {**asked, "external_id": "2"})
    assert (refused.status, refused.pointers) == (409, ["/lines/0/quantity", "/lines/1/quantity"])


@pytest.mark.capability("D4")
def test_a_thousand_buyers_of_the_last_unit(doors: Doors):
    """Every buyer has read that one unit is there before anybody's claim is written."""
    world = doors.world
    world.add_item("LAST", {"DC1": 1})
    first_look = list(world.database.query("stock", f"T#{TENANT}#SKU#LAST"))
    looks_first = False

    def everybody_looks_first(name: str, act: Any) -> Any:
        nonlocal looks_first
        if name == "query stock" and looks_first:
            looks_first = False
            return copy.deepcopy(first_look)
        return act()

    def buys(api: Api, buyer: int) -> Answer:
        nonlocal looks_first
        looks_first = True
        return api.post("/v1/orders", document(line("LAST", 1), external_id=str(buyer)))

    world.database.around = everybody_looks_first
    api = doors.api("place_order")
    answers = [buys(api, buyer) for buyer in range(1000)]
    world.database.around = lambda name, act: act()
    assert [answer.status for answer in answers] == [201] + [409] * 999
    assert {answer.body["code"] for answer in answers[1:]} == {"out_of_stock"}
    assert (world.stock("LAST", "DC1").reserved, world.stock("LAST", "DC1").available) == (1, 0)
    assert len(world.order_ids()) == 1


def test_a_hot_item_is_tried_again_and_then_refused_cleanly(doors: Doors):
    """Twenty conflicts in a row: some other writer is always quicker. Nothing half done, and 503 with a time."""
    world = doors.world
    tries = 0

    def always_late(name: str, act: Any) -> Any:
        nonlocal tries
        if name == "commit":
            tries += 1
            if tries <= 20:
                raise Conflict([], contended=True)
        return act()

    world.database.around = always_late
    with world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(), key="k1")
    assert (refused.status, refused.body["code"]) == (503, "busy")
    assert int(refused.headers["Retry-After"]) >= 1
    assert tries == MOST_ATTEMPTS == 12
    tries = 20
    assert doors.api("place_order").post("/v1/orders", document(), key="k1").status == 201


def test_a_node_made_a_moment_ago_can_be_used_at_once(doors: Doors):
    """A warm function knows yesterday's nodes; a name it does not know is looked up before it is refused."""
    doors.place(document())
    doors.world.database.commit([node_write(TENANT, node("POP-UP", "store", 40, -74))])
    assert doors.place(document(line("A", 1), external_id="2", selling_node="POP-UP"))


@pytest.mark.capability("O3")
@pytest.mark.parametrize("operation", ["batch_get_item", "query", "transact_write_items"])
def test_a_throttled_store_is_503_and_nothing_is_half_done(function, database: Database, clock, operation: str):
    """On the real tables: DynamoDB refuses a call; the channel is told when to come again, and then it works."""
    module = function("place_order")
    stocked = World()
    for commit in list(stocked.database.commits):
        database.commit(commit)
    registry.forget()
    clock.instant = stocked.clock.instant
    throttled = Throttled(database.client, operation)
    module.runtime = Runtime(clock=clock, database=Database(throttled), pause=lambda _: None)
    api = Api(module.handler, ("orders.write", "channel.web"))
    refused = api.post("/v1/orders", document(), key="k1")
    assert (refused.status, refused.body["code"], refused.headers["Retry-After"]) == (503, "busy", "2")
    before = snapshot(database, TENANT, ["A", "B"])
    assert sum(row.reserved for rows in before.values() for row in rows) == 0
    throttled.refused = ""
    placed = api.post("/v1/orders", document(), key="k1")
    assert (placed.status, "Idempotency-Replayed" in placed.headers) == (201, False)
    after = snapshot(database, TENANT, ["A", "B"])
    assert sum(row.reserved for rows in after.values() for row in rows) == 4


class Throttled:
    """A client of the service that refuses one operation."""

    def __init__(self, client: Any, refused: str) -> None:
        self.client, self.refused = client, refused

    def __getattr__(self, operation: str) -> Any:
        if operation == self.refused:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, operation)
        return getattr(self.client, operation)
