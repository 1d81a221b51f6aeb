"""What stored value shows to payments: what a tender holds, and what became of a call under its key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from oms.platform.dynamodb import Database
from oms.stored_value.model import Account, Hold, Movement, hold_of
from oms.stored_value.store import accounts_of, all_movements, load_account, load_hold, recorded


def hold_as_it_is(database: Database, tenant: str, reference: str) -> Hold | None:
    """What is held under a reference, with all that became of it, or None."""
    return load_hold(database, tenant, *hold_of(reference))


def what_became(database: Database, tenant: str, key: str) -> Mapping[str, Any] | None:
    """The answer of the call that was made under a key; None where nothing was done."""
    return recorded(database, tenant, key)


def account_as_it_is(database: Database, tenant: str, account_id: str) -> Account | None:
    """A gift card or store credit with its balance, or None."""
    return load_account(database, tenant, account_id)


def cards_as_they_are(database: Database, tenant: str, legal_entity: str) -> Iterator[tuple[Account, datetime]]:
    """The gift cards and store credit whose debt is an entity's, each with when it moved last."""
    return accounts_of(database, tenant, legal_entity)


def movements_of(database: Database, tenant: str, account_id: str) -> Iterator[Movement]:
    """Every movement of a gift card or store credit."""
    return all_movements(database, tenant, account_id)
