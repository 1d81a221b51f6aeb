"""What a system of somebody else tells of its tills, in the words of the messages that nodes send us. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from oms.platform.money import LARGEST_AMOUNT, exponent, share_up_to
from oms.platform.problems import FieldError

_MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Told:
    """One message that we know, by its name and its data, of a location as the system calls it.

    `key` is what names it there. A message that is told `of` another one needs the session which that one opened.
    `pointer` is where it stands.
    """

    pointer: str
    location: str | None
    key: str
    message: str
    data: Mapping[str, Any]
    of: str | None = None


Adapter = Callable[[Any, ZoneInfo], Iterator[Told | FieldError]]


class NoAmount(ValueError):
    """A text that is no amount of its currency."""


class Untold(ValueError):
    """What cannot be told in our words: the code of its refusal, and why, with what to do instead."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def minor_units(text: str | None, currency: str) -> int:
    """An amount that is written in whole units with a point, in minor units; nothing is rounded."""
    try:
        number = Decimal((text or "").strip())
    except InvalidOperation as error:
        raise NoAmount("an amount in whole units") from error
    if not number.is_finite() or number.adjusted() > _MOST_DIGITS:
        raise NoAmount("an amount in whole units")
    scaled = number.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value() or abs(scaled) > LARGEST_AMOUNT:
        raise NoAmount(f"an amount that {currency} has")
    return int(scaled)


def shares(amount: int, weights: list[int]) -> list[int]:
    """An amount spread over weights, so that the parts are the whole."""
    ends = [share_up_to(amount, done, sum(weights)) for done in accumulate(weights, initial=0)]
    return [end - start for start, end in pairwise(ends)]
