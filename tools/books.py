"""The exported journal of a legal entity for a bookkeeping program.

python -m tools.books --entity 100 --format beancount FOLDER      a copy of the export on this machine
python -m tools.books --entity 100 --format xero s3://BUCKET      the bucket itself

Reads only what manifests list, checks every file that it reads and every control total, and ends with 1 when something
does not agree.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tools.bookkeeping.batches import Wrong, place
from tools.bookkeeping.imports import netsuite, quickbooks, xero
from tools.bookkeeping.journal import Books, read_books
from tools.bookkeeping.plain_text import beancount, hledger

FORMATS: Mapping[str, Callable[[Books], str]] = {
    "beancount": beancount,
    "hledger": hledger,
    "quickbooks": quickbooks,
    "xero": xero,
    "netsuite": netsuite,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.books", description=__doc__.splitlines()[0])
    parser.add_argument("export", metavar="FOLDER-or-s3://BUCKET", help="where finance/v1 lies")
    parser.add_argument("--entity", required=True, help="the legal entity whose books are wanted")
    parser.add_argument("--format", required=True, choices=FORMATS)
    parser.add_argument("--tenant", help="needed where the export has several")
    parser.add_argument("--currency", help="only entries in this currency")
    parser.add_argument("--out", type=Path, help="a file; else everything is printed")
    asked = parser.parse_args(arguments)
    try:
        books = read_books(place(asked.export), asked.entity, asked.tenant)
        text = FORMATS[asked.format](books if asked.currency is None else in_currency(books, asked.currency))
    except Wrong as error:
        print(error, file=sys.stderr)
        return 1
    if asked.out is None:
        sys.stdout.write(text)
    else:
        asked.out.write_text(text, encoding="utf-8", newline="\n")
    return 0


def in_currency(books: Books, currency: str) -> Books:
    """The books of one currency, which balance by themselves."""
    return replace(
        books,
        entries=[entry for entry in books.entries if entry.legs[0].currency == currency],
        closing={name: amount for name, amount in books.closing.items() if name[1] == currency},
        places={name: places for name, places in books.places.items() if name == currency},
    )


if __name__ == "__main__":
    sys.exit(main())
