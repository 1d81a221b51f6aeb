"""What a node was short of when it closed its work: of an item, or of single components of a kit. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms.fulfillment.model import FulfillmentOrder
from oms.fulfillment.request import ShortUnits
from oms.inventory.model import MovementKind
from oms.orders.model import Order
from oms.platform.problems import FieldError, InvalidRequest
from oms.registry.segments import sku_of

# Reasons for closing that say something about the goods themselves: these units are not offered again until somebody
# has looked. A rejection says nothing about goods, since nobody need have looked for them.
HELD_BACK: Mapping[str, MovementKind] = {
    "damaged": MovementKind.DAMAGED,
    "not_found": MovementKind.BLOCKED,
    "out_of_stock": MovementKind.BLOCKED,
    "recalled": MovementKind.BLOCKED,
    "wrong_item": MovementKind.BLOCKED,
    "display_only": MovementKind.BLOCKED,
}
# Reasons by which nobody knows how many units there are: somebody counts them.
TO_COUNT = frozenset({"not_found", "out_of_stock", "wrong_item"})


def short_units(order: Order, work: FulfillmentOrder, short: Sequence[ShortUnits], reason: str) -> dict[str, int]:
    """The units of stock that a node names as short, by SKU.

    Raises InvalidRequest where the reason is not about goods, and for units that the work has not.
    """
    if reason not in HELD_BACK:
        detail = f"only with a reason about the goods: {', '.join(sorted(HELD_BACK))}"
        raise InvalidRequest(errors=[FieldError("/short", "not_allowed", detail)])
    remaining = {line.line_no: line.remaining for line in work.lines}
    named: dict[tuple[int, str], int] = {}
    found: dict[str, int] = {}
    errors = []
    for number, one in enumerate(short):
        pointer = f"/short/{number}"
        stock = order.line(one.line_no).stock(remaining[one.line_no]) if one.line_no in remaining else {}
        names = {sku_of(name): name for name in stock}
        there = {sku: stock[name] for sku, name in names.items()}
        place = (one.line_no, one.sku)
        named[place] = named.get(place, 0) + one.quantity
        if one.line_no not in remaining:
            errors.append(FieldError(f"{pointer}/line_no", "unknown_line", f"line {one.line_no} is not part of it"))
        elif one.sku not in there:
            detail = f"line {one.line_no} takes no {one.sku} from stock"
            errors.append(FieldError(f"{pointer}/sku", "unknown_sku", detail))
        elif named[place] > there[one.sku]:
            detail = f"{there[one.sku]} of {one.sku} have not left"
            errors.append(FieldError(f"{pointer}/quantity", "quantity_too_large", detail))
        name = names.get(one.sku, one.sku)
        found[name] = found.get(name, 0) + one.quantity
    if errors:
        raise InvalidRequest(errors=errors)
    return found
