"""Lines of a ledger as a table writes them, merged by account and side, and what they come to. Minor units."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from oms.finance.model import PostedEntry
from oms.platform.money import EXPONENTS

DEFAULT = ("100", "USD")
_BOOKS = r"(?:(?P<entity>[^\s/]+)/(?P<currency>[A-Z]{3})\s+|(?P<only>[A-Z]{3})\s+)?"
_LINE = re.compile(rf"{_BOOKS}(?P<side>Dr|Cr)\s+(?P<account>\d{{4}})\s+(?P<amount>[0-9.,]+)")
_NET = re.compile(rf"{_BOOKS}(?P<account>\d{{4}})\s+(?P<amount>[-+]?[0-9.,]+)")

# Entity, currency, account, side -> amount; side is Dr or Cr, and net for what both come to.
Sums = Mapping[tuple[str, str, str, str], int]


class BadTable(ValueError):
    """A row that does not follow the grammar; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One line of a table. Books that the table does not name are None."""

    entity: str | None
    currency: str | None
    account: str
    side: str
    amount: str

    def key(self, entity: str, currency: str) -> tuple[str, str, str, str]:
        return (self.entity or entity, self.currency or currency, self.account, self.side)


def minor(text: str, currency: str) -> int:
    """An amount in major units as minor units; more digits than the currency has are refused."""
    if currency not in EXPONENTS:
        raise BadTable(f"there is no currency {currency}")
    try:
        amount = Decimal(text.replace(",", "")).scaleb(EXPONENTS[currency])
    except InvalidOperation as error:
        raise BadTable(f"{text!r} is no amount") from error
    if not amount.is_finite() or amount != amount.to_integral_value():
        raise BadTable(f"{text} is no whole number of minor units of {currency}")
    return int(amount)


def major(amount: int, currency: str) -> str:
    """Minor units as a table writes them."""
    return str(Decimal(amount).scaleb(-EXPONENTS[currency]).quantize(Decimal("0.01")))


def read_lines(text: str) -> tuple[Expected, ...]:
    """The lines of the third column; `none` is no line at all."""
    return tuple(_one(part, _LINE) for part in _parts(text))


def read_net(text: str) -> tuple[Expected, ...]:
    """The third column of a net-change row: debit positive."""
    return tuple(replace(_one(part, _NET), side="net") for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    for part in text.split(";"):
        if part.strip() and part.strip().lower() != "none":
            yield part.strip()


def _one(text: str, pattern: re.Pattern[str]) -> Expected:
    found = pattern.fullmatch(text)
    if found is None:
        raise BadTable(f"{text!r} is no line")
    groups = found.groupdict()
    currency = groups["currency"] or groups["only"]
    return Expected(groups["entity"], currency, groups["account"], groups.get("side") or "", groups["amount"])


def sums_of(lines: Iterable[Expected], entity: str = DEFAULT[0], currency: str = DEFAULT[1]) -> Sums:
    """Expected lines merged, with the books that the table leaves out."""
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for line in lines:
        key = line.key(entity, currency)
        sums[key] += minor(line.amount, key[1])
    return _without_zeros(sums)


def posted_sums(entries: Iterable[PostedEntry]) -> Sums:
    """What some entries have posted, merged by account and side."""
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for entry in entries:
        for line in entry.lines:
            sums[entry.entity, line.currency, line.account, "Dr"] += line.debit
            sums[entry.entity, line.currency, line.account, "Cr"] += line.credit
    return _without_zeros(sums)


def net(sums: Sums) -> Sums:
    """Debit less credit by account."""
    nets: Counter[tuple[str, str, str, str]] = Counter()
    for (entity, currency, account, side), amount in sums.items():
        nets[entity, currency, account, "net"] += amount if side == "Dr" else -amount
    return _without_zeros(nets)


def general(sums: Sums) -> Sums:
    """Without the memorandum accounts, which a net-change row may leave out when they come to nothing."""
    return {key: amount for key, amount in sums.items() if not key[2].startswith("90")}


def shown(sums: Sums) -> str:
    """Sums as a table would write them."""
    if not sums:
        return "none"
    parts = []
    for (entity, currency, account, side), amount in sorted(sums.items(), key=lambda one: (one[0][3] == "Cr", one[0])):
        books = "" if (entity, currency) == DEFAULT else f"{entity}/{currency} "
        parts.append(f"{books}{'' if side == 'net' else side + ' '}{account} {major(amount, currency)}")
    return "; ".join(parts)


def _without_zeros(sums: Mapping[tuple[str, str, str, str], int]) -> Sums:
    return {key: amount for key, amount in sums.items() if amount}
