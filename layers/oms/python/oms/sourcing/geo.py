"""Where an address is, roughly: the centre of its first three ZIP digits in the US, unknown elsewhere."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from oms.sourcing.model import Place


@lru_cache(maxsize=1)
def _zip3() -> dict[str, Place]:
    path = Path(__file__).with_name("zip3.csv")
    with path.open(encoding="ascii", newline="") as file:
        rows = csv.DictReader(file)
        return {row["zip3"]: Place(int(row["latitude_e6"]), int(row["longitude_e6"])) for row in rows}


def locate(country: str, postal_code: str | None) -> Place | None:
    """The point of an address, or None where it is not known."""
    if country != "US" or not postal_code:
        return None
    return _zip3().get(postal_code.strip()[:3])
