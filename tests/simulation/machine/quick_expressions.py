"""Conditions and updates as the product writes them, read once and then run as plain functions.

Anything else raises `NotPlain`: the engine reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Item = dict[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Any]
Test = Callable[[Item, Names, Values], bool]
Change = Callable[[Item, Names, Values], None]

_TERM = re.compile(r"(?:(#\w+) (>=|<=|=) (:\w+)|(attribute_exists|attribute_not_exists)\((#\w+)\))$")
_CLAUSES = re.compile(r"(?:SET (?P<set>.+?))?(?: ?ADD (?P<add>.+?))?(?: ?REMOVE (?P<remove>.+?))?$")


class NotPlain(Exception):
    """The engine must answer this."""


def holds(body: Mapping[str, Any], before: Item | None) -> bool:
    expression = body.get("ConditionExpression")
    if expression is None:
        return True
    names, values = body.get("ExpressionAttributeNames", {}), body.get("ExpressionAttributeValues", {})
    # All of them, so that what is not plain is seen even where another one fails.
    verdicts = [test(before or {}, names, values) for test in _tests(expression)]
    return all(verdicts)


@lru_cache(maxsize=1024)
def _tests(expression: str) -> tuple[Test, ...]:
    """The terms of a condition, each as a function."""
    return tuple(_term(text) for text in expression.split(" AND "))


def _term(text: str) -> Test:
    """One term, or some of which one is enough; these are in brackets, and have no brackets of their own."""
    if text.startswith("(") and text.endswith(")"):
        return _either([_term(one) for one in text[1:-1].split(" OR ")])
    found = _TERM.match(text)
    if found is None:
        raise NotPlain
    name, comparison, value, function, operand = found.groups()
    if function is not None:
        return _existence(operand, function == "attribute_exists")
    if comparison == "=":
        return _equality(name, value)
    return _bounded(name, value, below=comparison == "<=")


def _either(tests: list[Test]) -> Test:
    def test(item: Item, names: Names, values: Values) -> bool:
        # All of them here, too.
        verdicts = [one(item, names, values) for one in tests]
        return any(verdicts)

    return test


def _existence(name: str, wanted: bool) -> Test:
    return lambda item, names, values: (names[name] in item) is wanted


def _equality(name: str, value: str) -> Test:
    return lambda item, names, values: item.get(names[name]) == values[value]


def _bounded(name: str, value: str, *, below: bool) -> Test:
    def test(item: Item, names: Names, values: Values) -> bool:
        """Numbers by their size, texts by their bytes, and nothing else."""
        ((kind, bound),) = values[value].items()
        if kind not in ("N", "S"):
            raise NotPlain
        stored = item.get(names[name], {})
        if kind not in stored:
            return False
        one, other = (int(stored[kind]), int(bound)) if kind == "N" else (stored[kind].encode(), bound.encode())
        return one <= other if below else one >= other

    return test


@lru_cache(maxsize=1024)
def changes(expression: str) -> tuple[Change, ...]:
    """The clauses of an update, each as a function that changes a copy of the item."""
    found = _CLAUSES.match(expression)
    if found is None:
        raise NotPlain
    found_changes: list[Change] = []
    for text in (found["set"] or "").split(", ") if found["set"] else ():
        name, _, value = text.partition(" = ")
        found_changes.append(_setting(_named(name, "#"), _named(value, ":")))
    for text in (found["add"] or "").split(", ") if found["add"] else ():
        name, _, value = text.partition(" ")
        found_changes.append(_adding(_named(name, "#"), _named(value, ":")))
    removed = found["remove"].split(", ") if found["remove"] else ()
    found_changes += [_removing(_named(text, "#")) for text in removed]
    return tuple(found_changes)


def _named(text: str, mark: str) -> str:
    if not re.fullmatch(rf"{mark}\w+", text):
        raise NotPlain
    return text


def _setting(name: str, value: str) -> Change:
    def change(item: Item, names: Names, values: Values) -> None:
        if names[name] in ("pk", "sk"):
            raise NotPlain
        item[names[name]] = values[value]

    return change


def _adding(name: str, value: str) -> Change:
    def change(item: Item, names: Names, values: Values) -> None:
        attribute, added = names[name], values[value]
        stored = item.get(attribute, {"N": "0"})
        if attribute in ("pk", "sk") or "N" not in stored or "N" not in added:
            raise NotPlain
        item[attribute] = {"N": str(int(stored["N"]) + int(added["N"]))}

    return change


def _removing(name: str) -> Change:
    def change(item: Item, names: Names, values: Values) -> None:
        if names[name] in ("pk", "sk"):
            raise NotPlain
        item.pop(names[name], None)

    return change
