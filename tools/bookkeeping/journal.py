"""The journal of one legal entity as its export tells it. Amounts are minor units, debit positive."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from tools.bookkeeping.batches import Place, Wrong, manifests, rows


@dataclass(frozen=True)
class Leg:
    """One line of an entry: `amount` is minor units of `currency`, debit positive; `places` are its decimals."""

    account: str
    amount: int
    currency: str
    places: int

    @property
    def decimal(self) -> str:
        """The amount in major units, such as -40.00."""
        return decimal(self.amount, self.places)


@dataclass(frozen=True)
class Entry:
    """A balanced entry in one currency; `number` is its unique name for other programs."""

    number: str
    on: date
    title: str
    order_id: str
    store: str
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Books:
    """All entries of an entity in order of date, the names of its accounts, and where they stand at the end."""

    entity: str
    entries: Sequence[Entry]
    names: dict[str, str]
    closing: dict[tuple[str, str], int]
    places: dict[str, int]


def decimal(amount: int, places: int) -> str:
    """Minor units as a number with a point."""
    if places == 0:
        return str(amount)
    whole, part = divmod(abs(amount), 10**places)
    return f"{'-' if amount < 0 else ''}{whole}.{part:0{places}d}"


def read_books(where: Place, entity: str, tenant: str | None = None) -> Books:
    """The books of an entity: every line that its manifests list. Lines that disagree with a manifest are refused."""
    names: dict[str, str] = {}
    lines: list[dict[str, str]] = []
    closing: dict[tuple[str, str], int] = {}
    for manifest in manifests(where, entity, tenant):
        journal, memo = (list(rows(where, manifest, dataset)) for dataset in ("journal_lines", "memo_lines"))
        _agree(manifest, journal, memo)
        lines += [*journal, *memo]
        names |= {row["account"]: row["account_name"] for row in rows(where, manifest, "trial_balance")}
        closing = {
            (one["account"], one["currency"]): int(one["closing_minor"])
            for one in manifest["control_totals"]["accounts"]
        }
    places = {line["currency"]: int(line["exponent"]) for line in lines}
    return Books(entity, _entries(lines), names, closing, places)


def _agree(manifest: dict[str, Any], journal: Sequence[dict[str, str]], memo: Sequence[dict[str, str]]) -> None:
    """The lines come to every control total."""
    totals, every = manifest["control_totals"], [*journal, *memo]
    for name, found, said in (
        ("entries", len({line["entry_id"] for line in every}), totals["entries"]),
        ("lines", len(journal), totals["lines"]),
        ("memo_lines", len(memo), totals["memo_lines"]),
        ("currencies", _sides(journal, "currency"), _sides(totals["currencies"], "currency")),
        ("memo_currencies", _sides(memo, "currency"), _sides(totals["memo_currencies"], "currency")),
        ("accounts", _sides(every, "account", "currency"), _sides(totals["accounts"], "account", "currency")),
    ):
        if found != said:
            raise Wrong(f"the lines of batch {manifest['number']} do not add up to the {name} of its manifest")


def _sides(rows: Sequence[dict[str, Any]], *by: str) -> dict[tuple[str, ...], tuple[int, int]]:
    """Debits and credits of rows by some of their columns; what has not moved is left out."""
    sums: dict[tuple[str, ...], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in rows:
        key = tuple(row[name] for name in by)
        debits, credits = sums[key]
        sums[key] = (debits + int(row["debit_minor"]), credits + int(row["credit_minor"]))
    return {key: sides for key, sides in sums.items() if any(sides)}


def _entries(lines: Sequence[dict[str, str]]) -> list[Entry]:
    """One entry for each currency of an exported entry, since programs take one currency at a time."""

    def name(line: dict[str, str]) -> tuple[str, str, str]:
        return (line["business_date"], line["entry_id"], line["currency"])

    found = []
    currencies: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        currencies[line["entry_id"]].add(line["currency"])
    ordered = sorted(lines, key=lambda line: (*name(line), int(line["line_no"])))
    for (on, entry_id, currency), group in groupby(ordered, key=name):
        legs = list(group)
        number = entry_id if len(currencies[entry_id]) == 1 else f"{entry_id}-{currency}"
        first = legs[0]
        made = tuple(
            Leg(
                leg["account"],
                int(leg["debit_minor"]) - int(leg["credit_minor"]),
                currency,
                int(leg["exponent"]),
            )
            for leg in legs
        )
        if sum(leg.amount for leg in made):
            raise Wrong(f"entry {number} does not balance")
        found.append(Entry(number, date.fromisoformat(on), first["rule"], first["order_id"], first["store"], made))
    return found
