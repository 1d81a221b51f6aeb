"""What a system of somebody else tells of stock, in the words that every adapter translates its messages into. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from oms.platform.intake import validate
from oms.platform.problems import FieldError, InvalidRequest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Told:
    """Units of an item at a location, both by the names of whoever tells it: a change of them, or a count.

    `sequence` counts up for this item at this location and the `teller`, which is a part of the system with a count of
    its own, such as a till. `pointer` is where in the message it stands.
    """

    pointer: str
    item: str
    location: str
    kind: Literal["delta", "snapshot"]
    quantity: int
    as_of: datetime
    sequence: int
    teller: str = ""


Adapter = Callable[[Any, Any], Iterator[Told | FieldError]]


class Foreign(BaseModel):
    """Base of what somebody else defines: fields that we do not know are theirs, and ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _whole(value: Any) -> Any:
    """A number of units, also as text or with zeros behind a point."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("a number of units")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise ValueError("a number of units") from error
    # Written out, a number such as 1e999999999 would fill the memory.
    if not number.is_finite() or number.adjusted() > _MOST_DIGITS or number != number.to_integral_value():
        raise ValueError("stock is kept in whole units")
    return int(number)


# An identifier of theirs, which some send as a number.
Name = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=200)]
Units = Annotated[int, BeforeValidator(_whole), Field(ge=-(10**9), le=10**9)]
M = TypeVar("M", bound=BaseModel)


def each(
    model: type[M], documents: Iterable[tuple[str, Any]], tell: Callable[[str, M], Iterable[Told | FieldError]]
) -> Iterator[Told | FieldError]:
    """What the documents at these pointers tell; one that is not of the model's shape has its errors instead."""
    for pointer, document in documents:
        try:
            found = validate(model, document)
        except InvalidRequest as problem:
            yield from (FieldError(pointer + one.pointer, one.code, one.detail) for one in problem.errors)
            if not problem.errors:
                yield FieldError(pointer, problem.code, problem.detail)
        else:
            yield from tell(pointer, found)


def listed(value: Any, pointer: str) -> list[tuple[str, Any]]:
    """The entries of a list with their pointers; whatever is no list stands for itself, and is refused there."""
    if isinstance(value, list):
        return [(f"{pointer}/{number}", entry) for number, entry in enumerate(value)]
    return [(pointer, value)]


def inside(value: Any, *names: str) -> Any:
    """What lies in an object under some names, one in the other; None where there is nothing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def microseconds(at: datetime) -> int:
    """An instant as a sequence number: microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND
