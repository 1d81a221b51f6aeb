"""The books as plain text for beancount and hledger: everything declared, and the end balances asserted."""

from datetime import timedelta

from tools.bookkeeping.journal import Books, decimal

# The first digit of an account says what it measures; 9 is the memorandum pair.
_ROOTS = {"1": "Assets", "2": "Liabilities", "4": "Income", "5": "Expenses", "6": "Expenses", "9": "Equity"}


def beancount(books: Books) -> str:
    """A journal for `bean-check`."""
    if not books.entries:
        return f'option "title" "Entity {_quoted(books.entity)}"\n'
    first, last = books.entries[0].on, books.entries[-1].on
    text = [f'option "title" "Entity {_quoted(books.entity)}"']
    text += [f'option "operating_currency" "{currency}"' for currency in sorted(books.places)]
    text += [f"{first} commodity {currency}" for currency in sorted(books.places)]
    for account in sorted({account for account, _ in books.closing}):
        held = ",".join(sorted(currency for name, currency in books.closing if name == account))
        text += [f"{first} open {_name(account)} {held}", f'  name: "{_quoted(books.names.get(account, account))}"']
    for entry in books.entries:
        text.append(f'{entry.on} * "{_quoted(entry.title)}" "{entry.number}"')
        text += [f'  order: "{_quoted(entry.order_id)}"'] if entry.order_id else []
        text += [f"  {_name(leg.account)}  {leg.decimal} {leg.currency}" for leg in entry.legs]
    after = last + timedelta(days=1)
    for (account, currency), amount in sorted(books.closing.items()):
        # Without a tolerance of its own, beancount lets an asserted balance be one cent off.
        places = books.places[currency]
        text.append(f"{after} balance {_name(account)} {decimal(amount, places)} ~ {decimal(0, places)} {currency}")
    return "\n".join(text) + "\n"


def hledger(books: Books) -> str:
    """A journal for `hledger check --strict`."""
    text = [f"; Entity {_line(books.entity)}"]
    text += [f"commodity 1000.{'0' * places} {currency}" for currency, places in sorted(books.places.items())]
    for account in sorted({account for account, _ in books.closing}):
        text.append(f"account {_name(account)}  ; {_line(books.names.get(account, account))}")
    for entry in books.entries:
        order = f" | {_line(entry.order_id)}" if entry.order_id else ""
        text.append(f"{entry.on} * ({entry.number}) {_line(entry.title)}{order}")
        text += [f"    {_name(leg.account)}  {leg.decimal} {leg.currency}" for leg in entry.legs]
    if books.entries:
        text.append(f"{books.entries[-1].on + timedelta(days=1)} * balances")
        for (account, currency), amount in sorted(books.closing.items()):
            places = books.places[currency]
            asserted = f"{decimal(0, places)} {currency} = {decimal(amount, places)} {currency}"
            text.append(f"    {_name(account)}  {asserted}")
    return "\n".join(text) + "\n"


def _name(account: str) -> str:
    return f"{_ROOTS[account[0]]}:{account}"


def _quoted(text: str) -> str:
    return _line(text).replace("\\", "/").replace('"', "'")


def _line(text: str) -> str:
    """Text that stays on its line and begins no comment."""
    return " ".join(text.split()).replace(";", ",")
