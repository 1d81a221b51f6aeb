"""What the messages of all carriers have in common. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from oms.payments.adapters.messages import part, text
from oms.platform.clock import format_instant, parse_instant
from oms.platform.intake import parse_json

_NUMBER = re.compile(r"[^#\x00-\x1f\x7f]{1,100}")


def read_message(raw: bytes) -> Mapping[str, Any]:
    """The object that a signed body is; one that is no JSON is refused.

    A tracking number may look like a card number, and nothing else of it is kept but codes and times.
    """
    return part(parse_json(raw))


def tracking_number(told: str) -> str | None:
    """A tracking number, None where the text cannot be one."""
    return told if _NUMBER.fullmatch(told) and told.strip() else None


def instant(told: str) -> str | None:
    """An instant as we write it; None where the text is none."""
    try:
        return format_instant(parse_instant(told))
    except ValueError:
        return None


def newest(scans: Iterable[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    """The scan whose time, under a name, is last; of several the last that is named, empty where there is none."""
    timed = [(instant(text(scan, name)), scan) for scan in scans]
    known = [(at, scan) for at, scan in timed if at is not None]
    return max(reversed(known), key=lambda one: one[0], default=("", {}))[1]
