"""A printed paper: what stands on it, in which order, before anything is drawn. Pure.

Texts are final: what a locale says and how it writes numbers is decided when a paper is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PaperKind(StrEnum):
    """The papers that go with work."""

    PICK_SHEET = "pick-sheet"
    PACKING_SLIP = "packing-slip"
    GIFT_RECEIPT = "gift-receipt"
    CUSTOMS_FORM = "customs-form"
    RETURN_LABEL = "return-label"


class Page(StrEnum):
    """The sizes of paper that sheets are printed on; a return label is A6 on any of them."""

    A4 = "a4"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading and its share of the width; its cells are text, numbers or barcodes."""

    heading: str
    share: int
    right: bool = False
    barcode: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, each with one text for each column; `total` is a last row that stands out."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    heading: str = ""
    total: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of text under a heading, such as an address."""

    heading: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper. `code` is what its barcode says, `language` that of its texts, `page_word` what counts its pages."""

    kind: PaperKind
    page: Page
    language: str
    title: str
    logo: str
    sender: tuple[str, ...]
    code: str
    page_word: str
    facts: tuple[tuple[str, str], ...] = ()
    places: tuple[Block, ...] = ()
    opening: str = ""
    tables: tuple[Table, ...] = ()
    closing: str = ""
    footer: str = ""
