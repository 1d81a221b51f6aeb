"""INV2, INV4 and INV6 on stored orders: quantities, versions and transitions, one order per external id."""

from __future__ import annotations

from typing import Any

from tests.simulation.checker.activations import is_of_activations
from tests.simulation.checker.beginnings import is_told, sends_again
from tests.simulation.checker.drafts import check_drafts_of_commit
from tests.simulation.checker.evidence import Change, Item, Report
from tests.simulation.checker.goodwill import is_goodwill
from tests.simulation.checker.graphs import (
    FULFILLMENT_ROLLUP,
    GOES_ON,
    ORDER,
    PAYMENT_ROLLUP,
    SENT_AGAIN,
    TENDER,
    WORK,
    is_edge,
)
from tests.simulation.checker.labels import DRAFT, is_of_carriers
from tests.simulation.checker.legs import check_legs
from tests.simulation.checker.manifests import is_of_manifests
from tests.simulation.checker.notices import check_notices_of_commit, is_notices
from tests.simulation.checker.picture import Commit, OrderView, Picture, held_by_node, is_count, is_order, parsed
from tests.simulation.checker.tasks import is_task
from tests.simulation.checker.waves import check_waves_of_commit

STEPS = ("shipped", "packed", "picked")
# Work that a node has begun.
BEGUN = ("ACCEPTED", "PICKING", "PACKED", "READY", "IN_TRANSIT", "COMPLETED")
# Why a person has work taken over, however often.
BY_OPERATORS = ("MOVED", "MERGED")
# What lies in the table of orders and is none.
BESIDE_ORDERS = (is_goodwill, is_task, is_of_carriers, is_of_activations, is_of_manifests)
# An entry of the list of unfinished orders: it lies beside the order and is no part of it.
LISTED = "OPEN"


class OrderRules:
    """What each commit does to orders, and what every order must be after it."""

    def __init__(self, picture: Picture) -> None:
        self._by_external_id: dict[tuple[str, str, str], str] = {}
        for order in picture.orders():
            self._by_external_id.setdefault(_external(order), order.pk)

    def after_commit(self, commit: Commit, picture: Picture, report: Report) -> None:
        for pk, changes in commit.orders.items():
            if is_order(pk):
                own = [change for change in changes if change.sk != LISTED and not change.sk.startswith(DRAFT)]
                if not own:
                    continue
                _versions(pk, own, report)
                for change in own:
                    _transition(change, report, goes_on=sends_again(changes), told=is_told(changes))
                order = picture.order(pk)
                if order is None:
                    report.note("INV6", pk, "an order without its header")
                else:
                    self._one_per_external_id(order, picture, report)
                    check_quantities(order, report)
            elif is_notices(pk):
                check_notices_of_commit(changes, report)
            elif pk.split("#")[2:3] == ["DRAFT"]:
                check_drafts_of_commit(changes, commit, report)
            elif pk.split("#")[2:3] == ["WAVE"]:
                check_waves_of_commit(changes, report)
            elif not any(belongs(pk) for belongs in BESIDE_ORDERS):
                for change in changes:
                    if change.before is not None:
                        report.note("INV4", change.pk, "the note of an external id was changed")
        for change in commit.commands:
            if change.sk == "COMMAND" and change.before is not None:
                report.note("INV4", change.pk, "the stored outcome of a command was changed")

    def everything(self, picture: Picture, report: Report) -> None:
        seen: dict[tuple[str, str, str], str] = {}
        for order in picture.orders():
            check_quantities(order, report)
            self._noted(order, picture, report)
            first = seen.setdefault(_external(order), order.pk)
            if first != order.pk:
                report.note("INV4", order.pk, f"the same channel and external id as {first}")

    def _one_per_external_id(self, order: OrderView, picture: Picture, report: Report) -> None:
        name = _external(order)
        first = self._by_external_id.setdefault(name, order.pk)
        if first != order.pk:
            report.note("INV4", order.pk, f"the same channel and external id as {first}")
        self._noted(order, picture, report)

    @staticmethod
    def _noted(order: OrderView, picture: Picture, report: Report) -> None:
        tenant, channel, external_id = _external(order)
        note = picture.items("orders", f"T#{tenant}#EXTERNAL#{channel}#{external_id}").get("EXTERNAL")
        if note is None or note.get("order_id") != order.id:
            report.note("INV4", order.pk, f"{channel} {external_id} is noted as {note and note.get('order_id')}")


def _external(order: OrderView) -> tuple[str, str, str]:
    return order.tenant, str(order.agreed.get("channel")), str(order.agreed.get("external_id"))


def _versions(pk: str, changes: list[Change], report: Report) -> None:
    """Each commit that touches an order counts its version up by one, from 1; nothing of an order is ever removed."""
    header = next((change for change in changes if change.sk == "ORDER"), None)
    if header is None:
        report.note("INV6", pk, f"{changes[0].sk} changed without a new version")
    elif header.after is not None:
        before, after = header.before or {}, header.after
        if after.get("version") != before.get("version", 0) + 1:
            report.note("INV6", pk, f"version {before.get('version')} was followed by {after.get('version')}")
        if not is_count(after.get("sequence")) or after["sequence"] < before.get("sequence", 1):
            report.note("INV6", pk, f"sequence {before.get('sequence')} was followed by {after.get('sequence')}")
    for change in changes:
        if change.after is None:
            report.note("INV6", pk, f"{change.sk} was removed")
        elif change.before is not None and change.sk.startswith(("AGREED", "LINES#", "XLINES#")):
            report.note("INV6", pk, f"{change.sk} is written once, and was changed")


def _transition(change: Change, report: Report, *, goes_on: bool = False, told: bool = False) -> None:
    """The states of one item before and after a commit, against the declared graphs."""
    if change.after is None:
        return
    kind = change.sk.partition("#")[0]
    where = f"{change.pk} {change.sk}"
    if kind == "ORDER":
        before, after = change.before or {}, change.after
        begins = "TILL" if change.before is None and after.get("channel") == "store" else None
        begins = "TOLD" if told and change.before is None else begins
        order_graph, rollup = (SENT_AGAIN, GOES_ON) if goes_on else (ORDER, FULFILLMENT_ROLLUP)
        _step("order", order_graph, before.get("status", begins), after.get("status"), where, report)
        was, now = before.get("fulfillment_status", begins), after.get("fulfillment_status")
        _step("fulfilment", rollup, was, now, where, report)
        if after.get("payment_status") not in PAYMENT_ROLLUP:
            report.note("INV6", where, f"there is no payment status {after.get('payment_status')}")
    elif kind in ("WORK", "PAYMENT"):
        before, after = _body(change.before), _body(change.after)
        if kind == "WORK":
            _step("work", WORK, before.get("status"), after["status"], where, report)
        else:
            begins = "TILL" if after.get("by_channel") else None
            was, now = _tender_state(before) if before else begins, _tender_state(after)
            _step("tender", TENDER, was, now, where, report)
            if was not in (None, now) and now == "CREATED" and after.get("attempt", 1) <= before.get("attempt", 1):
                report.note("INV6", where, "is authorised anew under the same attempt")


def _step(name: str, graph: Any, before: str | None, after: Any, where: str, report: Report) -> None:
    if not is_edge(graph, before, after):
        report.note("INV6", where, f"{name} went from {before} to {after}")


def _body(item: Item | None) -> dict[str, Any]:
    found: dict[str, Any] = parsed(item["body"]) if item is not None else {}
    return found


def _tender_state(body: dict[str, Any]) -> str:
    # The state in which a tender begins is not written out.
    return str(body.get("state", "CREATED"))


def check_quantities(order: OrderView, report: Report) -> None:
    """INV2: per line, the units in all states sum to what was ordered, and no count is below zero."""
    given: dict[int, int] = dict(order.carried)
    taken_out: dict[int, int] = {}
    shipped: dict[tuple[str, int], int] = {("", line_no): units for line_no, units in given.items()}
    for work in order.works.values():
        rejected = work["status"] == "REJECTED"
        for part in work["lines"]:
            _work_line(order, work, part, report)
            line_no = part["line_no"]
            taken_out[line_no] = taken_out.get(line_no, 0) + part.get("cancelled", 0)
            shipped[work["id"], line_no] = part.get("shipped", 0)
            if not rejected:
                given[line_no] = given.get(line_no, 0) + held_by_node(part)
    _replaced(order, report)
    check_legs(order, report)
    left: dict[tuple[str, int], int] = {}
    for shipment in order.shipments.values():
        for part in shipment["lines"]:
            name = (shipment.get("fulfillment_order_id") or "", part["line_no"])
            left[name] = left.get(name, 0) + part["quantity"]
            if not is_count(part["quantity"]) or part["quantity"] <= 0:
                report.note("INV2", f"{order.pk} {shipment['id']}", f"{part['quantity']} units left")
    for name in left.keys() | shipped.keys():
        if left.get(name, 0) != shipped.get(name, 0):
            what = f"work {name[0]} says {shipped.get(name, 0)} left, its shipments {left.get(name, 0)}"
            report.note("INV2", f"{order.pk} line {name[1]}", what)
    for line in order.lines.values():
        where = f"{order.pk} line {line.line_no}"
        cancelled = order.cancelled.get(line.line_no, 0)
        open_units = line.quantity - cancelled - given.get(line.line_no, 0)
        if not is_count(cancelled) or cancelled < 0 or open_units < 0:
            what = f"{line.quantity} ordered, {cancelled} cancelled, {given.get(line.line_no, 0)} with nodes"
            report.note("INV2", where, what)
        for part in line.parts:
            # The components of a kit go together or not at all.
            units = (part.quantity, order.cancelled.get(part.line_no, 0))
            if units != (part.each * line.quantity, part.each * cancelled):
                report.note("INV2", where, f"{cancelled} cancelled, of its component {part.sku} not as many")
        if taken_out.get(line.line_no, 0) > cancelled:
            report.note("INV2", where, f"{taken_out[line.line_no]} taken out of work, {cancelled} cancelled")
    for work in order.works.values():
        promise = order.agreed["groups"][work["group_no"] - 1].get("promise") or {}
        due_at = promise.get("ready_at") or promise.get("ship_by")
        if work.get("due_at") != due_at:
            report.note("INV7", f"{order.pk} {work['id']}", f"is due at {work.get('due_at')}, promised was {due_at}")
    unknown = (given.keys() | order.cancelled.keys()) - order.lines.keys()
    if unknown:
        report.note("INV2", order.pk, f"no such lines: {sorted(unknown)}")
    _status_follows(order, left, report)


def _replaced(order: OrderView, report: Report) -> None:
    """What other work took over is its own, unit by unit; and of one line of works a better plan took over one."""
    for work in order.works.values():
        if work["status"] != "REPLACED":
            continue
        where = f"{order.pk} {work['id']}"
        units = {part["line_no"]: part.get("replaced", 0) for part in work["lines"] if part.get("replaced")}
        others: dict[int, int] = {}
        for other in order.works.values():
            if other.get("replaces") == work["id"]:
                for part in other["lines"]:
                    own = part["quantity"] - part.get("merged", 0)
                    others[part["line_no"]] = others.get(part["line_no"], 0) + own
        if work.get("replaced_reason") == "MERGED":
            _merged(order, work, others, where, report)
            continue
        if units != others:
            report.note("INV2", where, f"{units} were replaced, by {others}")
        before = order.works.get(work.get("replaces", ""))
        while before is not None:
            if before["status"] == "REPLACED" and work.get("replaced_reason") not in BY_OPERATORS:
                report.note("INV2", where, f"was taken over after {before['id']} had been")
            before = order.works.get(before.get("replaces", ""))


def _merged(order: OrderView, work: dict[str, Any], others: dict[int, int], where: str, report: Report) -> None:
    """What a merge took over is part of other work of the same node and group, and what was split off before is not."""
    into = order.works.get(work["merged_into"], {})
    if (into.get("node_id"), into.get("group_no")) != (work["node_id"], work["group_no"]):
        report.note("INV2", where, f"became part of {work['merged_into']}, which is of another node or group")
    there = {part["line_no"]: part.get("merged", 0) for part in into.get("lines", ())}
    for part in work["lines"]:
        came = part.get("replaced", 0) - others.get(part["line_no"], 0)
        if not 0 <= came <= there.get(part["line_no"], 0):
            report.note("INV2", where, f"{came} of line {part['line_no']} came to {there.get(part['line_no'], 0)}")


def _work_line(order: OrderView, work: dict[str, Any], part: dict[str, Any], report: Report) -> None:
    """What has left was packed, what was packed was picked, and nothing was picked that is not there to do."""
    counts = [0, *(part.get(step, 0) for step in STEPS), held_by_node(part)]
    counts[1] += part.get("in_transit", 0)
    if not all(is_count(count) for count in counts) or counts != sorted(counts):
        report.note("INV2", f"{order.pk} {work['id']}", f"line {part['line_no']}: 0, {STEPS}, to do are {counts}")


def _status_follows(order: OrderView, left: dict[tuple[str, int], int], report: Report) -> None:
    """The stored statuses are what the order's parts say, as far as they follow from quantities."""
    told = order.agreed.get("history") or {}
    gone: dict[int, int] = {one["line_no"]: one["quantity"] for one in told.get("gone", ())}
    for (_, line_no), units in left.items():
        gone[line_no] = gone.get(line_no, 0) + units
    lines = order.lines.values()
    for line in lines:
        if line.parts:
            gone[line.line_no] = min(gone.get(part.line_no, 0) // part.each for part in line.parts)
    nothing_left = all(order.cancelled.get(line.line_no, 0) == line.quantity for line in lines)
    done = all(
        gone.get(line.line_no, 0) + order.cancelled.get(line.line_no, 0) == line.quantity for line in lines if line.work
    )
    begun = order.shipments or any(work["status"] in BEGUN for work in order.works.values())
    if order.in_review:
        status = "PENDING_REVIEW"
    elif nothing_left:
        status = "CANCELLED"
    elif done and order.sourced:
        status = "COMPLETED"
    else:
        status = "IN_PROGRESS" if begun else "CONFIRMED"
    if order.status != status:
        report.note("INV7", order.pk, f"status is {order.status}, its parts say {status}")
    progress = (
        "UNFULFILLED" if not (order.shipments or told.get("gone")) else "FULFILLED" if done else "PARTIALLY_FULFILLED"
    )
    if order.header.get("fulfillment_status") != progress:
        stored = order.header.get("fulfillment_status")
        report.note("INV7", order.pk, f"fulfilment status is {stored}, its parts say {progress}")
