"""Another method, address or store for units that are not picked: lines that take the place of others. Pure.

What was agreed stays as it is: the units are taken out of their lines, and lines that are added have them, with exactly
their share of the money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from pydantic import Field

from oms.fulfillment.model import FulfillmentOrder, Status, WorkLine
from oms.fulfillment.writes import cancel_units, let_go, may_cancel
from oms.orders.amounts import Amounts, goods_taxes, less_taxes, line_amounts, share, summed_taxes
from oms.orders.cancelling import GivenBack, with_cancelled
from oms.orders.events import MovedLine, OrderMethodChanged
from oms.orders.model import Cancellation, Group, Header, Line, Order, status
from oms.orders.model import Status as OrderStatus
from oms.orders.request import Address, Charge, Discount, LineQuantity, LineRequest, Method, TaxMode, TaxPart
from oms.orders.validation import AT_A_NODE, NEEDS_POSTAL_CODE
from oms.orders.views import summary
from oms.orders.writes import Additions
from oms.platform.events import EventData
from oms.platform.fields import Code
from oms.platform.intake import Request
from oms.platform.money import shares_by_weight
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, Problem
from oms.platform.writes import Value

# So that a change is one transaction, with the stock of both sides.
MOST_LINES = 10
# An order that goes to and fro without end could not be read in one piece any more.
MOST_CHANGED = 200
# Why units are taken out of the lines that had them.
METHOD_CHANGED = "method_changed"
# A node has the work, and may have units on the shelf still.
_AT_WORK = frozenset({Status.ACCEPTED, Status.PICKING})


class PaymentNeeded(Problem):
    status = 409
    code = "payment_needed"
    title = "The change costs more than was agreed, and nothing pays for it."
    remedy = "Keep the charges of the units, or cancel them and place an order of their own."


class MethodChange(Request):
    """Units that go another way: by `ship` to an address, or by `pickup` or `ship_to_store` to a store.

    `charges` are those of the new way for all of it, in place of what the units were charged; without them that stays.
    """

    reason: Code
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1, max_length=MOST_LINES)]
    method: Literal["ship", "pickup", "ship_to_store"]
    ship_to: Address | None = None
    pickup_node: Code | None = None
    service: Code | None = None
    charges: Annotated[tuple[Charge, ...], Field(max_length=5)] | None = None


@dataclass(slots=True)
class Moved:
    """Units that leave their work and lines: what they are of, and the stock that they leave behind."""

    units: Mapping[int, int]
    work: list[FulfillmentOrder] = field(default_factory=list)
    given_back: list[GivenBack] = field(default_factory=list)
    events: list[EventData] = field(default_factory=list)


def refuse_change(order: Order, change: MethodChange) -> None:
    """Ways without a place and orders that cannot change raise InvalidRequest or ActionNotAvailable."""
    errors = []
    if (Method(change.method) in AT_A_NODE) != (change.pickup_node is not None):
        errors.append(FieldError("/pickup_node", "required", "a store where it is collected, and only then"))
    if (change.method == "ship") != (change.ship_to is not None):
        errors.append(FieldError("/ship_to", "required", "an address where it is sent, and only then"))
    elif change.ship_to and not change.ship_to.postal_code and change.ship_to.country in NEEDS_POSTAL_CODE:
        errors.append(FieldError("/ship_to/postal_code", "required", "nothing is delivered there without one"))
    if errors:
        raise InvalidRequest(errors=errors)
    refuse_unable(order)
    changed = sum(one.reason == METHOD_CHANGED for one in order.header.cancellations)
    if changed + len(change.lines) > MOST_CHANGED:
        raise ActionNotAvailable(f"{changed} lines of it went another way before; more than {MOST_CHANGED} cannot.")


def refuse_unable(order: Order) -> None:
    """Refuse a change of lines of an order that cannot change: ActionNotAvailable."""
    if status(order) not in (OrderStatus.CONFIRMED, OrderStatus.IN_PROGRESS):
        raise ActionNotAvailable(f"The order is {status(order).value}.")
    if not order.header.sourced:
        raise ActionNotAvailable("The order is being handed to its nodes; repeat the call in a moment.")
    if order.header.reserved is not None:
        raise ActionNotAvailable("What is to be paid for in a store is collected there.")
    if order.header.tax_mode is not TaxMode.EXTERNAL_AMOUNT:
        raise ActionNotAvailable("The tax of this order was computed for where it goes; cancel and place it anew.")


def movable(order: Order, line: Line) -> int:
    """Units of a line that can go another way: goods that have not been picked and that no node is being asked for."""
    if line.apart or line.part_of is not None or not line.claims_stock:
        return 0
    parts = order.parts.get(line.line_no, ())
    return with_nobody(order, line) + sum(loose(work, part) for work, part in parts)


def moved_units(
    order: Order, wanted: Sequence[LineQuantity], reason: str = METHOD_CHANGED, *, only: str | None = None
) -> Moved:
    """Take units out of their work: those that nobody has first, then those that no node has begun.

    With `only`, out of this work.
    """
    units: dict[int, int] = {}
    for number, asked in enumerate(wanted):
        if asked.line_no > len(order.lines):
            detail = f"there is no line {asked.line_no}"
            raise InvalidRequest(errors=[FieldError(f"/lines/{number}/line_no", "unknown_line", detail)])
        units[asked.line_no] = units.get(asked.line_no, 0) + asked.quantity
        possible = movable(order, order.line(asked.line_no))
        if units[asked.line_no] > possible:
            detail = f"Only {possible} units of line {asked.line_no} can still go another way."
            raise ActionNotAvailable(detail, pointer=f"/lines/{number}/quantity")
    left = {n: count - (0 if only else min(count, with_nobody(order, order.line(n)))) for n, count in units.items()}
    moved = Moved(units)
    for work in sorted(order.fulfillment_orders, key=lambda work: work.status in _AT_WORK):
        own = {part.line_no: min(left.get(part.line_no, 0), loose(work, part)) for part in work.lines}
        own = {line_no: count for line_no, count in own.items() if count}
        if not own or only not in (None, work.id):
            continue
        take = cancel_units(work, own) if may_cancel(work) else let_go(work, own, reason)
        moved.work.append(take[0])
        moved.events.append(take[1])
        for line_no, count in own.items():
            left[line_no] -= count
            stock = order.line(line_no).stock(count)
            moved.given_back += [GivenBack(sku, work.node_id, n, True) for sku, n in stock.items() if n]
    return moved


def new_lines(order: Order, moved: Moved, change: MethodChange) -> Additions:
    """The lines and the group that the units have from now on. Raises PaymentNeeded where they cost more."""
    group = Group(
        group_no=len(order.header.groups) + 1,
        method=Method(change.method),
        ship_to=change.ship_to,
        pickup_node=change.pickup_node,
        service=change.service,
    )
    lines = []
    for number, (line_no, units) in enumerate(moved.units.items()):
        # The charges of the new way stand with the first line.
        charges = None if change.charges is None else (change.charges if not number else ())
        way = {name: getattr(group, name) for name in ("method", "ship_to", "pickup_node", "service")}
        agreed = share_as_line(order, order.line(line_no), units, charges).model_copy(update=way)
        made = {"line_no": len(order.lines) + number + 1, "group_no": group.group_no, "agreed": agreed, "claims": ()}
        made |= {"moved_from": line_no}
        lines.append(order.line(line_no).model_copy(update=made))
    added = Additions(groups=(group,), lines=tuple(lines))
    if difference(order, moved, added) > 0:
        raise PaymentNeeded(f"It costs {difference(order, moved, added)} more.", pointer="/charges")
    return added


def difference(order: Order, moved: Moved, added: Additions) -> int:
    """What the units cost more than before, in minor units; below zero where they cost less."""
    before = sum(_share(order, order.line(n), units).total for n, units in moved.units.items())
    return sum(line.agreed.total for line in added.lines) - before


def changed_header(order: Order, moved: Moved) -> Header:
    """The header without the units in the lines that had them."""
    gone = (Cancellation(line_no=n, quantity=count, reason=METHOD_CHANGED) for n, count in moved.units.items())
    return order.header.model_copy(update={"cancellations": with_cancelled(order.header.cancellations, gone)})


def told_change(
    order: Order, moved: Moved, added: Additions, change: MethodChange, works: Sequence[str]
) -> OrderMethodChanged:
    """What is told of it; an address is not."""
    return OrderMethodChanged(
        order_id=order.header.id,
        external_id=order.header.external_id,
        reason=change.reason,
        method=change.method,
        pickup_node=change.pickup_node,
        lines=tuple(
            MovedLine(from_line_no=n, line_no=line.line_no, sku=line.agreed.sku, quantity=line.quantity)
            for n, line in zip(moved.units, added.lines, strict=True)
        ),
        difference=difference(order, moved, added),
        currency=order.header.currency,
        fulfillment_order_ids=tuple(works),
    )


def shown(order: Order) -> dict[str, Value]:
    """The answer to a change: the order in its short form."""
    return summary(order).model_dump()


def with_nobody(order: Order, line: Line) -> int:
    """Units that no node has and that do not wait for stock."""
    held = sum(part.held for _, part in order.parts.get(line.line_no, ()))
    gone = order.cancelled.get(line.line_no, 0) + order.backordered(line.line_no)
    return max(0, line.quantity - gone - held)


def loose(work: FulfillmentOrder, part: WorkLine) -> int:
    """Units that its node has not picked; of work whose node is being asked for units none."""
    if work.asked or work.is_closed:
        return 0
    if may_cancel(work):
        return part.remaining
    return max(0, part.held - part.picked) if work.status in _AT_WORK and not work.is_leg else 0


def _share(order: Order, line: Line, units: int) -> Amounts:
    """What the last units cost that a line still has."""
    end = line.quantity - order.cancelled.get(line.line_no, 0)
    return share(line_amounts(line.agreed), end - units, end, line.quantity)


def share_as_line(order: Order, line: Line, units: int, charges: Sequence[Charge] | None = None) -> LineRequest:
    """The units as a line of their own; each cent of their share goes along, or the `charges` of a new way do."""
    agreed, money = line.agreed, _share(order, line, units)
    end = line.quantity - order.cancelled.get(line.line_no, 0)
    of_goods = less_taxes(goods_taxes(agreed, end), goods_taxes(agreed, end - units))
    of_charges = less_taxes(money.by_jurisdiction, of_goods)
    if charges is None:
        # A cent that rounding takes from a charge is the goods'.
        below = {name: amount for name, amount in of_charges.items() if amount < 0}
        of_goods, of_charges = summed_taxes([of_goods, below]), less_taxes(of_charges, below)
        kept = Charge(
            kind=agreed.charges[0].kind if agreed.charges else "shipping",
            amount=money.shipping,
            tax=sum(of_charges.values()),
            taxes=_parts(of_charges),
        )
        charges = [kept] if kept.amount or kept.tax else []
    own = replace(money, shipping=0, tax=sum(of_goods.values()))
    total = own.total + sum(one.amount + one.tax for one in charges)
    off = shares_by_weight(money.discount, [one.amount for one in agreed.discounts])
    return agreed.model_copy(
        update={
            "line_id": None,
            "quantity": units,
            "discounts": tuple(
                Discount(amount=amount, source=one.source)
                for one, amount in zip(agreed.discounts, off, strict=True)
                if amount
            ),
            "charges": tuple(charges),
            "tax": own.tax,
            "taxes": _parts(of_goods),
            "total": total,
        }
    )


def _parts(taxes: Mapping[str | None, int]) -> tuple[TaxPart, ...]:
    return tuple(TaxPart(jurisdiction=name, amount=amount) for name, amount in taxes.items() if name is not None)
