"""On which day units come that do not leave, or are not ready, as was promised. Pure."""

from __future__ import annotations

from datetime import date

from oms.fulfillment.model import Deadline, FulfillmentOrder
from oms.fulfillment.promise_events import LineAtRisk
from oms.orders.backorders import promised_day
from oms.orders.model import Order
from oms.platform.clock import parse_instant


def lines_at_risk(order: Order, work: FulfillmentOrder, deadline: Deadline) -> tuple[LineAtRisk, ...]:
    """The units of some work that have not left, each with the day that was promised and the one that is likely now.

    They come as many days later as they leave later, by the calendar in UTC.
    """
    group = next(one for one in order.header.groups if one.group_no == work.group_no)
    before = promised_day(group)
    now = _later(before, deadline)
    return tuple(
        LineAtRisk(line_no=line.line_no, sku=line.sku, quantity=line.remaining, expected_before=before, expected_on=now)
        for line in work.lines
        if line.remaining
    )


def _later(before: str | None, deadline: Deadline) -> str | None:
    if before is None or deadline.next_at is None:
        return None
    days = parse_instant(deadline.next_at).date() - parse_instant(deadline.at).date()
    return (date.fromisoformat(before) + days).isoformat()
