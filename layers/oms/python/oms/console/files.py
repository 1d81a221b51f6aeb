"""Serving the console's static files: a fixed set of types, no path, no cache of old versions."""

from __future__ import annotations

from pathlib import Path

from oms.platform.http import Answer
from oms.platform.problems import NotFound

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Only our own files and our own API: no inline script, no other host.
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
}


def read_file(folder: Path, name: str) -> Answer:
    """One file of the console; anything that is not there raises NotFound."""
    path = folder / name
    if "/" in name or name.startswith(".") or path.suffix not in _TYPES or not path.is_file():
        raise NotFound(f"There is no page {name}.")
    return Answer(200, _TYPES[path.suffix], path.read_text(encoding="utf-8"), _HEADERS)
