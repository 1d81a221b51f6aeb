"""Barcodes: QR for our own ids, Code 128 for those of items, both drawn as plain boxes."""

from __future__ import annotations

from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel
from reportlab.pdfgen.canvas import Canvas

# In points: what scanners at 300 dots per inch still read, and what looks well.
_NARROWEST, _WIDEST = 0.5, 1.0
# Modules of white before and after; in points at the widest.
QUIET = 10


def draw_qr(canvas: Canvas, text: str, left: float, bottom: float, side: float) -> None:
    """A QR code that fills a square."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    count = code.getModuleCount()
    step = side / count
    for row in range(count):
        column = 0
        while column < count:
            run = column
            while run < count and code.isDark(row, run):
                run += 1
            if run > column:
                y = bottom + side - (row + 1) * step
                canvas.rect(left + column * step, y, (run - column) * step, step, stroke=0, fill=1)
            column = max(run, column + 1)


def draw_code128(canvas: Canvas, text: str, left: float, bottom: float, room: float, height: float) -> bool:
    """A Code 128 that fits into so much room; False where it would be too narrow to be read or cannot say the text."""
    if not text.isascii() or not text.isprintable():
        return False
    modules = Code128(text, barWidth=1, quiet=False).width
    bar = min(_WIDEST, (room - 2 * QUIET) / modules)
    if bar < _NARROWEST:
        return False
    Code128(text, barWidth=bar, barHeight=height, quiet=False).drawOn(canvas, left + QUIET, bottom)
    return True
