"""INV29: what a customer is told is told once: a notice is about one thing for good, and one that ended stays so."""

from __future__ import annotations

from collections.abc import Iterable

from tests.simulation.checker.evidence import Change, Report
from tests.simulation.checker.picture import parsed

# What a notice is about.
FOR_GOOD = ("id", "order_id", "milestone", "subject", "cause", "locale", "created_at", "resend_of", "asked_by")


def is_notices(pk: str) -> bool:
    """Whether a partition of table `orders` holds what the customer of an order was told."""
    return pk.split("#", 3)[2:3] == ["NOTICES"]


def check_notices_of_commit(changes: Iterable[Change], report: Report) -> None:
    """A notice is never removed, never about something else, and changes by one version until it has ended."""
    for change in changes:
        if change.before is None:
            continue
        before = parsed(str(change.before["body"]))
        after = parsed(str(change.after["body"])) if change.after else None
        if after is None:
            report.note("INV29", change.sk, "a notice was removed")
        elif before["status"] != "QUEUED":
            report.note("INV29", change.sk, f"a notice that is {before['status']} was changed")
        elif [name for name in FOR_GOOD if before[name] != after[name]]:
            report.note("INV29", change.sk, "a notice is about something else")
        elif after["version"] != before["version"] + 1:
            report.note("INV29", change.sk, f"version {before['version']} became {after['version']}")
