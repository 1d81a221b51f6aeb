"""The query string of an order list, read into a filter; a wrong value is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from oms.orders.model import FulfillmentRollup, Status
from oms.orders.reads import MOST_PER_PAGE, OrderFilter
from oms.payments.model import Rollup
from oms.platform.fields import within_years
from oms.platform.problems import FieldError, InvalidRequest

T = TypeVar("T")
_KNOWN = frozenset(
    ["placed_from", "placed_to", "status", "payment_status", "fulfillment_status", "channel", "limit", "cursor"]
)
_DEFAULT_DAYS = 31


def order_filter(query: Mapping[str, str], now: datetime) -> OrderFilter:
    """The filter a query string asks for; by default the last 31 days. Unknown names and values are refused."""
    for name in query:
        if name not in _KNOWN:
            raise _refused(name, "unknown_parameter", f"known are {', '.join(sorted(_KNOWN))}")
    to = _read(query, "placed_to", _day, now.date())
    return OrderFilter(
        placed_from=_read(query, "placed_from", _day, to - timedelta(days=_DEFAULT_DAYS - 1)),
        placed_to=to,
        status=_read(query, "status", _one_of(Status), None),
        payment_status=_read(query, "payment_status", _one_of(Rollup), None),
        fulfillment_status=_read(query, "fulfillment_status", _one_of(FulfillmentRollup), None),
        channel=query.get("channel"),
        limit=page_size(query),
        cursor=query.get("cursor"),
    )


def named_order(query: Mapping[str, str]) -> tuple[str, str] | None:
    """Channel and external id where a query asks for the one order that a channel knows by its own id, else None."""
    if "external_id" not in query:
        return None
    for name in query:
        if name not in ("channel", "external_id"):
            raise _refused(name, "unknown_parameter", "beside external_id only channel says something")
    return query.get("channel", ""), query["external_id"]


def page_size(query: Mapping[str, str]) -> int:
    """How many rows a page has: 25 unless asked, at most 100."""
    return _read(query, "limit", _limit, 25)


def _day(text: str) -> date:
    return within_years(date.fromisoformat(text))


def _limit(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_PER_PAGE:
        raise ValueError
    return number


def _one_of(kind: type[StrEnum]) -> Callable[[str], str | None]:
    return lambda text: kind(text).value


def _read(query: Mapping[str, str], name: str, parse: Callable[[str], T], default: T) -> T:
    if name not in query:
        return default
    try:
        return parse(query[name])
    except ValueError as error:
        raise _refused(name, "invalid", f"{query[name][:50]!r} is not a value of {name}") from error


def _refused(name: str, code: str, detail: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError(f"/query/{name}", code, detail)])
