"""Supply under bad input and interruptions: a refusal has done nothing, a repeat goes on where a crash stopped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.test_promises import GROUND, basket, card, promised, works
from tests.functions.test_supply import buckets, part, post, put, told
from tests.interruptions import Died, before_commit, calm, die_at_commit
from tests.order_doors import Doors, doors, message
from tests.order_world import world

__all__ = ["doors", "world"]


@pytest.mark.parametrize("verb", ["receipts", "dispatch", "close"])
def test_empty_list_of_lines_is_refused_and_no_failure(doors: Doors, verb: str):
    put(doors, "tr-1", part(1, "A", 4), kind="transfer", from_node="DC1")
    body = {"lines": []} | ({"reason": "x"} if verb == "close" else {})
    assert post(doors, f"tr-1/{verb}", **body).status in (409, 422)


def test_a_line_that_is_dispatched_twice_in_one_call_is_not_silently_dropped(doors: Doors):
    put(doors, "tr-1", part(1, "A", 6), kind="transfer", from_node="DC1")
    twice = [{"line_no": 1, "quantity": 2}, {"line_no": 1, "quantity": 3}]
    answer = post(doors, "tr-1/dispatch", lines=twice)
    doors.world.received["A", "DC1"] -= 10 - buckets(doors, "A", "DC1")[0]
    assert answer.status == 422 or answer.body["lines"][0]["sent"] == 5


def test_a_day_far_away_does_not_take_promises_down(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    card(doors, GROUND)
    doors.world.add_item("D", {"S1": 1})
    assert put(doors, "po-1", part(1, "D", 9, "9999-12-31")).status in (201, 422)
    assert promised(doors, basket("D", 4)).status != 500


def test_a_card_number_is_no_supply_id(doors: Doors):
    assert put(doors, "4111111111111111", part(1, "A", 1)).status == 422


@pytest.mark.parametrize("supply_id", ["x" * 120, "a%23b"])
def test_an_id_that_others_cannot_name_is_refused(doors: Doors, supply_id: str):
    """The store bus and `purchase_order` name supply by a Code of up to 100 characters."""
    made = put(doors, supply_id, part(1, "A", 4), kind="transfer", from_node="DC1")
    if made.status == 201:
        sent = message("wms.DC1", "DispatchSupply", "d-1", supply_id=supply_id)
        again = doors.queue("node_messages", sent)
        if not again:
            doors.world.received["A", "DC1"] -= 4
        assert again == []


def test_supply_that_was_put_half_way_can_be_closed(doors: Doors):
    lines = [part(n, "A", 1) for n in range(1, 21)]
    die_at_commit(doors, 2)
    with pytest.raises(Died):
        put(doors, "po-1", *lines, key="big")
    calm(doors)
    assert doors.api("supply").get("/v1/supply/po-1").status == 200
    assert post(doors, "po-1/close", reason="x").status == 200


def test_a_receipt_between_the_parts_of_a_put_is_no_failure(doors: Doors):
    lines = [part(n, "A", 1) for n in range(1, 21)]
    answers: list[Any] = []

    def receive() -> None:
        answers.append(post(doors, "po-1/receipts"))

    before_commit(doors, 2, receive)
    put(doors, "po-1", *lines, key="big")
    calm(doors)
    doors.world.received["A", "S1"] = buckets(doors, "A", "S1")[0]
    assert answers[0].status != 500


def test_a_receipt_that_is_refused_has_received_nothing(doors: Doors):
    doors.world.add_item("D", {"DC1": 100, "S1": 1})
    lines = [part(n, "D", 2) for n in range(1, 18)]
    put(doors, "tr-1", *lines, kind="transfer", from_node="DC1")
    post(doors, "tr-1/dispatch", lines=[{"line_no": n, "quantity": 1} for n in range(1, 17)])
    doors.world.received["D", "DC1"] -= 16
    came = [{"line_no": n, "quantity": 1} for n in range(1, 18)]
    refused = post(doors, "tr-1/receipts", lines=came)
    assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    # The caller takes the line out that was refused, and sends the rest again.
    post(doors, "tr-1/receipts", lines=came[:16])
    on_hand = buckets(doors, "D", "S1")[0]
    doors.world.received["D", "S1"] = on_hand
    assert on_hand == 1 + 16


def test_a_dispatch_that_is_refused_has_sent_nothing(doors: Doors):
    doors.world.add_item("D", {"DC1": 100, "S1": 1})
    put(doors, "tr-1", *[part(n, "D", 2) for n in range(1, 18)], kind="transfer", from_node="DC1")
    gone = [{"line_no": n, "quantity": 1 if n < 17 else 3} for n in range(1, 18)]
    refused = post(doors, "tr-1/dispatch", lines=gone)
    assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    gone[16]["quantity"] = 1
    post(doors, "tr-1/dispatch", lines=gone)
    on_hand = buckets(doors, "D", "DC1")[0]
    doors.world.received["D", "DC1"] = on_hand
    assert on_hand == 100 - 17


def test_a_large_transfer_that_lacks_stock_keeps_nothing(doors: Doors):
    lines = [part(n, "A" if n <= 10 else "B", 1) for n in range(1, 17)] + [part(17, "C", 11)]
    with doors.world.unchanged():
        refused = put(doors, "tr-1", *lines, kind="transfer", from_node="DC1")
        assert (refused.status, refused.body["code"]) == (409, "out_of_stock")


def test_a_put_that_was_repeated_after_a_crash_says_created(doors: Doors):
    lines = [part(n, "A", 1) for n in range(1, 21)]
    die_at_commit(doors, 2)
    with pytest.raises(Died):
        put(doors, "po-1", *lines, key="big")
    calm(doors)
    assert put(doors, "po-1", *lines, key="big").status == 201


def test_a_key_that_a_call_in_parts_has_begun_with_is_of_no_use_for_another(doors: Doors):
    lines = [part(n, "A", 1) for n in range(1, 21)]
    die_at_commit(doors, 2)
    with pytest.raises(Died):
        put(doors, "po-1", *lines, key="big")
    calm(doors)
    assert put(doors, "po-1", *lines[:3], key="big", version=1).status in (409, 422)
    assert put(doors, "po-1", *lines, key="big").status in (200, 201)


def test_a_notice_on_an_order_that_is_put_half_way_counts_nothing_twice(doors: Doors):
    lines = [part(n, "A" if n < 20 else "B", 1) for n in range(1, 21)]
    notice = {"kind": "shipment_notice", "purchase_order": "po-1"}
    before_commit(doors, 2, lambda: put(doors, "asn-1", part(1, "B", 1, order_line_no=20), **notice))
    put(doors, "po-1", *lines, key="big")
    calm(doors)
    # The line of the order was not there yet: the notice is refused, and comes again.
    assert buckets(doors, "B", "S1") == (5, 5, 0, 0, 1)


def test_a_put_of_500_lines_reads_and_writes_in_proportion(doors: Doors):
    doors.world.add_item("D", {"S1": 1})
    lines = [part(n, "D", 1) for n in range(1, 501)]
    database, read, before = doors.world.database, [0], len(doors.world.database.commits)
    real = type(database).get_many

    def get_many(keys: Any, *, consistent: bool = True) -> Any:
        found = real(database, keys, consistent=consistent)
        read[0] += len(found)
        return found

    database.get_many = get_many
    assert put(doors, "po-1", *lines).status == 201
    bodies = [
        len(str(write.set["body"]))
        for commit in database.commits[before:]
        for write in commit
        if write.table == "commands"
    ]
    # Each line read some four times, and one answer kept.
    assert read[0] <= 2_000
    assert sum(bodies) <= 4 * max(bodies)


def test_a_crash_at_any_commit_of_a_large_call_is_mended_by_its_repeat(doors: Doors):
    """Holds: put, dispatch, receive and close of 40 lines, each dead before each of its commits in turn."""
    doors.world.add_item("D", {"DC1": 100, "S1": 1})
    lines = [part(n, "D", 2) for n in range(1, 41)]
    transfer = {"kind": "transfer", "from_node": "DC1"}
    steps: list[Any] = [
        lambda: put(doors, "tr-1", *lines, key="p", **transfer),
        lambda: post(doors, "tr-1/dispatch", key="d", lines=[{"line_no": n, "quantity": 1} for n in range(1, 41)]),
        lambda: post(doors, "tr-1/receipts", key="r", lines=[{"line_no": n, "quantity": 1} for n in range(1, 41)]),
        lambda: post(doors, "tr-1/close", key="c", reason="x"),
    ]
    for step in steps:
        for number in (3, 2):
            die_at_commit(doors, number)
            with pytest.raises(Died):
                step()
        calm(doors)
        assert step().status in (200, 201)
    doors.world.received["D", "DC1"] -= 40
    doors.world.received["D", "S1"] += 40
    assert buckets(doors, "D", "DC1") == (60, 60, 0, 0, 0)
    assert buckets(doors, "D", "S1") == (41, 41, 0, 0, 0)


def test_a_put_that_changes_nothing_tells_nothing(doors: Doors):
    put(doors, "po-1", part(1, "A", 4))
    put(doors, "po-1", part(1, "A", 4), version=1)
    assert told(doors) == ["SupplyPut"]


@pytest.mark.parametrize("supply_id", ["%23", "a%2Fb", "a%00b", "a b", "é", "x" * 1010, "x" * 2100])
def test_odd_ids_are_taken_or_refused(doors: Doors, supply_id: str):
    """Holds: no failure, and what is taken can be read again."""
    url = f"/v1/supply/{supply_id}"
    body = {"kind": "purchase_order", "node_id": "S1", "lines": [part(1, "A", 1)]}
    made = doors.api("supply").put(url, body)
    assert made.status in (201, 404, 422), made.body
    if made.status == 201:
        assert doors.api("supply").get(url).status == 200
        seen = doors.api("supply").get("/v1/supply?sku=A").body["coming"][0]["supply_id"]
        assert seen == made.body["id"]
        assert doors.api("supply").post(f"{url}/receipts", {}).status == 200
        doors.world.received["A", "S1"] += 1


def test_500_lines_of_the_longest_skus_fit_their_items(doors: Doors):
    """Holds below DynamoDB's 400 KB: the record of the answer is the largest item."""
    sku = "\U0001d518" * 100
    doors.world.add_item(sku, {"S1": 1})
    lines = [part(n, sku, 1_000_000) for n in range(9_400, 9_900)]
    body = {"kind": "purchase_order", "node_id": "S1", "lines": lines}
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    made = doors.api("supply").put("/v1/supply/po-1", raw)
    sizes = {
        (write.table, write.key.sk[:8]): sum(len(str(text).encode()) for text in write.set.values())
        for commit in doors.world.database.commits
        for write in commit
    }
    assert made.status in (201, 413)
    assert max(sizes.values()) < 400_000


def test_a_raw_hash_in_the_path_is_no_supply(doors: Doors):
    """Holds: the gateway hands paths over decoded; no route takes a '#'."""
    event = {
        "version": "2.0",
        "rawPath": "/v1/supply/a#b",
        "rawQueryString": "",
        "headers": {"idempotency-key": "k", "content-type": "application/json"},
        "requestContext": {
            "stage": "$default",
            "http": {"method": "PUT", "path": "/v1/supply/a#b"},
            "authorizer": {"jwt": {"claims": {"sub": "c", "scope": "acme/inventory.write"}}},
        },
        "body": json.dumps({"kind": "purchase_order", "node_id": "S1", "lines": [part(1, "A", 1)]}),
        "isBase64Encoded": False,
    }
    assert doors.module("supply").handler(event, None)["statusCode"] == 404


def test_supply_never_grows_past_what_an_item_holds(doors: Doors):
    """Each put names other line numbers; those before are given up, and stay in the document for good."""
    sku = "S" * 100
    doors.world.add_item(sku, {"S1": 1})
    largest = 0
    for turn in range(4):
        lines = [part(n, sku, 1) for n in range(1 + 500 * turn, 501 + 500 * turn)]
        version = doors.api("supply").get("/v1/supply/po-1").body.get("version", 0) if turn else 0
        made = put(doors, "po-1", *lines, version=version)
        assert made.status in (200, 201, 413, 422)
        if made.status >= 400:
            break
        sizes = [
            sum(len(str(text).encode()) for text in write.set.values()) for write in doors.world.database.commits[-1]
        ]
        largest = max(largest, *sizes)
        print(turn, made.status, len(made.body["lines"]), largest)
    assert largest < 400_000
