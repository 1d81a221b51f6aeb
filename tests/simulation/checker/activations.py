"""INV33: a code of a pool is given once, and each unit that is activated has a name of its own that exists.

A licence stays what was loaded, and is given to one activation, for good. Every unit that has left of a line that is
activated has its activation, whose licence, gift card or provider's name is that of no other unit.
"""

from __future__ import annotations

from typing import Any

from tests.simulation.checker.evidence import Change, Report
from tests.simulation.checker.picture import Commit, OrderView, Picture, parsed

GIVEN = ("order_id", "activation")


def is_of_activations(pk: str) -> bool:
    """Whether a partition of table `orders` is a licence, or the code that a provider gave."""
    return pk.split("#", 3)[2:3] in (["LICENCE"], ["ACTIVATION"])


def check_activations_of_commit(commit: Commit, report: Report) -> None:
    """Licences, as far as a commit has touched them."""
    for pk, changes in commit.orders.items():
        for change in changes if is_of_activations(pk) else ():
            if change.before is not None:
                _given(change, report)


def _given(change: Change, report: Report) -> None:
    """A licence that was there is given for the first time, and nothing else of it changes."""
    before = parsed(str((change.before or {}).get("body", "{}")))
    after = parsed(str((change.after or {}).get("body", "{}")))
    kept = {name: value for name, value in after.items() if name not in (*GIVEN, "version")}
    was = {name: value for name, value in before.items() if name != "version"}
    if kept != was or not all(after.get(name) for name in GIVEN) or "gsi1pk" in (change.after or {}):
        report.note("INV33", change.pk, f"a licence that was {before} became {after}")


def check_activations(picture: Picture, report: Report) -> None:
    """Each unit that has left is activated, under a name that is there and is no other unit's."""
    rows = picture.table("orders")
    given = {
        (pk.split("#")[1], pk.rsplit("#", 1)[1]): parsed(str(items["LICENCE"]["body"])).get("activation")
        for pk, items in rows.items()
        if "LICENCE" in items
    }
    seen: set[tuple[str, str]] = set()
    for order in picture.orders():
        for part in (part for work in order.works.values() for part in work["lines"] if part.get("activation")):
            _check_line(order, part, report)
            for one in part.get("activations", ()):
                name = (order.tenant, str(one.get("activation_id")))
                if one["status"] != "ACTIVATED":
                    continue
                if name in seen:
                    report.note("INV33", f"{order.pk} {one['id']}", f"{name[1]} is the name of another unit, too")
                seen.add(name)
                if one["by"] == "licence_pool" and given.pop(name, None) != one["id"]:
                    report.note("INV33", f"{order.pk} {one['id']}", f"the licence {name[1]} is not given to it")
                card = f"T#{order.tenant}#STOREDVALUE#{name[1]}"
                if one["by"] == "gift_card" and card not in picture.table("ledger"):
                    report.note("INV33", f"{order.pk} {one['id']}", f"there is no card {name[1]}")
    for (_, name), activation in given.items():
        if activation is not None:
            report.note("INV33", name, f"it is given to {activation}, which has not got it")


def _check_line(order: OrderView, part: dict[str, Any], report: Report) -> None:
    left = [one for one in part.get("activations", ()) if one.get("shipment_id")]
    if len(left) != part.get("shipped", 0) or any(one["status"] != "ACTIVATED" for one in left):
        what = f"{part.get('shipped', 0)} units have left with {len(left)} activations"
        report.note("INV33", f"{order.pk} line {part['line_no']}", what)


def cards_of(order: OrderView, shipment: dict[str, Any]) -> int:
    """What of a shipment's goods was gift cards, by the lines that were agreed; minor units."""
    lines = {part["line_no"]: order.lines[part["line_no"]] for part in shipment["lines"]}
    return sum(lines[part["line_no"]].card_price * part["quantity"] for part in shipment["lines"])
