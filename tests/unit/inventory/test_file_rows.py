"""Files of stock as bytes: where they are cut, how a row is read, and what its result says."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.file_rows import (
    HEADER,
    MOST_LINE_BYTES,
    MOST_WRITES_OF_BLOCK,
    FileRefused,
    Line,
    Range,
    Result,
    blocks,
    cut,
    lines_of,
    read_row,
    refused,
    results_file,
)
from oms.inventory.requests import Snapshot
from oms.platform.problems import CardNumberFound, InvalidRequest
from oms.platform.writes import MOST_ACTIONS

pytestmark = pytest.mark.capability("O4")

ROW = b"DC1,MUG,12,2026-11-23T12:00:00Z,wms,7"
HEAD = f"{HEADER}\n".encode()


def test_a_file_is_cut_at_line_ends_and_its_rows_keep_their_numbers():
    content = HEAD + b"a\nbb\nccc\ndddd\n"
    ranges = list(cut([content], most_rows=2))
    assert ranges == [Range(2, len(HEAD), len(HEAD) + 4), Range(4, len(HEAD) + 5, len(content) - 1)]
    texts = [lines_of(content[one.first_byte : one.last_byte + 1], one.first_row) for one in ranges]
    assert texts == [[Line(2, b"a"), Line(3, b"bb")], [Line(4, b"ccc"), Line(5, b"dddd")]]


@given(st.lists(st.text("ab,\r", max_size=5)), st.booleans(), st.integers(1, 4), st.integers(1, 7))
def test_however_it_is_cut_and_read_the_rows_are_those_of_the_file(rows, ends, most_rows, piece):
    content = HEAD + "\n".join(rows).encode() + (b"\n" if ends else b"")
    pieces = [content[at : at + piece] for at in range(0, len(content), piece)]
    ranges = list(cut(pieces, most_rows))
    found = [line for one in ranges for line in lines_of(content[one.first_byte : one.last_byte + 1], one.first_row)]
    expected = [Line(number, row.encode().removesuffix(b"\r")) for number, row in enumerate(rows, 2) if row.strip()]
    assert found == expected
    assert all(after.first_byte == before.last_byte + 1 for before, after in pairwise(ranges))


@pytest.mark.parametrize("head", [HEAD, HEADER.encode(), HEADER.encode() + b"\r\n", b"\xef\xbb\xbf" + HEAD])
def test_a_header_alone_is_a_file_without_rows(head: bytes):
    assert list(cut([head], 2)) == []


@pytest.mark.parametrize(
    ("content", "row", "code"),
    [
        (b"", 1, "header_needed"),
        (ROW + b"\n", 1, "header_needed"),
        (b"sku,node_id,quantity,as_of,source,sequence\n" + ROW, 1, "header_needed"),
        (HEAD + ROW + b"\n" + b"x" * (MOST_LINE_BYTES + 1), 3, "line_too_long"),
        (HEAD + b"x" * MOST_LINE_BYTES + b"\n", 2, "line_too_long"),
        (b"x" * 10_000, 1, "line_too_long"),
    ],
)
def test_what_is_no_file_of_rows_is_refused_as_a_whole(content: bytes, row: int, code: str):
    with pytest.raises(FileRefused) as problem:
        list(cut([content[:100], content[100:]], 2))
    assert (problem.value.result.row, problem.value.result.outcome, problem.value.result.code) == (row, "refused", code)


def test_blocks_fit_a_transaction_whatever_is_in_them():
    lines = [Line(row, b"x") for row in range(2, 2 + 60)]
    assert [len(block) for block in blocks(lines)] == [29, 29, 2]
    in_lots = [Line(one.row, b"S1,A,3,2026-11-23T12:00:00Z,wms,7,,,,L-1,,") for one in lines]
    assert [len(block) for block in blocks(in_lots)] == [22, 22, 16]
    assert MOST_WRITES_OF_BLOCK + 2 <= MOST_ACTIONS


def test_a_row_is_the_snapshot_of_the_call_over_http():
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    told = Snapshot(node_id="DC1", sku="MUG", quantity=12, as_of=noon, source="wms", sequence=7)
    assert read_row(ROW) == told
    assert read_row(b'"DC1","MUG","12","2026-11-23T12:00:00+00:00","wms","7"') == told
    assert read_row(b'DC1,"A, ""B""",12,2026-11-23T12:00:00Z,wms,7').sku == 'A, "B"'
    assert read_row(ROW + b",") == told
    assert read_row(ROW + b",cycle_count") == told.model_copy(update={"reason": "cycle_count"})


@pytest.mark.parametrize(
    ("text", "code", "detail"),
    [
        (
            b"DC1,MUG,12",
            "malformed_row",
            "A row has 7 columns, none for the reason, or 5 more for a segment; this one has 3.",
        ),
        (b'DC1,"MUG,12,2026-11-23T12:00:00Z,wms,7', "malformed_row", "The row is no line of comma-separated UTF-8."),
        (b"DC1,M\xffG,12,2026-11-23T12:00:00Z,wms,7", "malformed_row", "The row is no line of comma-separated UTF-8."),
        (b"DC1,MUG,-1,2026-11-23T12:00:00Z,wms,7", "greater_than_equal", "quantity: "),
        (b"DC1,MUG,1.5,2026-11-23T12:00:00Z,wms,7", "int_type", "quantity: "),
        (b"DC1,MUG, 1,2026-11-23T12:00:00Z,wms,7", "int_type", "quantity: "),
        (b"DC1,MUG,2000000,2026-11-23T12:00:00Z,wms,7", "less_than_equal", "quantity: "),
        (b"DC1,MUG,1,yesterday,wms,7", "invalid_value", "as_of: an instant is written as in RFC 3339"),
        (b"DC1,MUG,1,2026-11-23T12:00:00,wms,7", "invalid_value", "as_of: "),
        (b"DC1,,1,2026-11-23T12:00:00Z,wms,7", "string_too_short", "sku: "),
        (b"DC1,M#G,1,2026-11-23T12:00:00Z,wms,7", "string_pattern_mismatch", "sku: "),
        (b"DC1,MUG,1,2026-11-23T12:00:00Z,wms,", "int_type", "sequence: "),
    ],
)
def test_a_row_that_is_wrong_says_where(text: bytes, code: str, detail: str):
    with pytest.raises(InvalidRequest) as problem:
        read_row(text)
    result = refused(5, problem.value)
    assert (result.row, result.outcome, result.code) == (5, "refused", code)
    assert result.detail.startswith(detail)


def test_a_card_number_is_refused_and_not_repeated():
    with pytest.raises(CardNumberFound) as problem:
        read_row(b"DC1,MUG,1,2026-11-23T12:00:00Z,4242 4242 4242 4242,7")
    result = refused(2, problem.value)
    assert (result.code, result.detail) == ("card_number_found", "source: A field holds what looks like a card number.")


def test_results_are_a_file_with_a_header():
    results = [Result(2, "recorded"), Result(4, "refused", "unknown_sku", "sku: There is no item A, B.")]
    assert results_file(results) == (
        b'row,outcome,code,detail\n2,recorded,,\n4,refused,unknown_sku,"sku: There is no item A, B."\n'
    )
