"""Reading drawers (table `ledger`).

| access pattern | how |
|---|---|
| a session | Get pk T#<t>#DRAWERSESSION#<id>, sk SESSION |
| the statements of a session, oldest first | Query there, sk STATEMENT#<number> |
| whether a drawer is open | Get pk T#<t>#DRAWER#<node>#<drawer>, sk DRAWER |
| the sessions of a store's business date | Query pk T#<t>#DRAWERDAY#<node>#<business date>, sk SESSION#<drawer>#<id> |
| the sessions of a drawer, newest first | Query there, sk SESSION#<business date>#<id> |
| which numbers of a till have come | Get pk T#<t>#TILL#<node>#<device>#<business date>, sk TILL |
| the movements of a till, newest first; one by its number | Query or Get there, sk MOVEMENT#<number> |
| the cash of sales of a till, before these | the same query, sk MOVEMENT#SALE#<number of the transaction> |
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from oms.drawers.model import Movement, Session, Statement
from oms.drawers.writes import (
    TABLE,
    Drawer,
    Till,
    day_partition,
    drawer_key,
    drawer_partition,
    movement_key,
    session_key,
    till_key,
)
from oms.platform.dynamodb import Database


def load_session(database: Database, tenant: str, session_id: str) -> Session | None:
    """One session, or None."""
    item = database.get(TABLE, session_key(tenant, session_id))
    return Session.model_validate_json(str(item["body"])) if item else None


def load_statements(database: Database, tenant: str, session_id: str) -> list[Statement]:
    """Every statement of a session, oldest first."""
    rows = database.query(TABLE, session_key(tenant, session_id).pk, begins="STATEMENT#")
    return [Statement.model_validate_json(str(row["body"])) for row in rows]


def load_drawer(database: Database, tenant: str, node_id: str, drawer_id: str) -> Drawer:
    """A drawer; one that was never opened has version 0."""
    item = database.get(TABLE, drawer_key(tenant, node_id, drawer_id))
    return Drawer.model_validate_json(str(item["body"])) if item else Drawer()


def load_till(database: Database, tenant: str, node_id: str, device: str, day: date) -> Till:
    """The numbers of a till on a business date."""
    item = database.get(TABLE, till_key(tenant, node_id, device, day))
    return Till.model_validate_json(str(item["body"])) if item else Till()


def load_movement(
    database: Database, tenant: str, node_id: str, day: date, device: str, sequence: int
) -> Movement | None:
    """The movement that a till told under a number, or None."""
    item = database.get(TABLE, movement_key(tenant, node_id, day, device, sequence))
    return Movement.model_validate_json(str(item["body"])) if item else None


def list_sessions(
    database: Database, tenant: str, node_id: str, drawer_id: str, *, begins: str, limit: int, after: str | None
) -> tuple[list[Session], str | None]:
    """A page of a drawer's sessions, newest first, and where the next one begins."""
    partition = drawer_partition(tenant, node_id, drawer_id)
    page = database.query_page(TABLE, partition, begins=begins, limit=limit, after=after)
    ids = [str(row["sk"]).rsplit("#", 1)[1] for row in page.items]
    return _in_order(database, tenant, ids), page.next["sk"] if page.next else None


def list_movements(
    database: Database, tenant: str, session: Session, device: str, *, limit: int, after: str | None
) -> tuple[list[Movement], str | None]:
    """A page of what a till told on the session's date, newest first: only what belongs to the session."""
    partition = till_key(tenant, session.node_id, device, session.business_date).pk
    page = database.query_page(TABLE, partition, begins="MOVEMENT#", limit=limit, after=after)
    found = [Movement.model_validate_json(str(row["body"])) for row in page.items]
    return [one for one in found if one.session_id == session.id], page.next["sk"] if page.next else None


def sessions_of_day(database: Database, tenant: str, node_id: str, day: date) -> list[Session]:
    """Every session of a store's business date, by drawer."""
    rows = database.query(TABLE, day_partition(tenant, node_id, day), begins="SESSION#")
    return _in_order(database, tenant, [str(row["sk"]).rsplit("#", 1)[1] for row in rows])


def movements_of_till(database: Database, tenant: str, node_id: str, device: str, day: date) -> list[Movement]:
    """Every movement that a till told for a business date, by number."""
    rows = database.query(TABLE, till_key(tenant, node_id, device, day).pk, begins="MOVEMENT#")
    return [Movement.model_validate_json(str(row["body"])) for row in rows]


def _in_order(database: Database, tenant: str, ids: Iterable[str]) -> list[Session]:
    keys = [session_key(tenant, one) for one in ids]
    found = database.get_many([(TABLE, key) for key in keys])
    return [Session.model_validate_json(str(found[TABLE, key]["body"])) for key in keys if (TABLE, key) in found]
