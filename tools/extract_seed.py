"""Cut the small seed files in local/seed/data out of the full data sets. Run rarely; the results are committed.

Reads us_store_locations.csv.gz and uci_online_retail_2010-12_2011-08.csv.gz from a folder beside the clone:
    python -m tools.extract_seed FOLDER
"""

import csv
import gzip
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "local" / "seed" / "data"
ITEMS = 300
# Stock is coded with five digits and up to two letters; everything else in the file is a service or a correction.
STOCK_CODE = re.compile(r"\d{5}[A-Z]{0,2}")
# (node id, kind, display name, store number in the file): twelve stores over all zones, one of them without
# daylight saving, and two warehouses on sites of the same file.
SITES = [
    ("dc-columbus", "dc", "Columbus distribution centre", "234"),
    ("dc-salt-lake", "dc", "Salt Lake City distribution centre", "73"),
    ("seattle", "store", "Seattle store", "1"),
    ("portland", "store", "Portland store", "20"),
    ("los-angeles", "store", "Los Angeles store", "349"),
    ("san-diego", "store", "San Diego store", "360"),
    ("scottsdale", "store", "Scottsdale store", "380"),
    ("denver", "store", "Denver store", "37"),
    ("dallas", "store", "Dallas store", "723"),
    ("chicago", "store", "Chicago store", "220"),
    ("atlanta", "store", "Atlanta store", "772"),
    ("tampa", "store", "Tampa store", "765"),
    ("new-york", "store", "New York store", "210"),
    ("natick", "store", "Natick store", "531"),
]


def read(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a gzip CSV file as dictionaries."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def nodes(stores: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Return one row for each site, its address and coordinates as the file has them."""
    by_number = {row["store_id"]: row for row in stores if row["chain"] == "nordstrom"}
    return [
        {
            "id": node_id,
            "kind": kind,
            "name": name,
            "street": by_number[number]["street"],
            "city": by_number[number]["city"],
            "state": by_number[number]["state"],
            "postal_code": by_number[number]["zip"],
            "latitude": by_number[number]["latitude"],
            "longitude": by_number[number]["longitude"],
            "time_zone": by_number[number]["timezone"],
        }
        for node_id, kind, name, number in SITES
    ]


def first_documents(lines: Iterable[dict[str, str]]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return the first 300 stock items in file order, and the lines of the documents that name no other stock."""
    items: dict[str, dict[str, str]] = {}
    documents: dict[str, list[dict[str, str]]] = {}
    for line in lines:
        sku = line["StockCode"].upper()
        if STOCK_CODE.fullmatch(sku) and sku not in items:
            if len(items) == ITEMS:
                documents.pop(line["InvoiceNo"], None)
                break
            items[sku] = {"sku": sku, "description": line["Description"].strip()}
        documents.setdefault(line["InvoiceNo"], []).append(line)
    return list(items.values()), [line for document in documents.values() for line in document]


def write(name: str, rows: list[dict[str, str]]) -> None:
    """Write rows as CSV with a header; the columns are those of the first row."""
    with (OUT / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{OUT / name}: {len(rows)} rows")


def main(source: Path) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    items, documents = first_documents(read(source / "uci_online_retail_2010-12_2011-08.csv.gz"))
    write("nodes.csv", nodes(read(source / "us_store_locations.csv.gz")))
    write("items.csv", items)
    write("documents.csv", documents)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
