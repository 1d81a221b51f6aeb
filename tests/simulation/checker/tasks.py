"""INV8: a task is opened once, stands in its list while it is open, and is done once."""

from __future__ import annotations

from tests.simulation.checker.evidence import Change, Item, Report
from tests.simulation.checker.picture import Commit, parsed

OPEN, DONE = "OPEN", "DONE"


def is_task(pk: str) -> bool:
    """Whether a partition of table `orders` is that of a task."""
    return pk.split("#", 3)[2:3] == ["TASK"]


def check_tasks_of_commit(commit: Commit, report: Report) -> None:
    """Every task that a commit has touched."""
    for pk, changes in commit.orders.items():
        if is_task(pk):
            for change in changes:
                _task(change, report)


def _task(change: Change, report: Report) -> None:
    if change.after is None:
        report.note("INV8", change.pk, "a task was removed")
        return
    was, now = None if change.before is None else _state(change.before), _state(change.after)
    version = (change.before or {}).get("version", 0)
    if (was, now) not in ((None, OPEN), (OPEN, DONE)) or change.after["version"] != version + 1:
        report.note("INV8", change.pk, f"{was} of version {version} became {now} of {change.after['version']}")
    if (now == OPEN) != ("gsi1pk" in change.after):
        report.note("INV8", change.pk, f"is {now}, and in the list: {'gsi1pk' in change.after}")


def _state(item: Item) -> str:
    return str(parsed(item["body"]).get("state", OPEN))
