"""The font of all papers: Source Sans Pro, which has Latin, Greek and Cyrillic letters; what it lacks is seen."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from font_source_sans_pro import font_files_ttf
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "SourceSansPro", "SourceSansProBold"
# Stands for each character that the font does not have.
UNKNOWN = "\u25a0"
_BLANKS = {"\t": " ", "\u00a0": "\u00a0", "\u202f": "\u00a0", "\u2011": "-", "\u2009": " "}


@cache
def load() -> frozenset[int]:
    """Make the font known, once; the code points of which both its weights have a glyph."""
    faces = [TTFont(name, font_files_ttf[name]) for name in (REGULAR, BOLD)]
    for face in faces:
        pdfmetrics.registerFont(face)
    regular, bold = (frozenset(face.face.charToGlyph) for face in faces)
    return regular & bold


def shown(text: str) -> str:
    """A row of text as the font can show it: composed, without control characters, marked where a glyph lacks."""
    known, written = load(), []
    for character in unicodedata.normalize("NFC", text):
        if character in _BLANKS:
            written.append(_BLANKS[character])
        elif unicodedata.category(character) not in ("Cc", "Cf"):
            written.append(character if ord(character) in known else UNKNOWN)
    return "".join(written)


def width(text: str, font: str, size: int) -> float:
    """How wide a row of text is, in points."""
    return float(pdfmetrics.stringWidth(text, font, size))


@lru_cache(maxsize=4_096)
def wrapped(text: str, font: str, size: int, room: float) -> tuple[str, ...]:
    """Text in rows that fit: broken at blanks, and within what has none."""
    rows: list[str] = []
    for paragraph in text.split("\n"):
        row = ""
        for word in shown(paragraph).split(" "):
            longer = f"{row} {word}" if row else word
            if width(longer, font, size) <= room:
                row = longer
                continue
            rows += [row] if row else []
            while word and width(word, font, size) > room:
                fits = next(n for n in range(len(word), 0, -1) if n == 1 or width(word[:n], font, size) <= room)
                rows.append(word[:fits])
                word = word[fits:]
            row = word
        rows.append(row)
    return tuple(rows)
