"""Reading the file: which lines belong together, what time it is, and what is no order file."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tools.replaying.documents import COLUMNS, Unreadable, read_documents

HEADER = ",".join(COLUMNS)
ROWS = [
    "536365,85123a,WHITE HEART ,6,2010-12-01 08:26:00,2.55,17850,United Kingdom",
    "536366,22633,WARMER,2,2010-12-01 08:28:00,1.85,17850.0,United Kingdom",
    "C536367,POST,POSTAGE,-1,2010-12-01 08:34:00,0.001,,France",
    "536365,85123A,WHITE HEART,-2,2010-12-01 08:25:00,2.55,17850,United Kingdom",
]


def write(folder: Path, rows: list[str], name: str = "orders.csv") -> Path:
    path = folder / name
    text = "\n".join([HEADER, *rows]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["orders.csv", "orders.csv.gz"])
def test_lines_of_one_number_are_one_document_wherever_they_stand(tmp_path: Path, name: str) -> None:
    documents = read_documents(write(tmp_path, ROWS, name))
    assert [document.number for document in documents] == ["536365", "536366", "C536367"]
    assert [line.quantity for line in documents[0].lines] == [6, -2]
    assert documents[0].local_time == "2010-12-01 08:25:00"


def test_a_limit_counts_documents_and_keeps_them_whole(tmp_path: Path) -> None:
    documents = read_documents(write(tmp_path, ROWS), limit=1)
    assert [document.number for document in documents] == ["536365"]
    assert len(documents[0].lines) == 2


def test_codes_are_in_capitals_and_prices_exact(tmp_path: Path) -> None:
    first, second, third = read_documents(write(tmp_path, ROWS))
    assert {line.code for line in first.lines} == {"85123A"}
    assert first.lines[0].description == "WHITE HEART"
    assert second.customer == "17850"
    assert third.customer == ""
    assert third.value == Decimal("-0.001")


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2010-12-01 08:26:00", datetime(2010, 12, 1, 8, 26, tzinfo=UTC)),
        ("2011-07-01 08:26:00", datetime(2011, 7, 1, 7, 26, tzinfo=UTC)),
    ],
)
def test_local_time_of_the_united_kingdom_becomes_utc(tmp_path: Path, local: str, utc: datetime) -> None:
    path = write(tmp_path, [f"1,2,THING,1,{local},1.0,,United Kingdom"])
    assert read_documents(path)[0].at == utc


def test_documents_come_by_time(tmp_path: Path) -> None:
    rows = [f"{number},2,THING,1,2010-12-0{number} 08:00:00,1.0,,UK" for number in (3, 1, 2)]
    assert [document.number for document in read_documents(write(tmp_path, rows))] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("7,2,THING,one,2010-12-01 08:00:00,1.0,,UK", "document 7"),
        ("7,2,THING,1,yesterday,1.0,,UK", "document 7"),
        ("7,2,THING,1,2010-12-01 08:00:00,NaN,,UK", "document 7"),
        ("7,2,THING,1,2010-12-01 08:00:00,dear,,UK", "document 7"),
        ("7,2", "document 7"),
    ],
)
def test_a_line_that_makes_no_sense_names_its_document(tmp_path: Path, row: str, named: str) -> None:
    with pytest.raises(Unreadable, match=named):
        read_documents(write(tmp_path, [row]))


def test_a_file_that_is_no_order_file_says_why(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(Unreadable, match="no column"):
        read_documents(other)
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(b"no gzip")
    with pytest.raises(Unreadable, match="cannot be read"):
        read_documents(broken)
