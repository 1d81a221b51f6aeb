"""What gift cards and store credit were worth when a date ended, from their own movements.

A date closes long after its end, and what is told late posts on a later date. So a movement counts where its entry
stands on the date or on one that closed before; one that nobody has posted counts if it happened by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from oms.finance import store as ledger
from oms.finance.business_days import business_date_at
from oms.finance.closing.facts import StoredValueFacts
from oms.finance.exports.model import Kind
from oms.finance.exports.store import last_batch_of_day
from oms.finance.facts.base import Tender
from oms.finance.lanes import Day
from oms.finance.model import PostedEntry
from oms.finance.reads import entries_by_identity
from oms.finance.rules.rule import TENDER_ACCOUNTS
from oms.platform.commands import Runtime
from oms.stored_value.model import Account, Movement, MovementKind, Reason
from oms.stored_value.reads import cards_as_they_are, movements_of

# Who the provider of gift cards and store credit is, in the name of what it moved.
_OURS = "stored_value"
# What moved longer ago than this is posted, or is missed on every date until it is: its balance counts as it is.
_ALL_POSTED = timedelta(days=7)


def stored_value_of(runtime: Runtime, day: Day) -> list[StoredValueFacts]:
    """What the gift cards and the store credit of an entity were worth after a date, by account and currency."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    recent = datetime.combine(day.date, time(), UTC) - _ALL_POSTED
    counts = _counting(runtime, day)
    for card, moved_at in cards_as_they_are(runtime.database, day.tenant, day.entity):
        account = TENDER_ACCOUNTS[Tender(card.kind.value)]
        worth = card.balance
        if moved_at >= recent:
            worth = sum(one.change for one, entry in _posted(runtime, day, card) if counts(card, one, entry))
        sums[account, card.currency] += worth
    return [
        StoredValueFacts(account=account, currency=currency, amount=amount)
        for (account, currency), amount in sorted(sums.items())
    ]


def _counting(runtime: Runtime, day: Day) -> Callable[[Account, Movement, PostedEntry | None], bool]:
    """Says whether a movement belongs to what the ledger has after a date."""

    @cache
    def is_closed(on: date) -> bool:
        last = last_batch_of_day(runtime.database, Day(day.tenant, day.entity, on))
        return last is not None and last.plan.kind is Kind.CLOSE

    def counts(card: Account, moved: Movement, entry: PostedEntry | None) -> bool:
        if entry is None:
            return business_date_at(runtime, day.tenant, card.store, moved.at) <= day.date
        return entry.business_date == day.date or is_closed(entry.business_date)

    return counts


def _posted(runtime: Runtime, day: Day, card: Account) -> Iterator[tuple[Movement, PostedEntry | None]]:
    """The movements that changed a balance, each with its entry in the books of the entity, where there is one."""
    moved = [one for one in movements_of(runtime.database, day.tenant, card.id) if one.change]
    names = {one.id: _names(card, one, day.entity) for one in moved}
    found = entries_by_identity(runtime.database, day.tenant, [name for some in names.values() for name in some])
    for one in moved:
        entries = [found[name] for name in names[one.id] if name in found and found[name].entity == day.entity]
        yield one, entries[0] if entries else _of_sale(runtime, day, one)


def _names(card: Account, moved: Movement, entity: str) -> Sequence[tuple[str, ...]]:
    """What a movement's entry can be called; the share of another entity has that entity's name behind."""
    if moved.kind is MovementKind.ISSUED and card.reason is not Reason.REFUND:
        granted = moved.reference if card.reason is Reason.GOODWILL else None
        name: tuple[str, ...] = ("appeasement_granted", granted) if granted else ("gift_card_issued", card.id)
    elif moved.kind is MovementKind.REDEEMED:
        name = ("payment_captured", _OURS, moved.id)
    elif moved.kind is MovementKind.BREAKAGE:
        name = ("gift_card_breakage", moved.id)
    else:
        name = ("refund_executed", _OURS, moved.id)
    return name, (*name, entity)


def _of_sale(runtime: Runtime, day: Day, moved: Movement) -> PostedEntry | None:
    """The entry of the sale at a till that a card has paid, which has the sale's own name."""
    if moved.kind is not MovementKind.REDEEMED or moved.order_id is None:
        return None
    journal = ledger.entries_of_order(runtime.database, day.tenant, moved.order_id)
    return next((one for one in journal if one.rule == "sale_recorded" and one.entity == day.entity), None)
