"""INV15 and INV14: nothing grows beyond its cap, and what recognises repeats does not expire too early."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from tests.simulation.checker.evidence import Evidence, Item, Report
from tests.simulation.checker.picture import Commit, Picture

ITEM_BYTES = 300 * 1024
EVENT_BYTES = 64 * 1024
STATE_BYTES = 32 * 1024
HISTORY_EVENTS = 10_000
ACTIONS = 90
# No text that is shorter can be over a cap, whatever letters it is made of.
_SURELY_SMALL = 4_000
# Notes of a saga mean nothing without its row, which never expires; what a promise binds is on its order; a period that
# is over limits nothing; the log of what went out to subscribers is looked at for a month, and decides nothing.
MAY_EXPIRE = ("#SAGA#", "#PROMISE#", "#CAPACITY#", "#EDIT#", "#WEBHOOK_LOG#", "#DEAD_LETTERS")


def check_commit(commit: Commit, evidence: Evidence, report: Report) -> None:
    """The sizes of what a commit wrote, the number of its actions, and that no record of a repeat has an end."""
    if len(commit.all) > ACTIONS:
        report.note("INV15", "a commit", f"of {len(commit.all)} actions")
    for change in commit.all:
        if change.after is not None:
            check_item(change.table, change.pk, change.sk, change.after, report)
            if _may_expire(change.pk) and "expires_at" in change.after and evidence.now:
                _lasts_long_enough(f"{change.pk} {change.sk}", change.after, evidence.now, report)


def check_bounds(picture: Picture, evidence: Evidence, report: Report) -> None:
    """The same for everything that is stored, and the payloads and histories of workflows."""
    for table, partitions in picture.partitions.items():
        for pk, items in partitions.items():
            for sk, item in items.items():
                check_item(table, pk, sk, item, report)
    for run in evidence.executions:
        size = len(json.dumps(run.get("input"), default=str).encode())
        if size > STATE_BYTES:
            report.note("INV15", f"execution {run.get('name')}", f"an input of {size} bytes")
        history = run.get("history", 0)
        steps = history if isinstance(history, int) else len(history)
        if steps > HISTORY_EVENTS:
            report.note("INV15", f"execution {run.get('name')}", f"a history of {steps} events")


def check_item(table: str, pk: str, sk: str, item: Item, report: Report) -> None:
    """One item: its size, its event's size, and whether it may expire."""
    if "expires_at" in item and not _may_expire(pk):
        report.note(
            "INV14",
            f"{table} {pk} {sk}",
            "expires, and is no note of a saga, no promise, no preview, no count of a period and no log",
        )
    glance = 0
    for value in item.values():
        glance += len(value) if type(value) is str else 20 if type(value) in (int, bool) else 200 * len(value or "")
    if glance <= _SURELY_SMALL:
        return
    size = sum(len(name.encode()) + _bytes(value) for name, value in item.items())
    if size > ITEM_BYTES:
        report.note("INV15", f"{table} {pk} {sk}", f"an item of {size} bytes")
    if table == "events" and _bytes(item["detail"]) > EVENT_BYTES:
        report.note("INV15", f"{table} {pk} {sk}", f"an event of {_bytes(item['detail'])} bytes")


def _bytes(value: object) -> int:
    return len((value if isinstance(value, str) else json.dumps(value, default=str)).encode())


def _lasts_long_enough(where: str, item: Item, now: str, report: Report) -> None:
    """A note must outlive every repeat of the call that it undoes, of which the lease is the longest."""
    left = item["expires_at"] - datetime.fromisoformat(now.replace("Z", "+00:00")).timestamp()
    if left < timedelta(days=1).total_seconds():
        report.note("INV14", where, f"expires in {int(left)} seconds")


def _may_expire(pk: str) -> bool:
    return any(part in pk for part in MAY_EXPIRE)
