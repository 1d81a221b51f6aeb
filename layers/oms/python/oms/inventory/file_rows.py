"""Files of stock as bytes: what their lines are, how a row is read, and how many rows go together.

Pure. A row is a line: a field holds no line break, so a file may be cut at any line end without being understood.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from oms.inventory.requests import Snapshot
from oms.platform import file_lines
from oms.platform.file_lines import REFUSED as REFUSED
from oms.platform.file_lines import FileRefused as FileRefused
from oms.platform.file_lines import Form
from oms.platform.file_lines import Line as Line
from oms.platform.file_lines import Range as Range
from oms.platform.file_lines import Result as Result
from oms.platform.file_lines import lines_of as lines_of
from oms.platform.file_lines import results_file as results_file
from oms.platform.intake import refuse_card_numbers, validate
from oms.platform.problems import FieldError, InvalidRequest, Problem
from oms.registry.segments import Tags

COLUMNS = ("node_id", "sku", "quantity", "as_of", "source", "sequence", "reason")
HEADER = ",".join(COLUMNS)
# A file of stock in segments has these besides; all empty is stock in none.
TAGS = tuple(Tags.model_fields)
WITH_SEGMENT = ",".join((*COLUMNS, *TAGS))
# A file of a source that is trusted needs no reasons.
WITHOUT_REASON = HEADER.removesuffix(",reason")
# At 20 rows a second, which is what a throttled table may leave to each worker, a part ends within the function's time.
MOST_ROWS_OF_PART = 5_000
# Each row writes at most three items, and four where it is in a segment; beside them a block writes its own record and
# one event, of 90 actions in all.
MOST_WRITES_OF_BLOCK = 88
MOST_LINE_BYTES = 4_096
RECORDED, IGNORED = "recorded", "ignored"
_ALWAYS = COLUMNS.index("reason")
_WHOLE = re.compile(r"-?[0-9]{1,20}", re.ASCII)


def cut(pieces: Iterable[bytes], most_rows: int) -> Iterator[Range]:
    """The rows behind the header as ranges of at most so many rows; raises FileRefused where there are none to read."""
    return file_lines.cut(pieces, most_rows, FORM)


def blocks(lines: Sequence[Line]) -> Iterator[tuple[Line, ...]]:
    """The rows in order, so many at a time as always fit one transaction, whatever is found out about them."""
    block: list[Line] = []
    writes = 0
    for line in lines:
        # A comma inside quotes only makes a block smaller than it could be.
        more = 4 if line.text.count(b",") >= len(COLUMNS) else 3
        if writes + more > MOST_WRITES_OF_BLOCK:
            yield tuple(block)
            block, writes = [], 0
        block.append(line)
        writes += more
    if block:
        yield tuple(block)


def read_row(text: bytes) -> Snapshot:
    """A row as the request that a source would send over HTTP; raises InvalidRequest or CardNumberFound."""
    try:
        (cells,) = csv.reader([text.decode()], strict=True)
    except (UnicodeDecodeError, ValueError, csv.Error) as error:
        raise _malformed("The row is no line of comma-separated UTF-8.") from error
    names = (*COLUMNS, *TAGS)
    if len(cells) not in (len(names), len(COLUMNS), len(COLUMNS) - 1):
        detail = f"A row has {len(COLUMNS)} columns, none for the reason, or {len(TAGS)} more for a segment"
        raise _malformed(f"{detail}; this one has {len(cells)}.")
    fields = {name: cell for name, cell in zip(names, cells, strict=False) if cell or name in names[:_ALWAYS]}
    refuse_card_numbers(fields)
    numbers = {name: int(fields[name]) for name in ("quantity", "sequence") if _WHOLE.fullmatch(fields[name])}
    segment = {name: fields.pop(name) for name in TAGS if name in fields}
    return validate(Snapshot, {**fields, **numbers, **({"segment": segment} if segment else {})})


def refused(row: int, problem: Problem) -> Result:
    """The result of a row that was refused, by the first of its errors; what stands in the row is not repeated."""

    def column(pointer: str) -> str:
        name = pointer.rpartition("/")[2]
        return name if name in (*COLUMNS, *TAGS) else ""

    return file_lines.refused(row, problem, column)


def _wrong_header(line: str) -> str | None:
    return None if line in (HEADER, WITHOUT_REASON, WITH_SEGMENT) else f"The first line must be {HEADER}."


FORM = Form(MOST_LINE_BYTES, _wrong_header)


def _malformed(detail: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError("", "malformed_row", detail)])
