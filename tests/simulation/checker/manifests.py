"""INV32: a label stands in one manifest at most, what one has is never given back, and a pick-up is booked once.

Manifests and pick-ups go along their graphs and stay about the same; the lists of open ones have exactly those of which
the carrier has the next word. A label that a manifest has points to it until the carrier refuses that one.
"""

from __future__ import annotations

from typing import Any

from tests.simulation.checker.evidence import Change, Item, Report
from tests.simulation.checker.graphs import MANIFEST, PICKUP, Graph, is_edge
from tests.simulation.checker.picture import Commit, Picture, parsed, tenant_of

# What becomes known of a manifest; all else is as it was asked for.
BECOMES_KNOWN = ("version", "status", "closed_at", "reference", "url", "refused", "confirmation", "cost", "currency")
_ENDED = ("CLOSED", "REFUSED", "SCHEDULED", "CANCELLED")
_LISTS = ("OPENMANIFESTS", "OPENPICKUPS")
_KINDS = ("MANIFEST", "CARRIERPICKUP", "LABEL", *_LISTS)


def is_of_manifests(pk: str) -> bool:
    """Whether a partition of table `orders` is of manifests, of the labels that they may have, or of pick-ups."""
    return (pk.split("#", 3)[2:3] or [""])[0] in _KINDS


def check_manifests_of_commit(commit: Commit, report: Report) -> None:
    """Manifests and what they have, as far as a commit has touched them."""
    for pk, changes in commit.orders.items():
        for change in changes if is_of_manifests(pk) else ():
            kind, where = pk.split("#", 3)[2], f"{pk} {change.sk}"
            if change.sk in ("MANIFEST", "PICKUP"):
                _along(where, change, MANIFEST if kind == "MANIFEST" else PICKUP, report)
            elif change.sk == "DRAFT" and change.before is not None:
                report.note("INV32", where, "a draft is written once, and was changed")
            elif kind == "LABEL" and change.before is not None:
                _label(where, change.before, change.after, report)
            elif kind in _LISTS and change.before is not None and change.after is not None:
                report.note("INV32", where, "was listed, and is listed already")


def check_manifests(picture: Picture, report: Report) -> None:
    """Labels and manifests name each other, and the list of open ones has those that are open."""
    has, open_, listed = {}, set(), set()
    points_to = {}
    for pk, items in picture.table("orders").items():
        kind, tenant = (pk.split("#", 3)[2:3] or [""])[0], tenant_of(pk)
        for sk, item in items.items() if is_of_manifests(pk) else ():
            if kind in _LISTS:
                listed.add((tenant, sk.partition("#")[2]))
            elif kind == "LABEL" and "manifest_id" in item:
                points_to[tenant, parsed(str(item["body"]))["label_id"]] = item["manifest_id"]
            elif sk in ("MANIFEST", "PICKUP"):
                manifest = parsed(str(item["body"]))
                status = manifest.get("status", "REQUESTED")
                open_ |= {(tenant, manifest["id"])} if status not in _ENDED else set()
                for label in manifest.get("labels", ()) if status != "REFUSED" else ():
                    if (tenant, label["label_id"]) in has:
                        report.note("INV32", f"{pk} {label['label_id']}", "stands in another manifest too")
                    has[tenant, label["label_id"]] = manifest["id"]
    if has != points_to:
        report.note("INV32", "labels of manifests", f"are {_sorted(has)}, and point to {_sorted(points_to)}")
    if open_ != listed:
        report.note("INV32", "what is open", f"is {sorted(map(str, open_))}, and listed is {sorted(map(str, listed))}")


def _along(where: str, change: Change, graph: Graph, report: Report) -> None:
    if change.after is None:
        report.note("INV32", where, "was removed")
        return
    before = parsed(str(change.before["body"])) if change.before is not None else None
    after = parsed(str(change.after["body"]))
    was, now = (one and one.get("status", "REQUESTED") for one in (before, after))
    if not is_edge(graph, was, now):
        report.note("INV32", where, f"went from {was} to {now}")
    if before is not None and _for_good(before) != _for_good(after):
        report.note("INV32", where, "became that of something else")


def _label(where: str, before: Item, after: Item | None, report: Report) -> None:
    """A label waits for a manifest, is had by one, or is given back; which label it is stays."""
    if after is None:
        if "manifest_id" in before:
            report.note("INV32", where, "was given back, and a manifest has it")
        return
    if any(before[name] != after[name] for name in ("body", "place", "day")):
        report.note("INV32", where, "became another label")
    if ("manifest_id" in after) == ("#UNMANIFESTED#" in str(after["gsi1pk"])):
        report.note("INV32", where, "waits for a manifest and is had by one, or neither")
    if before.get("manifest_id", after.get("manifest_id")) != after.get("manifest_id", before.get("manifest_id")):
        report.note("INV32", where, "went from one manifest to another")


def _for_good(manifest: Item) -> Item:
    return {name: value for name, value in manifest.items() if name not in BECOMES_KNOWN}


def _sorted(found: dict[Any, Any]) -> list[str]:
    return sorted(f"{key} {value}" for key, value in found.items())
