"""Files of stock as bytes: cut at line ends, read row by row, and what became of each row as a file of results.

Pure. A row is a line: a field holds no line break, so a file may be cut at any line end without being understood.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

from oms.inventory.requests import Snapshot
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
RECORDED, IGNORED, REFUSED = "recorded", "ignored", "refused"
_ALWAYS = COLUMNS.index("reason")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHOLE = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_RESULT_COLUMNS = ("row", "outcome", "code", "detail")


class FileRefused(Exception):
    """A file that cannot be cut into rows: its row number, a code and a sentence."""

    def __init__(self, row: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.result = Result(row, REFUSED, code, detail)


@dataclass(frozen=True, slots=True)
class Range:
    """Whole lines of a file: the number of the first one, and the first and last byte; the header is row 1."""

    first_row: int
    first_byte: int
    last_byte: int


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it stands in the file."""

    row: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a row: recorded, ignored (late or told before), or refused with a code and a sentence."""

    row: int
    outcome: str
    code: str = ""
    detail: str = ""


def cut(pieces: Iterable[bytes], most_rows: int) -> Iterator[Range]:
    """The rows behind the header as ranges of at most so many rows; raises FileRefused where there are none to read."""
    row, rows, begin, line_begin, offset = 1, 0, 0, 0, 0
    head = b""
    for piece in pieces:
        if row == 1:
            head += piece[: MOST_LINE_BYTES + 1]
        at = piece.find(b"\n")
        while at >= 0:
            end = offset + at + 1
            _check_length(row, end - line_begin)
            if row == 1:
                _check_header(head[:end])
                begin = end
            else:
                rows += 1
            if rows == most_rows:
                yield Range(row - rows + 1, begin, end - 1)
                begin, rows = end, 0
            row, line_begin = row + 1, end
            at = piece.find(b"\n", at + 1)
        offset += len(piece)
        _check_length(row, offset - line_begin)
    if row == 1:
        _check_header(head)
    elif offset > begin:
        # The last line may have no line end.
        yield Range(row - rows, begin, offset - 1)


def lines_of(content: bytes, first_row: int) -> list[Line]:
    """The rows of a range; empty lines count as rows and are none."""
    texts = (text.removesuffix(b"\r") for text in content.split(b"\n"))
    return [Line(row, text) for row, text in enumerate(texts, first_row) if text.strip()]


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
    error = problem.errors[0] if problem.errors else FieldError("", problem.code, problem.detail)
    column = error.pointer.rpartition("/")[2]
    return Result(
        row, REFUSED, error.code, f"{column}: {error.detail}" if column in (*COLUMNS, *TAGS) else error.detail
    )


def results_file(results: Iterable[Result]) -> bytes:
    """The results as CSV with a header, the same bytes for the same results."""
    written = StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(_RESULT_COLUMNS)
    writer.writerows((one.row, one.outcome, one.code, one.detail) for one in results)
    return written.getvalue().encode()


def _check_length(row: int, count: int) -> None:
    if count > MOST_LINE_BYTES:
        raise FileRefused(row, "line_too_long", f"A line has at most {MOST_LINE_BYTES} bytes.")


def _check_header(line: bytes) -> None:
    if line.removeprefix(_BYTE_ORDER_MARK).strip().decode(errors="replace") not in (
        HEADER,
        WITHOUT_REASON,
        WITH_SEGMENT,
    ):
        raise FileRefused(1, "header_needed", f"The first line must be {HEADER}.")


def _malformed(detail: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError("", "malformed_row", detail)])
