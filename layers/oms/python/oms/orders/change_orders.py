"""The change order: what one change added to an order or took from it, as a delta that is written once. Pure.

What was agreed at first is never rewritten. What an order comes to now follows from its lines, cancellations and
returns (`standing`), and a change order is the difference of that before and after one transaction: the original and
all deltas therefore sum up to the summary, to the minor unit and by component.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.orders.amounts import Amounts, Sums, line_amounts, sums
from oms.orders.charges import kept_amounts
from oms.orders.model import Line, Order
from oms.orders.store import change_key
from oms.platform.events import EventData
from oms.platform.ids import child_id
from oms.platform.money import share_up_to
from oms.platform.writes import Write, create


class ChangeKind(StrEnum):
    """What a change order is about."""

    EDIT = "edit"
    CANCELLATION = "cancellation"
    METHOD_CHANGE = "method_change"
    SUBSTITUTION = "substitution"
    REPLACEMENT = "replacement"  # lost units are sent again
    COLLECTION = "collection"  # a till sold what was reserved, and more or less of it
    RETURN = "return"


# Why units left the lines that had them, where that says what the change was about.
_BY_REASON = {
    "edited": ChangeKind.EDIT,
    "method_changed": ChangeKind.METHOD_CHANGE,
    "substituted": ChangeKind.SUBSTITUTION,
}


class ChangedLine(BaseModel):
    """Units that a line gained, or with a minus lost, and what they cost; the line may be one that the change added."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int
    amounts: Sums


class ChangeOrder(BaseModel):
    """One change of what was agreed, made against a version of the order; amounts in minor units of `currency`.

    `amounts` are those of the lines and of what stands beside them, such as the charges of the order or a return fee.
    `pricing` says where the prices of an edit are from, if a hook was to be asked for them.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    order_id: str
    number: int
    kind: ChangeKind
    reason: str | None = None
    of_version: int
    currency: str
    lines: tuple[ChangedLine, ...]
    amounts: Sums
    pricing: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What an order comes to at one version: units and amounts by line, and what stands beside the lines."""

    units: Mapping[int, int]
    lines: Mapping[int, Amounts]
    beside: Amounts

    @property
    def total(self) -> Amounts:
        return sum(self.lines.values(), self.beside)


def standing(order: Order) -> Standing:
    """What of an order stands: neither cancelled nor returned, with its charges as long as anything of it stands.

    The fee of a return is a charge. Goodwill is given beside the order and changes nothing of it.
    """
    lines = [line for line in order.lines if line.part_of is None]
    kept = kept_amounts(order)
    beside = kept.pop(0)
    for made in order.returns:
        for back in made.lines:
            kept[back.line_no] = kept[back.line_no] - Amounts(goods=back.goods, tax=back.tax)
        beside = beside - Amounts(shipping=made.shipping - made.fee, tax=made.shipping_tax)
    for line in lines:
        # The goods of a return are told net of their discount.
        discount = share_up_to(line_amounts(line.agreed).discount, _returned(order, line), line.quantity)
        kept[line.line_no] = kept[line.line_no] - Amounts(goods=discount, discount=discount)
    return Standing({line.line_no: _units(order, line) for line in lines}, kept, beside)


def change_between(
    before: Order, after: Order, events: Sequence[EventData], kind: str | None, pricing: str | None
) -> ChangeOrder:
    """The change order of a change of lines, cancellations or returns."""
    was, now = standing(before), standing(after)
    lines = []
    for line_no, amounts in now.lines.items():
        units = now.units.get(line_no, 0) - was.units.get(line_no, 0)
        delta = amounts - was.lines.get(line_no, Amounts())
        if units or delta != Amounts():
            sku = after.line(line_no).agreed.sku
            lines.append(ChangedLine(line_no=line_no, sku=sku, quantity=units, amounts=sums(delta)))
    number = before.header.changes + 1
    return ChangeOrder(
        id=child_id("chg", before.header.id, number),
        order_id=before.header.id,
        number=number,
        kind=ChangeKind(kind) if kind else _kind(before, after),
        reason=next((why for why in (getattr(one, "reason", None) for one in events) if why), None),
        of_version=before.header.version,
        currency=before.header.currency,
        lines=tuple(lines),
        amounts=sums(now.total - was.total),
        pricing=pricing,
    )


def change_write(tenant: str, change: ChangeOrder) -> Write:
    """The row of a change order, which is created once and never changed; the commit says who made it and when."""
    key = change_key(tenant, change.order_id, change.number)
    return create("orders", key, {"body": change.model_dump_json(exclude_defaults=True)}, signed=True)


def _kind(before: Order, after: Order) -> ChangeKind:
    if after.returns != before.returns:
        return ChangeKind.RETURN
    for reason, kind in _BY_REASON.items():
        if _cancelled_for(after, reason) != _cancelled_for(before, reason):
            return kind
    added = after.lines[len(before.lines) :]
    if added:
        again = all(line.replaces is not None for line in added)
        return ChangeKind.REPLACEMENT if again else ChangeKind.COLLECTION
    return ChangeKind.CANCELLATION


def _cancelled_for(order: Order, reason: str) -> int:
    return sum(one.quantity for one in order.header.cancellations if one.reason == reason)


def _units(order: Order, line: Line) -> int:
    return line.quantity - order.cancelled.get(line.line_no, 0) - _returned(order, line)


def _returned(order: Order, line: Line) -> int:
    """Units that came back here; of those of an order of the past nobody told the money."""
    told = order.header.history.returned if order.header.history else ()
    return order.returned(line.line_no) - sum(one.quantity for one in told if one.line_no == line.line_no)
