"""GET /console…: the operator console's own files, from the API's address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from oms.console.files import read_file
from oms.platform import http

FILES = Path(__file__).with_name("files")
app = http.api()


@app.get("/console")
def get_page() -> http.Answer:
    return read_file(FILES, "index.html")


@app.get("/console/<file>")
def get_file(file: str) -> http.Answer:
    return read_file(FILES, file)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
