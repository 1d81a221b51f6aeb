"""How a call for a paper is read: which paper, in which locale, and of what of the work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from oms.notifications.locales import fall_back
from oms.papers.model import PaperKind
from oms.papers.rules import Locale
from oms.platform.intake import Request
from oms.platform.problems import NotFound

_RANGE = re.compile(r"\s*([A-Za-z]{2,3})(?:-([A-Za-z]{2}))?\s*(?:;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?")
# A header is read so far; browsers send a few.
_MOST_RANGES = 20


class PaperQuery(Request):
    """In which locale a paper is printed; without one Accept-Language decides, and then the order."""

    locale: Locale | None = None


class WorkPaperQuery(PaperQuery):
    """The same of a paper about work: `carton` prints the slip of one carton, `incomplete` a form with gaps."""

    carton: Annotated[int, Field(ge=1, le=1_000)] | None = None
    incomplete: Literal["true", "false"] = "false"


def paper_kind(text: str) -> PaperKind:
    """The paper that a path names; whatever is none raises NotFound."""
    try:
        return PaperKind(text)
    except ValueError as error:
        raise NotFound(f"There is no paper {text}.") from error


def accepted_locale(header: str | None, spoken: Iterable[str]) -> str | None:
    """The locale of an Accept-Language header that is liked best of those that are spoken; None where none of them is.

    Whatever is no language is passed over, as HTTP has it.
    """
    known = frozenset(spoken)
    return next((one for one in _liked(header or "") if known & set(fall_back(one))), None)


def _liked(header: str) -> Iterator[str]:
    ranges = [read for text in header.split(",")[:_MOST_RANGES] if (read := _RANGE.fullmatch(text))]
    # Of two that are liked the same, the first comes first.
    for read in sorted(ranges, key=lambda one: -_weight(one)):
        if _weight(read):
            yield f"{read[1].lower()}-{read[2].upper()}" if read[2] else read[1].lower()


def _weight(read: re.Match[str]) -> Decimal:
    return Decimal(read[3] or 1)
