"""The few requests that the product makes of DynamoDB, carried out on the engine's stored items without its ceremony.

It is four times as fast. Whatever is not exactly one of these requests, or might meet a limit or an error, raises
`NotPlain` before anything is changed, and the engine itself answers. The differential test holds it to that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.machine.quick_expressions import Item, NotPlain, changes, holds

# Far below DynamoDB's limits on an item, a transaction, a page and a number: beyond them the engine decides.
MOST_TEXT = 90_000
MOST_ACTIONS = 100
# As long as every item is this small, so many of them fit a page.
SMALL_TEXT = 10_000
MOST_SMALL = 25
MOST_DIGITS = 37
_SINCE = "pk = :p AND sk >= :b"
_BEHIND = "pk = :p AND sk > :a"
_CONDITIONS = {
    "pk = :p": ("pk", None),
    "pk = :p AND begins_with(sk, :b)": ("pk", "sk"),
    _SINCE: ("pk", "sk"),
    _BEHIND: ("pk", "sk"),
    "gsi1pk = :p": ("gsi1pk", None),
    "gsi1pk = :p AND begins_with(gsi1sk, :b)": ("gsi1pk", "gsi1sk"),
}
_ACTION_FIELDS = {
    "TableName",
    "Item",
    "Key",
    "ConditionExpression",
    "UpdateExpression",
    "ReturnValuesOnConditionCheckFailure",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
}
_QUERY_FIELDS = {
    "TableName",
    "IndexName",
    "KeyConditionExpression",
    "ExpressionAttributeValues",
    "ConsistentRead",
    "Limit",
    "ScanIndexForward",
    "ExclusiveStartKey",
}


class QuickTables:
    """The requests, over the engine's tables; `note` hears of every change. `large`: large items may be there."""

    def __init__(self, engine: Any, note: Callable[[str, Item | None, Item | None], None]) -> None:
        self._engine = engine
        self._note = note
        self.large = False
        self.operations: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "GetItem": self.get_item,
            "BatchGetItem": self.batch_get_item,
            "Query": self.query,
            "TransactWriteItems": self.transact_write_items,
        }

    def get_item(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if not request.keys() <= {"TableName", "Key", "ConsistentRead"}:
            raise NotPlain
        found = self._find(self._table(request["TableName"]), *_key(request["Key"]))
        return {} if found is None else {"Item": found}

    def batch_get_item(self, request: Mapping[str, Any]) -> dict[str, Any]:
        answers: dict[str, list[Item]] = {}
        for name, wanted in request["RequestItems"].items():
            keys = [_key(key) for key in wanted["Keys"]]
            if not wanted.keys() <= {"Keys", "ConsistentRead"} or not 0 < len(set(keys)) == len(keys) <= 100:
                raise NotPlain
            table = self._table(name)
            found = [self._find(table, *key) for key in keys]
            answers[name] = [item for item in found if item is not None]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def query(self, request: Mapping[str, Any]) -> dict[str, Any]:
        shape = _CONDITIONS.get(request.get("KeyConditionExpression", ""))
        index = request.get("IndexName")
        if shape is None or not request.keys() <= _QUERY_FIELDS or (index is None) != (shape[0] == "pk"):
            raise NotPlain
        values = request["ExpressionAttributeValues"]
        table = self._table(request["TableName"])
        partition = _text(values[":p"])
        condition = request["KeyConditionExpression"]
        text = _text(values[":a" if condition == _BEHIND else ":b"]) if shape[1] is not None else ""
        begins, since = ("", text) if condition in (_SINCE, _BEHIND) else (text, "")
        if len(values) != (1 if shape[1] is None else 2) or (index and request.get("ConsistentRead")):
            raise NotPlain
        found = self._candidates(table, index, partition, begins)
        if since:
            found = [one for one in found if one[0] > since or (one[0] == since and condition == _SINCE)]
        found.sort(key=lambda entry: entry[0], reverse=not request.get("ScanIndexForward", True))
        if "ExclusiveStartKey" in request:
            found = _after(found, request, index, partition, begins)
        limit = request.get("Limit")
        if limit is not None and limit < 1:
            raise NotPlain
        if (self.large or len(found) > MOST_SMALL) and sum(_size(item) for _, item in found) > MOST_TEXT:
            raise NotPlain
        stopped = limit is not None and len(found) >= limit
        page = [item for _, item in (found[:limit] if stopped else found)]
        answer: dict[str, Any] = {"Count": len(page), "ScannedCount": len(page)}
        if stopped:
            names = ("pk", "sk", "gsi1pk", "gsi1sk") if index else ("pk", "sk")
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in names}
        if index:
            page = [self._engine._apply_index_projection(item, table, index) for item in page]
        answer["Items"] = page
        return answer

    def transact_write_items(self, request: Mapping[str, Any]) -> dict[str, Any]:
        actions = [next(iter(action.items())) for action in request["TransactItems"]]
        if request.keys() != {"TransactItems"} or not 0 < len(actions) <= MOST_ACTIONS:
            raise NotPlain
        planned = [self._plan(verb, body) for verb, body in actions]
        targets = {(name, pk, sk) for name, pk, sk, *_ in planned}
        sizes = [_size(after) for *_, after in planned if after]
        if len(targets) != len(planned) or sum(sizes) > MOST_TEXT:
            raise NotPlain
        self.large = self.large or max(sizes, default=0) > SMALL_TEXT
        lost = {
            number
            for number, ((_, body), (*_, before, _)) in enumerate(zip(actions, planned, strict=True))
            if not holds(body, before)
        }
        if lost:
            raise _cancelled(actions, planned, lost)
        for (verb, _), (name, pk, sk, before, after) in zip(actions, planned, strict=True):
            if verb == "ConditionCheck":
                continue
            table = self._engine._tables[name]
            if after is not None:
                self._engine._set_item(table, pk, sk, after)
                self._note(name, before, after)
            elif before is not None:
                self._engine._remove_item(table, pk, sk)
                self._note(name, before, None)
        return {}

    def _plan(self, verb: str, body: Mapping[str, Any]) -> tuple[str, str, str, Item | None, Item | None]:
        """Table, key, and the item before and after one action, if all conditions hold."""
        if not body.keys() <= _ACTION_FIELDS:
            raise NotPlain
        name = body["TableName"]
        pk, sk = _key({part: (body["Item"] if verb == "Put" else body["Key"])[part] for part in ("pk", "sk")})
        before = self._find(self._table(name), pk, sk)
        after: Item | None = None
        if verb == "Put":
            after = body["Item"]
        elif verb == "Update":
            after = {**(before if before is not None else body["Key"])}
            names, values = body.get("ExpressionAttributeNames", {}), body.get("ExpressionAttributeValues", {})
            for change in changes(body["UpdateExpression"]):
                change(after, names, values)
        if after is not None:
            _check(after)
        return name, pk, sk, before, after

    def _table(self, name: str) -> Any:
        table = self._engine._tables.get(name)
        if table is None:
            raise NotPlain
        return table

    @staticmethod
    def _find(table: Any, pk: str, sk: str) -> Item | None:
        rows = table["items"].get(pk)
        return None if rows is None else rows.get(sk)

    def _candidates(self, table: Any, index: str | None, partition: str, begins: str) -> list[tuple[Any, Item]]:
        """The items of a partition with where they stand in it."""
        if index is None:
            rows = table["items"].get(partition, {})
            return [(sk, item) for sk, item in rows.items() if sk.startswith(begins)]
        members = self._engine._index_members(table).get(index)
        if members is None:
            raise NotPlain
        found = []
        for pk, sk in members.get(partition, ()):
            item = table["items"][pk][sk]
            place = item["gsi1sk"]["S"]
            if place.startswith(begins):
                found.append(((place, pk, sk), item))
        return found


def _after(
    found: list[tuple[Any, Item]], request: Mapping[str, Any], index: str | None, partition: str, begins: str
) -> list[tuple[Any, Item]]:
    """What comes behind the key at which the last page ended."""
    start = {name: _text(value) for name, value in request["ExclusiveStartKey"].items()}
    names = {"pk", "sk", "gsi1pk", "gsi1sk"} if index else {"pk", "sk"}
    fits = start.keys() == names and start["gsi1pk" if index else "pk"] == partition
    if not fits or not start["gsi1sk" if index else "sk"].startswith(begins):
        raise NotPlain
    last: Any = (start["gsi1sk"], start["pk"], start["sk"]) if index else start["sk"]
    if request.get("ScanIndexForward", True):
        return [entry for entry in found if entry[0] > last]
    return [entry for entry in found if entry[0] < last]


def _key(key: Mapping[str, Any]) -> tuple[str, str]:
    if key.keys() != {"pk", "sk"}:
        raise NotPlain
    pk, sk = _text(key["pk"]), _text(key["sk"])
    if not pk or not sk or len(pk) > 500 or len(sk) > 250:
        raise NotPlain
    return pk, sk


def _text(attribute: Mapping[str, Any]) -> str:
    text = attribute.get("S")
    if not isinstance(text, str) or len(attribute) != 1:
        raise NotPlain
    return text


def _check(item: Item) -> None:
    """Nothing in it that the engine might refuse."""
    for name, attribute in item.items():
        if "S" in attribute and len(attribute) == 1 and name and (attribute["S"] or name[:4] != "gsi1"):
            continue
        if not name or (name in ("gsi1pk", "gsi1sk") and not attribute.get("S")):
            raise NotPlain
        _check_value(attribute, 8)


def _check_value(attribute: Mapping[str, Any], levels: int) -> None:
    if len(attribute) != 1 or not levels:
        raise NotPlain
    ((kind, content),) = attribute.items()
    if kind == "N":
        if len(content) > MOST_DIGITS:
            raise NotPlain
    elif kind in ("L", "M"):
        if kind == "M" and "" in content:
            raise NotPlain
        for part in content if kind == "L" else content.values():
            _check_value(part, levels - 1)
    elif kind not in ("S", "BOOL", "NULL"):
        raise NotPlain


def _size(item: Item) -> int:
    """A rough size, in characters of text."""
    return sum(len(content["S"]) if "S" in content else 8 + _parts(content) for content in item.values())


def _parts(attribute: Mapping[str, Any]) -> int:
    content = attribute.get("M", attribute.get("L"))
    if content is None:
        return len(attribute.get("S", ""))
    return sum(map(_parts, content.values() if "M" in attribute else content))


def _cancelled(actions: list[tuple[str, Any]], planned: list[Any], lost: set[int]) -> ClientError:
    reasons: list[dict[str, Any]] = []
    for number, ((_, body), (*_, before, _)) in enumerate(zip(actions, planned, strict=True)):
        reason: dict[str, Any] = {"Code": "None"}
        if number in lost:
            reason = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
            if before and body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                reason["Item"] = before
        reasons.append(reason)
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    error = {"Code": "TransactionCanceledException", "Message": message}
    return ClientError({"Error": error, "CancellationReasons": reasons}, "TransactWriteItems")
