"""The books as what QuickBooks, Xero and NetSuite import: the general ledger without its memorandum pair.

Each entry has a name that is never given twice, so that a program that saw it once can refuse it.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from tools.bookkeeping.batches import Wrong
from tools.bookkeeping.journal import Books, Entry, Leg, decimal

_AMOUNT = re.compile(r'"amount:(-?[0-9.]+)"')
# What QuickBooks takes as the number of a document.
_LONGEST_NUMBER = 21


def quickbooks(books: Books) -> str:
    """Journal entries of the QuickBooks Online API, one a line; `requestid` goes into the address of the call."""
    return "".join(f"{_json(_quickbooks(books, entry))}\n" for entry in general_ledger(books))


def _quickbooks(books: Books, entry: Entry) -> dict[str, Any]:
    return {
        "requestid": entry.number,
        "JournalEntry": {
            # Names are random at their end, and of one length.
            "DocNumber": entry.number[-_LONGEST_NUMBER:],
            "TxnDate": entry.on.isoformat(),
            "PrivateNote": _note(entry),
            "CurrencyRef": {"value": entry.legs[0].currency},
            "Line": [_quickbooks_line(books, number, leg) for number, leg in enumerate(entry.legs, start=1)],
        },
    }


def _quickbooks_line(books: Books, number: int, leg: Leg) -> dict[str, Any]:
    return {
        "Id": str(number),
        "Amount": f"amount:{decimal(abs(leg.amount), leg.places)}",
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": {
            "PostingType": "Debit" if leg.amount > 0 else "Credit",
            "AccountRef": {"value": leg.account, "name": books.names.get(leg.account, leg.account)},
        },
    }


def xero(books: Books) -> str:
    """Manual journals of the Xero API, as drafts. Xero keeps them in one currency; several are refused."""
    entries = list(general_ledger(books))
    currencies = sorted({leg.currency for entry in entries for leg in entry.legs})
    if len(currencies) > 1:
        raise Wrong(
            f"Xero takes manual journals in one currency, not {', '.join(currencies)}; "
            "choose one (--currency, CURRENCY=…)"
        )
    journals = [
        {
            "Narration": f"{entry.number} {_note(entry)}",
            "Date": entry.on.isoformat(),
            "Status": "DRAFT",
            "LineAmountTypes": "NoTax",
            "JournalLines": [
                {"LineAmount": f"amount:{leg.decimal}", "AccountCode": leg.account, "Description": _note(entry)}
                for leg in entry.legs
            ],
        }
        for entry in entries
    ]
    return _json({"ManualJournals": journals}) + "\n"


def netsuite(books: Books) -> str:
    """A journal entry file of the NetSuite CSV import, one row a line; the entity is the subsidiary."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["External ID", "Date", "Subsidiary", "Currency", "Account", "Debit", "Credit", "Memo"])
    for entry in general_ledger(books):
        for leg in entry.legs:
            amount = decimal(abs(leg.amount), leg.places)
            sides = (amount, "") if leg.amount > 0 else ("", amount)
            texts = [_guarded(text) for text in (books.entity, leg.currency, leg.account)]
            writer.writerow([entry.number, entry.on.isoformat(), *texts, *sides, _guarded(_note(entry))])
    return out.getvalue()


def general_ledger(books: Books) -> Iterator[Entry]:
    """The entries without lines of the memorandum pair; an entry of these alone is left out."""
    for entry in books.entries:
        legs = tuple(leg for leg in entry.legs if not leg.account.startswith("9"))
        if legs:
            yield Entry(entry.number, entry.on, entry.title, entry.order_id, entry.store, legs)


def _note(entry: Entry) -> str:
    return " ".join(part for part in (entry.title, entry.store, entry.order_id) if part)


def _json(content: Any) -> str:
    """JSON in which amounts are numbers with exactly their decimals, never rounded on the way."""
    return _AMOUNT.sub(r"\1", json.dumps(content, ensure_ascii=False))


def _guarded(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
