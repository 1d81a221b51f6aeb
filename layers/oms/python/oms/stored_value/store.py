"""Reading stored value (table `ledger`).

| access pattern | how |
|---|---|
| an account | Get pk T#<t>#STOREDVALUE#<account>, sk ACCOUNT |
| what one tender holds of it | Get there, sk HOLD#<hold> |
| the movements of an account, newest first | Query there, sk MOVEMENT#<id> |
| the accounts of an entity, by their last move | index by_order: gsi1pk T#<t>#CARDS#<entity>, gsi1sk <at>#<account> |
| what became of a call under its key | Get table `commands`, the record of the command |
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from oms.platform.clock import parse_instant
from oms.platform.commands import command_key
from oms.platform.dynamodb import Database
from oms.platform.writes import Item
from oms.stored_value.model import Account, Hold, Movement
from oms.stored_value.writes import COUNTED, TABLE, account_key, cards_partition, hold_key

# All changes that tenders ask for are one command: their keys are told apart by whoever asks.
TENDER_COMMAND = "move_stored_value"
_LISTED_TOGETHER = 1_000


def load_account(database: Database, tenant: str, account_id: str) -> Account | None:
    """One account, or None."""
    row = database.get(TABLE, account_key(tenant, account_id))
    return None if row is None else _account(row)


def accounts_of(database: Database, tenant: str, legal_entity: str) -> Iterator[tuple[Account, datetime]]:
    """The accounts of an entity with when each moved last; the newest may be missing for a moment (it is an index)."""
    after: Mapping[str, str] | None = None
    while True:
        page = database.query_index(
            TABLE, "by_order", cards_partition(tenant, legal_entity), limit=_LISTED_TOGETHER, after=after
        )
        for row in page.items:
            yield _account(row), parse_instant(str(row["gsi1sk"]).partition("#")[0])
        if page.next is None:
            return
        after = page.next


def all_movements(database: Database, tenant: str, account_id: str) -> Iterator[Movement]:
    """Every movement of an account."""
    for row in database.query(TABLE, account_key(tenant, account_id).pk, begins="MOVEMENT#"):
        yield Movement.model_validate_json(str(row["body"]))


def _account(row: Item) -> Account:
    return Account.model_validate({**json.loads(str(row["body"])), **{name: row[name] for name in COUNTED}})


def load_hold(database: Database, tenant: str, account_id: str, hold_id: str) -> Hold | None:
    """What one tender holds of an account, or None."""
    row = database.get(TABLE, hold_key(tenant, account_id, hold_id))
    return Hold.model_validate_json(str(row["body"])) if row else None


def list_movements(
    database: Database, tenant: str, account_id: str, *, limit: int, after: str | None
) -> tuple[list[Movement], str | None]:
    """A page of the movements of an account, newest first, and where the next one begins."""
    partition = account_key(tenant, account_id).pk
    page = database.query_page(TABLE, partition, begins="MOVEMENT#", limit=limit, after=after)
    found = [Movement.model_validate_json(str(row["body"])) for row in page.items]
    return found, page.next["sk"] if page.next else None


def recorded(database: Database, tenant: str, key: str) -> Mapping[str, Any] | None:
    """The answer that was recorded for a tender's call under its key, or None."""
    row = database.get("commands", command_key(tenant, TENDER_COMMAND, key))
    return dict(json.loads(str(row["body"]))) if row else None
