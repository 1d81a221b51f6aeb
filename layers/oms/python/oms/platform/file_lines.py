"""Dropped files as bytes: cut at line ends, and what became of each row as a file of results.

Pure. A row is a line, so a file may be cut at any line end without being understood.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

from oms.platform.problems import FieldError, Problem

REFUSED = "refused"
RESULT_COLUMNS = ("row", "outcome", "code", "detail")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class FileRefused(Exception):
    """A file that cannot be cut into rows: its row number, a code and a sentence."""

    def __init__(self, row: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.result = Result(row, REFUSED, code, detail)


@dataclass(frozen=True, slots=True)
class Range:
    """Whole lines of a file: the number of the first one, and the first and last byte; its first line is row 1."""

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
    """What became of a row: an outcome of its kind of file, or refused with a code and a sentence; what was made."""

    row: int
    outcome: str
    code: str = ""
    detail: str = ""
    made: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """How the lines of a file look: its longest line in bytes, and what its first line must be where it is a header.

    `header` takes the first line as text and answers what is wrong with it, or None.
    """

    longest_line: int
    header: Callable[[str], str | None] | None = None


def cut(pieces: Iterable[bytes], most_rows: int, form: Form) -> Iterator[Range]:
    """The rows behind the header as ranges of at most so many rows; raises FileRefused where there are none to read."""
    row, rows, begin, line_begin, offset = 1, 0, 0, 0, 0
    head = b""
    for piece in pieces:
        if row == 1 and form.header:
            head += piece[: form.longest_line + 1]
        at = piece.find(b"\n")
        while at >= 0:
            end = offset + at + 1
            _check_length(row, end - line_begin, form)
            if row == 1 and form.header:
                _check_header(head[:end], form)
                begin = end
            else:
                rows += 1
            if rows == most_rows:
                yield Range(row - rows + 1, begin, end - 1)
                begin, rows = end, 0
            row, line_begin = row + 1, end
            at = piece.find(b"\n", at + 1)
        offset += len(piece)
        _check_length(row, offset - line_begin, form)
    if row == 1 and form.header:
        _check_header(head, form)
    elif offset > begin:
        # The last line may have no line end.
        yield Range(row - rows, begin, offset - 1)


def lines_of(content: bytes, first_row: int) -> list[Line]:
    """The rows of a range; empty lines count as rows and are none."""
    texts = (text.removesuffix(b"\r") for text in content.split(b"\n"))
    return [Line(row, text) for row, text in enumerate(texts, first_row) if text.strip()]


def header_text(line: bytes) -> str:
    """The first line of a file without the marks of its beginning and end."""
    return line.removeprefix(_BYTE_ORDER_MARK).strip().decode(errors="replace")


def refused(row: int, problem: Problem, shown: Callable[[str], str]) -> Result:
    """The result of a row that was refused, by the first of its errors; what stands in the row is not repeated.

    `shown` gives for a JSON pointer the name of the field as it stands in the file, or nothing.
    """
    error = problem.errors[0] if problem.errors else FieldError("", problem.code, problem.detail)
    name = shown(error.pointer)
    return Result(row, REFUSED, error.code, f"{name}: {error.detail}" if name else error.detail)


def results_file(results: Iterable[Result], made: Sequence[str] = ()) -> bytes:
    """The results as CSV with a header, the same bytes for the same results; `made` names the column of what was made.

    A kind of file whose rows make nothing has no such column.
    """
    written = StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow((*RESULT_COLUMNS, *made))
    writer.writerows((one.row, one.outcome, one.code, one.detail, *([one.made] if made else [])) for one in results)
    return written.getvalue().encode()


def _check_length(row: int, count: int, form: Form) -> None:
    if count > form.longest_line:
        raise FileRefused(row, "line_too_long", f"A line has at most {form.longest_line} bytes.")


def _check_header(line: bytes, form: Form) -> None:
    wrong = form.header(header_text(line)) if form.header else None
    if wrong is not None:
        raise FileRefused(1, "header_needed", wrong)
