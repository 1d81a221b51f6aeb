"""The text of a PDF of ours, read back from its bytes: rows in the order in which they were drawn, by page.

    pages(pdf)        # [["Acme", "Packing slip", …], …]

Each font of a PDF says by its ToUnicode map which character a code shows; codes without one stand for nothing here.
"""

from __future__ import annotations

import base64
import re
import zlib

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"/Length (\d+).*?>>\nstream\n", re.DOTALL)
_TOKEN = re.compile(rb"/(F\S+) \S+ Tf|\(((?:\\.|[^\\)])*)\) Tj|(?<![A-Za-z])(BT|ET)(?![A-Za-z])", re.DOTALL)
_PLACE = re.compile(rb"BT 1 0 0 1 \S+ (\S+) Tm")
_ESCAPE = re.compile(rb"\\(?:([0-7]{3})|(.))", re.DOTALL)
_CHARACTER = re.compile(rb"<([0-9A-F]{2})> <([0-9A-F]{4,})>")


def pages(pdf: bytes) -> list[list[str]]:
    """The rows of text of each page."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    kids = next(body for body in objects.values() if b"/Type /Pages" in body)
    found = re.search(rb"/Kids \[(.*?)\]", kids)
    assert found is not None
    return [_rows(objects, objects[int(number)]) for number in re.findall(rb"(\d+) 0 R", found[1])]


def text(pdf: bytes) -> list[str]:
    """The rows of text of all pages."""
    return [row for page in pages(pdf) for row in page]


def lowest(pdf: bytes) -> float:
    """How high above the lower edge of its page the lowest row stands, in points."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    contents = [int(number) for body in objects.values() for number in re.findall(rb"/Contents (\d+) 0 R", body)]
    return min(float(y) for at in contents for y in _PLACE.findall(_stream(objects[at])))


def _rows(objects: dict[int, bytes], page: bytes) -> list[str]:
    fonts = {name: _characters(objects, objects[int(at)]) for name, at in _fonts(objects, page)}
    content = re.search(rb"/Contents (\d+) 0 R", page)
    assert content is not None
    rows: list[str] = []
    font: dict[int, str] = {}
    for name, shown, block in _TOKEN.findall(_stream(objects[int(content[1])])):
        if name:
            font = fonts[name]
        elif block == b"BT":
            rows.append("")
        elif block != b"ET":
            rows[-1] += "".join(font[code] for code in _ESCAPE.sub(_unescaped, shown))
    return [row for row in rows if row]


def _fonts(objects: dict[int, bytes], page: bytes) -> list[tuple[bytes, bytes]]:
    shared = re.search(rb"/Font (\d+) 0 R", page)
    assert shared is not None
    return re.findall(rb"/(F\S+) (\d+) 0 R", objects[int(shared[1])])


def _characters(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    mapped = re.search(rb"/ToUnicode (\d+) 0 R", font)
    return {
        int(code, 16): bytes.fromhex(character.decode()).decode("utf-16-be")
        for code, character in (_CHARACTER.findall(_stream(objects[int(mapped[1])])) if mapped else ())
    }


def _stream(body: bytes) -> bytes:
    head = _STREAM.search(body)
    assert head is not None
    data = body[head.end() : head.end() + int(head[1])]
    if b"/ASCII85Decode" in body[: head.end()]:
        data = base64.a85decode(data.removesuffix(b"~>"))
    return zlib.decompress(data) if b"/FlateDecode" in body[: head.end()] else data


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 8)]) if found[1] else {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(found[2], found[2])
