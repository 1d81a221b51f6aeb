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
        batch = [*rows(where, manifest, "journal_lines"), *rows(where, manifest, "memo_lines")]
        _agree(manifest, batch)
        lines += batch
        names |= {row["account"]: row["account_name"] for row in rows(where, manifest, "trial_balance")}
        closing = {
            (one["account"], one["currency"]): int(one["closing_minor"])
            for one in manifest["control_totals"]["accounts"]
        }
    places = {line["currency"]: int(line["exponent"]) for line in lines}
    return Books(entity, _entries(lines), names, closing, places)


def _agree(manifest: dict[str, Any], lines: Sequence[dict[str, str]]) -> None:
    """Each account moved by what the control totals say."""
    sides: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        sums = sides[line["account"], line["currency"]]
        sums[0] += int(line["debit_minor"])
        sums[1] += int(line["credit_minor"])
    for total in manifest["control_totals"]["accounts"]:
        if sides[total["account"], total["currency"]] != [total["debit_minor"], total["credit_minor"]]:
            raise Wrong(f"the lines of batch {manifest['number']} do not add up on account {total['account']}")


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
