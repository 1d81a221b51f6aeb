"""The console's own files: only they, with headers that let nothing else in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.order_doors import Doors, doors
from tests.order_world import world
from tests.template import ROOT

__all__ = ["doors", "world"]

CONSOLE = ROOT / "console"


def get(doors: Doors, path: str, files: Path = CONSOLE) -> dict[str, Any]:
    module = doors.module("console")
    doors.monkeypatch.setattr(module, "FILES", files)
    context = {"stage": "$default", "requestId": "r", "http": {"method": "GET", "path": path}}
    event = {"version": "2.0", "rawPath": path, "rawQueryString": "", "headers": {}, "requestContext": context}
    return module.handler(event, None)


def test_the_page_is_served_without_a_token(doors: Doors):
    page = get(doors, "/console")
    assert page["statusCode"] == 200
    assert page["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert page["body"] == (CONSOLE / "index.html").read_text(encoding="utf-8")
    assert page["headers"]["Content-Security-Policy"].startswith("default-src 'self'")
    assert page["headers"]["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("name", "kind"), [("app.js", "text/javascript"), ("style.css", "text/css")])
def test_its_files_have_their_types(doors: Doors, name: str, kind: str):
    answer = get(doors, f"/console/{name}")
    assert answer["headers"]["Content-Type"] == f"{kind}; charset=utf-8"
    assert answer["body"] == (CONSOLE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["none.js", "README.md", ".hidden.js", "..%2fMakefile", "secret.txt", "index"])
def test_nothing_else_is_served(doors: Doors, tmp_path: Path, name: str):
    (tmp_path / ".hidden.js").write_text("secret")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "README.md").write_text("secret")
    answer = get(doors, f"/console/{name}", tmp_path)
    assert answer["statusCode"] == 404
    assert "secret" not in answer["body"].replace("secret.txt", "")


def test_everything_the_page_asks_for_is_there(doors: Doors):
    page = get(doors, "/console")["body"]
    asked = re.findall(r'(?:src|href)="(?:/?console/)?([\w.-]+\.(?:js|css|svg))"', page)
    assert asked
    for name in asked:
        assert get(doors, f"/console/{name}")["statusCode"] == 200, name
