"""Coins and notes of currencies, in minor units, as their central banks issue them (2026-11)."""

from __future__ import annotations

from collections.abc import Mapping

_TABLE = """
AUD 5 10 20 50 100 200 500 1000 2000 5000 10000
CAD 5 10 25 50 100 200 500 1000 2000 5000 10000
CHF 5 10 20 50 100 200 500 1000 2000 5000 10000 20000 100000
CZK 100 200 500 1000 2000 5000 10000 20000 50000 100000 200000 500000
DKK 50 100 200 500 1000 2000 5000 10000 20000 50000
EUR 1 2 5 10 20 50 100 200 500 1000 2000 5000 10000 20000 50000
GBP 1 2 5 10 20 50 100 200 500 1000 2000 5000
JPY 1 5 10 50 100 500 1000 2000 5000 10000
MXN 10 20 50 100 200 500 1000 2000 5000 10000 20000 50000 100000
NOK 100 500 1000 2000 5000 10000 20000 50000
NZD 10 20 50 100 200 500 1000 2000 5000 10000
PLN 1 2 5 10 20 50 100 200 500 1000 2000 5000 10000 20000 50000
SEK 100 200 500 1000 2000 5000 10000 20000 50000 100000
USD 1 5 10 25 50 100 200 500 1000 2000 5000 10000
"""


def _read_table(text: str) -> Mapping[str, frozenset[int]]:
    rows = (row.split() for row in text.strip().splitlines())
    return {currency: frozenset(map(int, values)) for currency, *values in rows}


# What can be counted, by currency. A drawer is opened in one of these.
DENOMINATIONS: Mapping[str, frozenset[int]] = _read_table(_TABLE)
