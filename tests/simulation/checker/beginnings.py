"""Commits by which an order begins otherwise than as new and open, or goes on after its end."""

from __future__ import annotations

from tests.simulation.checker.evidence import Change
from tests.simulation.checker.picture import parsed


def sends_again(changes: list[Change]) -> bool:
    """Whether a commit adds lines to an order that take the place of lost units: then a complete one goes on."""
    added = (change.after for change in changes if change.sk.startswith("XLINES#") and change.before is None)
    lines = (line for item in added if item is not None for line in parsed(item["body"])["lines"])
    return any(line.get("replaces") for line in lines)


def is_told(changes: list[Change]) -> bool:
    """Whether a commit stores an order of the past, which begins as it was told."""
    agreed = (change.after for change in changes if change.sk == "AGREED" and change.before is None)
    return any(parsed(item["body"]).get("history") for item in agreed if item is not None)
