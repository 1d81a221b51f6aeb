"""Cursors: where the next page of a list begins, as opaque text. What a caller made up is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from oms.platform.problems import FieldError, InvalidRequest


def encode_cursor(position: Mapping[str, str]) -> str:
    """A position as text for a URL."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def decode_cursor(cursor: str) -> dict[str, str]:
    """The position in a cursor; anything that no list has given out in this form raises InvalidRequest."""
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        json.dumps(content, ensure_ascii=False).encode()  # half of a character is no part of a key
    except (ValueError, RecursionError) as error:
        raise bad_cursor() from error
    if not isinstance(content, dict) or not all(isinstance(part, str) and part for part in content.values()):
        raise bad_cursor()
    return content


def bad_cursor() -> InvalidRequest:
    """The refusal of a cursor that is not of the list that is asked for."""
    return InvalidRequest(errors=[FieldError("/query/cursor", "invalid", "not a cursor of this list")])
