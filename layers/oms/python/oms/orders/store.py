"""Where an order lives in table `orders`.

| what | pk | sk |
|---|---|---|
| header: what changes, with version and statuses | T#<tenant>#ORDER#<id> | ORDER |
| header: what was agreed, written once | same | AGREED |
| lines, 40 at a time | same | LINES#<first line no> |
| lines that a change added, with their groups | same | XLINES#<lines before> |
| tenders, refunds, returns | same | PAYMENT#<id>, REFUND#<id>, RETURN#<id> |
| shipments, fulfilment orders | same | SHIPMENT#<id>, WORK#<id> |
| that some work of it is offered to a node, besides the one that has it | same | OFFER#<id>#<node> |
| that a leg of it is on its way to a node | same | ARRIVAL#<id> |
| returns by post; one whose units are to come also stands in the list of until when | same | RMA#<id> |
| choices of its customer; one that is open also stands in the list of when it ends | same | XCHOICE#<id> |
| that the order is unfinished, while the sweeper looks after it | same | OPEN |
| that units of it wait for stock | same | BACKORDER |
| the same of one of its groups and an item | same | BACKORDER#<group no>#<sku> |
| its change orders, written once | T#<tenant>#CHANGES#<order id> | <number> |
| who has an external id | T#<tenant>#EXTERNAL#<channel>#<external id> | EXTERNAL |

Index `by_status`: orders by day of placing (T#<tenant>#ORDERS#<yyyy-mm-dd>), fulfilment orders by node and status
(T#<tenant>#WORK#<node>#<status>), unfinished orders by when to look at them (T#<tenant>#OPEN), backorders by when they
are cancelled (T#<tenant>#BACKORDERS) and of an item by what was promised for when (T#<tenant>#BACKORDERS#<sku>), open
choices by when they end (T#<tenant>#CHOICES). One query of the partition reads an order whole.

A query is not isolated from a transaction. What changes sorts after the header, so a child can be newer than the
header that it is read with, never older; the commit of whoever read it then fails on the header's version. Lines that
were added sort after all of it, so whoever reads work has its lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from pydantic import TypeAdapter

from oms.choices.model import Choice
from oms.fulfillment.model import FulfillmentOrder, Shipment, Status
from oms.orders.model import Header, Line, Order
from oms.payments.model import Payment
from oms.payments.refunds import Refund
from oms.platform.dynamodb import Database
from oms.platform.ids import child_number
from oms.platform.principal import tenant_prefix
from oms.platform.problems import NotFound
from oms.platform.writes import Item, Key
from oms.returns.model import EXPECTING, Return, Rma

LINES_PER_ITEM = 40
# What of the header changes. Each step of an order rewrites the item that holds this, so nothing else is in it.
PROGRESS = frozenset(
    {"validations", "in_review", "sourced", "cancellations", "backorders", "reserved", "together", "written_off"}
    | {"write_offs", "changes"}
)
_LINES = TypeAdapter(tuple[Line, ...])


def partition(tenant: str, order_id: str) -> str:
    """The partition of one order."""
    return f"{tenant_prefix(tenant)}ORDER#{order_id}"


def header_key(tenant: str, order_id: str) -> Key:
    return Key(partition(tenant, order_id), "ORDER")


def agreed_key(tenant: str, order_id: str) -> Key:
    return Key(partition(tenant, order_id), "AGREED")


def work_key(tenant: str, order_id: str, work_id: str) -> Key:
    """Where some work of an order is kept."""
    return Key(partition(tenant, order_id), f"WORK#{work_id}")


def work_list(tenant: str, node_id: str, status: str) -> str:
    """The list of the work of a node in one state, in the index."""
    return f"{tenant_prefix(tenant)}WORK#{node_id}#{status}"


def work_place(tenant: str, work: FulfillmentOrder, node_id: str) -> Item:
    """Where some work stands in the lists of a node: oldest first."""
    return {"gsi1pk": work_list(tenant, node_id, work.status.value), "gsi1sk": f"{work.created_at}#{work.id}"}


def offer_key(tenant: str, work: FulfillmentOrder, node_id: str) -> Key:
    """Where it is noted that work of another node is offered to a node."""
    return Key(partition(tenant, work.order_id), f"OFFER#{work.id}#{node_id}")


def arrival_key(tenant: str, leg: FulfillmentOrder) -> Key:
    """Where it is noted that a leg is on its way to a node."""
    return Key(partition(tenant, leg.order_id), f"ARRIVAL#{leg.id}")


def arrival_place(tenant: str, leg: FulfillmentOrder) -> Item | None:
    """Where a leg stands in the list of the node that it goes to: as IN_TRANSIT, as long as anything is on its way."""
    if leg.destination_node is None or not any(line.under_way for line in leg.lines):
        return None
    coming = work_list(tenant, leg.destination_node, Status.IN_TRANSIT.value)
    return {"gsi1pk": coming, "gsi1sk": f"{leg.created_at}#{leg.id}"}


def offered_work(entry: Item) -> Key | None:
    """The work that an entry of a list is an offer or an arrival of; None where it is work of the node itself."""
    kind, _, rest = str(entry["sk"]).partition("#")
    return Key(str(entry["pk"]), f"WORK#{rest.partition('#')[0]}") if kind in ("OFFER", "ARRIVAL") else None


def unfinished_key(tenant: str, order_id: str) -> Key:
    return Key(partition(tenant, order_id), "OPEN")


def unfinished_position(tenant: str, order_id: str, due: str = "") -> Item:
    """Where an unfinished order stands in the index: by when it is due; without that, before all others."""
    return {"gsi1pk": f"{tenant_prefix(tenant)}OPEN", "gsi1sk": f"{due}#{order_id}"}


def backorder_key(tenant: str, order_id: str) -> Key:
    """Where it is noted that an order waits for stock."""
    return Key(partition(tenant, order_id), "BACKORDER")


def backorders_list(tenant: str, place: str = "") -> Item:
    """The list of all orders that wait for stock, or the place of one there: by when something of it is cancelled."""
    return {"gsi1pk": f"{tenant_prefix(tenant)}BACKORDERS", "gsi1sk": place}


def waiting_key(tenant: str, order_id: str, group_no: int, sku: str) -> Key:
    """Where it is noted that a group of an order waits for an item."""
    return Key(partition(tenant, order_id), f"BACKORDER#{group_no}#{sku}")


def waiting_list(tenant: str, sku: str, place: str = "") -> Item:
    """The queue of an item, or the place of an order's group in it: by what was promised, then by age."""
    return {"gsi1pk": f"{tenant_prefix(tenant)}BACKORDERS#{sku}", "gsi1sk": place}


def choice_key(tenant: str, choice: Choice) -> Key:
    """Where a choice is kept: behind the header, as everything that changes."""
    return Key(partition(tenant, choice.order_id), f"XCHOICE#{choice.id}")


def choices_list(tenant: str, place: str = "") -> Item:
    """The list of all open choices, or the place of one there: by when it ends."""
    return {"gsi1pk": f"{tenant_prefix(tenant)}CHOICES", "gsi1sk": place}


def changes_partition(tenant: str, order_id: str) -> str:
    """Where the change orders of an order are: apart from it, so that many of them do not make reading it slow."""
    return f"{tenant_prefix(tenant)}CHANGES#{order_id}"


def change_key(tenant: str, order_id: str, number: int) -> Key:
    """Where a change order is kept, in the order of their numbers."""
    return Key(changes_partition(tenant, order_id), f"{number:06d}")


def rmas_list(tenant: str, place: str = "") -> Item:
    """The list of all returns by post whose units are to come, or the place of one there: by until when they may."""
    return {"gsi1pk": f"{tenant_prefix(tenant)}RMAS", "gsi1sk": place}


def overdue_rmas(database: Database, tenant: str, until: str) -> Iterator[str]:
    """The returns by post whose units are to come and might until an instant or before, one page of the first."""
    page = database.query_index("orders", "by_status", str(rmas_list(tenant)["gsi1pk"]), limit=100)
    for item in page.items:
        expires_at, _, rma_id = str(item["gsi1sk"]).partition("#")
        if expires_at > until:
            return
        yield rma_id


def rma_item(tenant: str, rma: Rma) -> Item:
    """A return by post as it is kept; one of which nothing is to come stands in no list."""
    item: Item = {"body": rma.model_dump_json(exclude_defaults=True)}
    if rma.state in EXPECTING and rma.to_come:
        item |= rmas_list(tenant, f"{rma.expires_at}#{rma.id}")
    return item


def external_key(tenant: str, channel: str, external_id: str) -> Key:
    """Where it is noted which order a channel's own number means."""
    return Key(f"{tenant_prefix(tenant)}EXTERNAL#{channel}#{external_id}", "EXTERNAL")


def lines_items(lines: Sequence[Line]) -> Iterable[tuple[str, Item]]:
    """The sort keys and items that hold the lines."""
    for start in range(0, len(lines), LINES_PER_ITEM):
        chunk = tuple(lines[start : start + LINES_PER_ITEM])
        yield f"LINES#{start:06d}", {"body": _LINES.dump_json(chunk, exclude_defaults=True).decode()}


def load_order(database: Database, tenant: str, order_id: str) -> Order | None:
    """An order with all its children at one version, or None; one that is still being placed does not exist yet."""
    return order_from_items(database.query("orders", partition(tenant, order_id)))


def existing_order(database: Database, tenant: str, order_id: str) -> Order:
    """An order with all its children at one version; an unknown one raises NotFound."""
    order = load_order(database, tenant, order_id)
    if order is None:
        raise NotFound(f"There is no order {order_id}.")
    return order


def fresh_orders(database: Database, tenant: str, order: Order) -> Iterator[Order]:
    """The order as it was read, and after each lost race as it is then.

    A decision on an order that was read before is safe: its commit is held to the version that was read.
    """
    yield order
    while True:
        yield existing_order(database, tenant, order.header.id)


def order_from_items(items: Iterable[Item]) -> Order | None:
    """Put the items of one partition together."""
    header: dict[str, object] = {}
    lines: list[Line] = []
    groups: list[object] = []
    work: list[FulfillmentOrder] = []
    shipments: list[Shipment] = []
    payments: list[Payment] = []
    refunds: list[Refund] = []
    returns: list[Return] = []
    choices: list[Choice] = []
    rmas: list[Rma] = []
    for item in items:
        kind = str(item["sk"]).split("#", 1)[0]
        body = str(item.get("body", ""))
        if kind == "ORDER":
            header |= {**json.loads(str(item["progress"])), "version": item["version"], "sequence": item["sequence"]}
        elif kind == "AGREED":
            header |= json.loads(body)
        elif kind == "LINES":
            lines.extend(_LINES.validate_json(body))
        elif kind == "XLINES":
            lines.extend(_LINES.validate_python(json.loads(body)["lines"]))
            groups.extend(json.loads(body).get("groups", ()))
        elif kind == "WORK":
            work.append(FulfillmentOrder.model_validate_json(body))
        elif kind == "SHIPMENT":
            shipments.append(Shipment.model_validate_json(body))
        elif kind == "PAYMENT":
            payments.append(Payment.model_validate_json(body))
        elif kind == "REFUND":
            refunds.append(Refund.model_validate_json(body))
        elif kind == "RETURN":
            returns.append(Return.model_validate_json(body))
        elif kind == "XCHOICE":
            choices.append(Choice.model_validate_json(body))
        elif kind == "RMA":
            rmas.append(Rma.model_validate_json(body))
    if "version" not in header:
        return None
    if groups:
        header["groups"] = [*cast("list[object]", header["groups"]), *groups]
    return Order(
        Header.model_validate(header),
        tuple(lines),
        tuple(work),
        tuple(shipments),
        tuple(sorted(payments, key=lambda p: p.rank)),
        tuple(sorted(refunds, key=lambda one: child_number(one.id))),
        tuple(sorted(returns, key=lambda one: child_number(one.id))),
        tuple(sorted(choices, key=lambda one: child_number(one.id))),
        tuple(sorted(rmas, key=lambda one: child_number(one.id))),
    )


def find_by_external_id(database: Database, tenant: str, channel: str, external_id: str) -> str | None:
    """The id of the order that a channel placed under its own number, or None."""
    item = database.get("orders", external_key(tenant, channel, external_id))
    return str(item["order_id"]) if item and "order_id" in item else None
