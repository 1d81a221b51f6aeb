"""Changes to the rows of settlement, as writes for the transaction of the command (table `ledger`)."""

from __future__ import annotations

from datetime import date, datetime

from oms.platform.clock import format_instant
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put, remove
from oms.settlement.matching import Money
from oms.settlement.model import (
    BankLine,
    Chunk,
    Deposit,
    Dispute,
    InTransit,
    Payout,
    ProviderBalance,
    Suspense,
    Transfer,
)

TABLE = "ledger"


def payout_key(tenant: str, settlement_id: str) -> Key:
    """Where a payout is kept."""
    return Key(f"{tenant_prefix(tenant)}SETTLEMENT#{settlement_id}", "PAYOUT")


def chunk_key(tenant: str, settlement_id: str, number: int) -> Key:
    """Where some items of a payout are kept."""
    return Key(payout_key(tenant, settlement_id).pk, f"ITEMS#{number:03d}")


def unmatched_key(tenant: str, chunk: Chunk) -> Key:
    """Where it is noted that some items of a payout have still to be found in the books: oldest first."""
    since = format_instant(chunk.recorded_at)
    return Key(f"{tenant_prefix(tenant)}UNMATCHED", f"{since}#{chunk.settlement_id}#{chunk.number:03d}")


def money_key(tenant: str, provider: str, money: Money) -> Key:
    """Where it is kept how much of a payment was paid out."""
    kind, reference = money
    return Key(f"{tenant_prefix(tenant)}SETTLED#{provider}#{kind.value}#{reference}", "SETTLED")


def deposit_key(tenant: str, bag_id: str) -> Key:
    """Where a bag is kept."""
    return Key(f"{tenant_prefix(tenant)}DEPOSIT#{bag_id}", "DEPOSIT")


def transit_key(tenant: str, one: InTransit) -> Key:
    """Where it is noted that a bank account is to receive something."""
    return Key(transit_partition(tenant, one.legal_entity), f"{one.kind.value}#{one.id}")


def transit_partition(tenant: str, legal_entity: str) -> str:
    """The list of what is on its way to the bank of an entity."""
    return f"{tenant_prefix(tenant)}TRANSIT#{legal_entity}"


def bank_line_key(tenant: str, bank_line_id: str) -> Key:
    """Where a line of a bank account is kept."""
    return Key(f"{tenant_prefix(tenant)}BANKLINE#{bank_line_id}", "BANKLINE")


def suspense_key(tenant: str, suspense_id: str) -> Key:
    """Where a suspended amount is kept."""
    return Key(f"{tenant_prefix(tenant)}SUSPENSE#{suspense_id}", "SUSPENSE")


def suspended_partition(tenant: str, legal_entity: str) -> str:
    """The list of what an entity has suspended and not resolved."""
    return f"{tenant_prefix(tenant)}SUSPENDED#{legal_entity}"


def dispute_key(tenant: str, dispute_id: str) -> Key:
    """Where a dispute is kept."""
    return Key(f"{tenant_prefix(tenant)}DISPUTE#{dispute_id}", "DISPUTE")


def transfer_key(tenant: str, transfer_id: str) -> Key:
    """Where a payment between entities is kept."""
    return Key(f"{tenant_prefix(tenant)}INTERCOMPANY#{transfer_id}", "TRANSFER")


def balance_key(tenant: str, legal_entity: str, business_date: date, provider: str, currency: str) -> Key:
    """Where it is kept what a provider kept for an entity at the end of a business date."""
    return Key(balances_partition(tenant, legal_entity), f"{business_date.isoformat()}#{provider}#{currency}")


def balances_partition(tenant: str, legal_entity: str) -> str:
    """The list of what providers kept for an entity, by date."""
    return f"{tenant_prefix(tenant)}PROVIDERBALANCE#{legal_entity}"


def conflicts_partition(tenant: str) -> str:
    """The list of what was told again with other content."""
    return f"{tenant_prefix(tenant)}SETTLEMENTCONFLICTS"


def parked_partition(tenant: str) -> str:
    """The list of what was told and could not be taken in."""
    return f"{tenant_prefix(tenant)}SETTLEMENTPARKED"


def payout_write(tenant: str, payout: Payout) -> Write:
    """A payout, which is told once."""
    return create(TABLE, payout_key(tenant, payout.id), {"body": payout.model_dump_json()})


def chunk_write(tenant: str, chunk: Chunk, *, over: int | None) -> Write:
    """Some items of a payout as they are now."""
    key = chunk_key(tenant, chunk.settlement_id, chunk.number)
    return _versioned(key, chunk.model_dump_json(exclude_defaults=True), chunk.version, over)


def unmatched_write(tenant: str, chunk: Chunk) -> Write:
    """Put some items on the list of those that have still to be found."""
    return put(TABLE, unmatched_key(tenant, chunk), {"settlement_id": chunk.settlement_id, "number": chunk.number})


def all_matched_write(tenant: str, chunk: Chunk) -> Write:
    """Take them off it."""
    return remove(TABLE, unmatched_key(tenant, chunk))


def money_write(tenant: str, provider: str, money: Money, amount: int, version: int) -> Write:
    """How much of a payment was paid out by now, signed, over the version before; version 1 is the first."""
    row: Item = {"amount": amount, "version": version}
    key = money_key(tenant, provider, money)
    return create(TABLE, key, row) if version == 1 else put(TABLE, key, row, version=version - 1)


def deposit_write(tenant: str, deposit: Deposit) -> Write:
    """A bag, which is told once."""
    return create(TABLE, deposit_key(tenant, deposit.bag_id), {"body": deposit.model_dump_json()})


def transit_write(tenant: str, one: InTransit) -> Write:
    """Note what a bank account is to receive."""
    return create(TABLE, transit_key(tenant, one), {"version": 1, "body": one.model_dump_json()})


def arrived_write(tenant: str, one: InTransit) -> Write:
    """It arrived, once: the note must still be there."""
    return remove(TABLE, transit_key(tenant, one), version=1)


def bank_line_write(tenant: str, line: BankLine) -> Write:
    """A line of a bank account, which comes once."""
    return create(TABLE, bank_line_key(tenant, line.id), {"body": line.model_dump_json()})


def balance_write(tenant: str, one: ProviderBalance) -> Write:
    """What a provider kept at the end of a date, which is told once."""
    key = balance_key(tenant, one.legal_entity, one.business_date, one.provider, one.currency)
    return create(TABLE, key, {"body": one.model_dump_json()})


def suspense_writes(tenant: str, one: Suspense, *, over: int | None) -> list[Write]:
    """A suspended amount as it is now, on the list of its entity as long as something of it is open."""
    row = Key(suspended_partition(tenant, one.legal_entity), f"{one.since.isoformat()}#{one.id}")
    listed = put(TABLE, row, {"suspense_id": one.id}) if one.open else remove(TABLE, row)
    return [_versioned(suspense_key(tenant, one.id), one.model_dump_json(), one.version, over), listed]


def dispute_write(tenant: str, dispute: Dispute, *, over: int | None) -> Write:
    """A dispute as it is now."""
    return _versioned(dispute_key(tenant, dispute.id), dispute.model_dump_json(), dispute.version, over)


def transfer_write(tenant: str, transfer: Transfer) -> Write:
    """A payment between entities, which is told once."""
    return create(TABLE, transfer_key(tenant, transfer.transfer_id), {"body": transfer.model_dump_json()})


def conflict_write(tenant: str, kind: str, name: str, content_hash: str, body: str, seen_at: datetime) -> Write:
    """Keep for a person what was told again with other content; writing it again changes nothing."""
    key = Key(conflicts_partition(tenant), f"{kind}#{name}#{content_hash}")
    return put(TABLE, key, {"kind": kind, "name": name, "body": body, "seen_at": format_instant(seen_at)})


def parked_write(tenant: str, case: Item, seen_at: datetime) -> Write:
    """Keep for a person what could not be taken in and why; once for each reason."""
    key = Key(parked_partition(tenant), f"{case['kind']}#{case['name']}#{case['code']}")
    return put(TABLE, key, {**case, "seen_at": format_instant(seen_at)})


def _versioned(key: Key, body: str, version: int, over: int | None) -> Write:
    row: Item = {"version": version, "body": body}
    return create(TABLE, key, row) if over is None else put(TABLE, key, row, version=over)
