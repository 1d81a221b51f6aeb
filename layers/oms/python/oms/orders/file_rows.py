"""Files of orders as bytes: a line of JSON or a row of CSV is one order. Pure.

In CSV the header names fields by their JSON pointers without the first slash, such as `lines/0/sku`; an empty cell is a
field that is left out.
"""

from __future__ import annotations

import csv
import re
from typing import Any

from oms.orders.request import OrderRequest
from oms.orders.states import HistoryOrder
from oms.platform.file_lines import Form, Result, header_text
from oms.platform.file_lines import refused as refused_row
from oms.platform.intake import MOST_BYTES, read_json, refuse_card_numbers, validate
from oms.platform.problems import FieldError, InvalidRequest, Problem

JSON_LINES, CSV = "jsonl", "csv"
PLACED, IMPORTED = "placed", "imported"
# Placing is a second of work at worst, so a part ends within the function's time.
MOST_ROWS_OF_PART = 100
_NEEDED = ("channel", "external_id")
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
# Fields that are numbers or truth values; in a cell they are text like all others.
_NUMBERS = frozenset(
    {"quantity", "unit_price", "amount", "tax", "total", "goods", "discount", "charges", "rate_ppm", "minimum_age"}
    | {"line_no", "cancelled", "returned", "captured", "refunded"}
)
_TRUTH = frozenset({"captured", "consolidate", "receipt"})


def form_of(ending: str) -> Form:
    """How the lines of a file look by the ending of its name."""
    return Form(MOST_BYTES) if ending == JSON_LINES else Form(MOST_BYTES, _wrong_header)


def read_row(text: bytes, header: bytes | None) -> OrderRequest:
    """A row as the request that a channel would send over HTTP, or as an order of the past; `header` is that of CSV.

    Raises InvalidRequest, MalformedJson, CardNumberFound or TooLarge.
    """
    document = read_json(text) if header is None else _from_cells(text, header)
    is_history = isinstance(document, dict) and "history" in document
    return validate(HistoryOrder if is_history else OrderRequest, document)


def refused(row: int, problem: Problem) -> Result:
    """The result of a row that was refused, by the first of its errors; what stands in the row is not repeated."""
    return refused_row(row, problem, lambda pointer: pointer.removeprefix("/"))


def _from_cells(text: bytes, header: bytes) -> Any:
    names = _cells(header_text(header).encode())
    cells = _cells(text)
    if len(cells) != len(names):
        raise _malformed(f"The header has {len(names)} columns; this row has {len(cells)}.")
    document: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=True):
        if cell:
            _put(document, name.split("/"), cell)
    refuse_card_numbers(document)
    return _with_lists(document)


def _put(document: dict[str, Any], path: list[str], cell: str) -> None:
    for step in path[:-1]:
        document = document.setdefault(step, {})
        if not isinstance(document, dict):
            raise _malformed(f"{step} is a field and has fields.")
    document[path[-1]] = _value(path[-1], cell)


def _value(name: str, cell: str) -> Any:
    if name in _NUMBERS and _WHOLE.fullmatch(cell):
        return int(cell)
    return cell == "true" if name in _TRUTH and cell in ("true", "false") else cell


def _with_lists(value: Any) -> Any:
    """The same document, with an object whose names are numbers as the list of what it has, in their order."""
    if not isinstance(value, dict):
        return value
    if all(name.isascii() and name.isdigit() for name in value):
        return [_with_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _with_lists(content) for name, content in value.items()}


def _cells(text: bytes) -> list[str]:
    try:
        (cells,) = csv.reader([text.decode()], strict=True)
    except (UnicodeDecodeError, ValueError, csv.Error) as error:
        raise _malformed("The row is no line of comma-separated UTF-8.") from error
    return cells


def _wrong_header(line: str) -> str | None:
    """What is wrong with the first line of a file of CSV."""
    try:
        names = _cells(line.encode())
    except Problem:
        names = []
    if len(set(names)) == len(names) and all(names) and all(name in names for name in _NEEDED):
        return None
    return f"The first line must name each column once, {' and '.join(_NEEDED)} among them."


def _malformed(detail: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError("", "malformed_row", detail)])
