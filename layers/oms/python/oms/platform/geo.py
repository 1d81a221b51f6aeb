"""Where things are, and how far apart.

An address is, roughly, at the centre of its first three ZIP digits in the US, and unknown elsewhere.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

_EARTH_RADIUS_METRES = 6_371_009
# Further than any two places are apart.
UNKNOWN_DISTANCE = 10**9


@dataclass(frozen=True, slots=True)
class Place:
    """A point in microdegrees."""

    latitude: int
    longitude: int


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


def metres(place: Place | None, destination: Place | None) -> int:
    """Great-circle distance (haversine, mean Earth radius); unknown places are far away."""
    if place is None or destination is None:
        return UNKNOWN_DISTANCE
    lat1, lat2 = radians(place.latitude / 1e6), radians(destination.latitude / 1e6)
    lon = radians((destination.longitude - place.longitude) / 1e6)
    h = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin(lon / 2) ** 2
    return round(2 * _EARTH_RADIUS_METRES * asin(min(1.0, sqrt(h))))
