"""Paths of the Amazon States Language: `$.a.b[0]` in a state's input, `$$.Execution.Id` in the context object.

Only reference paths, which select one value. Filters, slices, wildcards and intrinsic functions are not modelled.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.simulation.machine.workflow_errors import NotModelled, TaskFailed

MOST_BYTES = 256 * 1024
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\['([^'\\]+)'\]|\[(\d+)\]")
# What the context object holds here, by its first two names.
_CONTEXT = frozenset(
    {
        ("Execution", "Id"),
        ("Execution", "Name"),
        ("Execution", "Input"),
        ("StateMachine", "Id"),
        ("StateMachine", "Name"),
        ("State", "Name"),
        ("State", "RetryCount"),
        ("Task", "Token"),
        ("Map", "Item"),
    }
)


class Absent(Exception):
    """A path leads nowhere."""


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path; `context` when it begins with `$$`."""

    text: str
    context: bool
    steps: tuple[str | int, ...]


@lru_cache(maxsize=1024)
def parse(text: str) -> Path:
    """A path of a definition; raises NotModelled for what is none, or for more than a reference path."""
    if not isinstance(text, str) or not text.startswith("$"):
        raise NotModelled(f"{text!r} is not a reference path")
    context = text.startswith("$$")
    position = 2 if context else 1
    steps: list[str | int] = []
    while position < len(text):
        step = _STEP.match(text, position)
        if step is None:
            raise NotModelled(f"the path {text} from its character {position} on")
        dotted, quoted, index = step.groups()
        steps.append(int(index) if index is not None else dotted or quoted)
        position = step.end()
    if context and tuple(steps[:2]) not in _CONTEXT:
        raise NotModelled(f"{text} of the context object")
    return Path(text, context, tuple(steps))


def look(text: str, value: Any, scope: dict[str, Any]) -> Any:
    """What a path selects from a state's data or the context object; raises Absent."""
    path = parse(text)
    found = scope if path.context else value
    for step in path.steps:
        if isinstance(step, int):
            fits = isinstance(found, list) and step < len(found)
        else:
            fits = isinstance(found, dict) and step in found
        if not fits:
            raise Absent(path.text)
        found = found[step]
    return found


def select(text: str, value: Any, scope: dict[str, Any], field: str) -> Any:
    """The same for a state that cannot go on without the value."""
    try:
        return look(text, value, scope)
    except Absent:
        raise TaskFailed("States.Runtime", f"{field}: {text} could not be found in the input") from None


def through(text: str | None, value: Any, scope: dict[str, Any], field: str) -> Any:
    """InputPath and OutputPath: a part of the data, and nothing (an empty object) for null."""
    return {} if text is None else select(text, value, scope, field)


def fill(template: Any, value: Any, scope: dict[str, Any]) -> Any:
    """A payload template, with each field whose name ends in `.$` replaced by what its path selects."""
    if isinstance(template, list):
        return [fill(part, value, scope) for part in template]
    if not isinstance(template, dict):
        return template
    filled = {}
    for name, part in template.items():
        if name.endswith(".$"):
            filled[name[:-2]] = select(part, value, scope, name)
        else:
            filled[name] = fill(part, value, scope)
    return filled


def check_template(template: Any) -> None:
    """Refuse what `fill` could not do."""
    if isinstance(template, list):
        for part in template:
            check_template(part)
    elif isinstance(template, dict):
        for name, part in template.items():
            if name.endswith(".$"):
                parse(part)
            else:
                check_template(part)


def put(text: str | None, whole: Any, result: Any) -> Any:
    """ResultPath: the input with the result in its place; the input alone for null. The input itself stays as it is."""
    if text is None:
        return whole
    return _put(parse(text).steps, whole, result, text)


def _put(steps: tuple[str | int, ...], whole: Any, result: Any, text: str) -> Any:
    if not steps:
        return result
    if not isinstance(whole, dict):
        raise TaskFailed("States.ResultPathMatchFailure", f"{text} cannot be applied to the state's input")
    first, *rest = steps
    return {**whole, str(first): _put(tuple(rest), whole.get(str(first), {}), result, text)}


def within_limit(value: Any, what: str) -> Any:
    """The same value, unless it is too long to travel between states."""
    # No letter takes more than six bytes as JSON, so most need no second look.
    if len(repr(value)) * 6 <= MOST_BYTES:
        return value
    if len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()) > MOST_BYTES:
        raise TaskFailed("States.DataLimitExceeded", f"{what} is longer than {MOST_BYTES} bytes")
    return value
