"""Bank statements in the form of ISO 20022 camt.053, of any of its versions, in our words. Pure.

The standard library reads them: the libraries for it bring a parser of their own with compiled code, and what is needed
is some twenty elements. A document type is refused, so nothing in a file can be made to grow when it is read.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree as Tree

from oms.platform.intake import validate
from oms.platform.money import EXPONENTS
from oms.platform.problems import FieldError, InvalidRequest
from oms.settlement.checks import DoesNotAddUp
from oms.settlement.requests import MOST_BANK_LINES, BankLineRequest

POINTER = "/camt053"
# As many digits as the standard allows, on either side of the point.
_DECIMAL = re.compile(r"[+-]?[0-9]{0,18}(\.[0-9]{0,18})?")
_SIGNS = {"CRDT": 1, "DBIT": -1}


def statement_lines(text: str) -> tuple[str, tuple[BankLineRequest, ...]]:
    """The account of a statement and its booked lines; amounts in minor units, negative for a debit.

    Raises InvalidRequest for what is no statement of one account, DoesNotAddUp where its lines do not lead from its
    opening to its closing balance.
    """
    statement = _statement(text)
    account = _text(statement, "Acct/Id/IBAN") or _text(statement, "Acct/Id/Othr/Id")
    if account is None:
        raise _wrong("the statement names no account")
    lines: list[BankLineRequest] = []
    for number, entry in enumerate(statement.findall("{*}Ntry"), start=1):
        if (_text(entry, "Sts/Cd") or _text(entry, "Sts")) == "BOOK":
            lines += _lines(entry, number)
    if len(lines) > MOST_BANK_LINES:
        raise _wrong(f"{len(lines)} lines; the limit is {MOST_BANK_LINES}")
    _require_balances(statement, sum(line.amount for line in lines))
    return account, tuple(lines)


def _statement(text: str) -> Tree.Element:
    if "<!" in text.replace("<!--", ""):
        raise _wrong("a statement has no document type")
    try:
        root = Tree.fromstring(text)  # noqa: S314 - nothing can be declared in it, see above
    except Tree.ParseError as error:
        raise _wrong(f"not XML: {error}") from error
    statements = root.findall("{*}BkToCstmrStmt/{*}Stmt")
    if len(statements) != 1:
        raise _wrong(f"{len(statements)} statements of camt.053; send one")
    return statements[0]


def _lines(entry: Tree.Element, number: int) -> list[BankLineRequest]:
    """An entry, or each transaction of one that the bank booked together where it says their amounts."""
    reference = _text(entry, "AcctSvcrRef") or _text(entry, "NtryRef")
    if reference is None:
        raise _wrong(f"entry {number} has no reference")
    whole = _amount(entry, "Amt", number)
    booked_on = _text(entry, "BookgDt/Dt") or (_text(entry, "BookgDt/DtTm") or "")[:10]
    parts = entry.findall("{*}NtryDtls/{*}TxDtls")
    each = [_part_amount(part, number) for part in parts]
    if len(parts) > 1 and all(amount is not None for amount in each):
        amounts = [amount for amount in each if amount is not None]
        if sum(value for _, value in amounts) != whole[1]:
            raise DoesNotAddUp(f"The transactions of entry {number} do not come to its amount.", pointer=POINTER)
        found = [
            (f"{reference}-{n}", amount, part) for n, (part, amount) in enumerate(zip(parts, amounts, strict=True))
        ]
    else:
        found = [(reference, whole, parts[0] if parts else entry)]
    sign = _SIGNS.get(_text(entry, "CdtDbtInd") or "")
    if sign is None:
        raise _wrong(f"entry {number} is neither CRDT nor DBIT")
    lines = []
    for line_id, (currency, value), part in found:
        texts = [one.text or "" for one in part.findall("{*}RmtInf/{*}Ustrd")]
        document = {
            "line_id": line_id,
            "amount": sign * value,
            "currency": currency,
            "booked_on": booked_on,
            "end_to_end_id": _end_to_end(part),
            "text": " ".join([*texts, _text(entry, "AddtlNtryInf") or ""]).strip()[:2000],
        }
        lines.append(validate(BankLineRequest, document))
    return lines


def _end_to_end(part: Tree.Element) -> str | None:
    reference = _text(part, "Refs/EndToEndId")
    return None if reference == "NOTPROVIDED" else reference


def _part_amount(part: Tree.Element, number: int) -> tuple[str, int] | None:
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        if _find(part, path) is not None:
            return _amount(part, path, number)
    return None


def _amount(element: Tree.Element, path: str, number: int) -> tuple[str, int]:
    """The currency and the minor units of an amount; a fraction of a minor unit is refused."""
    found = _find(element, path)
    currency = "" if found is None else found.get("Ccy", "")
    text = _text(element, path) or ""
    try:
        units = Decimal(text if _DECIMAL.fullmatch(text) else "").scaleb(EXPONENTS[currency])
        whole = units == units.to_integral_value()
    except (InvalidOperation, KeyError) as error:
        raise _wrong(f"entry {number} has no amount in a known currency") from error
    if not whole:
        raise _wrong(f"entry {number} has a fraction of the smallest coin")
    return currency, int(units)


def _require_balances(statement: Tree.Element, moved: int) -> None:
    """The lines of a statement lead from its opening balance to its closing one, where it has both."""
    balances = {}
    for number, balance in enumerate(statement.findall("{*}Bal"), start=1):
        sign = _SIGNS.get(_text(balance, "CdtDbtInd") or "", 1)
        balances[_text(balance, "Tp/CdOrPrtry/Cd")] = sign * _amount(balance, "Amt", number)[1]
    opening, closing = balances.get("OPBD", balances.get("PRCD")), balances.get("CLBD")
    if opening is not None and closing is not None and opening + moved != closing:
        raise DoesNotAddUp(f"The lines come to {moved}, the balances to {closing - opening}.", pointer=POINTER)


def _find(element: Tree.Element, path: str) -> Tree.Element | None:
    return element.find("/".join(f"{{*}}{name}" for name in path.split("/")))


def _text(element: Tree.Element, path: str) -> str | None:
    found = _find(element, path)
    text = "" if found is None else (found.text or "").strip()
    return text or None


def _wrong(detail: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError(POINTER, "invalid_value", detail)])
