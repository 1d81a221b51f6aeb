"""INV13: what was committed is published, and nothing else; per entity the events are 1, 2, 3, …"""

from __future__ import annotations

from typing import Any

from tests.simulation.checker.evidence import Change, Evidence, Report
from tests.simulation.checker.picture import Commit, Partition, Picture, is_order, parsed

SOURCE = "spine"


class EventRules:
    """Stored events as they are added, and the bus as far as it was read."""

    def __init__(self, picture: Picture, evidence: Evidence) -> None:
        self._seen = len(evidence.bus)
        self._ids: dict[str, str] = {}
        for pk, rows in picture.table("events").items():
            for row in rows.values():
                self._ids[parsed(row["detail"])["meta"]["id"]] = pk

    def after_commit(self, commit: Commit, picture: Picture, evidence: Evidence, report: Report) -> None:
        added: dict[str, int] = {}
        for change in commit.events:
            added[change.pk] = added.get(change.pk, 0) + 1
            self._stored(change, picture, report)
        for pk in added:
            check_sequence(pk, picture.items("events", pk), report)
        for pk, changes in commit.orders.items():
            if is_order(pk):
                _counted(pk, changes, added.get(pk, 0), report)
        if len(evidence.bus) > self._seen:
            stored = by_id(picture, evidence.bus[self._seen :])
            for entry in evidence.bus[self._seen :]:
                check_published(entry, stored, report)
            self._seen = len(evidence.bus)

    def _stored(self, change: Change, picture: Picture, report: Report) -> None:
        where = f"{change.pk} {change.sk}"
        if change.before is not None or change.after is None:
            report.note("INV13", where, "a stored event was changed or removed")
            return
        check_row(change.pk, change.sk, change.after, report)
        meta = parsed(change.after["detail"])["meta"]
        if self._ids.setdefault(meta["id"], change.pk) != change.pk:
            report.note("INV13", where, f"the id {meta['id']} was used before")


def check_events(picture: Picture, evidence: Evidence, report: Report) -> None:
    """At quiet: the bus has every stored event, and only those; nodes got what is for nodes."""
    stored: dict[str, dict[str, Any]] = {}
    for pk, rows in picture.table("events").items():
        check_sequence(pk, rows, report)
        for sk, row in rows.items():
            check_row(pk, sk, row, report)
            stored[parsed(row["detail"])["meta"]["id"]] = row
    domain, store = set(), set()
    for entry in evidence.bus:
        if entry.get("source") == SOURCE:
            check_published(entry, stored, report)
            into = store if "store" in str(entry.get("bus", "")).lower() else domain
            into.add(entry["detail"].get("meta", {}).get("id"))
    for name, row in stored.items():
        where = f"{row['type']} {name}"
        if name not in domain:
            report.note("INV13", where, "was committed and never published")
        if row.get("for_nodes") and name not in store:
            report.note("INV13", where, "is for nodes and was never told to them")


def check_row(pk: str, sk: str, row: dict[str, Any], report: Report) -> None:
    """A stored event lies where it belongs: under its tenant, its entity and its number."""
    meta = parsed(row["detail"])["meta"]
    where = f"{pk} {sk}"
    if pk != f"T#{meta['tenant']}#{meta['entity']}":
        report.note("INV13", where, f"is an event of {meta['tenant']} about {meta['entity']}")
    if sk != f"EVENT#{meta['sequence']:09d}" or meta["type"] != row["type"]:
        report.note("INV13", where, f"says of itself that it is {meta['type']} number {meta['sequence']}")


def check_sequence(pk: str, rows: Partition, report: Report) -> None:
    """The events of an entity are numbered 1, 2, 3, …"""
    numbers = sorted(int(sk.partition("#")[2]) for sk in rows)
    if numbers != list(range(1, len(numbers) + 1)):
        report.note("INV13", pk, f"its events are numbered {numbers}")


def _counted(pk: str, changes: list[Change], added: int, report: Report) -> None:
    """The order's own count of events moves by what the commit added."""
    for change in changes:
        if change.sk == "ORDER" and change.after is not None:
            moved = change.after.get("sequence", 0) - (change.before or {}).get("sequence", 0)
            if moved != added:
                report.note("INV13", pk, f"counts {moved} more events, {added} were stored")


def by_id(picture: Picture, entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The stored rows of some published events, by the id of the event."""
    found = {}
    for entry in entries:
        meta = entry["detail"].get("meta", {}) if isinstance(entry["detail"], dict) else {}
        pk = f"T#{meta.get('tenant')}#{meta.get('entity')}"
        sequence = meta.get("sequence")
        row = picture.items("events", pk).get(f"EVENT#{sequence:09d}") if isinstance(sequence, int) else None
        if row is not None:
            found[parsed(row["detail"])["meta"]["id"]] = row
    return found


def check_published(entry: dict[str, Any], stored: dict[str, dict[str, Any]], report: Report) -> None:
    """What our own source put on a bus is a stored event, word for word."""
    if entry.get("source") != SOURCE:
        return
    name = entry["detail"].get("meta", {}).get("id")
    row = stored.get(name)
    if row is None:
        report.note("INV13", f"{entry['detail_type']} {name}", "was published and is not committed")
    elif row["type"] != entry["detail_type"] or parsed(row["detail"]) != entry["detail"]:
        report.note("INV13", f"{entry['detail_type']} {name}", "was published with another content than stored")
