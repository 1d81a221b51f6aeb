"""Field types shared by all requests: integers that are never fractions, texts with caps, codes, instants."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, PlainSerializer, Strict, WithJsonSchema

from oms.platform.clock import format_instant, require_utc
from oms.platform.money import EXPONENTS, LARGEST_AMOUNT, MILLION

AnyDate = TypeVar("AnyDate", bound=date)
MOST_UNITS = 1_000_000
FIRST_YEAR, LAST_YEAR = 2000, 2999
_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})$", re.ASCII)


def _known_currency(code: str) -> str:
    if code not in EXPONENTS:
        raise ValueError("not an ISO 4217 currency code in use")
    return code


def _no_fraction(value: Any) -> Any:
    if isinstance(value, (float, Decimal)):
        raise ValueError("a whole number is needed; money is sent in minor units, so 12.95 as 1295")
    return value


def _as_rfc_3339(value: Any) -> Any:
    """Of text only what says day, time and zone is an instant; a number of seconds is not."""
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC_3339.match(value)):
        return value
    raise ValueError("an instant is written as in RFC 3339, such as 2026-03-09T12:00:00Z")


def _plain_data(value: Any, pointer: str = "") -> Any:
    """Free attributes keep texts, integers, truth values, lists and objects; fractions must be sent as text."""
    if isinstance(value, (float, Decimal)):
        raise ValueError(f"a fraction at {pointer or '/'}: send it as text")
    if isinstance(value, dict):
        for name, content in value.items():
            _plain_data(content, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, content in enumerate(value):
            _plain_data(content, f"{pointer}/{index}")
    return value


def _iso_date(value: Any) -> Any:
    """A date as text only: a number would be read as seconds since 1970."""
    if not isinstance(value, (str, date)):
        raise ValueError("a date such as 2026-11-20")
    return date.fromisoformat(value) if isinstance(value, str) else value


def within_years(day: AnyDate) -> AnyDate:
    """The same date or instant; one so far away that sums with it could leave the calendar raises ValueError."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"a day of the years {FIRST_YEAR} to {LAST_YEAR}")
    return day


# Money in minor units. Not negative unless the type says so.
Amount = Annotated[int, BeforeValidator(_no_fraction), Strict(), Field(ge=0, le=LARGEST_AMOUNT)]
SignedAmount = Annotated[int, BeforeValidator(_no_fraction), Strict(), Field(ge=-LARGEST_AMOUNT, le=LARGEST_AMOUNT)]
Quantity = Annotated[int, BeforeValidator(_no_fraction), Strict(), Field(ge=1, le=MOST_UNITS)]
Count = Annotated[int, BeforeValidator(_no_fraction), Strict(), Field(ge=0, le=MOST_UNITS)]
SignedQuantity = Annotated[int, BeforeValidator(_no_fraction), Strict(), Field(ge=-MOST_UNITS, le=MOST_UNITS)]
# A rate in whole millionths of what it is taken of; 8.25 % is 82500, and 1000000 is all of it.
RatePpm = Annotated[int, BeforeValidator(_no_fraction), Strict(), Field(ge=0, le=MILLION)]
# Years of age.
MinimumAge = Annotated[int, BeforeValidator(_no_fraction), Strict(), Field(ge=1, le=99)]
Currency = Annotated[str, AfterValidator(_known_currency)]
# Identifiers given by others; '#' separates the parts of our keys and so may not stand in them.
Code = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^#\x00-\x1f\x7f]+$")]
Label = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=2000)]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_as_rfc_3339),
    AfterValidator(require_utc),
    AfterValidator(within_years),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
IsoDate = Annotated[date, BeforeValidator(_iso_date), AfterValidator(within_years)]
Attributes = Annotated[dict[str, Any], AfterValidator(_plain_data)]

__all__ = [
    "Amount",
    "Attributes",
    "Code",
    "Count",
    "Currency",
    "Instant",
    "IsoDate",
    "Label",
    "Quantity",
    "SignedAmount",
    "SignedQuantity",
    "Text",
    "within_years",
]


Percent = Annotated[int, Field(strict=True, ge=1, le=1_000)]


def _ascending(percents: tuple[int, ...]) -> tuple[int, ...]:
    if list(percents) != sorted(set(percents)):
        raise ValueError("shares in ascending order, each once")
    return percents


Percents = Annotated[tuple[Percent, ...], Field(max_length=5), AfterValidator(_ascending)]
