"""Where a replayed parcel goes: simulated, because the file knows only countries of the other side of the ocean.

Each document draws one US ZIP area near a seeded store. The draw depends on the document's number alone, so a document
goes to the same place in every replay and on every machine.

    python -m tools.replaying.destinations FOLDER    draws destinations.csv anew (rarely; it is committed)
"""

import csv
import gzip
import math
import random
import sys
from functools import cache
from pathlib import Path

from local.seed.seed import read

HERE = Path(__file__).with_name("destinations.csv")
NEAR_KILOMETRES = 40.0
AREAS_PER_STORE = 40
EARTH_RADIUS_KILOMETRES = 6371.0


def destination(document: str, customer: str) -> dict[str, str]:
    """Return the address that a document's goods go to, as the API takes it."""
    draw = random.Random(f"destination of {document}")
    street = f"{draw.randint(1, 999)} Simulated Street"
    name = f"Customer {customer}" if customer else "Customer"
    return {"name": name, "street": street, "postal_code": draw.choice(_areas()), "country": "US"}


@cache
def _areas() -> tuple[str, ...]:
    with HERE.open(encoding="ascii", newline="") as rows:
        return tuple(row["postal_code"] for row in csv.DictReader(rows))


def draw_areas(source: Path) -> list[dict[str, str]]:
    """Choose ZIP areas with land around each seeded store; the same ones every time."""
    with gzip.open(source / "us_zcta_centroids.csv.gz", "rt", encoding="ascii", newline="") as rows:
        areas = [row for row in csv.DictReader(rows) if float(row["land_sqmi"]) > 0]
    chosen = []
    for store in (node for node in read("nodes.csv") if node["kind"] == "store"):
        near = [area for area in areas if _kilometres(store, area) <= NEAR_KILOMETRES]
        picked = random.Random(store["id"]).sample(near, min(AREAS_PER_STORE, len(near)))
        chosen += [{"near": store["id"], "postal_code": area["zip"]} for area in picked]
    return chosen


def _kilometres(one: dict[str, str], other: dict[str, str]) -> float:
    """Return the distance between two rows with latitude and longitude in degrees (haversine)."""
    north, south = (math.radians(float(row["latitude"])) for row in (one, other))
    east, west = (math.radians(float(row["longitude"])) for row in (one, other))
    half = math.sin((north - south) / 2) ** 2 + math.cos(north) * math.cos(south) * math.sin((east - west) / 2) ** 2
    return 2 * EARTH_RADIUS_KILOMETRES * math.asin(math.sqrt(half))


if __name__ == "__main__":
    drawn = draw_areas(Path(sys.argv[1]))
    with HERE.open("w", encoding="ascii", newline="") as file:
        writer = csv.DictWriter(file, ["near", "postal_code"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(drawn)
    print(f"{HERE.name}: {len(drawn)} ZIP areas")
