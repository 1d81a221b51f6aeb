"""Reading what a close batch tells besides orders, tenders and drawers: what the entries of its date speak of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from oms.appeasements.model import Appeasement
from oms.appeasements.reads import goodwill_of, with_goodwill
from oms.finance.closing.facts import Evidence
from oms.finance.exports.further_facts import (
    AppeasementFacts,
    BankMatchFacts,
    DepositFacts,
    Further,
    GiftCardFacts,
    PayoutFacts,
    PayoutItemFacts,
)
from oms.finance.model import PostedEntry
from oms.finance.reads import entries_by_identity
from oms.platform.dynamodb import Database
from oms.settlement.model import BankLine, ItemKind, Payout, PayoutItem
from oms.settlement.reads import bank_line_as_told, deposit_as_told, payout_as_told
from oms.stored_value.model import Account, hold_of
from oms.stored_value.reads import account_as_it_is

_STORED_VALUE = "stored_value"
# The rules under which the ledger knows what an item of a payout speaks of.
_BOOKED = {
    ItemKind.CHARGE: "payment_captured",
    ItemKind.REFUND: "refund_executed",
    ItemKind.DISPUTE: "dispute_withdrawn",
}


def further_facts(database: Database, seen: Evidence) -> Further:
    """What the entries of a date, and the orders that they touched, speak of."""
    tenant = seen.day.tenant
    touched = sorted(seen.orders.keys() & {entry.order_id for entry in seen.entries})
    refunds = tuple(one for one in seen.refunds if one.order_id in touched)
    payouts = list(_payouts(database, tenant, seen.entries))
    bags = (deposit_as_told(database, tenant, bag_id) for bag_id in _named(seen.entries, "deposit_prepared"))
    lines = (
        bank_line_as_told(database, tenant, line_id)
        for line_id in _named(seen.entries, "bank_credited", "bank_debited")
    )
    cards = (account_as_it_is(database, tenant, card_id) for card_id in _cards(seen, touched))
    return Further(
        refunds=refunds,
        appeasements=tuple(
            _appeasement(one, seen.orders[order_id].currency)
            for order_id in sorted(with_goodwill(database, tenant, touched))
            for one in goodwill_of(database, tenant, order_id)
        ),
        gift_cards=tuple(_card(one) for one in cards if one is not None and one.legal_entity == seen.day.entity),
        payouts=tuple(_payout(payout, len(items)) for payout, items in payouts),
        payout_items=tuple(one for payout, items in payouts for one in _items(database, tenant, payout, items)),
        deposits=tuple(
            DepositFacts(**one.model_dump(exclude={"business_date", "content_hash"}), prepared_on=one.business_date)
            for one in bags
            if one is not None
        ),
        bank_matches=tuple(_bank_match(one) for one in lines if one is not None),
    )


def _named(entries: Iterable[PostedEntry], *rules: str) -> list[str]:
    """What names the facts that some rules posted, each once."""
    return sorted({entry.reference for entry in entries if entry.rule in rules})


def _payouts(
    database: Database, tenant: str, entries: Iterable[PostedEntry]
) -> Iterator[tuple[Payout, list[PayoutItem]]]:
    named = {(entry.psp or "", entry.reference) for entry in entries if entry.rule == "payout_recorded"}
    for provider, payout_id in sorted(named):
        found = payout_as_told(database, tenant, provider, payout_id)
        if found is not None:
            yield found


def _cards(seen: Evidence, touched: Sequence[str]) -> list[str]:
    """The cards that were issued, that a tender holds of or took from, and that a refund went to."""
    held = (
        hold_of(one.psp_reference)[0]
        for one in seen.payments
        if one.provider == _STORED_VALUE and one.psp_reference is not None and one.order_id in touched
    )
    paid = (one.card_id for one in seen.refunds if one.card_id is not None and one.order_id in touched)
    return sorted({*_named(seen.entries, "gift_card_issued"), *held, *paid})


def _appeasement(one: Appeasement, currency: str) -> AppeasementFacts:
    """Goodwill as the files tell it; what a person wrote freely stays where it is."""
    ruling = one.ruling
    state = "GRANTED" if one.granted else "PENDING_APPROVAL" if ruling is None else "REJECTED"
    return AppeasementFacts(
        appeasement_id=one.id,
        order_id=one.order_id,
        number=one.number,
        on=one.on.value,
        reason=one.reason.value,
        paid_to=one.paid_to.value,
        currency=currency,
        goods=one.goods,
        shipping=one.shipping,
        net=one.net,
        tax=one.tax,
        total=one.total,
        state=state,
        requested_by=one.requested_by,
        requested_at=one.requested_at,
        decided_by=None if ruling is None else ruling.decided_by,
        decided_at=None if ruling is None else ruling.decided_at,
    )


def _card(one: Account) -> GiftCardFacts:
    return GiftCardFacts(card_id=one.id, **one.model_dump(exclude={"id"}), balance=one.balance)


def _payout(one: Payout, items: int) -> PayoutFacts:
    return PayoutFacts(settlement_id=one.id, **one.totals.model_dump(), items=items, **_told(one))


def _told(one: Payout) -> dict[str, object]:
    return one.model_dump(exclude={"id", "totals", "chunks", "content_hash", "business_date"})


def _items(database: Database, tenant: str, payout: Payout, items: Sequence[PayoutItem]) -> Iterator[PayoutItemFacts]:
    names = {
        number: (_BOOKED[item.kind], payout.provider, item.reference)
        for number, item in enumerate(items, start=1)
        if item.kind in _BOOKED
    }
    booked = entries_by_identity(database, tenant, sorted(set(names.values())))
    for number, item in enumerate(items, start=1):
        entry = booked.get(names[number]) if number in names else None
        yield PayoutItemFacts(
            settlement_id=payout.id,
            provider=payout.provider,
            payout_id=payout.payout_id,
            number=number,
            kind=item.kind.value,
            reference=item.reference,
            match=item.match.value,
            order_id=None if entry is None else entry.order_id,
            payment_id=None if entry is None else entry.payment_id,
            currency=payout.currency,
            amount=item.amount,
            fee=item.fee,
            net=item.net,
        )


def _bank_match(one: BankLine) -> BankMatchFacts:
    told = one.model_dump(exclude={"id", "text", "content_hash"})
    return BankMatchFacts(bank_line_id=one.id, **told, difference=one.in_transit - one.amount)
