"""INV5 at quiet: whatever is not finished has somebody or something that will go on with it.

A witness is a running execution, a message or dead letter on its way, a timer, or a person who was told: an order in
review, work that was escalated, a customer who has to confirm. Without one, an order is lost.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.checker.evidence import Evidence, Report
from tests.simulation.checker.picture import OrderView, Picture, held_by_node

WORK_OVER = ("COMPLETED", "CANCELLED", "REJECTED", "INCOMPLETE", "REPLACED")
GIVEN_BACK = ("REJECTED", "INCOMPLETE")
CAPTURE_FAILED = "CAPTURE_FAILED"
# The recovery comes by every five minutes; a lease that ended longer ago than two rounds has been forgotten.
FORGOTTEN = timedelta(minutes=11)


class Witnesses:
    """Everything that is still going to happen, as text in which ids are looked up."""

    def __init__(self, evidence: Evidence) -> None:
        running = (run for run in evidence.executions if str(run.get("status")).upper() == "RUNNING")
        self._running = [_text(run) for run in running]
        self.coming = "\n".join(_text(each) for each in (*evidence.in_flight, *evidence.dead, *evidence.timers))

    def is_on_its_way(self, order: OrderView) -> bool:
        """Whether a message or a timer names the order or something of it."""
        return order.core in self.coming

    def runs(self, name: str, *, without: str = "\0") -> bool:
        """Whether an execution names something, and nothing that begins with another word."""
        return any(name in run and without not in run for run in self._running)


def check_liveness(picture: Picture, evidence: Evidence, report: Report) -> None:
    """Every order that is not finished has a witness, and so has everything about it that is not."""
    witnesses = Witnesses(evidence)
    for order in picture.orders():
        for what in unfinished(order, witnesses):
            report.note("INV5", order.pk, what)
    now = _instant(evidence.now) if evidence.now else None
    for pk, rows in picture.table("commands").items():
        if pk.endswith("#SAGA") and now is not None:
            for name, row in rows.items():
                if _instant(row["lease_until"]) + FORGOTTEN < now and name not in witnesses.coming:
                    report.note("INV5", f"{pk} {name}", "a placement was left half done and nobody undid it")


def unfinished(order: OrderView, witnesses: Witnesses) -> list[str]:
    """What of an order stands still without a witness, in words."""
    coming = witnesses.is_on_its_way(order)
    found = []
    told = [work for work in order.works.values() if work.get("escalated_reason")]
    states = {str(payment.get("state", "CREATED")) for payment in order.payments.values()}
    # A run that waits for the work of a node does nothing for the order as a whole.
    running = witnesses.runs(order.id, without=f"ful_{order.core}")
    person = order.in_review or "ACTION_REQUIRED" in states
    doubtful = any(payment.get("in_doubt_since") for payment in order.payments.values())
    if ("UNKNOWN" in states or doubtful) and not (coming or running):
        found.append("the outcome of a payment is unknown, and nobody is looking it up")
    if not order.is_over and not (coming or running or person):
        if not order.sourced:
            found.append(f"{order.status}, not yet sourced, and nothing will go on with it")
        elif states & {"CREATED"}:
            found.append("its payment was never asked for, and nothing will go on with it")
        elif not order.works and not order.waiting and order.lines:
            found.append("sourced, but no node was given anything to do")
        elif _units_of_nobody(order, order.lines.keys()) and not told:
            found.append("units were given back by a node, and nobody was told")
    for work in order.works.values():
        waits = coming or witnesses.runs(work["id"]) or person
        if work["status"] not in WORK_OVER and not waits and not work.get("escalated_reason"):
            found.append(f"work {work['id']} is {work['status']}, and nothing waits for it")
        given_back = work["status"] in GIVEN_BACK and not order.is_over and not work.get("escalated_reason")
        if given_back and not waits and _units_of_nobody(order, _lines(work), told):
            found.append(f"work {work['id']} is {work['status']}, and nobody was told")
    for work_id, capture in owed(order):
        if not (coming or witnesses.runs(work_id) or is_known_missing(order, work_id, capture)):
            found.append(f"{capture['amount']} for work {work_id} was not taken, and nothing will go on with it")
    return found


def is_known_missing(order: OrderView, work_id: str, capture: dict[str, Any]) -> bool:
    """Whether a person was told that this money was not taken; that its node is late says nothing of the kind."""
    reason = order.works.get(work_id, {}).get("escalated_reason")
    tender = order.payments.get(capture["payment_id"], {})
    asked_in_vain = order.in_review and tender.get("state") in ("FAILED", "EXPIRED")
    return reason == CAPTURE_FAILED or bool(reason and capture.get("refused")) or asked_in_vain


def owed(order: OrderView) -> list[tuple[str, dict[str, Any]]]:
    """The captures that are still to be made, or were refused, with the work that they are for."""
    return [
        (shipment["fulfillment_order_id"], capture)
        for shipment in order.shipments.values()
        for capture in shipment.get("captures", ())
        if capture.get("capture_id") is None
    ]


def _lines(work: dict[str, Any]) -> set[int]:
    return {part["line_no"] for part in work["lines"]}


def _units_of_nobody(order: OrderView, lines: Collection[int], told: Sequence[dict[str, Any]] = ()) -> bool:
    """Whether units of these lines are neither with a node nor cancelled nor waiting, and nobody was `told` of them."""
    given: dict[int, int] = dict(order.carried)
    for work in order.works.values():
        if work["status"] != "REJECTED":
            for part in work["lines"]:
                given[part["line_no"]] = given.get(part["line_no"], 0) + held_by_node(part)
    for work in told:
        for part in work["lines"]:
            given[part["line_no"]] = given.get(part["line_no"], 0) + part.get("given_up", 0)
    return any(
        line.quantity
        > given.get(line.line_no, 0) + order.cancelled.get(line.line_no, 0) + order.waiting.get(line.line_no, 0)
        for line in order.lines.values()
        if line.work and not line.parts and line.line_no in lines
    )


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document, default=str)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
