"""What the checker is shown, and what it answers: plain data, nothing of the product and nothing of the machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]


@dataclass(slots=True)
class Change:
    """One item before and after a commit; `table` is its short name: orders, stock, registry, ledger, events, commands.

    None stands for an item that does not exist. Items are plain values: text, integers, truths, lists, maps.
    """

    table: str
    pk: str
    sk: str
    before: Item | None
    after: Item | None


@dataclass(slots=True)
class Evidence:
    """Everything that a run has left behind so far; lists are in order and only ever grow."""

    now: str = ""
    tables: dict[str, dict[tuple[str, str], Item]] = field(default_factory=dict)
    psp: list[dict[str, Any]] = field(default_factory=list)
    bus: list[dict[str, Any]] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    # Every version of what lies in the intake bucket.
    intake: dict[str, list[bytes]] = field(default_factory=dict)
    executions: list[dict[str, Any]] = field(default_factory=list)
    in_flight: list[dict[str, Any]] = field(default_factory=list)
    dead: list[dict[str, Any]] = field(default_factory=list)
    timers: list[dict[str, Any]] = field(default_factory=list)
    logs: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that does not hold: which one, about what, and what was found instead."""

    invariant: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.where}: {self.what}"


class Report:
    """Collects what was found; `note` is called only where something is wrong."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[Violation] = []

    def note(self, invariant: str, where: str, what: str) -> None:
        self.found.append(Violation(invariant, where, what))
