"""A paper as PDF, drawn by reportlab. The same paper is the same bytes: nothing in it is of the moment or of chance.

Lengths are points; floats are positions on a page and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from oms.papers.adapters.barcodes import QUIET, draw_code128, draw_qr
from oms.papers.adapters.fonts import BOLD, REGULAR, load, shown, width, wrapped
from oms.papers.adapters.label import draw_label
from oms.papers.model import Block, Column, Page, Paper, PaperKind, Table

_SIZES = {Page.A4: (595.28, 841.89), Page.LETTER: (612.0, 792.0)}
_A6 = (297.64, 419.53)
_MARGIN, _GAP, _PAD = 42.0, 12.0, 4.0
_QR, _BARS = 64.0, 20.0


def drawn(paper: Paper) -> bytes:
    """A paper as PDF."""
    load()
    if paper.kind is PaperKind.RETURN_LABEL:
        canvas, out = _canvas(paper, _A6)
        draw_label(canvas, paper, _A6)
        canvas.showPage()
        canvas.save()
        return out.getvalue()
    # How many pages there are is known once they are drawn.
    _, pages = _Sheet(paper, 0).draw()
    pdf, _ = _Sheet(paper, pages).draw()
    return pdf


def _canvas(paper: Paper, size: tuple[float, float]) -> tuple[Canvas, BytesIO]:
    out = BytesIO()
    canvas = Canvas(out, pagesize=size, pageCompression=1, invariant=1, lang=paper.language, initialFontName=REGULAR)
    canvas.setTitle(f"{shown(paper.title)} {paper.code}")
    canvas.setAuthor(shown(paper.logo))
    return canvas, out


class _Sheet:
    """One paper on pages of one size, from the top of the first to the bottom of the last."""

    def __init__(self, paper: Paper, pages: int) -> None:
        self.paper, self.pages = paper, pages
        self.width, self.height = _SIZES[paper.page]
        self.canvas, self.out = _canvas(paper, (self.width, self.height))
        self.room = self.width - 2 * _MARGIN
        self.y = self.height - _MARGIN
        self.page = 0

    def draw(self) -> tuple[bytes, int]:
        """The pages as bytes, and how many they are."""
        self._begin()
        self._head()
        self._paragraph(self.paper.opening)
        for table in self.paper.tables:
            self._table(table)
        self._paragraph(self.paper.closing)
        self._end()
        self.canvas.save()
        return self.out.getvalue(), self.page

    def _begin(self) -> None:
        self.page += 1
        self.y = self.height - _MARGIN
        if self.page > 1:
            self._text(_MARGIN, self.y - 8, f"{self.paper.title} {self.paper.code}", REGULAR, 8)
            self.y -= 20

    def _end(self) -> None:
        counted = f"{self.paper.page_word} {self.page}/{self.pages}"
        self.canvas.line(_MARGIN, _MARGIN, self.width - _MARGIN, _MARGIN)
        self._text(_MARGIN, _MARGIN - 12, self.paper.footer, REGULAR, 8)
        self._text(self.width - _MARGIN, _MARGIN - 12, counted, REGULAR, 8, right=True)
        self.canvas.showPage()

    def _turn(self, needed: float) -> bool:
        """Go on to the next page where there is not enough room left on this one."""
        if self.y - needed >= _MARGIN + _GAP:
            return False
        self._end()
        self._begin()
        return True

    def _head(self) -> None:
        top, beside = self.y, self.room - _QR - _GAP
        for row in wrapped(self.paper.logo, BOLD, 16, beside):
            self._row(row, BOLD, 16)
        for line in self.paper.sender:
            for row in wrapped(line, REGULAR, 8, beside):
                self._row(row, REGULAR, 8)
        draw_qr(self.canvas, self.paper.code, self.width - _MARGIN - _QR, top - _QR, _QR)
        self._text(self.width - _MARGIN, top - _QR - 9, self.paper.code, REGULAR, 7, right=True)
        self.y = min(self.y, top - _QR - 12)
        for row in wrapped(self.paper.title, BOLD, 14, self.room):
            self._row(row, BOLD, 14)
        self.y -= _PAD
        label = max((width(shown(name), BOLD, 9) for name, _ in self.paper.facts), default=0.0) + _GAP
        for name, value in self.paper.facts:
            self._text(_MARGIN, self.y - 9, name, BOLD, 9)
            for row in wrapped(value, REGULAR, 9, self.room - label):
                self._row(row, REGULAR, 9, _MARGIN + label)
        self.y -= _GAP
        for at in range(0, len(self.paper.places), 2):
            self._places(self.paper.places[at : at + 2])

    def _places(self, places: Sequence[Block]) -> None:
        each = (self.room - _GAP) / 2
        written = [[row for line in place.rows for row in wrapped(line, REGULAR, 10, each)] for place in places]
        self._turn(14 + 13 * max((len(rows) for rows in written), default=0))
        top = lowest = self.y
        for number, (place, rows) in enumerate(zip(places, written, strict=True)):
            self.y, left = top, _MARGIN + number * (each + _GAP)
            self._row(place.heading, BOLD, 8, left)
            for row in rows:
                self._turn(13)
                self._row(row, REGULAR, 10, left)
            lowest = min(lowest, self.y)
        self.y = lowest - _GAP

    def _paragraph(self, text: str) -> None:
        if not text:
            return
        for row in wrapped(text, REGULAR, 10, self.room):
            self._turn(13)
            self._row(row, REGULAR, 10)
        self.y -= _GAP

    def _table(self, table: Table) -> None:
        shares = sum(column.share for column in table.columns)
        widths = [self.room * column.share / shares for column in table.columns]
        self._turn(80)
        if table.heading:
            for row in wrapped(table.heading, BOLD, 10, self.room):
                self._row(row, BOLD, 10)
            self.y -= _PAD
        self._headings(table.columns, widths)
        for cells in table.rows:
            self._cells(table.columns, widths, cells, REGULAR)
        if table.total:
            self._cells(table.columns, widths, table.total, BOLD)
        self.y -= _GAP

    def _headings(self, columns: Sequence[Column], widths: Sequence[float]) -> None:
        self._draw_cells(columns, widths, [column.heading for column in columns], BOLD, 8, bars=False)

    def _cells(self, columns: Sequence[Column], widths: Sequence[float], cells: Sequence[str], font: str) -> None:
        if self._turn(_height(columns, widths, cells, font, 9)):
            self._headings(columns, widths)
        self._draw_cells(columns, widths, cells, font, 9)

    def _draw_cells(
        self,
        columns: Sequence[Column],
        widths: Sequence[float],
        cells: Sequence[str],
        font: str,
        size: int,
        *,
        bars: bool = True,
    ) -> None:
        top, left = self.y, _MARGIN
        for column, room, cell in zip(columns, widths, cells, strict=True):
            self.y = top - _PAD
            if bars and column.barcode and cell and draw_code128(self.canvas, cell, left, self.y - _BARS, room, _BARS):
                self.y -= _BARS + 1
            inset = QUIET if column.barcode else 0
            for row in wrapped(cell, font, size, room - inset - _PAD):
                if column.right:
                    self._text(left + room - _PAD, self.y - size, row, font, size, right=True)
                    self.y -= size + 3
                else:
                    self._row(row, font, size, left + inset)
            left += room
        self.y = top - _height(columns, widths, cells, font, size, bars=bars)
        self.canvas.setLineWidth(0.4)
        self.canvas.line(_MARGIN, self.y, self.width - _MARGIN, self.y)

    def _row(self, text: str, font: str, size: int, left: float = _MARGIN) -> None:
        self._text(left, self.y - size, text, font, size)
        self.y -= size + 3

    def _text(self, x: float, y: float, text: str, font: str, size: int, *, right: bool = False) -> None:
        self.canvas.setFont(font, size)
        (self.canvas.drawRightString if right else self.canvas.drawString)(x, y, shown(text))


def _height(
    columns: Sequence[Column],
    widths: Sequence[float],
    cells: Sequence[str],
    font: str,
    size: int,
    *,
    bars: bool = True,
) -> float:
    """How much room a row of a table needs: as much as its highest cell."""
    highest = 0.0
    for column, room, cell in zip(columns, widths, cells, strict=True):
        inset = QUIET if column.barcode else 0
        rows = len(wrapped(cell, font, size, room - inset - _PAD)) * (size + 3)
        highest = max(highest, rows + (_BARS + 1 if bars and column.barcode and cell else 0))
    return highest + 2 * _PAD
