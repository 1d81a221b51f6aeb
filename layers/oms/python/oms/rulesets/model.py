"""A rule set and its versions: what is drafted, what holds, what held before. Pure.

The content of a version never changes. Which version holds is one number of the set, so what a version is (a draft,
live, retired) follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from oms.platform.problems import ActionNotAvailable, NotFound

# Older ones can still be promoted by their number.
MOST_REMEMBERED = 50


class Status(StrEnum):
    """What a version of a rule set is."""

    DRAFT = "DRAFT"  # never held
    LIVE = "LIVE"  # holds now
    RETIRED = "RETIRED"  # held once


TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.LIVE}),
    Status.LIVE: frozenset({Status.RETIRED}),
    Status.RETIRED: frozenset({Status.LIVE}),
}


class RuleSet(BaseModel):
    """A rule set: `newest` counts its versions, `live` is the one that holds, `held` those before it, latest last.

    `version` counts its changes, promotions included.
    """

    model_config = ConfigDict(frozen=True)
    kind: str
    id: str
    version: int = 0
    newest: int = 0
    live: int | None = None
    held: tuple[int, ...] = ()
    retired: tuple[int, ...] = ()

    def status(self, number: int) -> Status:
        """What one of its versions is; one that does not exist raises NotFound."""
        if not 1 <= number <= self.newest:
            raise NotFound(f"There is no version {number} of {self.id}.")
        if number == self.live:
            return Status.LIVE
        return Status.RETIRED if number in self.retired else Status.DRAFT

    @property
    def available_actions(self) -> tuple[str, ...]:
        """What can be done with it now."""
        actions = ["put"]
        if any(number != self.live for number in range(1, self.newest + 1)):
            actions.append("promote")
        if self.held:
            actions.append("roll_back")
        return tuple(actions)


class RuleVersion(BaseModel):
    """One version of a rule set with its content, as it was put."""

    model_config = ConfigDict(frozen=True)
    number: int
    content: dict[str, Any]
    created_at: str
    created_by: str


def drafted(rules: RuleSet) -> RuleSet:
    """The set with one more version, a draft."""
    return rules.model_copy(update={"version": rules.version + 1, "newest": rules.newest + 1})


def promoted(rules: RuleSet, number: int) -> RuleSet:
    """The set with another version live; the one that held is retired. One that holds already is refused."""
    _require(rules.status(number), Status.LIVE, number)
    held = rules.held if rules.live is None else (*rules.held, rules.live)
    return _with_live(rules, number, held)


def rolled_back(rules: RuleSet) -> RuleSet:
    """The set as it held before the last promotion; where nothing held before, that is refused."""
    if not rules.held:
        raise ActionNotAvailable(f"Nothing held before version {rules.live} of {rules.id}.")
    return _with_live(rules, rules.held[-1], rules.held[:-1])


def _with_live(rules: RuleSet, number: int, held: tuple[int, ...]) -> RuleSet:
    retired = set(rules.retired) - {number}
    if rules.live is not None:
        _require(Status.LIVE, Status.RETIRED, rules.live)
        retired.add(rules.live)
    changes = {"live": number, "held": held[-MOST_REMEMBERED:], "retired": tuple(sorted(retired))}
    return rules.model_copy(update={"version": rules.version + 1, **changes})


def _require(now: Status, then: Status, number: int) -> None:
    if then not in TRANSITIONS[now]:
        raise ActionNotAvailable(f"Version {number} is {now.value} and cannot become {then.value}.")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two versions differ, as a JSON pointer; None where there is nothing on that side."""

    pointer: str
    before: Any
    after: Any


def differences(before: Any, after: Any, pointer: str = "") -> Iterator[Difference]:
    """Where two contents differ. Lists of rules are compared by the rules' ids, so one that moved is no difference."""
    first, second = _named(before), _named(after)
    if isinstance(first, dict) and isinstance(second, dict):
        for name in sorted({*first, *second}):
            here = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            yield from differences(first.get(name), second.get(name), here)
    elif first != second:
        yield Difference(pointer, before, after)


def _named(value: Any) -> Any:
    """A list of objects that have ids, by their ids; anything else as it is."""
    if isinstance(value, list) and value and all(isinstance(entry, dict) and "id" in entry for entry in value):
        return {str(entry["id"]): entry for entry in value}
    return {} if value == [] else value
