"""Changes to the rows of drawers, as writes for the transaction of the command (table `ledger`)."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from oms.drawers.model import Movement, Session, Statement
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put

TABLE = "ledger"


class Drawer(BaseModel):
    """A drawer of a store: its open session, if it has one."""

    model_config = ConfigDict(frozen=True)
    open_session: str | None = None
    version: int = 0


class Till(BaseModel):
    """The numbers that have come from a till on a business date, as runs of first and last number."""

    model_config = ConfigDict(frozen=True)
    runs: tuple[tuple[int, int], ...] = ()
    version: int = 0


def drawer_partition(tenant: str, node_id: str, drawer_id: str) -> str:
    """Where a drawer and the list of its sessions are kept."""
    return f"{tenant_prefix(tenant)}DRAWER#{node_id}#{drawer_id}"


def drawer_key(tenant: str, node_id: str, drawer_id: str) -> Key:
    """Where it is kept whether a drawer is open."""
    return Key(drawer_partition(tenant, node_id, drawer_id), "DRAWER")


def day_partition(tenant: str, node_id: str, day: date) -> str:
    """Where the list of a store's sessions of a business date is kept."""
    return f"{tenant_prefix(tenant)}DRAWERDAY#{node_id}#{day.isoformat()}"


def session_key(tenant: str, session_id: str) -> Key:
    """Where a session is kept."""
    return Key(f"{tenant_prefix(tenant)}DRAWERSESSION#{session_id}", "SESSION")


def statement_key(tenant: str, session_id: str, number: int) -> Key:
    """Where a statement of a session is kept."""
    return Key(session_key(tenant, session_id).pk, f"STATEMENT#{number:06d}")


def till_key(tenant: str, node_id: str, device: str, day: date) -> Key:
    """Where it is kept which numbers of a till have come."""
    return Key(f"{tenant_prefix(tenant)}TILL#{node_id}#{device}#{day.isoformat()}", "TILL")


def movement_key(tenant: str, node_id: str, day: date, device: str, sequence: int) -> Key:
    """Where a movement is kept: by the number that its till gave it, so that it can come once."""
    return Key(till_key(tenant, node_id, device, day).pk, f"MOVEMENT#{sequence:06d}")


def session_write(tenant: str, session: Session, *, over: int | None) -> Write:
    """A session as it is now, over the version that was read; a new one must not exist."""
    row: Item = {"version": session.version, "body": session.model_dump_json()}
    key = session_key(tenant, session.id)
    return create(TABLE, key, row) if over is None else put(TABLE, key, row, version=over)


def listed_writes(tenant: str, session: Session) -> list[Write]:
    """The lines of a session in the lists of its drawer and of its store's business date."""
    partition = drawer_partition(tenant, session.node_id, session.drawer_id)
    of_day = day_partition(tenant, session.node_id, session.business_date)
    return [
        create(TABLE, Key(partition, f"SESSION#{session.business_date.isoformat()}#{session.id}"), {}),
        create(TABLE, Key(of_day, f"SESSION#{session.drawer_id}#{session.id}"), {}),
    ]


def drawer_write(tenant: str, node_id: str, drawer_id: str, drawer: Drawer) -> Write:
    """A drawer as it is now, held to the version before it."""
    row: Item = {"version": drawer.version, "body": drawer.model_dump_json()}
    key = drawer_key(tenant, node_id, drawer_id)
    return create(TABLE, key, row) if drawer.version == 1 else put(TABLE, key, row, version=drawer.version - 1)


def till_write(tenant: str, node_id: str, device: str, day: date, till: Till) -> Write:
    """The numbers of a till as they are now, held to the version before."""
    row: Item = {"version": till.version, "body": till.model_dump_json()}
    key = till_key(tenant, node_id, device, day)
    return create(TABLE, key, row) if till.version == 1 else put(TABLE, key, row, version=till.version - 1)


def movement_write(tenant: str, session: Session, movement: Movement) -> Write:
    """A movement, which comes once."""
    key = movement_key(tenant, session.node_id, session.business_date, movement.device, movement.sequence)
    return create(TABLE, key, {"session_id": session.id, "body": movement.model_dump_json()})


def sale_movement_write(tenant: str, session: Session, movement: Movement) -> Write:
    """The cash of a sale, which comes once with its transaction: beside the movements of its till.

    That of a gift card has no number, and is named by the card.
    """
    till = till_key(tenant, session.node_id, movement.device, session.business_date)
    name = f"{movement.sequence:09d}" if movement.sequence else movement.sale_id
    key = Key(till.pk, f"MOVEMENT#SALE#{name}")
    return create(TABLE, key, {"session_id": session.id, "body": movement.model_dump_json()})


def statement_write(tenant: str, session_id: str, statement: Statement) -> Write:
    """A statement, which nobody changes any more."""
    key = statement_key(tenant, session_id, statement.number)
    return create(TABLE, key, {"body": statement.model_dump_json()})
