"""The tables as the checker sees them: partitions, orders put together, and one commit sorted by what it touches."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from tests.simulation.checker.evidence import Change, Item

Partition = dict[str, Item]


@lru_cache(maxsize=8192)
def parsed(text: str) -> Any:
    """A JSON text as values, read once however often it is asked for; nobody may change what comes back."""
    return json.loads(text)


def is_count(value: object) -> bool:
    """Whether a value is a whole number; truths are not, though the language counts with them."""
    return type(value) is int


def tenant_of(pk: str) -> str | None:
    """The tenant that a partition key begins with, or None where it does not begin with one."""
    parts = pk.split("#", 2)
    return parts[1] if len(parts) == 3 and parts[0] == "T" and parts[1] and parts[2] else None


def held_by_node(part: dict[str, Any]) -> int:
    """Units of a line of work that are the node's, whether they have left or not."""
    gone = sum(part.get(name, 0) for name in ("cancelled", "given_up", "replaced", "received"))
    return int(part["quantity"] - gone)


class Line:
    """A line as agreed: how much of what, whether it takes stock, whether it is work, and where it was claimed.

    A unit of it is `made_of` so many units of stock. A kit that may be split has `parts`, lines of their own, each with
    how many of its units are in a kit; these are `part_of` its line, and `total` is what they are worth of it.
    """

    __slots__ = (
        "card_price", "claims", "components", "each", "line_no", "made_of", "method", "part_of", "parts", "quantity",
        "sku", "takes_stock", "total", "unit_price", "work",
    )  # fmt: skip

    def __init__(self, body: dict[str, Any]) -> None:
        agreed = body["agreed"]
        self.line_no: int = body["line_no"]
        self.quantity: int = agreed["quantity"]
        self.unit_price: int = agreed["unit_price"]
        self.total: int = body.get("worth", agreed["total"])
        self.sku: str = agreed["sku"]
        self.method: str = agreed.get("method", "ship")
        is_goods = agreed.get("type", "stock") == "stock" and self.method != "digital"
        self.takes_stock = is_goods and not body.get("apart")
        self.components: list[tuple[str, int]] = [(c["sku"], c["quantity"]) for c in body.get("components", ())]
        self.made_of = self.components or [(self.sku, 1)]
        self.part_of: int | None = body["part_of"]["line_no"] if body.get("part_of") else None
        self.each: int = body["part_of"]["each"] if body.get("part_of") else 1
        self.parts: list[Line] = []
        self.work: bool = body.get("work", True)
        is_card = (body.get("activation") or {}).get("by") == "gift_card"
        self.card_price: int = agreed["unit_price"] if is_card else 0
        self.claims: list[tuple[str, int]] = [(claim["node_id"], claim["quantity"]) for claim in body.get("claims", ())]


class OrderView:
    """One order from the items of its partition."""

    __slots__ = (
        "added", "agreed", "cancelled", "header", "id", "lines", "payments", "pk", "progress", "refunds", "returns",
        "rmas", "shipments", "tenant", "waiting", "works",
    )  # fmt: skip

    def __init__(self, pk: str, items: Partition) -> None:
        self.pk = pk
        self.tenant = tenant_of(pk) or ""
        self.id = pk.rsplit("#", 1)[1]
        self.header: Item = {}
        self.progress: dict[str, Any] = {}
        self.agreed: dict[str, Any] = {}
        self.lines: dict[int, Line] = {}
        self.added: set[int] = set()
        self.works: dict[str, dict[str, Any]] = {}
        self.shipments: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.returns: dict[str, dict[str, Any]] = {}
        self.rmas: dict[str, dict[str, Any]] = {}
        for sk, item in items.items():
            kind, _, name = sk.partition("#")
            if kind == "ORDER":
                self.header, self.progress = item, parsed(item["progress"])
            elif kind == "AGREED":
                self.agreed = parsed(item["body"])
            elif kind == "LINES":
                self.lines.update((body["line_no"], Line(body)) for body in parsed(item["body"]))
            elif kind == "XLINES":
                added = parsed(item["body"])
                self.added |= {body["line_no"] for body in added["lines"]}
                self.lines.update((body["line_no"], Line(body)) for body in added["lines"])
                self.agreed = {**self.agreed, "groups": [*self.agreed["groups"], *added.get("groups", ())]}
            elif kind == "WORK":
                self.works[name] = parsed(item["body"])
            elif kind == "SHIPMENT":
                self.shipments[name] = parsed(item["body"])
            elif kind == "PAYMENT":
                self.payments[name] = parsed(item["body"])
            elif kind == "REFUND":
                self.refunds[name] = parsed(item["body"])
            elif kind == "RETURN":
                self.returns[name] = parsed(item["body"])
            elif kind == "RMA":
                self.rmas[name] = parsed(item["body"])
        for line in self.lines.values():
            if line.part_of is not None:
                self.lines[line.part_of].parts.append(line)
        self.cancelled: dict[int, int] = {}
        for cancellation in self.progress.get("cancellations", ()):
            line_no = cancellation["line_no"]
            self.cancelled[line_no] = self.cancelled.get(line_no, 0) + cancellation["quantity"]
        self.waiting: dict[int, int] = {one["line_no"]: one["quantity"] for one in self.progress.get("backorders", ())}

    @property
    def carried(self) -> dict[int, int]:
        """Units of each line that customers took along when they bought them: nobody's work."""
        found: dict[int, int] = {}
        for shipment in self.shipments.values():
            for part in shipment["lines"] if shipment.get("fulfillment_order_id") is None else ():
                found[part["line_no"]] = found.get(part["line_no"], 0) + part["quantity"]
        return found

    @property
    def is_sale(self) -> bool:
        """Whether it was sold at a till: all of its tenders paid there."""
        at_till = self.agreed.get("channel") == "store" or self.is_reserved
        return at_till and any(one.get("by_channel") for one in self.payments.values())

    @property
    def is_reserved(self) -> bool:
        """Whether a till was to be paid for it: it had no tender before it was sold there."""
        return self.progress.get("reserved") is not None

    @property
    def at_till(self) -> int:
        """What tenders paid at a till; what our own cards paid there is told by their accounts."""
        paid = [one for one in self.payments.values() if one.get("by_channel") and one["provider"] != "stored_value"]
        return sum(int(one["amount"]) for one in paid) if self.is_sale else 0

    @property
    def core(self) -> str:
        """The part of the id that the ids of its work, shipments and tenders carry too."""
        return self.id.partition("_")[2] or self.id

    @property
    def status(self) -> str:
        return str(self.header.get("status"))

    @property
    def is_over(self) -> bool:
        return self.status in ("COMPLETED", "CANCELLED")

    @property
    def in_review(self) -> bool:
        return bool(self.progress.get("in_review"))

    @property
    def sourced(self) -> bool:
        return bool(self.progress.get("sourced"))


class Picture:
    """All tables by partition, and the orders among them put together when somebody looks."""

    def __init__(self, tables: dict[str, dict[tuple[str, str], Item]] | None = None) -> None:
        self.partitions: dict[str, dict[str, Partition]] = {}
        self._views: dict[str, OrderView] = {}
        for table, items in (tables or {}).items():
            into = self.partitions.setdefault(table, {})
            for (pk, sk), item in items.items():
                into.setdefault(pk, {})[sk] = item

    def table(self, name: str) -> dict[str, Partition]:
        return self.partitions.setdefault(name, {})

    def items(self, table: str, pk: str) -> Partition:
        return self.table(table).get(pk, {})

    def take(self, changes: Iterable[Change]) -> None:
        """Make the picture that of after a commit."""
        for change in changes:
            partition = self.table(change.table).setdefault(change.pk, {})
            if change.after is None:
                partition.pop(change.sk, None)
            else:
                partition[change.sk] = change.after
            if change.table == "orders":
                self._views.pop(change.pk, None)

    def order(self, pk: str) -> OrderView | None:
        """An order, or None while its header is missing."""
        view = self._views.get(pk)
        if view is None:
            items = self.items("orders", pk)
            if "ORDER" not in items:
                return None
            view = self._views[pk] = OrderView(pk, items)
        return view

    def orders(self) -> list[OrderView]:
        found = (self.order(pk) for pk in self.table("orders") if is_order(pk))
        return [order for order in found if order is not None]


def is_order(pk: str) -> bool:
    """Whether a partition of table `orders` is that of one order."""
    return pk.split("#", 3)[2:3] == ["ORDER"]


class Commit:
    """The changes of one commit, sorted once for all who look at them."""

    __slots__ = ("all", "commands", "events", "ledger", "orders", "registry", "stock")

    def __init__(self, changes: Iterable[Change]) -> None:
        self.all = [change for change in changes if change.before != change.after]
        self.orders: dict[str, list[Change]] = {}
        self.stock: list[Change] = []
        self.events: list[Change] = []
        self.ledger: list[Change] = []
        self.commands: list[Change] = []
        self.registry: list[Change] = []
        for change in self.all:
            if change.table == "orders":
                self.orders.setdefault(change.pk, []).append(change)
            elif change.table in ("stock", "events", "ledger", "commands", "registry"):
                getattr(self, change.table).append(change)
