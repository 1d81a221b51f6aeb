"""INV22: work that is on offer stands in the lists of exactly those nodes, and who took it had the offer."""

from __future__ import annotations

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.picture import Commit, OrderView, Picture, is_order


def check_offers_of_commit(commit: Commit, picture: Picture, report: Report) -> None:
    """Every order that a commit has touched."""
    for pk in commit.orders:
        order = picture.order(pk) if is_order(pk) else None
        if order is not None:
            _offers(order, picture, report)


def check_offers(picture: Picture, report: Report) -> None:
    """The same for every order."""
    for order in picture.orders():
        _offers(order, picture, report)


def _offers(order: OrderView, picture: Picture, report: Report) -> None:
    rows = picture.items("orders", order.pk)
    listed = {sk: str(row["gsi1pk"]) for sk, row in rows.items() if sk.startswith("OFFER#") and row.get("gsi1pk")}
    wanted = {
        f"OFFER#{work['id']}#{node}": f"T#{order.tenant}#WORK#{node}#OPEN"
        for work in order.works.values()
        if work["status"] == "OPEN"
        for node in work.get("offered_to", ())
    }
    if listed != wanted:
        report.note("INV22", order.pk, f"on offer are {sorted(wanted)}, listed are {sorted(listed)}")
    for work in order.works.values():
        if work.get("offered_to") and work["status"] not in ("SCHEDULED", "OPEN"):
            report.note("INV22", f"{order.pk} {work['id']}", f"is {work['status']} and on offer")
        before = order.works.get(work.get("replaces", ""), {})
        if work.get("took_offer") and (
            before.get("replaced_reason") != "OFFER_TAKEN" or work["node_id"] not in before.get("was_offered_to", ())
        ):
            report.note("INV22", f"{order.pk} {work['id']}", f"was taken by {work['node_id']} without an offer")
