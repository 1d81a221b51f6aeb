"""Reading settlement (table `ledger`).

| access pattern | how |
|---|---|
| a payout; its items | Get pk T#<t>#SETTLEMENT#<id>, sk PAYOUT; Query there, sk ITEMS#<number> |
| items that have still to be found, oldest first | Query pk T#<t>#UNMATCHED, sk <recorded at>#<id>#<number> |
| how much of a payment was paid out | Get pk T#<t>#SETTLED#<provider>#<kind>#<reference>, sk SETTLED |
| a bag | Get pk T#<t>#DEPOSIT#<bag>, sk DEPOSIT |
| what is on its way to the bank of an entity | Query pk T#<t>#TRANSIT#<entity>, sk <kind>#<id> |
| a line of a bank account | Get pk T#<t>#BANKLINE#<id>, sk BANKLINE |
| a suspended amount | Get pk T#<t>#SUSPENSE#<id>, sk SUSPENSE |
| the suspended amounts of an entity that are open | Query pk T#<t>#SUSPENDED#<entity>, sk <since>#<id> |
| a dispute; a payment between entities | Get pk T#<t>#DISPUTE#<id>; Get pk T#<t>#INTERCOMPANY#<id> |
| what providers kept for an entity | Query pk T#<t>#PROVIDERBALANCE#<entity>, sk <date>#<provider>#<currency> |
| what was told again with other content | Query pk T#<t>#SETTLEMENTCONFLICTS |
| what was told and could not be taken in | Query pk T#<t>#SETTLEMENTPARKED |
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from itertools import islice
from typing import TypeVar

from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.problems import ActionNotAvailable
from oms.platform.writes import Item, Key
from oms.settlement.matching import Money
from oms.settlement.model import (
    BankLine,
    Chunk,
    Deposit,
    Dispute,
    InTransit,
    Payout,
    ProviderBalance,
    Stored,
    Suspense,
    Transfer,
)
from oms.settlement.writes import (
    TABLE,
    balance_key,
    balances_partition,
    bank_line_key,
    chunk_key,
    conflicts_partition,
    deposit_key,
    dispute_key,
    money_key,
    parked_partition,
    payout_key,
    suspended_partition,
    suspense_key,
    transfer_key,
    transit_partition,
)

S = TypeVar("S", bound=Stored)
FAILED = "payout_failed"


def load_payout(database: Database, tenant: str, settlement_id: str) -> Payout | None:
    """One payout, or None."""
    return _one(database, payout_key(tenant, settlement_id), Payout)


def load_chunks(database: Database, tenant: str, settlement_id: str) -> list[Chunk]:
    """The items of a payout, in their order."""
    rows = database.query(TABLE, payout_key(tenant, settlement_id).pk, begins="ITEMS#")
    return [Chunk.model_validate_json(str(row["body"])) for row in rows]


def load_chunk(database: Database, tenant: str, settlement_id: str, number: int) -> Chunk | None:
    """Some items of a payout, or None."""
    return _one(database, chunk_key(tenant, settlement_id, number), Chunk)


def unmatched_chunks(database: Database, tenant: str, most: int) -> list[tuple[str, int]]:
    """The oldest items that have still to be found, by settlement and number."""
    rows = database.query(TABLE, f"{tenant_prefix(tenant)}UNMATCHED")
    return [(str(row["settlement_id"]), int(str(row["number"]))) for row in islice(rows, most)]


def load_settled(database: Database, tenant: str, provider: str, wanted: Sequence[Money]) -> dict[Money, Item]:
    """How much of some payments was paid out, with the version of each sum."""
    keys = {money_key(tenant, provider, money): money for money in wanted}
    found = database.get_many([(TABLE, key) for key in keys])
    return {keys[key]: row for (_, key), row in found.items()}


def load_deposit(database: Database, tenant: str, bag_id: str) -> Deposit | None:
    """One bag, or None."""
    return _one(database, deposit_key(tenant, bag_id), Deposit)


def load_transit(database: Database, tenant: str, legal_entity: str) -> list[InTransit]:
    """What is on its way to the bank of an entity."""
    rows = database.query(TABLE, transit_partition(tenant, legal_entity))
    return [InTransit.model_validate_json(str(row["body"])) for row in rows]


def load_bank_line(database: Database, tenant: str, bank_line_id: str) -> BankLine | None:
    """One line of a bank account, or None."""
    return _one(database, bank_line_key(tenant, bank_line_id), BankLine)


def load_suspense(database: Database, tenant: str, suspense_id: str) -> Suspense | None:
    """One suspended amount, or None."""
    return _one(database, suspense_key(tenant, suspense_id), Suspense)


def open_suspense(database: Database, tenant: str, legal_entity: str, most: int) -> list[Suspense]:
    """What an entity has suspended and not resolved, oldest first."""
    rows = islice(database.query(TABLE, suspended_partition(tenant, legal_entity)), most)
    keys = [suspense_key(tenant, str(row["suspense_id"])) for row in rows]
    found = database.get_many([(TABLE, key) for key in keys])
    return [Suspense.model_validate_json(str(found[TABLE, key]["body"])) for key in keys if (TABLE, key) in found]


def load_dispute(database: Database, tenant: str, dispute_id: str) -> Dispute | None:
    """One dispute, or None."""
    return _one(database, dispute_key(tenant, dispute_id), Dispute)


def load_transfer(database: Database, tenant: str, transfer_id: str) -> Transfer | None:
    """One payment between entities, or None."""
    return _one(database, transfer_key(tenant, transfer_id), Transfer)


def load_balance(
    database: Database, tenant: str, legal_entity: str, business_date: date, provider: str, currency: str
) -> ProviderBalance | None:
    """What a provider kept at the end of a date, or None."""
    return _one(database, balance_key(tenant, legal_entity, business_date, provider, currency), ProviderBalance)


def load_balances(database: Database, tenant: str, legal_entity: str, business_date: date) -> list[ProviderBalance]:
    """What every provider kept for an entity at the end of a date."""
    partition = balances_partition(tenant, legal_entity)
    rows = database.query(TABLE, partition, begins=f"{business_date.isoformat()}#")
    return [ProviderBalance.model_validate_json(str(row["body"])) for row in rows]


def load_conflicts(database: Database, tenant: str, most: int) -> list[Item]:
    """What was told again with other content."""
    return list(islice(database.query(TABLE, conflicts_partition(tenant)), most))


def load_parked(database: Database, tenant: str, most: int) -> list[Item]:
    """What was told last and could not be taken in, without what is here by now."""
    rows = sorted(database.query(TABLE, parked_partition(tenant)), key=lambda row: str(row["seen_at"]), reverse=True)
    return list(islice((row for row in rows if not _is_here(database, tenant, row)), most))


def _is_here(database: Database, tenant: str, case: Item) -> bool:
    if case.get("dispute_id") is not None:
        return _has_ended_so(load_dispute(database, tenant, str(case["dispute_id"])), case)
    name = case["settlement_id"]
    # One that failed at the bank was taken in before.
    return name is not None and case["code"] != FAILED and load_payout(database, tenant, str(name)) is not None


def _has_ended_so(dispute: Dispute | None, case: Item) -> bool:
    """Whether a dispute is recorded, and ended as the case tells it; its fee may be kept in another currency."""
    told = json.loads(str(case["body"]))
    if dispute is None or told["outcome"] is None:
        return dispute is not None
    fee_differs = case["code"] == ActionNotAvailable.code and dispute.fee_returned != told["fee_returned"]
    return dispute.state.value.lower() == told["outcome"] and not fee_differs


def _one(database: Database, key: Key, model: type[S]) -> S | None:
    item = database.get(TABLE, key)
    return model.model_validate_json(str(item["body"])) if item else None
