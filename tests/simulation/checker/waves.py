"""INV4: a pick wave takes its work once and is closed once."""

from __future__ import annotations

from tests.simulation.checker.evidence import Change, Report
from tests.simulation.checker.picture import parsed


def check_waves_of_commit(changes: list[Change], report: Report) -> None:
    """A wave takes its work once and is closed once; nothing else of it ever changes."""
    for change in changes:
        if change.before is not None:
            was, now = parsed(change.before["body"]), parsed((change.after or {}).get("body", "{}"))
            closed = {**was, "state": "CLOSED", "closed_at": now.get("closed_at"), "version": was.get("version", 1) + 1}
            if was.get("state", "OPEN") != "OPEN" or now != closed:
                report.note("INV4", change.pk, "a wave was changed otherwise than by its closing")
