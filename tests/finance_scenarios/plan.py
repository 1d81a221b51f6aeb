"""A scenario read as a whole: its rows name amounts, the product takes orders, so each order is gathered from its rows.

An order has one line for each transfer of goods, with the parts that are returned later as lines of their own, one for
each part that is cancelled, and one for whatever its tenders cover besides. Amounts are minor units.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.finance_scenarios.grammar import AT, REPLAY, Row, Scenario
from tests.finance_scenarios.lines import DEFAULT, minor
from tests.finance_scenarios.paying import Tender, tenders_of

_ABOUT_ORDERS = ("payment.", "goods.", "order.", "return.", "refund.", "appeasement.", "write_off.", "dispute.")
_NAMED = re.compile(r"\b(goods|tax|shipping|discount) ([0-9]+\.[0-9]{2})")
_LIKE = re.compile(r"\b([A-Za-z]+[0-9]+) order\b")


@dataclass(slots=True)
class Piece:
    """One line of an order with one unit of `gross`, or with `units` of it that sum up to it."""

    gross: int
    discount: int = 0
    tax: int = 0
    shipping: int = 0
    units: int = 1
    line_no: int = 0

    @property
    def total(self) -> int:
        return self.gross - self.discount + self.tax + self.shipping

    @property
    def net(self) -> int:
        return self.gross - self.discount


@dataclass(slots=True)
class Parcel:
    """What is transferred together; `row` is None where the scenario leaves the transfer out."""

    row: Row | None
    pieces: list[Piece]
    mode: str = "ship"
    store: str | None = None


@dataclass(slots=True)
class OrderPlan:
    """An order of a scenario, with the rows that speak of it."""

    name: str
    owner: str
    currency: str
    rows: list[Row]
    parcels: list[Parcel] = field(default_factory=list)
    cancelled: dict[str, Piece] = field(default_factory=dict)
    returned: dict[str, list[Piece]] = field(default_factory=dict)
    # Goods that are delivered and never paid, for rows that ask back more than was taken.
    unpaid: dict[str, Piece] = field(default_factory=dict)
    rest: Piece | None = None
    tenders: list[Tender] = field(default_factory=list)

    @property
    def pieces(self) -> list[Piece]:
        """Every line, in the order of its number."""
        left = [piece for parcel in self.parcels for piece in parcel.pieces]
        return [*left, *self.cancelled.values(), *self.unpaid.values(), *([self.rest] if self.rest else [])]

    def rows_of(self, *verbs: str) -> list[Row]:
        return [row for row in self.rows if row.verb.startswith(verbs)]

    def amount(self, row: Row, key: str = "amount") -> int:
        """What a row says under a key; zero where it says nothing."""
        return minor(row.get(key) or "0", row.get("currency") or self.currency)

    @property
    def is_paid_when_ready(self) -> bool:
        """Whether money is taken before anything is transferred: when the goods wait at the counter."""
        taken = [row for row in self.rows_of("payment.captured") if row.get("authorized") != "false"]
        moved = [row.line_no for row in self.rows_of("goods.transferred")]
        if not taken or (self.parcels and not moved):
            return False
        return not moved or taken[0].line_no < min(moved)

    @property
    def is_paid_quietly(self) -> bool:
        """Whether the money is taken before the scenario begins, or without a row of its own."""
        return not self.rows_of("payment.", "write_off.")


def orders_of(scenario: Scenario, others: Mapping[str, Scenario]) -> dict[str, OrderPlan]:
    """The orders of a scenario by name; a row without one gets the name that `order_name` tells."""
    by_name: dict[str, list[Row]] = {}
    for row in scenario.rows:
        name = order_name(scenario, row)
        if name is not None:
            by_name.setdefault(name, []).append(row)
    return {name: _planned(scenario, name, rows, others) for name, rows in by_name.items()}


def order_name(scenario: Scenario, row: Row) -> str | None:
    """To which order a row belongs; None for a row about none."""
    if row.verb in (AT, REPLAY):
        return None
    if row.get("order"):
        return row.get("order")
    if not row.verb.startswith(_ABOUT_ORDERS) or row.verb.startswith("appeasement."):
        return None
    if row.verb.startswith("refund."):
        return _above(scenario, row)
    if any(
        other.verb in ("goods.transferred", "payment.authorized") and not other.get("order") for other in scenario.rows
    ):
        return scenario.name
    if row.verb in ("dispute.won", "dispute.lost"):
        opened = [one for one in scenario.rows if one.verb == "dispute.funds_withdrawn"]
        same = [one for one in opened if one.get("amount") == row.get("amount") and one.line_no < row.line_no]
        return order_name(scenario, (same or opened)[0]) if opened else row.name
    if row.verb == "dispute.funds_withdrawn":
        taken = [
            one
            for one in scenario.rows
            if one.verb == "payment.captured" and one.line_no < row.line_no and one.get("amount") == row.get("amount")
        ]
        return order_name(scenario, taken[0]) if taken else row.name
    return row.name


def _above(scenario: Scenario, row: Row) -> str | None:
    """The order of the nearest row above that makes something owed."""
    before = [one for one in scenario.rows if one.line_no < row.line_no]
    for one in reversed(before):
        if one.verb in ("return.accepted", "appeasement.requested", "appeasement.approved", "order.cancelled"):
            return order_name(scenario, one)
    for one in reversed(before):
        if one.verb.startswith(("payment.", "goods.", "order.")):
            return order_name(scenario, one)
    return row.name


def first(values: Iterable[str | None], default: str) -> str:
    """The first value that is there."""
    return next((value for value in values if value), default)


def _planned(scenario: Scenario, name: str, rows: list[Row], others: Mapping[str, Scenario]) -> OrderPlan:
    owners = [row.get("owner") for row in rows]
    # A row about money may name who pays it; who owns the order is told by the others.
    own = [row.get("entity") for row in rows if not row.verb.startswith("refund.")]
    owner = first([*owners, *own], DEFAULT[0])
    plan = OrderPlan(name, owner, first([row.get("currency") for row in rows], DEFAULT[1]), rows)
    for row in plan.rows_of("goods.transferred", "pos.sale"):
        plan.parcels.append(_parcel(plan, row, row))
    if not plan.parcels:
        plan.parcels += _history(scenario, plan, others)
    for row in plan.rows_of("return.accepted"):
        if row.get("expect"):
            continue
        plan.returned[row.name] = _carved(plan, row)
        appeased = plan.amount(row, "appeased_goods")
        if appeased and not plan.rows_of("appeasement."):
            # Goodwill was granted before the scenario begins, which more goods than these allow.
            plan.parcels[0].pieces.append(Piece(4 * appeased))
    for row in plan.rows_of("order.line_cancelled"):
        piece = Piece(plan.amount(row), units=int(row.get("qty") or "1"))
        plan.cancelled[row.name] = piece
    for row in plan.rows_of("refund."):
        if row.get("expect"):
            plan.unpaid[row.name] = Piece(plan.amount(row))
    plan.tenders = tenders_of(rows, plan.currency)
    _balance(plan)
    for number, piece in enumerate(plan.pieces, start=1):
        piece.line_no = number
    return plan


def _parcel(plan: OrderPlan, row: Row, of: Row | None) -> Parcel:
    values = {key: plan.amount(row, key) for key in ("gross", "discount", "tax", "shipping")}
    return Parcel(of, [Piece(**values)], row.get("mode") or "ship", row.get("store"))


def _history(scenario: Scenario, plan: OrderPlan, others: Mapping[str, Scenario]) -> list[Parcel]:
    """What was delivered before the scenario begins, as its title or another scenario tells it."""
    if not plan.rows_of("return.", "refund.", "appeasement.", "write_off.", "dispute."):
        return []
    if plan.rows_of("order.cancelled", "payment.captured") and not plan.rows_of("return.", "appeasement."):
        return []
    told = dict(_NAMED.findall(scenario.remark))
    if plan.rows_of("appeasement.") and "goods" in told:
        amounts = {key: minor(text, plan.currency) for key, text in told.items()}
        goods = amounts.pop("goods")
        return [Parcel(None, [Piece(goods, **amounts)])]
    like = others.get(name[1]) if (name := _LIKE.search(scenario.remark)) else None
    if like is not None:
        made = [_parcel(plan, row, None) for row in like.rows if row.verb == "goods.transferred"]
        if made:
            return made
    goods = sum(_back(plan, row)[0] for row in plan.rows_of("return."))
    if goods:
        return [Parcel(None, [])]
    return [Parcel(None, [_whole(plan)])]


def _whole(plan: OrderPlan) -> Piece:
    """Goods that are large enough for what the rows do with them."""
    granted = plan.rows_of("appeasement.requested", "appeasement.approved")
    if granted:
        posted = {line.account: minor(line.amount, plan.currency) for row in granted for line in row.lines}
        net, tax = posted.get("4091", 1), posted.get("2040", 0)
        goods = 20 * max(sum(plan.amount(row) for row in granted), net)
        return Piece(goods, tax=(2 * goods * tax + net) // (2 * net))
    amount = max((plan.amount(row) for row in plan.rows), default=0)
    for row in plan.rows_of("write_off."):
        tax = plan.amount(row, "tax_relief")
        return Piece(plan.amount(row) - tax, tax=tax)
    return Piece(amount)


def _back(plan: OrderPlan, row: Row) -> tuple[int, int, int]:
    """What a return gives back: goods with what was appeased of them, tax with its part, shipping."""
    goods = plan.amount(row, "goods")
    tax = plan.amount(row, "tax")
    return goods, tax, plan.amount(row, "shipping")


def _carved(plan: OrderPlan, row: Row) -> list[Piece]:
    """The lines that a return gives back: cut out of a transfer of at least as much, or delivered for it before."""
    goods, tax, _ = _back(plan, row)
    taken = {id(piece) for pieces in plan.returned.values() for piece in pieces}
    for parcel in plan.parcels:
        for piece in parcel.pieces:
            if id(piece) not in taken and piece.net == goods and piece.tax == tax:
                return [piece]
    free = [(parcel, piece) for parcel in plan.parcels for piece in parcel.pieces if id(piece) not in taken]
    cut = _cut(free, goods, tax) or _several(free, goods, tax)
    if cut:
        return cut
    part = Piece(goods, 0, tax, plan.amount(row, "shipping"))
    quiet = next((parcel for parcel in plan.parcels if parcel.row is None), None)
    if quiet is None:
        quiet = Parcel(None, [])
        plan.parcels.insert(0, quiet)
    quiet.pieces.append(part)
    return [part]


def _cut(free: Sequence[tuple[Parcel, Piece]], goods: int, tax: int) -> list[Piece]:
    """A line of its own for a part of a piece that is large enough; nothing where none is."""
    for parcel, piece in free:
        if piece.net >= goods and piece.tax >= tax:
            discount = max(0, piece.discount - (piece.gross - goods))
            part = Piece(goods + discount, discount, tax)
            piece.gross, piece.discount = piece.gross - part.gross, piece.discount - discount
            piece.tax -= tax
            parcel.pieces.append(part)
            return [part]
    return []


def _several(free: Sequence[tuple[Parcel, Piece]], goods: int, tax: int) -> list[Piece]:
    """What left in several parcels and comes back together: whole pieces, and a part of the next one."""
    taken: list[Piece] = []
    for _, piece in free:
        if piece.net <= goods and piece.tax <= tax and (goods or tax):
            taken.append(piece)
            goods, tax = goods - piece.net, tax - piece.tax
    if not goods and not tax:
        return taken
    names = {id(piece) for piece in taken}
    rest = _cut([(parcel, piece) for parcel, piece in free if id(piece) not in names], goods, tax)
    return [*taken, *rest] if taken and rest else []


def _balance(plan: OrderPlan) -> None:
    """Make the lines and the tenders come to the same."""
    never_paid = sum(piece.total for piece in plan.unpaid.values())
    worth = sum(piece.total for piece in plan.pieces) - never_paid
    paid = sum(one.amount for one in plan.tenders)
    if paid > worth:
        plan.rest = Piece(paid - worth)
    elif paid < worth:
        quiet: Sequence[Tender] = [one for one in plan.tenders if one.quiet]
        # Who paid first has paid the most of it.
        if quiet:
            quiet[0].amount += worth - paid
        else:
            plan.tenders.append(Tender("card", worth - paid, quiet=True))
    if never_paid:
        plan.tenders.append(Tender("card", never_paid, quiet=True))
