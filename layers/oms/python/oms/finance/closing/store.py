"""The seals of stores as they are stored (table `ledger`), in the rows of `finance.store` that hold their states."""

from __future__ import annotations

from oms.finance import store as ledger
from oms.finance.closing.model import Seal, SealedDay, SealState
from oms.finance.lanes import Day, StoreDay
from oms.finance.store import TABLE, DayRow
from oms.platform.dynamodb import Database
from oms.platform.writes import Item, Kind, Write, create


def load(database: Database, store_day: StoreDay) -> SealedDay | None:
    """A store's business date, or None where nobody has posted to it or sealed it."""
    item = database.get(TABLE, ledger.store_day_key(store_day))
    return None if item is None else _read(store_day.store, item)


def stores(database: Database, day: Day) -> list[SealedDay]:
    """The stores of a business date, by name."""
    return [_read(name, item) for name, item in ledger.stores_of(database, day)]


def begin_writes(store_day: StoreDay, before: SealedDay | None, day: DayRow | None, seal: Seal) -> list[Write]:
    """From now on no lane of the store's date opens; fails where its state is not the one that was read."""
    row: Item = {"state": SealState.SEALING, "body": seal.model_dump_json()}
    key = ledger.store_day_key(store_day)
    if before is None:
        return [create(TABLE, key, row), ledger.joined_write(store_day.day, day, 1)]
    return [Write(Kind.CHANGE, TABLE, key, set=row, equals={"state": SealState.OPEN})]


def sealed_write(store_day: StoreDay) -> Write:
    """The store's date is sealed for good."""
    key = ledger.store_day_key(store_day)
    return Write(Kind.CHANGE, TABLE, key, set={"state": SealState.SEALED}, equals={"state": SealState.SEALING})


def _read(name: str, item: Item) -> SealedDay:
    seal = Seal.model_validate_json(str(item["body"])) if "body" in item else None
    return SealedDay(store=name, state=SealState(str(item["state"])), seal=seal)
