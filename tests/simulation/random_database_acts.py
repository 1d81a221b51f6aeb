"""Random acts on a small database: what the product does with its tables, with its own expressions."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from oms.platform.dynamodb import Database, Page
from oms.platform.writes import Key, Kind, Write, create, put, remove
from tests.simulation.twin_databases import TABLES

PARTITIONS = ("acme#A", "acme#B")
SORTS = ("LINE#1", "LINE#2", "LINE#10", "ORDER", "é")
BEGINS = ("", "LINE#", "LINE#1", "ORDER", "Z")
INDEXED = ("acme#OPEN", "acme#DONE")
NUMBERS = ("on_hand", "reserved", "version")
VALUES: tuple[Any, ...] = (
    0,
    -3,
    7,
    10**30,
    "",
    "text",
    "ä€😀",
    True,
    None,
    [],
    [1, "a", [None]],
    {},
    {"a": {"b": [2]}},
)
Act = tuple[str, Callable[[Database], Any]]


def script(chance: Random) -> tuple[list[Write], list[Act]]:
    """Some items to begin with, then two or three acts on them."""
    slots = [(table, Key(pk, sk)) for table in TABLES for pk in PARTITIONS for sk in SORTS]
    first = [put(table, key, _item(chance)) for table, key in chance.sample(slots, chance.randint(0, 8))]
    return first, [chance.choice(ACTS)(chance) for _ in range(chance.choice((2, 3)))]


def _key(chance: Random) -> Key:
    return Key(chance.choice(PARTITIONS), chance.choice(SORTS))


def _item(chance: Random) -> dict[str, Any]:
    item: dict[str, Any] = {name: chance.randint(-2, 5) for name in NUMBERS if chance.random() < 0.8}
    if chance.random() < 0.7:
        item["body"] = chance.choice(VALUES)
    if chance.random() < 0.7:
        # Unique within the index: on AWS nothing says which of two equal sort keys comes first.
        item |= {"gsi1pk": chance.choice(INDEXED), "gsi1sk": f"{chance.choice('AB')}{chance.randrange(10**9):09}"}
        item["hidden"] = "not in the index"
    return item


def _write(chance: Random, table: str, key: Key) -> Write:
    kind = chance.choice(("create", "put", "put", "put version", "remove", "remove version", *["change"] * 3, "check"))
    if kind == "create":
        return create(table, key, _item(chance))
    if kind.startswith("put"):
        return put(table, key, _item(chance), version=chance.randint(0, 3) if "version" in kind else None)
    if kind.startswith("remove"):
        return remove(table, key, version=chance.randint(0, 3) if "version" in kind else None)
    at_least = {name: chance.randint(-2, 3) for name in NUMBERS if chance.random() < 0.15}
    at_most = {name: chance.randint(-1, 4) for name in NUMBERS if chance.random() < 0.1}
    equals: dict[str, Any] = {"version": chance.randint(0, 3)} if chance.random() < 0.15 else {}
    if chance.random() < 0.1:
        equals["body"] = chance.choice([value for value in VALUES if value is not None])
    if kind == "check":
        must_exist = chance.random() < 0.5 or not (at_least or at_most or equals)
        return Write(Kind.CHECK, table, key, at_least=at_least, at_most=at_most, equals=equals, must_exist=must_exist)
    added = {name: chance.choice((-2, -1, 1, 5)) for name in NUMBERS if chance.random() < 0.5}
    put_in: dict[str, Any] = {"body": chance.choice(VALUES)} if chance.random() < 0.6 else {}
    unset = ("hidden", "gsi1pk", "gsi1sk") if chance.random() < 0.2 else ()
    if not unset and (chance.random() < 0.2 or not (added or put_in)):
        put_in |= {"gsi1pk": chance.choice(INDEXED), "gsi1sk": f"M{chance.randrange(10**9):09}"}
    must_exist = chance.random() < 0.3
    return Write(Kind.CHANGE, table, key, put_in, added, unset, at_least, equals, must_exist, at_most)


def _commit(chance: Random) -> Act:
    keys = {(chance.choice(tuple(TABLES)), _key(chance)) for _ in range(chance.choice((1, 1, 2, 3)))}
    writes = [_write(chance, table, key) for table, key in sorted(keys, key=str)]
    chance.shuffle(writes)
    return f"commit {writes}", lambda database: database.commit(writes)


def _get(chance: Random) -> Act:
    table, key = chance.choice(tuple(TABLES)), _key(chance)
    return f"get {table} {key}", lambda database: database.get(table, key)


def _get_many(chance: Random) -> Act:
    keys = sorted({(chance.choice(tuple(TABLES)), _key(chance)) for _ in range(chance.randint(1, 4))}, key=str)
    return f"get_many {keys}", lambda database: database.get_many(keys)


def _query(chance: Random) -> Act:
    table, pk, begins = chance.choice(tuple(TABLES)), chance.choice(PARTITIONS), chance.choice(BEGINS)
    if chance.random() < 0.3:
        since = chance.choice(SORTS)
        return f"query {table} {pk} since {since!r}", lambda database: list(database.query(table, pk, since=since))
    return f"query {table} {pk} {begins!r}", lambda database: list(database.query(table, pk, begins=begins))


def _index(chance: Random) -> Act:
    pk, begins = chance.choice(INDEXED), chance.choice(("", "A", "M"))
    limit, newest_first = chance.choice((1, 2, 50)), chance.random() < 0.5

    def read(database: Database) -> list[Any]:
        """Every page, with the position after it."""
        pages, after = [], None
        while True:
            page = database.query_index(
                "orders", "by_status", pk, begins=begins, limit=limit, after=after, newest_first=newest_first
            )
            pages.append(page)
            after = page.next
            if not after:
                return _without_an_empty_end(pages, lambda last: Page(last.items, None))

    return f"index {pk} {begins!r} limit={limit} newest_first={newest_first}", read


def _behind(chance: Random) -> Act:
    """As the ledger reads a lane: what lies behind a position, from one end or the other."""
    request: dict[str, Any] = {
        "TableName": TABLES["stock"],
        "KeyConditionExpression": "pk = :p AND sk > :a",
        "ExpressionAttributeValues": {":p": {"S": chance.choice(PARTITIONS)}, ":a": {"S": chance.choice(SORTS)}},
        "ConsistentRead": True,
        "ScanIndexForward": chance.random() < 0.5,
    }
    if chance.random() < 0.6:
        request["Limit"] = chance.choice((1, 2))

    def read(database: Database) -> list[Any]:
        pages, asked = [], dict(request)
        while True:
            answer = database.client.query(**asked)
            pages.append((answer["Items"], answer.get("LastEvaluatedKey")))
            if "LastEvaluatedKey" not in answer:
                return _without_an_empty_end(pages, lambda last: (last[0], None))
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    return f"behind {request}", read


def _without_an_empty_end(pages: list[Any], last: Callable[[Any], Any]) -> list[Any]:
    """Where a page ends with its partition, only AWS and the simulation say that more may follow; see GAPS."""
    empty = not (pages[-1].items if isinstance(pages[-1], Page) else pages[-1][0])
    return [*pages[:-2], last(pages[-2])] if empty and len(pages) > 1 else pages


ACTS = (_commit, _commit, _commit, _get, _get_many, _query, _index, _behind)
