"""A return label, drawn on A6: who sends it, where it goes in large letters, and its code."""

from __future__ import annotations

from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from oms.papers.adapters.barcodes import draw_qr
from oms.papers.adapters.fonts import BOLD, REGULAR, shown, wrapped
from oms.papers.model import Paper

_MARGIN, _QR = 17.0, 78.0
# Sizes of the address that the parcel goes to and of all else, the largest first: the first that fits is taken.
_SIZES = ((14, 8), (11, 7), (8, 6), (6, 5))


def draw_label(canvas: Canvas, paper: Paper, size: tuple[float, float]) -> None:
    """Draw a label on the page that is begun; the last of its places is the one that the parcel goes to."""
    for large, small in _SIZES:
        if _draw(Canvas(BytesIO()), paper, size, large, small) >= _MARGIN:
            break
    _draw(canvas, paper, size, large, small)


def _draw(canvas: Canvas, paper: Paper, size: tuple[float, float], large: int, small: int) -> float:
    """Draw all of it in these sizes; where the last row ended."""
    wide, high = size
    room, y = wide - 2 * _MARGIN, high - _MARGIN
    *before, to = paper.places
    y = _rows(canvas, [f"{paper.logo} · {paper.title}"], BOLD, 10, y, room)
    for place in before:
        y = _rows(canvas, [place.heading, *place.rows], REGULAR, small, y - 3, room)
    canvas.setLineWidth(1)
    top = y - 6
    y = _rows(canvas, [to.heading], BOLD, 9, top - 8, room - 12, inset=6)
    y = _rows(canvas, to.rows, BOLD, large, y - 2, room - 12, inset=6)
    canvas.rect(_MARGIN, y - 6, room, top - y + 6, stroke=1, fill=0)
    y -= 18
    draw_qr(canvas, paper.code, _MARGIN, y - _QR, _QR)
    beside = [f"{name} {value}" for name, value in paper.facts]
    under = _rows(canvas, beside, REGULAR, small + 1, y, room - _QR - 10, inset=_QR + 10)
    under = _rows(canvas, [paper.opening], BOLD, small + 1, under - 4, room - _QR - 10, inset=_QR + 10)
    y = _rows(canvas, [paper.code], REGULAR, 7, min(under, y - _QR) - 3, room)
    y = _rows(canvas, [paper.closing], REGULAR, small, y - 4, room)
    return _rows(canvas, [paper.footer], REGULAR, small - 1, y - 2, room)


def _rows(
    canvas: Canvas, texts: list[str] | tuple[str, ...], font: str, size: int, y: float, room: float, inset: float = 0
) -> float:
    """Write texts below each other; where the next row would begin."""
    for row in (row for text in texts if text for row in wrapped(text, font, size, room)):
        y -= size
        canvas.setFont(font, size)
        canvas.drawString(_MARGIN + inset, y, shown(row))
        y -= 3
    return y
