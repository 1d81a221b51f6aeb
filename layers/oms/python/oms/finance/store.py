"""The ledger as it is stored (table `ledger`). Rows are added and never changed, but for the states of days.

| access pattern | how |
|---|---|
| an entry by its business identity; the same row marks it as posted | Get pk T#<t>#ENTRY#<identity key>, sk MARK |
| the entries of an order | index by_order: gsi1pk T#<t>#ORDER#<order id>, gsi1sk <occurred at>#<entry id> |
| the pages of a lane, and its end | Query pk T#<t>#LEDGER#<entity>#<store>#<date>#<lane>, sk ENTRY#<first position> |
| the lanes of a day | Query pk T#<t>#LEDGER#<entity>#<date>, sk LANE#<store>#<lane> |
| the days of an entity, each OPEN or CLOSED, and its number of stores | Query pk T#<t>#LEDGER, sk DAY#<entity>#<date> |
| the stores of a day, each OPEN, SEALING or SEALED | Query pk T#<t>#LEDGER#<entity>#<date>, sk STORE#<store> |
| postings refused because of their identity | Query pk T#<t>#QUARANTINE, sk <identity key>#<content hash> |

Write units of one transaction that posts n entries in a lane (entries below 1 KB): 2 n for the entries, n for the
index, 2 for the page; 4 more when the lane is new, and 2 more when
the store is new on that day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from oms.finance.lanes import Day, Lane, LaneEnd, Page, StoreDay
from oms.finance.model import Entry, PostedEntry, Posting
from oms.platform.clock import format_instant
from oms.platform.dynamodb import Database, from_attributes
from oms.platform.principal import tenant_prefix
from oms.platform.settings import table_name
from oms.platform.writes import Item, Key, Kind, Value, Write, create, put

TABLE = "ledger"
MARK = "MARK"
OPEN, CLOSED = "OPEN", "CLOSED"
# A store's day is open, then on its way to be sealed, then sealed.
SEALING, SEALED = "SEALING", "SEALED"
_READ_TOGETHER = 100


@dataclass(frozen=True, slots=True)
class DayRow:
    """The state of a day, and how many stores have it."""

    state: str
    stores: int


def entry_key(tenant: str, identity_key: str) -> Key:
    """Where the entry of a business identity is kept."""
    return Key(f"{tenant_prefix(tenant)}ENTRY#{identity_key}", MARK)


def page_key(lane: Lane, first: int) -> Key:
    """Where the page that begins at a position of a lane is kept."""
    return Key(_lane_partition(lane), f"ENTRY#{first:09d}")


def day_key(day: Day) -> Key:
    """Where the state of a day is kept."""
    return Key(f"{tenant_prefix(day.tenant)}LEDGER", f"DAY#{day.entity}#{day.date.isoformat()}")


def store_day_key(store_day: StoreDay) -> Key:
    """Where the state of a store's day is kept."""
    return Key(day_partition(store_day.day), f"STORE#{store_day.store}")


def _lane_partition(lane: Lane) -> str:
    day = lane.day
    return f"{tenant_prefix(day.tenant)}LEDGER#{day.entity}#{lane.store}#{day.date.isoformat()}#{lane.number:02d}"


def day_partition(day: Day) -> str:
    """Where the directory of a day is kept: its stores and their lanes."""
    return f"{tenant_prefix(day.tenant)}LEDGER#{day.entity}#{day.date.isoformat()}"


# Writes.


def entry_write(tenant: str, posting: Posting, entry: PostedEntry) -> Write:
    """The entry, which can be posted once per business identity."""
    item: Item = {"content_hash": posting.content_hash, "body": entry.model_dump_json(exclude_defaults=True)}
    if entry.order_id is not None:
        item["gsi1pk"] = f"{tenant_prefix(tenant)}ORDER#{entry.order_id}"
        item["gsi1sk"] = f"{format_instant(entry.occurred_at)}#{entry.entry_id}"
    return create(TABLE, entry_key(tenant, posting.identity_key), item)


def page_write(lane: Lane, page: Page) -> Write:
    """One more page at the end of a lane; it fails when somebody else wrote or closed there first."""
    item: Item = {"closing": True} if page.closing else {"entries": list(page.identity_keys)}
    return create(TABLE, page_key(lane, page.first), item)


def new_lane_write(lane: Lane) -> Write:
    """Make a lane known in the directory of its day."""
    return put(TABLE, Key(day_partition(lane.day), f"LANE#{lane.store}#{lane.number:02d}"), {})


def store_is_open_write(store_day: StoreDay) -> Write:
    """Hold a transaction that opens a lane to its store's day still being open."""
    return Write(Kind.CHECK, TABLE, store_day_key(store_day), equals={"state": OPEN})


def stores_join_writes(day: Day, row: DayRow | None, stores: Collection[str]) -> list[Write]:
    """Open a day for stores that it did not have; the first of them opens the day itself."""
    new = [create(TABLE, store_day_key(StoreDay(day, store)), {"state": OPEN}) for store in sorted(stores)]
    return [*new, joined_write(day, row, len(new))]


def joined_write(day: Day, row: DayRow | None, more: int) -> Write:
    """Count stores that join an open day, so that it can only be closed with all of them in sight."""
    if row is None:
        return create(TABLE, day_key(day), {"state": OPEN, "stores": more})
    kept: Item = {"state": OPEN, "stores": row.stores}
    return Write(Kind.CHANGE, TABLE, day_key(day), set={"stores": row.stores + more}, equals=kept)


def close_day_write(day: Day, row: DayRow | None) -> Write:
    """Close a day for good: no store joins it any more. Fails when one has joined since the row was read."""
    if row is None:
        return create(TABLE, day_key(day), {"state": CLOSED, "stores": 0})
    kept: Item = {"state": row.state, "stores": row.stores}
    return Write(Kind.CHANGE, TABLE, day_key(day), set={"state": CLOSED}, equals=kept)


def quarantine_write(tenant: str, posting: Posting, stored_hash: str, seen_at: datetime) -> Write:
    """Keep a posting that was refused, with what it would have posted; writing it again changes nothing."""
    item: Item = {
        "stored_hash": stored_hash,
        "seen_at": format_instant(seen_at),
        "body": posting.entry.model_dump_json(exclude_defaults=True),
    }
    if posting.business_date is not None:
        item["business_date"] = posting.business_date.isoformat()
    key = Key(f"{tenant_prefix(tenant)}QUARANTINE", f"{posting.identity_key}#{posting.content_hash}")
    return put(TABLE, key, item)


# Reads.


def day_row(database: Database, day: Day) -> DayRow | None:
    """The state of a day, or None where nobody has posted to it."""
    item = database.get(TABLE, day_key(day))
    return None if item is None else DayRow(str(item["state"]), int(str(item["stores"])))


def store_state(database: Database, store_day: StoreDay) -> str | None:
    """OPEN, SEALING, SEALED, or None for a store's day that nobody has posted to."""
    item = database.get(TABLE, store_day_key(store_day))
    return None if item is None else str(item["state"])


def days_of(database: Database, tenant: str, entity: str | None = None) -> Iterator[tuple[Day, str]]:
    """The days that have a state, by entity and date."""
    begins = "DAY#" if entity is None else f"DAY#{entity}#"
    for item in database.query(TABLE, f"{tenant_prefix(tenant)}LEDGER", begins=begins):
        _, owner, text = str(item["sk"]).split("#")
        yield Day(tenant, owner, date.fromisoformat(text)), str(item["state"])


def stores_of(database: Database, day: Day) -> Iterator[tuple[str, Item]]:
    """The stores of a day with their rows, by name."""
    for item in database.query(TABLE, day_partition(day), begins="STORE#"):
        yield str(item["sk"]).removeprefix("STORE#"), item


def lanes_of(database: Database, day: Day, store: str | None = None) -> list[Lane]:
    """The lanes of a day, or of one of its stores, by store and number."""
    lanes = []
    for item in database.query(TABLE, day_partition(day), begins="LANE#" if store is None else f"LANE#{store}#"):
        _, owner, number = str(item["sk"]).split("#")
        lanes.append(Lane(day, owner, int(number)))
    return lanes


def lane_end(database: Database, lane: Lane) -> LaneEnd:
    """Where a lane ends now."""
    for page in _pages(database, lane, newest_first=True, limit=1):
        return LaneEnd(page.first + len(page.identity_keys), page.closing)
    return LaneEnd()


def entries_of_lane(
    database: Database, lane: Lane, after: int, through: int | None = None
) -> Iterator[tuple[int, PostedEntry]]:
    """The entries of a lane with their sequence numbers, for the positions after one and up to another.

    Both must be ends of pages. Pages are read one after another, so a lane of any length takes little memory.
    """
    waiting: list[tuple[int, str]] = []
    for page in _pages(database, lane, after=after):
        if through is not None and page.first > through:
            break
        waiting += enumerate(page.identity_keys, start=page.first)
        if len(waiting) >= _READ_TOGETHER:
            yield from _entries_at(database, lane, waiting)
            waiting = []
    yield from _entries_at(database, lane, waiting)


def entries_of_order(database: Database, tenant: str, order_id: str) -> Iterator[PostedEntry]:
    """The entries of an order, oldest first; the newest may be missing for a moment (it is an index)."""
    after: Mapping[str, str] | None = None
    while True:
        page = database.query_index(TABLE, "by_order", f"{tenant_prefix(tenant)}ORDER#{order_id}", after=after)
        for item in page.items:
            yield PostedEntry.model_validate_json(str(item["body"]))
        if page.next is None:
            return
        after = page.next


def quarantined(database: Database, tenant: str) -> Iterator[tuple[date | None, Entry]]:
    """The entries that were refused because of their identity, with the business date that their fact named."""
    for item in database.query(TABLE, f"{tenant_prefix(tenant)}QUARANTINE"):
        named = item.get("business_date")
        yield None if named is None else date.fromisoformat(str(named)), Entry.model_validate_json(str(item["body"]))


def find_content_hash(database: Database, tenant: str, identity_key: str) -> str | None:
    """The content under which a business identity was posted, or None."""
    item = database.get(TABLE, entry_key(tenant, identity_key))
    return None if item is None else str(item["content_hash"])


def _entries_at(database: Database, lane: Lane, places: Sequence[tuple[int, str]]) -> Iterator[tuple[int, PostedEntry]]:
    keys = [entry_key(lane.day.tenant, identity_key) for _, identity_key in places]
    found = database.get_many([(TABLE, key) for key in keys])
    for (position, _), key in zip(places, keys, strict=True):
        yield lane.sequence(position), PostedEntry.model_validate_json(str(found[(TABLE, key)]["body"]))


def _pages(
    database: Database, lane: Lane, *, after: int = 0, newest_first: bool = False, limit: int | None = None
) -> Iterator[Page]:
    """Pages that begin behind a position. Lanes grow long, so they are entered in the middle or from the end."""
    request: dict[str, Any] = {
        "TableName": table_name(TABLE),
        "KeyConditionExpression": "pk = :p AND sk > :a",
        "ExpressionAttributeValues": {
            ":p": {"S": _lane_partition(lane)},
            ":a": {"S": page_key(lane, after).sk},
        },
        "ConsistentRead": True,
        "ScanIndexForward": not newest_first,
    }
    if limit is not None:
        request["Limit"] = limit
    while True:
        answer = database.client.query(**request)
        for row in answer["Items"]:
            yield _page(from_attributes(row))
        if "LastEvaluatedKey" not in answer or limit is not None:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _page(item: Item) -> Page:
    entries: Value = item.get("entries", [])
    assert isinstance(entries, list)
    first = int(str(item["sk"]).removeprefix("ENTRY#"))
    return Page(first, tuple(str(key) for key in entries), closing=bool(item.get("closing", False)))
