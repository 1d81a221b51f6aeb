"""What settlement shows to other contexts: payouts, bags and lines of the bank, and what is on its way to it."""

from __future__ import annotations

from datetime import date

from oms.platform.dynamodb import Database
from oms.settlement import store
from oms.settlement.model import BankLine, Deposit, InTransit, Payout, PayoutItem, ProviderBalance, settlement_id


def in_transit(database: Database, tenant: str, legal_entity: str) -> list[InTransit]:
    """Bags, payouts and transfers that the bank has not shown yet."""
    return store.load_transit(database, tenant, legal_entity)


def payout_as_told(
    database: Database, tenant: str, provider: str, payout_id: str
) -> tuple[Payout, list[PayoutItem]] | None:
    """A payout of a provider with its items in their order, or None."""
    name = settlement_id(provider, payout_id)
    payout = store.load_payout(database, tenant, name)
    if payout is None:
        return None
    return payout, [item for chunk in store.load_chunks(database, tenant, name) for item in chunk.items]


def deposit_as_told(database: Database, tenant: str, bag_id: str) -> Deposit | None:
    """A bag on its way to the bank, or None."""
    return store.load_deposit(database, tenant, bag_id)


def bank_line_as_told(database: Database, tenant: str, bank_line_id: str) -> BankLine | None:
    """A line of a bank account with what it was matched with, or None."""
    return store.load_bank_line(database, tenant, bank_line_id)


def balances_as_told(database: Database, tenant: str, legal_entity: str, on: date) -> list[ProviderBalance]:
    """What providers kept for an entity at the end of a business date, of those that told it."""
    return store.load_balances(database, tenant, legal_entity, on)
