"""Which units of an order may come back, until when, and why others may not. Pure; by the rules that hold now.

Units that came back are those that were delivered first, so what is left has the longest time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.fulfillment.model import Shipment
from oms.orders.amounts import line_amounts
from oms.orders.model import Line, Order
from oms.orders.quantities import in_returns, with_customer
from oms.orders.request import tier_of
from oms.platform.clock import format_instant, parse_instant
from oms.registry.limits import ActivatedBy
from oms.registry.model import Item
from oms.returns.rules import FINAL_SALE, ReturnRule, ReturnRules, Subject, rule_for

# Why units may not come back.
NOT_DELIVERED, PART_OF_KIT, REPLACEMENT = "not_delivered", "part_of_kit", "replacement"
GIFT_CARD = "gift_card"
IN_RETURN, BY_RULE, WINDOW_CLOSED = "in_return", "not_returnable", "window_closed"


@dataclass(frozen=True, slots=True)
class Window:
    """Units that may come back until an instant (RFC 3339 in UTC); None where nothing ends it, or it has not begun."""

    units: int
    until: str | None


@dataclass(frozen=True, slots=True)
class Returnable:
    """What of a line may come back: `units` by `windows`, the first that ends first; `why_not` says why no unit may."""

    line: Line
    rule: ReturnRule
    units: int
    windows: tuple[Window, ...]
    why_not: str | None = None
    weight_grams: int | None = None

    @property
    def until(self) -> str | None:
        """Until when all of these units may come back."""
        return self.windows[0].until if self.windows else None


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules that hold, and what the registry knows of the items of an order."""

    sets: Sequence[ReturnRules]
    items: Mapping[str, Item]

    def rule(self, order: Order, line: Line, condition: str | None = None, reason: str | None = None) -> ReturnRule:
        """The rule for units of a line in a condition, and for a reason."""
        item = self.items.get(line.agreed.sku)
        attributes = item.attributes if item else {}
        about = Subject(
            channel=order.header.channel,
            tier=tier_of(order.header.customer),
            sku=line.agreed.sku,
            attributes=attributes,
            final_sale=line.agreed.attributes.get(FINAL_SALE) is True or attributes.get(FINAL_SALE) is True,
            condition=condition,
            reason=reason,
            value=unit_value(line),
            currency=order.header.currency,
        )
        return rule_for(self.sets, about)


def unit_value(line: Line) -> int:
    """What one unit of a line cost, net of discount and tax, in minor units rounded down."""
    whole = line_amounts(line.agreed)
    return (whole.goods - whole.discount) // line.quantity


def returnable(
    order: Order, line: Line, policy: Policy, now: datetime, condition: str | None = None, reason: str | None = None
) -> Returnable:
    """What of a line may come back at an instant."""
    rule = policy.rule(order, line, condition, reason)

    def none(why: str) -> Returnable:
        return Returnable(line, rule, 0, (), why)

    if line.part_of is not None:
        return none(PART_OF_KIT)
    if line.replaces is not None:
        return none(REPLACEMENT)
    if line.activation is not None and line.activation.by is ActivatedBy.GIFT_CARD:
        return none(GIFT_CARD)
    there = with_customer(order, line.line_no)
    if there <= 0:
        return none(NOT_DELIVERED)
    bound = in_returns(order, line.line_no)
    if there <= bound:
        return none(IN_RETURN)
    if not rule.returnable:
        return none(BY_RULE)
    # Units that are bound to a return are those that were delivered first among those that are left.
    windows = _windows(order, line, there - bound, rule, now)
    if not windows:
        return none(WINDOW_CLOSED)
    item = policy.items.get(line.agreed.sku)
    weight = item.weight_grams if item else None
    return Returnable(line, rule, sum(one.units for one in windows), windows, weight_grams=weight)


def _windows(order: Order, line: Line, there: int, rule: ReturnRule, now: datetime) -> tuple[Window, ...]:
    """The windows that are open of the units that a customer has, the first that ends first."""
    if rule.window_days is None:
        return (Window(there, None),)
    began = sorted(_delivered(order, line), key=lambda one: (one[0] is None, one[0] or now))
    left, open_windows = there, list[Window]()
    for since, units in reversed(began):
        taken = min(left, units)
        left -= taken
        until = None if since is None else since + timedelta(days=rule.window_days)
        if taken and (until is None or until >= now):
            open_windows.insert(0, Window(taken, None if until is None else format_instant(until)))
    return tuple(open_windows)


def _delivered(order: Order, line: Line) -> list[tuple[datetime | None, int]]:
    """When units of a line reached the customer, with those sent in place of lost ones; None of what is on its way."""
    if line.apart:
        return _kits_delivered(order, line)
    own = {line.line_no, *(one.line_no for one in order.lines if one.replaces == line.line_no)}
    return [
        one
        for shipment in order.shipments
        for part in shipment.lines
        if part.line_no in own
        for one in _arrivals(shipment, part.line_no, part.quantity)
    ]


def _kits_delivered(order: Order, line: Line) -> list[tuple[datetime | None, int]]:
    """A kit is there when the last of what it is made of is."""
    instants = [at for piece in order.pieces[line.line_no] for at, _ in _delivered(order, piece)]
    known = [at for at in instants if at is not None]
    last = max(known) if known and len(known) == len(instants) else None
    return [(last, order.shipped(line.line_no))]


def _arrivals(shipment: Shipment, line_no: int, quantity: int) -> Iterable[tuple[datetime | None, int]]:
    """What carriers told of units of a shipment; of what nobody tracks, that it left is all that anybody knows."""
    told = [
        (parse_instant(parcel.status_at), part.quantity)
        for parcel in shipment.parcels
        for part in parcel.delivered
        if part.line_no == line_no
    ]
    rest = quantity - sum(units for _, units in told)
    on_its_way = bool(shipment.tracking_numbers) and shipment.mode == "ship"
    return [*told, *([(None if on_its_way else parse_instant(shipment.shipped_at), rest)] if rest > 0 else [])]
