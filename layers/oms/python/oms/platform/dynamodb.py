"""The tables: reading items and committing transactions through one lazily made client.

Items are plain values (text, integers, lists, maps). Floats are refused here, the last door before storage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from oms.platform.problems import Busy
from oms.platform.settings import table_name
from oms.platform.writes import MOST_ACTIONS, Item, Key, Kind, Value, Write, merge

_THROTTLES = frozenset(
    (
        *("ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"),
        *("InternalServerError", "ServiceUnavailable", "TransactionInProgressException"),
    )
)


class Conflict(Exception):
    """A transaction was cancelled; `lost` holds the writes whose conditions failed, with what is stored instead."""

    def __init__(self, lost: Sequence[tuple[Write, Item | None]], contended: bool) -> None:
        super().__init__(f"{len(lost)} conditions failed, contended={contended}")
        self.lost = tuple(lost)
        self.contended = contended


@dataclass(frozen=True, slots=True)
class Page:
    """A page of items and the position to go on from (None at the end)."""

    items: list[Item]
    next: Mapping[str, str] | None


@lru_cache(maxsize=1)
def _client() -> Any:
    # Parameter validation is off: it costs a third of a call's CPU, and every request is built in this file.
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 4},
        connect_timeout=2,
        read_timeout=5,
        parameter_validation=False,
        max_pool_connections=4,
    )
    return boto3.client("dynamodb", config=config)


class Database:
    """The product's tables, by their short names (`orders`, `stock`, …)."""

    def __init__(self, client: Any = None) -> None:
        self._given = client

    @property
    def client(self) -> Any:
        return self._given if self._given is not None else _client()

    def get(self, table: str, key: Key, *, consistent: bool = True) -> Item | None:
        """One item, or None."""
        answer = self._call("get_item", TableName=table_name(table), Key=_key(key), ConsistentRead=consistent)
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[tuple[str, Key]], *, consistent: bool = True) -> dict[tuple[str, Key], Item]:
        """The items that exist among up to any number of distinct keys, read in batches of 100."""
        found: dict[tuple[str, Key], Item] = {}
        for start in range(0, len(keys), 100):
            wanted: dict[str, Any] = {}
            for table, key in keys[start : start + 100]:
                slot = wanted.setdefault(table_name(table), {"Keys": [], "ConsistentRead": consistent})
                slot["Keys"].append(_key(key))
            names = {table_name(table): table for table, _ in keys}
            while wanted:
                answer = self._call("batch_get_item", RequestItems=wanted)
                for real_name, rows in answer["Responses"].items():
                    for row in rows:
                        item = from_attributes(row)
                        found[(names[real_name], Key(str(item["pk"]), str(item["sk"])))] = item
                wanted = answer.get("UnprocessedKeys") or {}
        return found

    def query(
        self, table: str, pk: str, *, begins: str = "", since: str = "", consistent: bool = True
    ) -> Iterator[Item]:
        """All items of one partition whose sort key begins with a text, or is not before one, in key order."""
        first = Key(pk, begins or since)
        condition = "pk = :p" + (" AND begins_with(sk, :b)" if begins else " AND sk >= :b" if since else "")
        values = {":p": {"S": first.pk}} | ({":b": {"S": first.sk}} if first.sk else {})
        request: dict[str, Any] = {
            "TableName": table_name(table),
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": consistent,
        }
        while True:
            answer = self._call("query", **request)
            for row in answer["Items"]:
                yield from_attributes(row)
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def query_page(self, table: str, pk: str, *, begins: str, limit: int, after: str | None = None) -> Page:
        """One page of the newest items of a partition, in falling order of their sort keys from `after` on."""
        first = Key(pk, begins)
        request: dict[str, Any] = {
            "TableName": table_name(table),
            "KeyConditionExpression": "pk = :p AND begins_with(sk, :b)",
            "ExpressionAttributeValues": {":p": {"S": first.pk}, ":b": {"S": first.sk}},
            "Limit": limit,
            "ScanIndexForward": False,
        }
        if after:
            request["ExclusiveStartKey"] = _key(Key(pk, after))
        return _page(self._call("query", **request))

    def query_index(
        self,
        table: str,
        index: str,
        gsi1pk: str,
        *,
        begins: str = "",
        limit: int = 50,
        after: Mapping[str, str] | None = None,
        newest_first: bool = False,
    ) -> Page:
        """One page of an index partition; `after` is the `next` of the page before."""
        first = Key(gsi1pk, begins)
        request: dict[str, Any] = {
            "TableName": table_name(table),
            "IndexName": index,
            "KeyConditionExpression": "gsi1pk = :p" + (" AND begins_with(gsi1sk, :b)" if begins else ""),
            "ExpressionAttributeValues": {":p": {"S": first.pk}} | ({":b": {"S": first.sk}} if begins else {}),
            "Limit": limit,
            "ScanIndexForward": not newest_first,
        }
        if after:
            request["ExclusiveStartKey"] = {name: {"S": text} for name, text in after.items()}
        return _page(self._call("query", **request))

    def commit(self, writes: Sequence[Write]) -> None:
        """All writes or none, in one transaction; failed conditions raise Conflict, throttling raises Busy."""
        actions = merge(writes)
        if not 0 < len(actions) <= MOST_ACTIONS:
            raise ValueError(f"a transaction of {len(actions)} actions; write the command as a saga of chunks")
        try:
            self._call("transact_write_items", TransactItems=[_action(write) for write in actions])
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            raise _conflict(error, actions) from error

    def _call(self, operation: str, **request: Any) -> Any:
        try:
            return getattr(self.client, operation)(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] in _THROTTLES:
                raise Busy() from error
            raise
        except (ConnectionError, HTTPClientError) as error:
            raise Busy() from error


def _page(answer: Any) -> Page:
    last = answer.get("LastEvaluatedKey")
    return Page(
        [from_attributes(row) for row in answer["Items"]],
        {name: next(iter(value.values())) for name, value in last.items()} if last else None,
    )


def _conflict(error: ClientError, actions: Sequence[Write]) -> Exception:
    reasons = cast(list[Any], error.response.get("CancellationReasons", []))
    codes = [reason.get("Code", "None") for reason in reasons]
    if any(code in ("ThrottlingError", "ProvisionedThroughputExceeded") for code in codes):
        return Busy()
    lost = [
        (write, from_attributes(reason["Item"]) if reason.get("Item") else None)
        for write, reason in zip(actions, reasons, strict=True)
        if reason.get("Code") == "ConditionalCheckFailed"
    ]
    if not lost and "TransactionConflict" not in codes:
        return cast(Exception, error)
    return Conflict(lost, contended="TransactionConflict" in codes)


def _key(key: Key) -> dict[str, dict[str, str]]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _action(write: Write) -> dict[str, Any]:
    """One entry of TransactItems."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}

    def name(attribute: str) -> str:
        return names.setdefault(f"#{attribute}", attribute) and f"#{attribute}"

    def value(content: Value) -> str:
        slot = f":v{len(values)}"
        values[slot] = _attribute(content)
        return slot

    conditions = [f"{name(a)} >= {value(v)}" for a, v in write.at_least.items()]
    for a, v in write.at_most.items():
        # What is not there yet is 0.
        absent = f"attribute_not_exists({name(a)}) OR " if v >= 0 else ""
        conditions.append(f"({absent}{name(a)} <= {value(v)})")
    conditions += [f"{name(a)} = {value(v)}" for a, v in write.equals.items()]
    if write.must_exist:
        conditions.append(f"attribute_exists({name('pk')})")
    if write.kind is Kind.CREATE:
        conditions.append(f"attribute_not_exists({name('pk')})")
    body: dict[str, Any] = {"TableName": table_name(write.table)}
    if write.kind in (Kind.CREATE, Kind.PUT):
        body["Item"] = to_attributes({**write.set, "pk": write.key.pk, "sk": write.key.sk})
    else:
        body["Key"] = _key(write.key)
    if write.kind is Kind.CHANGE:
        body["UpdateExpression"] = _update_expression(write, name, value)
    if conditions:
        body["ConditionExpression"] = " AND ".join(conditions)
        body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if names:
        body["ExpressionAttributeNames"] = names
    if values:
        body["ExpressionAttributeValues"] = values
    verb = {Kind.CHANGE: "Update", Kind.REMOVE: "Delete", Kind.CHECK: "ConditionCheck"}.get(write.kind, "Put")
    return {verb: body}


def _update_expression(write: Write, name: Any, value: Any) -> str:
    parts = []
    if write.set:
        parts.append("SET " + ", ".join(f"{name(a)} = {value(v)}" for a, v in write.set.items()))
    if write.add:
        parts.append("ADD " + ", ".join(f"{name(a)} {value(v)}" for a, v in write.add.items()))
    if write.unset:
        parts.append("REMOVE " + ", ".join(name(a) for a in write.unset))
    return " ".join(parts)


def to_attributes(item: Mapping[str, Value]) -> dict[str, Any]:
    """Plain values in DynamoDB's typed form."""
    return {name: _attribute(value) for name, value in item.items()}


def from_attributes(row: Mapping[str, Any]) -> Item:
    """DynamoDB's typed form as plain values."""
    return {name: _plain(value) for name, value in row.items()}


def _attribute(value: Value) -> dict[str, Any]:
    # Nearly all that is stored is plain text or a number: two look-ups of a type instead of a walk through all of them.
    kind = type(value)
    if kind is str:
        return {"S": value}
    if kind is int:
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, list):
        return {"L": [_attribute(entry) for entry in value]}
    if isinstance(value, dict):
        return {"M": to_attributes(value)}
    raise TypeError(f"{type(value).__name__} is never stored")


def _plain(attribute: Mapping[str, Any]) -> Value:
    ((kind, content),) = attribute.items()
    if kind in ("S", "BOOL"):
        return cast("str | bool", content)
    if kind == "N":
        return int(content)
    if kind == "NULL":
        return None
    if kind == "L":
        return [_plain(entry) for entry in content]
    if kind == "M":
        return from_attributes(content)
    raise TypeError(f"an attribute of type {kind} was not written by this product")
