"""Requests at the edges of DynamoDB: where the simulation and moto agree, and the listed gaps where they do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oms.platform.dynamodb import Database

Act = Callable[[Database], Any]
ORDERS = "OrdersTable"
DONE = ("done", None)
INVALID = ("error", "ValidationException", [])
CANCELLED = ("error", "TransactionCanceledException", [("ValidationError", None)])
FAILED = ("error", "TransactionCanceledException", [("ConditionalCheckFailed", None)])
ONE = {":v": {"N": "1"}}
KIB = 1024


@dataclass(frozen=True)
class Gap:
    """Acts that go differently, and how: `why` says what AWS does, and who does not."""

    why: str
    acts: tuple[Act, ...]
    simulated: list[Any]
    moto: list[Any]


def _item(sk: str, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": "a"}, "sk": {"S": sk}, **more}


def _long(size: int) -> dict[str, str]:
    return {"S": "x" * size}


def _commit(*actions: dict[str, Any], **more: Any) -> Act:
    def act(database: Database) -> None:
        database.client.transact_write_items(TransactItems=list(actions), **more)

    return act


def _put(sk: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": ORDERS, "Item": _item(sk, **more)}}


def _update(expression: str, values: Any = None, *, sk: str = "1", **more: Any) -> dict[str, Any]:
    given = {"ExpressionAttributeValues": ONE if values is None else values}
    return {"Update": {"TableName": ORDERS, "Key": _item(sk), "UpdateExpression": expression, **given, **more}}


def _check(condition: str, value: Any) -> Act:
    values = {"ExpressionAttributeValues": {":v": value}}
    return _commit(
        {"ConditionCheck": {"TableName": ORDERS, "Key": _item("1"), "ConditionExpression": condition, **values}}
    )


def _query(index: str | None = None, condition: str = "pk = :p", **more: Any) -> Act:
    request = {
        "TableName": ORDERS,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {":p": {"S": "a"}},
    }
    named = {"IndexName": index} if index else {}

    def act(database: Database) -> Any:
        answer = database.client.query(**request, **named, **more)
        return [item["sk"]["S"] for item in answer["Items"]], answer.get("LastEvaluatedKey")

    return act


def _batch(*sks: str) -> Act:
    wanted = {ORDERS: {"Keys": [_item(sk) for sk in sks]}}

    def act(database: Database) -> Any:
        answer = database.client.batch_get_item(RequestItems=wanted)
        left = answer.get("UnprocessedKeys", {}).get(ORDERS, {"Keys": []})
        return len(answer["Responses"][ORDERS]), len(left["Keys"])

    return act


def _get(table: str, sk: str) -> Act:
    return lambda database: database.client.get_item(TableName=table, Key=_item(sk)).get("Item")


_EXISTS = {"ConditionCheck": {"TableName": ORDERS, "Key": _item("1"), "ConditionExpression": "attribute_exists(pk)"}}
_ABSENT = {"Put": {**_put("1")["Put"], "ConditionExpression": "attribute_not_exists(pk)"}}

EDGES: dict[str, tuple[Act, ...]] = {
    "one item in two actions": (_commit(_put("1"), _update("SET n = :v")),),
    "one item changed and checked": (_commit(_put("1"), _EXISTS),),
    "100 actions": (_commit(*[_put(f"{number}") for number in range(100)]),),
    "101 actions": (_commit(*[_put(f"{number}") for number in range(101)]),),
    "a put with an empty key": (_commit(_put("")),),
    "an update with an empty key": (_commit(_update("SET n = :v", sk="")),),
    "a read with an empty key": (_get(ORDERS, ""),),
    "an item of 400 KiB": (_commit(_put("1", b=_long(400 * KIB))),),
    "a page of 1 MiB": (_commit(*[_put(f"{number}", b=_long(300 * KIB)) for number in range(7)]), _query()),
    "a number of 38 digits": (_commit(_put("1", n={"N": "1" * 38})),),
    "a name that is not used": (_commit(_update("SET n = :v", ExpressionAttributeNames={"#x": "x"})),),
    "a value that is not given": (_commit(_update("SET n = :w")),),
    "an empty key of an index": (_commit(_put("1", gsi1pk={"S": ""}, gsi1sk={"S": "x"})),),
    "half a key of an index": (_commit(_put("1", gsi1pk={"S": "a"})), _query("by_status", "gsi1pk = :p")),
    "a consistent read of an index": (_query("by_status", "gsi1pk = :p", ConsistentRead=True),),
    "a table that is not there": (_get("NoTable", "1"),),
    "101 keys at once": (_batch(*map(str, range(101))),),
    "one key twice": (_batch("1", "1"),),
    "a sort key of 1,025 bytes": (_commit(_put("x" * 1025)),),
    "an old item that nobody asked for": (_commit(_put("1")), _commit(_ABSENT)),
    "the order of sort keys": (
        _commit(*[_put(sk) for sk in ("é", "z", "Z", "😀", "\uffff", "-", "10", "9")]),
        _query(),
    ),
}

GAPS: dict[str, Gap] = {
    "a condition on NULL": Gap(
        "AWS: an absent attribute equals nothing. moto takes it for NULL.",
        (_check("n = :v", {"NULL": True}),),
        [FAILED],
        [DONE],
    ),
    "the end of a page that is also the last item": Gap(
        "AWS: a page that is full names a position to go on from, though nothing follows. moto looks ahead.",
        (_commit(_put("1")), _query(Limit=1)),
        [DONE, ("done", (["1"], _item("1")))],
        [DONE, ("done", (["1"], None))],
    ),
    "the same client token again": Gap(
        "AWS: the second call does nothing for ten minutes. moto applies it again.",
        (*[_commit(_update("ADD n :v"), ClientRequestToken="gap-1")] * 2, _get(ORDERS, "1")),
        [DONE, DONE, ("done", _item("1", n={"N": "1"}))],
        [DONE, DONE, ("done", _item("1", n={"N": "2"}))],
    ),
    "the same client token for another content": Gap(
        "AWS: refused. moto applies it.",
        tuple(_commit(_update("ADD n :v", {":v": {"N": n}}), ClientRequestToken="gap-2") for n in "12"),
        [DONE, ("error", "IdempotentParameterMismatchException", [])],
        [DONE, DONE],
    ),
    "an amount added to a text": Gap(
        "AWS: the transaction is cancelled, and its reason says so. moto refuses the request as a whole.",
        (_commit(_put("1", n={"S": "5"})), _commit(_update("ADD n :v"))),
        [DONE, CANCELLED],
        [DONE, INVALID],
    ),
    "a text compared with a number": Gap(
        "AWS: the condition does not hold. moto stumbles, and cancels for a reason that AWS does not know.",
        (_commit(_put("1", n={"S": "5"})), _check("n >= :v", {"N": "1"})),
        [DONE, FAILED],
        [DONE, ("error", "TransactionCanceledException", [("TypeError", None)])],
    ),
    "a transaction of more than 4 MiB": Gap(
        "AWS: refused. moto has no limit.",
        (_commit(*[_put(f"{number}", b=_long(390 * KIB)) for number in range(11)]),),
        [INVALID],
        [DONE],
    ),
    "an item just below 400 KiB": Gap(
        "AWS: stored. moto counts more bytes than there are.",
        (_commit(_put("1", b=_long(400 * KIB - 10))),),
        [DONE],
        [INVALID],
    ),
    "a number of 39 digits": Gap(
        "AWS: refused. moto stores it.", (_commit(_put("1", n={"N": "1" * 39})),), [INVALID], [DONE]
    ),
    "a value that is not used": Gap(
        "AWS: refused. moto ignores it.",
        (_commit(_update("SET n = :v", {**ONE, ":w": {"N": "1"}})),),
        [INVALID],
        [DONE],
    ),
    "a key of an index that is no text": Gap(
        "AWS: cancelled. moto stores it.",
        (_commit(_put("1", gsi1pk={"N": "1"}, gsi1sk={"S": "x"})),),
        [CANCELLED],
        [DONE],
    ),
    "an index that is not there": Gap(
        "AWS: the request is refused. moto says that the table is missing.",
        (_query("nowhere", "gsi1pk = :p"),),
        [INVALID],
        [("error", "ResourceNotFoundException", [])],
    ),
    "a limit of nothing": Gap(
        "AWS: refused. moto answers with no items.", (_query(Limit=0),), [INVALID], [("done", ([], None))]
    ),
    "no actions": Gap("AWS: refused. moto does nothing.", (_commit(),), [INVALID], [DONE]),
    "a reserved word as a name": Gap(
        "AWS: the request is refused. The simulation refuses too, but in the manner of a cancelled transaction.",
        (_commit(_update("SET status = :v")),),
        [CANCELLED],
        [INVALID],
    ),
    "a transaction in a table that is not there": Gap(
        "AWS: the request is refused. moto cancels the transaction.",
        (_commit({"Delete": {"TableName": "NoTable", "Key": _item("1")}}),),
        [("error", "ResourceNotFoundException", [])],
        [("error", "TransactionCanceledException", [("ResourceNotFoundException", None)])],
    ),
    # From here on the simulation lets pass what AWS refuses.
    "no number": Gap(
        "AWS: the request is refused. The simulation stores any short text. The product's numbers are integers.",
        (_commit(_put("1", n={"N": "one"})),),
        [DONE],
        [("error", "TransactionCanceledException", [("ValidationException", None)])],
    ),
    "a key attribute that is set": Gap(
        "AWS: refused. The simulation stores it. The product's writes name a key apart from what they set.",
        (_commit(_update("SET pk = :v", {":v": {"S": "b"}})),),
        [DONE],
        [INVALID],
    ),
    "one attribute set and added to": Gap(
        "AWS: refused, since the two paths overlap. The simulation does both.",
        (_commit(_update("SET n = :v ADD n :v")),),
        [DONE],
        [INVALID],
    ),
    "an update that says nothing": Gap(
        "AWS: a syntax error. The simulation makes an empty item. Every expression of the product is also run by moto.",
        (_commit(_update("SETT n :v")),),
        [DONE],
        [INVALID],
    ),
    "two verbs in one action": Gap(
        "AWS: refused. The simulation carries out the first. The product builds actions of one verb.",
        (_commit({**_put("1"), "Delete": {"TableName": ORDERS, "Key": _item("2")}}),),
        [DONE],
        [INVALID],
    ),
    "more than 16 MiB of items at once": Gap(
        "AWS: the rest is left for another call. The simulation answers with all of it, however much it is.",
        (
            *[
                _commit(*[_put(f"{n}", b=_long(390 * KIB)) for n in range(first, first + 9)])
                for first in range(0, 45, 9)
            ],
            _batch(*map(str, range(45))),
        ),
        [DONE] * 5 + [("done", (45, 0))],
        [DONE] * 5 + [("done", (42, 3))],
    ),
}
