"""The rules of a Choice state."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.simulation.machine.workflow_errors import NotModelled
from tests.simulation.machine.workflow_paths import Absent, look, parse, select

Rule = Mapping[str, Any]
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def stamp(value: Any) -> datetime | None:
    """A moment that is written as AWS wants it, with its offset."""
    if not isinstance(value, str) or not _STAMP.fullmatch(value):
        return None
    return datetime.fromisoformat(value)


# Each kind of comparison reads a value as its own type, or as None when it is of another.
_READ: dict[str, Callable[[Any], Any]] = {"String": _text, "Numeric": _number, "Timestamp": stamp, "Boolean": _truth}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
_COMPARISONS = {
    f"{kind}{how}": (read, compare)
    for kind, read in _READ.items()
    for how, compare in _COMPARE.items()
    if kind != "Boolean" or how == "Equals"
}
_IS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: _text(value) is not None,
    "IsNumeric": lambda value: _number(value) is not None,
    "IsBoolean": lambda value: _truth(value) is not None,
    "IsTimestamp": lambda value: stamp(value) is not None,
}
_COMBINED = frozenset({"And", "Or", "Not"})


def check_rule(rule: Rule, *, top: bool = True) -> None:
    """Refuse a rule that `holds` could not judge."""
    fields = set(rule) - {"Comment"} - ({"Next"} if top else set())
    if len(fields) == 1 and fields <= _COMBINED:
        (how,) = fields
        for part in [rule["Not"]] if how == "Not" else rule[how]:
            check_rule(part, top=False)
        return
    test = fields - {"Variable"}
    if "Variable" not in fields or len(test) != 1:
        raise NotModelled(f"a choice rule with the fields {sorted(fields)}")
    parse(rule["Variable"])
    (name,) = test
    if name in _COMPARISONS:
        if _COMPARISONS[name][0](rule[name]) is None:
            raise NotModelled(f"{name} with {rule[name]!r}")
    elif name.removesuffix("Path") in _COMPARISONS:
        parse(rule[name])
    elif name == "StringMatches":
        _pattern(rule[name])
    elif name != "IsPresent" and name not in _IS:
        raise NotModelled(f"the comparison {name}")


def holds(rule: Rule, value: Any, scope: dict[str, Any]) -> bool:
    """Whether a rule holds for a state's data."""
    if "And" in rule:
        return all(holds(part, value, scope) for part in rule["And"])
    if "Or" in rule:
        return any(holds(part, value, scope) for part in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], value, scope)
    if "IsPresent" in rule:
        return _present(rule["Variable"], value, scope) is rule["IsPresent"]
    found = select(rule["Variable"], value, scope, "Variable")
    (name,) = set(rule) - {"Variable", "Next", "Comment"}
    if name in _IS:
        return _IS[name](found) is rule[name]
    if name == "StringMatches":
        return isinstance(found, str) and _pattern(rule[name]).fullmatch(found) is not None
    if name in _COMPARISONS:
        expected = rule[name]
    else:
        expected = select(rule[name], value, scope, name)
    read, compare = _COMPARISONS[name.removesuffix("Path")]
    left, right = read(found), read(expected)
    return left is not None and right is not None and compare(left, right)


def _present(path: str, value: Any, scope: dict[str, Any]) -> bool:
    try:
        look(path, value, scope)
    except Absent:
        return False
    return True


def _pattern(text: str) -> re.Pattern[str]:
    r"""`*` stands for any text, `\*` for a star and `\\` for a backslash."""
    parts = re.findall(r"\\[*\\]|.", text, re.DOTALL)
    return re.compile("".join(".*" if part == "*" else re.escape(part[-1]) for part in parts), re.DOTALL)
