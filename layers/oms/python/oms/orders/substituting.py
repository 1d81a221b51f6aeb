"""Units of a line that another item takes the place of: a line of its own beside what was agreed. Pure.

Nobody pays more for it: its price is never above that of what was ordered, and discounts and taxes follow the price.
"""

from __future__ import annotations

from collections.abc import Mapping

from oms.choices.model import Choice, Kind, Substitute
from oms.orders.backorders import fewer
from oms.orders.cancelling import with_cancelled
from oms.orders.method_changes import Moved, moved_units, refuse_unable, share_as_line
from oms.orders.model import Cancellation, Header, Order
from oms.orders.request import Discount, LineQuantity, LineRequest, TaxPart
from oms.orders.writes import Additions
from oms.registry.model import Item

# Why units are taken out of the line that had them.
SUBSTITUTED = "substituted"


def replaced_units(order: Order, choice: Choice, units: int) -> Moved:
    """Take units that a choice is about out of what they wait for, or out of their work, but out of no other work.

    Raises ActionNotAvailable where they cannot go.
    """
    refuse_unable(order)
    if choice.kind is Kind.BACKORDER:
        return Moved({choice.line_no: units})
    own = choice.fulfillment_order_id if choice.kind is Kind.SUBSTITUTION else None
    wanted = [LineQuantity(line_no=choice.line_no, quantity=units)]
    return moved_units(order, wanted, SUBSTITUTED, only=own)


def substitute_line(order: Order, moved: Moved, substitute: Substitute, item: Item) -> Additions:
    """The line of what comes in place of some units: it goes the way that they would have gone."""
    ((line_no, units),) = moved.units.items()
    line = order.line(line_no)
    own = share_as_line(order, line, units)
    price = min(substitute.unit_price, line.agreed.unit_price)
    agreed = _at_price(own, price).model_copy(
        update={
            "sku": item.sku,
            "segment": None,
            "description": item.description,
            "minimum_age": max(filter(None, (own.minimum_age, item.minimum_age)), default=None),
        }
    )
    made = {"line_no": len(order.lines) + 1, "agreed": agreed, "claims": (), "components": (), "worth": None}
    return Additions(lines=(line.model_copy(update=made),))


def _at_price(own: LineRequest, price: int) -> LineRequest:
    """Units at a lower price; discounts and taxes of goods fall with it, rounded in favour of the customer."""
    before, now = own.unit_price * own.quantity, price * own.quantity
    if not before:
        return own

    def less(amount: int) -> int:
        return amount * now // before

    discounts = tuple(Discount(amount=-(-one.amount * now // before), source=one.source) for one in own.discounts)
    taxes = tuple(TaxPart(jurisdiction=one.jurisdiction, amount=less(one.amount or 0)) for one in own.taxes)
    known = sum(one.amount or 0 for one in own.taxes)
    tax = less(own.tax - known) + sum(one.amount or 0 for one in taxes)
    charges = sum(one.amount + one.tax for one in own.charges)
    total = now - sum(one.amount for one in discounts) + tax + charges
    changed = {"unit_price": price, "discounts": discounts, "tax": tax, "taxes": taxes, "total": total}
    return own.model_copy(update=changed)


def replaced_header(order: Order, moved: Moved, *, waited: bool) -> Header:
    """The header without the units in the line that had them, and without those among what waits."""
    gone = (Cancellation(line_no=n, quantity=count, reason=SUBSTITUTED) for n, count in moved.units.items())
    waiting: Mapping[int, int] = moved.units if waited else {}
    changes = {
        "cancellations": with_cancelled(order.header.cancellations, gone),
        "backorders": fewer(order.header.backorders, waiting),
    }
    return order.header.model_copy(update=changes)
