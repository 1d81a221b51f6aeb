"""What there is to say of a milestone: facts of the order and of the event, and how they are written. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from oms.notifications.locales import greeting, written_day, written_moment, written_money
from oms.notifications.milestones import late_lines, new_day
from oms.notifications.model import Milestone
from oms.notifications.rules import Chosen, NoticeRules
from oms.notifications.templating import EMPTY, Value
from oms.orders.model import Order
from oms.platform.clock import parse_instant
from oms.registry.model import Node

# A letter of a large order names so many lines, and then that there are more.
MOST_LINES = 50
Goods = tuple[tuple[int, str], ...]
_AT_A_COUNTER = (Milestone.READY, Milestone.RESERVATION_EXPIRING, Milestone.COLLECTED)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message may name; `amount` in minor units of `currency`, `moment` by the wall clock of `zone`."""

    order: str
    shop: str
    currency: str
    zone: str = "UTC"
    name: str | None = None
    goods: Goods = ()
    amount: int | None = None
    day: date | None = None
    moment: datetime | None = None
    place: tuple[str, ...] = ()
    code: str | None = None
    carrier: str | None = None
    tracking: str | None = None
    link: str | None = None
    collector: str | None = None
    codes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Texts:
    """What a message says, ready to be sent."""

    subject: str
    text: str
    html: str


def written(chosen: Chosen, facts: Facts, locale: str) -> Texts:
    """A message by its templates, in the ways of writing of a locale, which may be more exact than that of these."""
    values = _values(facts, locale)
    body = chosen.html.html(values) if chosen.html else _page(chosen.text.as_html(values), chosen.locale)
    return Texts(chosen.subject.line(values), chosen.text.text(values), body)


def facts_of(
    milestone: Milestone,
    order: Order,
    data: Mapping[str, Any],
    rules: NoticeRules,
    nodes: Mapping[str, Node],
    codes: Iterable[tuple[int, str]] = (),
) -> Facts:
    """The facts of a milestone, from the order as it is now, from the event that reached it, and codes of its lines."""
    header = order.header
    node = nodes.get(str(data.get("node_id"))) if milestone in _AT_A_COUNTER else None
    seller = nodes.get(header.selling_node)
    near = node or seller
    link, page = _link(milestone, data, rules)
    left = next((one for one in order.shipments if one.id == data.get("shipment_id")), None)
    collected = left if milestone is Milestone.COLLECTED else None
    at = collected.shipped_at if collected else data.get("expires_at") or data.get("pickup_by")
    at, code = at or data.get("valid_until"), data.get("pickup_code") or data.get("code")
    return Facts(
        order=header.external_id,
        shop=rules.shop or (seller.name if seller else header.selling_node),
        currency=header.currency,
        zone=near.time_zone if near else "UTC",
        name=header.customer.name if header.customer else None,
        goods=_named(order, _units(milestone, order, data)),
        amount=_amount(milestone, order, data),
        day=new_day(data) if milestone is Milestone.DELAYED else None,
        moment=parse_instant(str(at)) if at else None,
        place=_place(node) if node else (),
        code=str(code) if code else None,
        carrier=data.get("carrier"),
        tracking=data.get("tracking_number"),
        link=page.replace("$name", quote(str(link), safe="")) if link and page else None,
        collector=collected.proof.collector if collected and collected.proof else None,
        codes=tuple((order.line(no).agreed.description or order.line(no).agreed.sku, code) for no, code in codes),
    )


def sample(rules: NoticeRules, milestone: Milestone) -> Facts:
    """The facts of an order that does not exist, for previews; of a delay it knows the day and not the hour."""
    moment = datetime(2026, 12, 3, 16, 30, tzinfo=UTC)
    return Facts(
        order="100200300",
        shop=rules.shop or "Main Street Shop",
        currency="EUR",
        name="Ann Example",
        goods=((2, "Blue mug"), (1, "Teapot, 1.5 l")),
        amount=123_450,
        moment=None if milestone is Milestone.DELAYED else moment,
        day=moment.date(),
        place=("Main Street Shop", "1 Main Street", "10003 New York"),
        code="4711",
        carrier="UPS",
        tracking="1Z999AA10123456784",
        link=(_page_of(milestone, rules) or "https://shop.example/pay/$name").replace("$name", "sample"),
        collector="Ben Example",
        codes=(("Blue mug, the game", "ABCD-EFGH-1234"),),
    )


def _values(facts: Facts, locale: str) -> Mapping[str, Value]:
    money = "" if facts.amount is None else written_money(facts.amount, facts.currency, locale)
    return {
        "hello": Value.plain(greeting(facts.name, locale)),
        "name": Value.plain(facts.name),
        "order": Value.plain(facts.order),
        "shop": Value.plain(facts.shop),
        "lines": _list(f"{units} × {name}" for units, name in facts.goods),
        "total": _exact(money),
        "amount": _exact(money),
        "when": _exact(_when(facts, locale)),
        "place": _block(facts.place),
        "code": Value.plain(facts.code),
        "carrier": Value.plain(facts.carrier),
        "tracking": Value.plain(facts.tracking),
        "link": _linked(facts.link),
        "collector": Value.plain(facts.collector),
        "codes": _list(f"{name}: {code}" for name, code in facts.codes),
    }


def _when(facts: Facts, locale: str) -> str:
    if facts.moment is not None:
        return written_moment(facts.moment, facts.zone, locale)
    return "" if facts.day is None else written_day(facts.day, locale)


def _link(milestone: Milestone, data: Mapping[str, Any], rules: NoticeRules) -> tuple[Any, str | None]:
    """The name of the link of a milestone, and the page on which it is opened."""
    named = {Milestone.PAY_LINK: "name", Milestone.CHOICE: "choice_link"}.get(milestone)
    return (data.get(named) if named else None), _page_of(milestone, rules)


def _page_of(milestone: Milestone, rules: NoticeRules) -> str | None:
    return rules.choice_page if milestone is Milestone.CHOICE else rules.pay_page


def _exact(text: str) -> Value:
    """A text of our own, whose spaces that do not break stay."""
    return Value(text, html.escape(text))


def _list(entries: Iterable[str]) -> Value:
    shown = [" ".join(entry.split()) for entry in entries]
    items = "".join(f"<li>{html.escape(entry)}</li>" for entry in shown)
    return Value("\n".join(shown), f"<ul>{items}</ul>") if shown else EMPTY


def _block(rows: Iterable[str]) -> Value:
    shown = [" ".join(row.split()) for row in rows]
    return Value("\n".join(shown), "<br>".join(html.escape(row) for row in shown))


def _linked(url: str | None) -> Value:
    if not url:
        return EMPTY
    safe = html.escape(url)
    return Value(url, f'<a href="{safe}">{safe}</a>')


def _page(body: str, locale: str) -> str:
    head = f'<!DOCTYPE html>\n<html lang="{locale}"><head><meta charset="utf-8"></head><body>'
    return f"{head}\n{body}\n</body></html>\n"


def _place(node: Node) -> tuple[str, ...]:
    address = node.address
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    return (node.name, *address.lines, town)


def _amount(milestone: Milestone, order: Order, data: Mapping[str, Any]) -> int | None:
    if milestone is Milestone.CONFIRMED:
        return order.header.totals.total
    named = {Milestone.REFUNDED: "paid", Milestone.PAY_LINK: "amount", Milestone.GOODWILL: "total"}.get(milestone)
    return int(data[named]) if named else None


def _units(milestone: Milestone, order: Order, data: Mapping[str, Any]) -> dict[int, int]:
    """Units per line that a message speaks of."""
    sold = {line.line_no: line.quantity for line in order.lines if line.part_of is None}
    if milestone is Milestone.CONFIRMED:
        return sold
    if milestone in (Milestone.CANCELLED, Milestone.PARTLY_CANCELLED):
        return {line_no: units for line_no, units in order.cancelled.items() if line_no in sold}
    if milestone in _AT_A_COUNTER and "lines" not in data:
        works = (work for work in order.fulfillment_orders if work.id == data["fulfillment_order_id"])
        return {line.line_no: line.held - line.shipped for work in works for line in work.lines}
    if milestone is Milestone.DELIVERED and "lines" not in data:
        left = (one for one in order.shipments if one.id == data.get("shipment_id"))
        return {line.line_no: line.quantity for shipment in left for line in shipment.lines}
    if milestone is Milestone.GOODWILL:
        return {}
    if milestone is Milestone.CHOICE:
        return {int(data["line_no"]): int(data["quantity"])}
    lines = late_lines(data) if milestone is Milestone.DELAYED else data.get("lines", ())
    return {int(line["line_no"]): int(line["quantity"]) for line in lines}


def _named(order: Order, units: Mapping[int, int]) -> Goods:
    shown = [(quantity, line_no) for line_no, quantity in sorted(units.items()) if quantity > 0]
    named = [(units, order.line(n).agreed.description or order.line(n).agreed.sku) for units, n in shown[:MOST_LINES]]
    more = sum(quantity for quantity, _ in shown[MOST_LINES:])
    return (*named, (more, "…")) if more else tuple(named)
