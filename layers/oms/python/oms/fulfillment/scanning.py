"""Scanned codes: which lines of some work they are units of. Pure.

A code is the SKU itself or one of the barcodes of its item; of a kit, its own or those of all its components.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oms.fulfillment.model import FulfillmentOrder, WorkLine
from oms.fulfillment.protocol import AlreadyDone
from oms.fulfillment.request import Scan
from oms.orders.model import Order
from oms.platform.problems import FieldError, Problem
from oms.registry.kits import kits_in, same_code
from oms.registry.model import Item


class WrongScan(Problem):
    """A scanned code is of no unit that is still to be picked; the errors say which line it might belong to."""

    status = 422
    code = "wrong_scan"
    title = "A scanned code is of no unit that is still to be picked."
    remedy = "Put the unit back and scan one of the lines that the errors name; nothing was stored."


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a code may mean: so many units of a line, or of a component of its kit."""

    line_no: int
    units: int
    component: str | None = None


def picks_of_scans(
    order: Order, work: FulfillmentOrder, items: Mapping[str, Item], scans: Sequence[Scan]
) -> dict[int, int]:
    """Units per line number of the work that were scanned.

    Raises WrongScan for codes of nothing that is left to pick and for parts of a kit without the others, AlreadyDone
    where all lines that the codes are of have been picked.
    """
    known = _meanings(work, items)
    meant = [known.get(same_code(scan.barcode), []) for scan in scans]
    errors = [
        error
        for number, (scan, found) in enumerate(zip(scans, meant, strict=True))
        if (error := _misread(order, work, items, scan, found, f"/scans/{number}")) is not None
    ]
    if errors:
        raise WrongScan(errors[0].detail, errors=errors)
    room = {line.line_no: line.held - line.picked for line in work.lines}
    if not any(room[one.line_no] for found in meant for one in found):
        raise AlreadyDone("All units of these lines have been picked.")
    taken = dict.fromkeys(room, 0)
    parts: dict[int, dict[str, int]] = {}
    for number, (scan, found) in enumerate(zip(scans, meant, strict=True)):
        wanted = [one for one in found if scan.line_no in (None, one.line_no)]
        left = _spread(work, wanted, scan.quantity, room, taken, parts)
        if left:
            detail = f"{scan.barcode} is of line {wanted[0].line_no}, which has no more units to pick"
            errors.append(FieldError(f"/scans/{number}/quantity", "over_scanned", detail))
    for line_no, units in parts.items():
        line = work.line(line_no)
        kits = kits_in(line.components, units)
        if any(units.get(one.sku, 0) != kits * one.quantity for one in line.components):
            detail = f"what was scanned of line {line_no} makes no whole units of {line.sku}"
            errors.append(FieldError("/scans", "incomplete_kit", detail))
        taken[line_no] += kits
    if errors:
        raise WrongScan(errors[0].detail, errors=errors)
    return {line_no: units for line_no, units in taken.items() if units}


def _spread(
    work: FulfillmentOrder,
    wanted: Sequence[_Meaning],
    scans: int,
    room: Mapping[int, int],
    taken: dict[int, int],
    parts: dict[int, dict[str, int]],
) -> int:
    """Give scans of one code to the lines that have room for them, in their order; how many scans are left."""
    for one in wanted:
        of_kit = parts.setdefault(one.line_no, {}) if one.component else {}
        while scans:
            if one.component is None:
                if taken[one.line_no] + one.units > room[one.line_no]:
                    break
                taken[one.line_no] += one.units
            else:
                each = next(part.quantity for part in work.line(one.line_no).components if part.sku == one.component)
                if of_kit.get(one.component, 0) + one.units > each * room[one.line_no]:
                    break
                of_kit[one.component] = of_kit.get(one.component, 0) + one.units
            scans -= 1
    return scans


def _misread(
    order: Order,
    work: FulfillmentOrder,
    items: Mapping[str, Item],
    scan: Scan,
    found: Sequence[_Meaning],
    pointer: str,
) -> FieldError | None:
    """What is wrong with a scan, whatever has been picked: it is of another line, or of nothing here."""
    lines = [one.line_no for one in found]
    if scan.line_no is not None and lines and scan.line_no not in lines:
        detail = f"{scan.barcode} is of line {lines[0]} and not of line {scan.line_no}"
        return FieldError(f"{pointer}/line_no", "wrong_line", detail)
    if lines:
        return None
    here = {line.line_no for line in work.lines}
    code = same_code(scan.barcode)
    others = [n.line_no for n in order.lines if n.line_no not in here and code in _codes(n.agreed.sku, items)]
    if others:
        detail = f"{scan.barcode} is of line {others[0]} of the order, which is no part of this work"
    else:
        left = [f"line {line.line_no} ({line.sku})" for line in work.lines if line.held > line.picked]
        detail = f"{scan.barcode} is of no line; to pick are {', '.join(left[:5])}" if left else "nothing is to pick"
    return FieldError(f"{pointer}/barcode", "unknown_barcode", detail)


def _meanings(work: FulfillmentOrder, items: Mapping[str, Item]) -> dict[str, list[_Meaning]]:
    """What each code may mean: whole lines first, then components of kits."""
    found: dict[str, list[_Meaning]] = {}
    for line in work.lines:
        for code, units in _codes(line.sku, items).items():
            found.setdefault(code, []).append(_Meaning(line.line_no, units))
    for line in work.lines:
        for code, one in _of_components(line, items):
            found.setdefault(code, []).append(one)
    return found


def _of_components(line: WorkLine, items: Mapping[str, Item]) -> list[tuple[str, _Meaning]]:
    return [
        (code, _Meaning(line.line_no, units, part.sku))
        for part in line.components
        for code, units in _codes(part.sku, items).items()
    ]


def _codes(sku: str, items: Mapping[str, Item]) -> dict[str, int]:
    """The codes that an item is known by, and how many units each means."""
    item = items.get(sku)
    more = {same_code(one.barcode): one.quantity for one in item.barcodes} if item else {}
    return {same_code(sku): 1, **more}
