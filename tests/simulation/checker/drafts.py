"""INV38: a draft counts its changes, ends in the commit of the order that it becomes, and never changes after that."""

from __future__ import annotations

from tests.simulation.checker.evidence import Change, Report
from tests.simulation.checker.picture import Commit, parsed


def check_drafts_of_commit(changes: list[Change], commit: Commit, report: Report) -> None:
    """What a commit does to one draft."""
    for change in changes:
        if change.after is None:
            report.note("INV38", change.pk, "a draft was removed")
            continue
        before = parsed(change.before["body"]) if change.before else {"version": 0}
        after = parsed(change.after["body"])
        if before.get("order_id"):
            report.note("INV38", change.pk, "a draft was changed after it was placed")
        if not after["version"] == change.after["version"] == before["version"] + 1:
            report.note("INV38", change.pk, f"version {before['version']} was followed by {after['version']}")
        order_id = after.get("order_id")
        if order_id is None:
            continue
        if change.before is None or after["order"] != before["order"]:
            report.note("INV38", change.pk, "a draft was placed with another content than it had")
        tenant = change.pk.split("#")[1]
        own = commit.orders.get(f"T#{tenant}#ORDER#{order_id}", [])
        headers = [one.after for one in own if one.sk == "ORDER" and one.before is None and one.after is not None]
        if [one["external_id"] for one in headers] != [after["order"]["external_id"]]:
            report.note("INV38", change.pk, f"was placed without the order {order_id} in the same commit")
