"""What is asked about orders: one order, its timeline, lists with filters and a cursor."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from oms.fulfillment.model import FulfillmentOrder, HoldRole
from oms.fulfillment.views import work_view
from oms.orders.backorders import Waiting
from oms.orders.model import Order, Status
from oms.orders.store import (
    backorders_list,
    find_by_external_id,
    header_key,
    load_order,
    offered_work,
    waiting_list,
    work_list,
)
from oms.orders.views import available_actions, summary
from oms.platform.cursors import bad_cursor, decode_cursor, encode_cursor
from oms.platform.dynamodb import Database
from oms.platform.events import events_partition
from oms.platform.principal import tenant_prefix
from oms.platform.problems import NotFound
from oms.platform.writes import Item, Key

INDEX = "by_status"
MOST_PER_PAGE = 100
_WORK_PER_PAGE = 50
_BACKORDERS_PER_PAGE = 1_000
# Of those who wait for an item so many are looked at.
MOST_IN_QUEUE = 500
# How far back a list looks for its next page before it answers with what it has.
_DAYS_PER_CALL = 31
_KEYS = ("pk", "sk", "gsi1pk", "gsi1sk")
_SHOWN = ("external_id", "channel", "status", "payment_status", "fulfillment_status", "currency", "total")


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders a list shows; None means any. Dates are days of placing in UTC, both included."""

    placed_from: date
    placed_to: date
    status: str | None = None
    payment_status: str | None = None
    fulfillment_status: str | None = None
    channel: str | None = None
    limit: int = 25
    cursor: str | None = None


def get_order(database: Database, tenant: str, order_id: str) -> Order:
    """One order; unknown or another tenant's raises NotFound."""
    order = load_order(database, tenant, order_id)
    if order is None:
        raise NotFound(f"There is no order {order_id}.")
    return order


def managed(orders: Iterable[Order | None]) -> list[Order]:
    """Those of some orders that there are and that are not history of another system."""
    return [order for order in orders if order is not None and order.header.history is None]


def get_timeline(database: Database, tenant: str, order_id: str) -> list[dict[str, Any]]:
    """Every fact about an order, oldest first: who did what, when, why, and what changed."""
    rows = list(database.query("events", events_partition(tenant, f"ORDER#{order_id}")))
    if not rows:
        raise NotFound(f"There is no order {order_id}.")
    return [_timeline_row(row) for row in rows]


def list_orders(database: Database, tenant: str, wanted: OrderFilter) -> dict[str, Any]:
    """Orders by placing, newest first: a page, and the cursor of the next one (None at the end)."""
    found, cursor = _find(database, tenant, wanted)
    versions = versions_of(database, tenant, [order["id"] for order in found])
    return {
        "orders": [order | {"version": versions[order["id"]]} for order in found if order["id"] in versions],
        "next_cursor": cursor,
    }


def _find(database: Database, tenant: str, wanted: OrderFilter) -> tuple[list[dict[str, Any]], str | None]:
    """The orders of a page as the index has them, and the cursor of the next one."""
    day, after = _read_cursor(tenant, wanted)
    found: list[dict[str, Any]] = []
    for _ in range(_DAYS_PER_CALL):
        if day < wanted.placed_from:
            return found, None
        partition = _placed_on(tenant, day)
        while True:
            page = database.query_index("orders", INDEX, partition, limit=wanted.limit, after=after, newest_first=True)
            for item in page.items:
                if _matches(item, wanted):
                    found.append(_listed(item))
                    if len(found) == wanted.limit:
                        return found, _cursor(day, _position(item))
            after = page.next
            if after is None:
                break
        day -= timedelta(days=1)
    return found, _cursor(day, None) if day >= wanted.placed_from else None


def find_order(database: Database, tenant: str, channel: str, external_id: str) -> dict[str, Any]:
    """The list of the one order that a channel placed under its own number, or an empty one."""
    order_id = find_by_external_id(database, tenant, channel, external_id)
    order = load_order(database, tenant, order_id) if order_id else None
    if order is None:
        return {"orders": [], "next_cursor": None}
    shown = summary(order).model_dump()
    names = ("id", "placed_at", *_SHOWN, "version", "available_actions")
    return {"orders": [{name: shown[name] for name in names}], "next_cursor": None}


def list_work(
    database: Database,
    tenant: str,
    node_id: str,
    status: str,
    *,
    now: str,
    limit: int,
    cursor: str | None,
    role: HoldRole = HoldRole.NODE,
) -> dict[str, Any]:
    """The fulfilment orders of a node in one state and those that are offered to it, oldest first.

    `role` is that of whoever reads them.
    """
    partition = work_list(tenant, node_id, status)
    after = _own(tenant, partition, decode_cursor(cursor)) if cursor else None
    page = database.query_index("orders", INDEX, partition, limit=limit, after=after)
    works = _listed_work(database, page.items)
    versions = versions_of(database, tenant, [work.order_id for work in works])
    return {
        "fulfillment_orders": [
            work_view(work, versions[work.order_id], node_id=node_id, now=now, role=role).model_dump() for work in works
        ],
        "next_cursor": encode_cursor(dict(page.next)) if page.next else None,
    }


def _listed_work(database: Database, items: Sequence[Item]) -> list[FulfillmentOrder]:
    """The work of a page; what is offered is read where it is kept, for the entry of an offer only names it."""
    named = [("orders", key) for item in items if (key := offered_work(item))]
    offered = database.get_many(named, consistent=False) if named else {}
    found = []
    for item in items:
        key = offered_work(item)
        kept = item if key is None else offered.get(("orders", key))
        if kept is not None:
            found.append(FulfillmentOrder.model_validate_json(str(kept["body"])))
    return found


def work_of_node(database: Database, tenant: str, node_id: str, status: str) -> Iterator[FulfillmentOrder]:
    """All fulfilment orders of a node in one state, oldest first, as its list has them; not what it is offered."""
    partition = work_list(tenant, node_id, status)
    after: Mapping[str, str] | None = None
    while True:
        page = database.query_index("orders", INDEX, partition, limit=_WORK_PER_PAGE, after=after)
        for item in page.items:
            if offered_work(item) is None:
                yield FulfillmentOrder.model_validate_json(str(item["body"]))
        if page.next is None:
            return
        after = page.next


def queue_of(database: Database, tenant: str, sku: str, most: int = MOST_IN_QUEUE) -> list[Waiting]:
    """Who waits for an item: what was promised for sooner first, then by age; no more than `most`."""
    partition = str(waiting_list(tenant, sku)["gsi1pk"])
    page = database.query_index("orders", INDEX, partition, limit=most)
    return [Waiting.model_validate_json(str(item["body"])) for item in page.items]


def backordered_orders(database: Database, tenant: str, most: int) -> Iterator[tuple[str, str, list[str]]]:
    """Orders that wait for stock: until when something of each does, its id, and the items; soonest first.

    No more than `most`, a page at a time: what becomes of those of a page does not move the next one.
    """
    partition = str(backorders_list(tenant)["gsi1pk"])
    after: Mapping[str, str] | None = None
    while most > 0:
        page = database.query_index("orders", INDEX, partition, limit=min(most, _BACKORDERS_PER_PAGE), after=after)
        for item in page.items:
            until, order_id = str(item["gsi1sk"]).split("#", 1)
            yield until, order_id, str(item["body"]).split("\n")
        most, after = most - len(page.items), page.next
        if after is None:
            return


def versions_of(database: Database, tenant: str, order_ids: Iterable[str]) -> dict[str, int]:
    """The versions of some orders, which the index does not carry: every step of an order would write to it."""
    keys = {("orders", header_key(tenant, order_id)): order_id for order_id in order_ids}
    found = database.get_many(list(keys), consistent=False)
    return {keys[key]: int(str(header["version"])) for key, header in found.items()}


def _timeline_row(row: Item) -> dict[str, Any]:
    envelope = json.loads(str(row["detail"]))
    meta, hidden = envelope["meta"], cast("list[str]", row.get("hidden", []))
    return {
        "sequence": meta["sequence"],
        "occurred_at": meta["occurred_at"],
        "event": meta["type"],
        "command": meta["command"],
        "actor": meta["actor"],
        "role": meta["role"],
        "channel": meta["channel"],
        "reason": meta["reason"],
        "correlation_id": meta["correlation_id"],
        "causation_id": meta["causation_id"],
        "changes": row["changes"],
        "data": {name: value for name, value in envelope["data"].items() if name not in hidden},
    }


def _matches(item: Item, wanted: OrderFilter) -> bool:
    return all(
        asked is None or item.get(name) == asked
        for name, asked in (
            ("status", wanted.status),
            ("payment_status", wanted.payment_status),
            ("fulfillment_status", wanted.fulfillment_status),
            ("channel", wanted.channel),
        )
    )


def _listed(item: Item) -> dict[str, Any]:
    placed_at, order_id = str(item["gsi1sk"]).split("#", 1)
    return {
        "id": order_id,
        "placed_at": placed_at,
        **{name: item[name] for name in _SHOWN},
        "available_actions": available_actions(Status(str(item["status"]))),
    }


def _position(item: Item) -> dict[str, str]:
    return {name: str(item[name]) for name in _KEYS}


def _read_cursor(tenant: str, wanted: OrderFilter) -> tuple[date, Mapping[str, str] | None]:
    if wanted.cursor is None:
        return wanted.placed_to, None
    content = decode_cursor(wanted.cursor)
    try:
        day = date.fromisoformat(content.pop("day"))
    except (KeyError, ValueError) as error:
        raise bad_cursor() from error
    if day > wanted.placed_to:
        raise bad_cursor()
    return day, _own(tenant, _placed_on(tenant, day), content) if content else None


def _placed_on(tenant: str, day: date) -> str:
    """The partition of the index that lists the orders of one day."""
    return f"{tenant_prefix(tenant)}ORDERS#{day.isoformat()}"


def _own(tenant: str, partition: str, position: dict[str, str]) -> dict[str, str]:
    """A position in the partition that is asked for and inside the tenant's own keys; a made-up one is refused."""
    if position.keys() != set(_KEYS):
        raise bad_cursor()
    if position["gsi1pk"] != partition or not position["pk"].startswith(tenant_prefix(tenant)):
        raise bad_cursor()
    try:
        for pk, sk in (("pk", "sk"), ("gsi1pk", "gsi1sk")):
            Key(position[pk], position[sk])
    except NotFound as error:
        raise bad_cursor() from error
    return position


def _cursor(day: date, position: Mapping[str, str] | None) -> str:
    return encode_cursor({"day": day.isoformat(), **(position or {})})
