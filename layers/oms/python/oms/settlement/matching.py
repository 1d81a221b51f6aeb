"""What belongs together: items of a payout and what is booked, lines of a bank and what is on its way. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from oms.platform.money import exponent
from oms.settlement.model import BankLine, InTransit, ItemKind, Match, PayoutItem

# Banks book within a week; an equal amount of another time is another one.
_MOST_DAYS_APART = 7
# Providers round a converted amount by themselves: two hundredths of a unit are no difference, and none where a
# currency has no smaller coin.
_TOLERATED_HUNDREDTHS = 2
_NO_PAYMENT = frozenset({ItemKind.FEE, ItemKind.ADJUSTMENT})
# Of one kind and one reference: a payment may be paid out in several items, and in several payouts.
Money = tuple[ItemKind, str]


def tolerance(currency: str) -> int:
    """By how many minor units an item may differ from what is booked."""
    places = exponent(currency)
    return 0 if places < 2 else _TOLERATED_HUNDREDTHS * int(10 ** (places - 2))


def wanted(items: Iterable[PayoutItem]) -> list[Money]:
    """The payments that items speak of and that were not found yet, each once."""
    return list(dict.fromkeys((item.kind, item.reference) for item in items if is_open(item)))


def is_open(item: PayoutItem) -> bool:
    """Whether an item has still to be found in the books."""
    return item.kind not in _NO_PAYMENT and item.match is not Match.MATCHED


def matched(
    items: Sequence[PayoutItem], booked: Mapping[Money, int], settled: Mapping[Money, int], currency: str
) -> tuple[PayoutItem, ...]:
    """The items with what became of each: `booked` is what the ledger cleared of a payment, `settled` what payouts say.

    An item is matched when all items of its payment, in all payouts, come to what is booked.
    """
    return tuple(item.model_copy(update={"match": _match(item, booked, settled, currency)}) for item in items)


def _match(item: PayoutItem, booked: Mapping[Money, int], settled: Mapping[Money, int], currency: str) -> Match:
    if item.kind in _NO_PAYMENT:
        return Match.NOT_NEEDED
    if not is_open(item):
        return item.match
    money = (item.kind, item.reference)
    if money not in booked:
        return Match.WAITING
    difference = booked[money] - settled.get(money, 0)
    return Match.MATCHED if abs(difference) <= tolerance(currency) else Match.DIFFERENT


def find_transit(line: BankLine, waiting: Sequence[InTransit]) -> InTransit | None:
    """What a bank line is the end of: named in its reference, else the only one of its amount around its date."""
    same_way = [one for one in waiting if one.currency == line.currency and (one.amount > 0) == (line.amount > 0)]
    named = [one for one in same_way if any(_names(line, reference) for reference in one.references)]
    if named:
        return named[0] if len(named) == 1 else None
    alike = [
        one
        for one in same_way
        if one.amount == line.amount and 0 <= (line.booked_on - one.since).days <= _MOST_DAYS_APART
    ]
    return alike[0] if len(alike) == 1 else None


def _names(line: BankLine, reference: str) -> bool:
    """Whether a line carries a reference, as its end-to-end id or as a word of its text."""
    if line.end_to_end_id == reference:
        return True
    return re.search(rf"(?<![\w-]){re.escape(reference)}(?![\w-])", line.text) is not None
