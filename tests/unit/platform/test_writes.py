"""Writes as plain values: what each builder says, how two on one item become one, and keys that are too long."""

from __future__ import annotations

from typing import Any

import pytest

from oms.platform.problems import NotFound
from oms.platform.writes import MOST_PK_BYTES, MOST_SK_BYTES, Key, Kind, Write, create, merge, put, remove

KEY, OTHER = Key("p", "s"), Key("p", "t")


def change(key: Key = KEY, table: str = "stock", **parts: Any) -> Write:
    return Write(Kind.CHANGE, table, key, **parts)


def test_what_each_builder_says():
    assert create("orders", KEY, {"a": 1}) == Write(Kind.CREATE, "orders", KEY, set={"a": 1})
    assert put("orders", KEY, {"a": 1}) == Write(Kind.PUT, "orders", KEY, set={"a": 1})
    assert put("orders", KEY, {"a": 1}, version=0) == Write(
        Kind.PUT, "orders", KEY, set={"a": 1}, equals={"version": 0}
    )
    assert remove("orders", KEY) == Write(Kind.REMOVE, "orders", KEY)
    assert remove("orders", KEY, version=7) == Write(Kind.REMOVE, "orders", KEY, equals={"version": 7})


def test_writes_on_different_items_stay_apart_and_in_order():
    writes = [change(OTHER), create("orders", KEY, {}), change(KEY), remove("commands", KEY)]
    assert merge(iter(writes)) == writes
    assert merge([]) == []


def test_every_part_of_two_changes_is_kept():
    first = change(
        set={"x": 1, "same": 2},
        add={"reserved": 2, "only_first": 5, "version": 1},
        unset=("a", "b"),
        at_least={"available": 2, "only_first": 4},
        equals={"state": "open", "one": 1},
    )
    second = change(
        set={"y": 2, "same": 2},
        add={"reserved": -3, "only_second": 6, "version": 1},
        unset=("b", "c"),
        at_least={"available": 3, "only_second": 7},
        equals={"state": "open", "two": 2},
        must_exist=True,
    )
    both = change(
        set={"x": 1, "y": 2, "same": 2},
        add={"reserved": -1, "only_first": 5, "only_second": 6, "version": 1},
        unset=("a", "b", "c"),
        at_least={"available": 5, "only_first": 4, "only_second": 7},
        equals={"state": "open", "one": 1, "two": 2},
        must_exist=True,
    )
    assert merge([first, second]) == [both]
    (turned,) = merge([second, first])
    assert (turned.add, turned.must_exist, turned.unset) == (both.add, True, ("b", "c", "a"))
    assert merge([change(), change()]) == [change()]


def test_three_changes_of_one_item_count_its_version_once():
    (one,) = merge([change(add={"n": units, "version": 1}) for units in (1, 2, 4)])
    assert one.add == {"n": 7, "version": 1}


def test_other_steps_of_a_version_add_up():
    assert merge([change(add={"version": 2}), change(add={"version": 2})])[0].add == {"version": 4}
    assert merge([change(add={"version": 1}), change(add={"version": 2})])[0].add == {"version": 3}
    assert merge([change(add={"version": 1}), change()])[0].add == {"version": 1}
    assert merge([change(add={"n": 1}), change(add={"n": 1})])[0].add == {"n": 2}


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.CHANGE])
def test_only_changes_become_one(kind: Kind):
    other = Write(kind, "stock", KEY)
    for pair in ([other, change()], [change(), other], [other, other]):
        with pytest.raises(ValueError, match="on one item"):
            merge(pair)


@pytest.mark.parametrize("part", ["set", "equals"])
def test_two_values_for_one_attribute_are_refused(part: str):
    with pytest.raises(ValueError, match="two values for a"):
        merge([change(**{part: {"a": 1, "b": 2}}), change(**{part: {"a": 2, "b": 2}})])


@pytest.mark.parametrize(("letter", "size"), [("x", 1), ("é", 2), ("€", 3), ("😀", 4)])
def test_a_key_takes_as_many_bytes_as_the_store_does(letter: str, size: int):
    """Counted in bytes of UTF-8: the most is still a key, one letter more names nothing."""
    pk, sk = letter * (MOST_PK_BYTES // size), letter * (MOST_SK_BYTES // size)
    assert Key(pk, sk).pk == pk
    for longer in ((pk + letter, sk), (pk, sk + letter)):
        with pytest.raises(NotFound):
            Key(*longer)
    assert (MOST_PK_BYTES, MOST_SK_BYTES) == (2048, 1024)
