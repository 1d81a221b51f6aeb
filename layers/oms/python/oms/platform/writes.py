"""Writes: what a command wants changed, as plain values that can be merged before they are committed.

A context's `writes.py` returns these; only the outermost command commits them, once. Two updates of one item are
merged by adding their amounts and their demands, because DynamoDB refuses two actions on one item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from oms.platform.problems import NotFound

Value: TypeAlias = "str | int | bool | list[Value] | dict[str, Value] | None"
Item: TypeAlias = dict[str, Value]

# One DynamoDB transaction takes 100 actions (AWS quota, 2026-11); we stay below it.
MOST_ACTIONS = 90
# DynamoDB's limits, in bytes of UTF-8. A longer key names nothing: whatever is stored has a key within them.
MOST_PK_BYTES = 2048
MOST_SK_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key: partition and sort key; one that is longer than DynamoDB takes raises NotFound."""

    pk: str
    sk: str

    def __post_init__(self) -> None:
        # No character has more than four bytes: short texts, and that is nearly all, need not be encoded.
        if len(self.pk) * 4 <= MOST_PK_BYTES and len(self.sk) * 4 <= MOST_SK_BYTES:
            return
        if len(self.pk.encode()) > MOST_PK_BYTES or len(self.sk.encode()) > MOST_SK_BYTES:
            raise NotFound("There is no object with so long an identifier.")


class Kind(StrEnum):
    """What a write does to its item."""

    CREATE = "create"  # the item must not exist
    PUT = "put"  # replaces whatever is there
    CHANGE = "change"  # sets and adds attributes
    REMOVE = "remove"
    CHECK = "check"  # changes nothing, only holds the transaction to its conditions


@dataclass(frozen=True, slots=True)
class Write:
    """One action on one item, with the conditions under which it may happen.

    `add` holds signed integers; `at_least` and `at_most` demand that an attribute be no smaller, or no larger, than the
    given amount before the write; `equals` demands exact values; `must_exist` demands that the item exist.
    """

    kind: Kind
    table: str
    key: Key
    set: Mapping[str, Value] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    at_least: Mapping[str, int] = field(default_factory=dict)
    equals: Mapping[str, Value] = field(default_factory=dict)
    must_exist: bool = False
    # An amount that is not there yet is 0.
    at_most: Mapping[str, int] = field(default_factory=dict)
    # Whether the commit adds who did it and when, which pure code does not know.
    signed: bool = False


def create(table: str, key: Key, item: Mapping[str, Value], *, signed: bool = False) -> Write:
    """Store a new item; the transaction fails if its key is taken.

    One that is `signed` says by whom it was made, in which role and channel, and when.
    """
    return Write(Kind.CREATE, table, key, set=item, signed=signed)


def put(table: str, key: Key, item: Mapping[str, Value], *, version: int | None = None) -> Write:
    """Store an item; with `version`, only over that stored version."""
    return Write(Kind.PUT, table, key, set=item, equals={} if version is None else {"version": version})


def remove(table: str, key: Key, *, version: int | None = None) -> Write:
    """Delete an item; with `version`, only that stored version."""
    return Write(Kind.REMOVE, table, key, equals={} if version is None else {"version": version})


def merge(writes: Iterable[Write]) -> list[Write]:
    """One write per item, in order of first appearance; writes that cannot be merged raise ValueError."""
    merged: dict[tuple[str, Key], Write] = {}
    for write in writes:
        slot = (write.table, write.key)
        merged[slot] = _combine(merged[slot], write) if slot in merged else write
    return list(merged.values())


def _combine(first: Write, second: Write) -> Write:
    if not first.kind == second.kind == Kind.CHANGE:
        raise ValueError(f"{first.kind} and {second.kind} on one item {first.key} in one transaction")
    return replace(
        first,
        set=_union(first.set, second.set, first.key),
        add=_sum(first.add, second.add) | _counted_once(first, second),
        unset=tuple(dict.fromkeys((*first.unset, *second.unset))),
        at_least=_sum(first.at_least, second.at_least),
        at_most=_only_once(first.at_most, second.at_most, first.key),
        equals=_union(first.equals, second.equals, first.key),
        must_exist=first.must_exist or second.must_exist,
    )


def _counted_once(first: Write, second: Write) -> dict[str, int]:
    """A version counts the commits of an item, whatever the number of changes that were merged into one."""
    return {"version": 1} if first.add.get("version") == second.add.get("version") == 1 else {}


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in {**first, **second}}


def _only_once(first: Mapping[str, int], second: Mapping[str, int], key: Key) -> dict[str, int]:
    if first.keys() & second.keys():
        raise ValueError(f"two upper limits for one amount of {key} in one transaction")
    return {**first, **second}


def _union(first: Mapping[str, Value], second: Mapping[str, Value], key: Key) -> dict[str, Value]:
    for name in first.keys() & second.keys():
        if first[name] != second[name]:
            raise ValueError(f"two values for {name} of {key} in one transaction")
    return {**first, **second}
