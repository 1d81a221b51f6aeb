"""INV30: a label is bought once, on a draft that stays, and what carriers tell of parcels never goes back.

A label and a parcel go along their graphs and stay about the same; the list of open labels has exactly those of which
the carrier has the next word. A parcel of which nothing is heard has a task from the instant on that stands with its
number. An answer about a label says how far it is by then, so it may be further than the outcome that was stored, and
nothing else.
"""

from __future__ import annotations

import re
from typing import Any

from tests.simulation.checker.evidence import Change, Item, Report
from tests.simulation.checker.graphs import LABEL, PARCEL, is_edge
from tests.simulation.checker.picture import Commit, Picture, is_order, parsed, tenant_of

DRAFT = "DRAFT#"
OPEN = ("REQUESTED", "VOID_REQUESTED")
# What becomes known of a label; all else is as it was asked for.
BECOMES_KNOWN = (
    *("version", "status", "tracking_number", "cost", "currency", "url", "refused", "reference"),
    *("closed_at", "confirmation"),
)
_ASKED = re.compile(
    r"/v1/(fulfillment-orders/[^/]+/labels|labels/[^/]+/void|nodes/[^/]+/(manifests|carrier-pickups(/[^/]+/cancel)?))"
)
_FURTHER = {
    "REQUESTED": (
        *("BOUGHT", "REFUSED", "VOID_REQUESTED", "VOIDED", "CLOSED"),
        *("SCHEDULED", "CANCEL_REQUESTED", "CANCELLED"),
    ),
    "BOUGHT": ("VOID_REQUESTED", "VOIDED"),
    "VOID_REQUESTED": ("BOUGHT", "VOIDED"),
    "SCHEDULED": ("CANCEL_REQUESTED", "CANCELLED"),
    "CANCEL_REQUESTED": ("SCHEDULED", "CANCELLED"),
}


def is_of_carriers(pk: str) -> bool:
    """Whether a partition of table `orders` is a list of open labels, or what is known under a tracking number."""
    return pk.split("#", 3)[2:3] in (["OPENLABELS"], ["TRACKING"], ["UNKNOWNPARCELS"])


def is_about_label(path: object) -> bool:
    """Whether a call is answered with how far a label is, or a manifest or pick-up of some."""
    return _ASKED.fullmatch(str(path)) is not None


def has_come_further(before: Any, after: Any) -> bool:
    """Whether two answers show one label, the second one at least as far as the first."""
    if not isinstance(before, dict) or not isinstance(after, dict) or _for_good(before) != _for_good(after):
        return False
    was, now = before.get("status"), after.get("status")
    # The version is its order's, which others change as well.
    same = {**before, "version": 0} == {**after, "version": 0} and before["version"] <= after["version"]
    return same or now in _FURTHER.get(str(was), ()) or (was == now == "BOUGHT")


def check_labels_of_commit(commit: Commit, picture: Picture, report: Report) -> None:
    """Drafts, labels, parcels and what is listed of them, as far as a commit has touched them."""
    for pk, changes in commit.orders.items():
        for change in changes:
            where = f"{pk} {change.sk}"
            if is_order(pk) and change.sk.startswith(DRAFT) and change.before is not None:
                report.note("INV30", where, "a draft is written once, and was changed")
            elif is_order(pk) and change.sk.startswith("WORK#") and change.after is not None:
                _labels(pk, change, picture, report)
            elif is_order(pk) and change.sk.startswith("SHIPMENT#") and change.after is not None:
                _parcels(where, _rows(change.before, "parcels"), _rows(change.after, "parcels"), report)
                _claims(pk, change, picture, report)
            elif is_of_carriers(pk) and change.before is not None:
                _noted(change, report)


def check_labels(picture: Picture, report: Report) -> None:
    """The lists of open labels have those that are open, and no draft is that of two labels."""
    open_, used = set(), set()
    for pk, items in picture.table("orders").items():
        for sk, item in items.items():
            if is_order(pk) and sk.startswith("WORK#"):
                for label in parsed(str(item["body"])).get("labels", ()):
                    if label["status"] in OPEN:
                        open_.add((tenant_of(pk), label["id"]))
                    reference = (label["provider"], label.get("reference"))
                    if reference[1] is not None and reference in used:
                        report.note("INV30", f"{pk} {label['id']}", f"{reference[1]} is the draft of another label too")
                    used.add(reference)
    listed = {
        (tenant_of(pk), sk.partition("#")[2])
        for pk, items in picture.table("orders").items()
        if pk.endswith("#OPENLABELS")
        for sk in items
    }
    if listed != open_:
        report.note("INV30", "open labels", f"are {sorted(map(str, open_))}, and listed {sorted(map(str, listed))}")
    _silent(picture, report)


def _silent(picture: Picture, report: Report) -> None:
    """Every parcel whose silence was noted has a task of its own."""
    told_of = {
        (tenant_of(pk), subjects["shipment_id"], normal(subjects["tracking_number"]))
        for pk, items in picture.table("orders").items()
        if pk.split("#", 3)[2:3] == ["TASK"]
        for item in items.values()
        for task in [parsed(str(item["body"]))]
        if task["kind"] == "PARCEL_SILENT"
        for subjects in [task["subjects"]]
    }
    for pk, items in picture.table("orders").items():
        if "#TRACKING#" not in pk:
            continue
        for sk, item in items.items():
            silent = "silent_at" in item and "gsi1pk" not in item
            if silent and (tenant_of(pk), sk.partition("#")[2], pk.split("#TRACKING#")[1]) not in told_of:
                report.note("INV30", f"{pk} {sk}", "is silent, and nobody has a task of it")


def normal(number: str) -> str:
    """A tracking number as it is compared."""
    return "".join(number.split()).upper()


def _labels(pk: str, change: Change, picture: Picture, report: Report) -> None:
    before = {one["id"]: one for one in _rows(change.before, "labels")}
    after = {one["id"]: one for one in _rows(change.after, "labels")}
    for label_id, label in after.items():
        was, where = before.get(label_id), f"{pk} {label_id}"
        if not is_edge(LABEL, was and was["status"], label["status"]):
            report.note("INV30", where, f"a label went from {was and was['status']} to {label['status']}")
        if was is not None and _for_good(was) != _for_good(label):
            report.note("INV30", where, "a label became that of something else")
        draft = picture.items("orders", pk).get(f"{DRAFT}{label_id}", {}).get("reference")
        if label["status"] not in ("REQUESTED", "REFUSED") and label.get("reference") != draft:
            report.note("INV30", where, f"was bought on {label.get('reference')}, and its draft is {draft}")
    for label_id in before.keys() - after.keys():
        report.note("INV30", f"{pk} {label_id}", "a label was removed")


def _parcels(where: str, before: list[Item], after: list[Item], report: Report) -> None:
    known = {one["tracking_number"]: one for one in after}
    for was in before:
        now = known.get(was["tracking_number"])
        if now is None:
            report.note("INV30", where, f"the parcel {was['tracking_number']} was removed")
        elif not is_edge(PARCEL, was["status"], now["status"]) or now["status_at"] < was["status_at"]:
            report.note("INV30", where, f"{was['status']} {was['status_at']} became {now['status']} {now['status_at']}")


def _claims(pk: str, change: Change, picture: Picture, report: Report) -> None:
    """Claims are added and never changed, and are of units that were in the shipment, each claimed once.

    A unit whose replacement was cancelled may be claimed again.
    """
    where, before, after = f"{pk} {change.sk}", _rows(change.before, "claims"), _rows(change.after, "claims")
    if after[: len(before)] != before:
        report.note("INV30", where, "a claim was changed or removed")
    gone = parsed(str(picture.items("orders", pk).get("ORDER", {}).get("progress", "{}"))).get("cancellations", ())
    left = {one["line_no"]: one["quantity"] for one in _rows(change.after, "lines")} if after else {}
    for line in (line for claim in after for line in claim["lines"]):
        again = sum(one["quantity"] for one in gone if one["line_no"] == line.get("replaced_by"))
        left[line["line_no"]] = left.get(line["line_no"], 0) - line["quantity"] + min(again, line["quantity"])
    for line_no, units in left.items():
        if units < 0:
            report.note("INV30", where, f"{-units} units of line {line_no} more were claimed than had left")


def _noted(change: Change, report: Report) -> None:
    """An open label leaves its list; a number stays known, and of it only when its last news are of goes on."""
    assert change.before is not None
    where, after = f"{change.pk} {change.sk}", change.after
    if change.pk.endswith("#OPENLABELS"):
        if after is not None:
            report.note("INV30", where, "a label was listed that is listed already")
    elif after is None:
        report.note("INV30", where, "what was known under a tracking number was removed")
    elif "#TRACKING#" in change.pk:
        _of_number(where, change.before, after, report)


def _of_number(where: str, before: Item, after: Item, report: Report) -> None:
    """News get newer, and then it is listed anew or not at all; without news it only leaves its list, in time."""
    # What was claimed has no days any more.
    if _kept(after) not in (_kept(before), {n: value for n, value in _kept(before).items() if n != "silent_days"}):
        report.note("INV30", where, "a number became that of something else")
    if after["told_at"] != before["told_at"]:
        if str(after["told_at"]) < str(before["told_at"]):
            report.note("INV30", where, "news that are no newer were taken in")
        if ("silent_at" in after) != ("gsi1pk" in after):
            report.note("INV30", where, "news were taken in, and nobody waits for the next ones")
    elif before.get("silent_days") is not None and "silent_days" not in after:
        # It was claimed: nobody waits for it any more.
        if "silent_at" in after or "gsi1pk" in after:
            report.note("INV30", where, "was claimed, and is waited for")
    elif {**after, "gsi1pk": None, "gsi1sk": None} != {**before, "gsi1pk": None, "gsi1sk": None} or (
        "gsi1pk" not in before or "gsi1pk" in after
    ):
        report.note("INV30", where, "changed without news, and not because it is silent")


def _kept(item: Item) -> Item:
    return {name: value for name, value in item.items() if name not in ("told_at", "silent_at", "gsi1pk", "gsi1sk")}


def _rows(item: Item | None, name: str) -> list[Item]:
    return list(parsed(str(item["body"])).get(name, ())) if item is not None else []


def _for_good(label: Item) -> Item:
    return {name: value for name, value in label.items() if name not in BECOMES_KNOWN}
