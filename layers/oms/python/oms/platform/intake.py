"""Reading what comes from outside: size, JSON, depth, card numbers and shape, in this order.

Every refusal names the field by a JSON pointer, and is raised before anything is read or written.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo

from oms.platform.problems import CardNumberFound, FieldError, InvalidRequest, MalformedJson, TooLarge

MOST_BYTES = 256 * 1024
MOST_DEPTH = 10
_DIGIT_RUN = re.compile(r"[0-9](?:[ .-]?[0-9]){12,}")
_GAP = re.compile(r"[ .-]")
_LONGEST_CARD = 19
# UUIDs and long hexadecimal texts are made by machines, and one in some hundred has digits like those of a card.
_IDENTIFIER = re.compile(
    r"\b(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?=[0-9]*[a-f])[0-9a-f]{24,})\b", re.IGNORECASE
)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# Card numbers begin with 2 (2221-2720), 3, 4, 5 or 6 (ISO/IEC 7812 ranges of the schemes). A GTIN of 13 or 14 digits
# may pass the same check digit, so fields that hold article numbers are looked at from 15 digits on.
_CARD_START = re.compile(r"^(?:2[2-7]|3[0-9]|4|5|6)")
_ARTICLE_FIELDS = frozenset({"sku", "gtin", "ean", "upc", "barcode"})

M = TypeVar("M", bound=BaseModel)


class Request(BaseModel):
    """Base of every request body: unknown fields are refused; the field types of `platform.fields` do the rest."""

    # What people send is never logged, and a logged exception has its causes in it.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


def read_json(raw: str | bytes | None) -> Any:
    """Parse a body; numbers with a fraction become Decimal. Raises TooLarge, MalformedJson or CardNumberFound."""
    document = parse_json(raw)
    refuse_card_numbers(document)
    return document


def parse_json(raw: str | bytes | None) -> Any:
    """The same, where whoever asks looks for card numbers in what it keeps."""
    if not raw:
        raise MalformedJson("The body is empty.")
    data = raw.encode(errors="surrogatepass") if isinstance(raw, str) else raw
    if len(data) > MOST_BYTES:
        raise TooLarge(f"The body has {len(data)} bytes; the limit is {MOST_BYTES}.")
    _check_nesting(data)
    try:
        document = json.loads(
            data.decode(), parse_float=_number, parse_constant=_refuse_constant, object_pairs_hook=_without_repeats
        )
        if _SURROGATE.search(data):
            # Half of a pair is no character: nothing that stores or hashes text would take it.
            json.dumps(document, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError) as error:
        raise MalformedJson(f"The body is not valid JSON: {error}") from error
    return document


def no_more_than(limit: int) -> BeforeValidator:
    """Refuse a longer list as too large, before anything in it is read."""

    def check(rows: Any, info: ValidationInfo) -> Any:
        if isinstance(rows, list) and len(rows) > limit:
            raise TooLarge(f"{len(rows)} {info.field_name}; the limit is {limit}.", pointer=f"/{info.field_name}")
        return rows

    return BeforeValidator(check)


def validate(model: type[M], document: Any) -> M:
    """Shape a parsed body; every wrong field is named in one InvalidRequest."""
    if not isinstance(document, dict):
        raise InvalidRequest("The body must be one JSON object.", pointer="")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidRequest(
            errors=[
                FieldError(
                    "/" + "/".join(_escape(str(part)) for part in e["loc"]),
                    _code(e["type"]),
                    e["msg"].removeprefix("Value error, "),
                )
                for e in found
                if not _follows(e["type"], e["loc"], [other["loc"] for other in found])
            ]
        ) from error


def _follows(kind: str, place: Sequence[int | str], others: Sequence[Sequence[int | str]]) -> bool:
    """Whether a list is called too short only because entries in it are wrong."""
    return kind == "too_short" and any(len(o) > len(place) and o[: len(place)] == place for o in others)


def _code(kind: str) -> str:
    return {"extra_forbidden": "unknown_field", "missing": "required", "value_error": "invalid_value"}.get(kind, kind)


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError as error:
        raise ValueError("a number is out of range") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key is repeated in one object")
    return document


def _check_nesting(data: bytes) -> None:
    """Refuse deep nesting before the parser recurses into it."""
    depth = 0
    in_text = escaped = False
    if data.count(b"[") + data.count(b"{") <= MOST_DEPTH:
        return
    for byte in data:
        if in_text:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_text = False
        elif byte == 0x22:
            in_text = True
        elif byte in (0x5B, 0x7B):
            depth += 1
            if depth > MOST_DEPTH:
                raise TooLarge(f"The body is nested deeper than {MOST_DEPTH} levels.")
        elif byte in (0x5D, 0x7D):
            depth -= 1


def refuse_card_numbers(value: Any, pointer: str = "", name: str = "") -> None:
    """A parsed document that holds a card number anywhere raises CardNumberFound, which says where."""
    if isinstance(value, dict):
        for key, content in value.items():
            if has_card_number(key):
                raise CardNumberFound("The name of a field looks like a card number.", pointer=pointer)
            refuse_card_numbers(content, f"{pointer}/{_escape(key)}", key)
    elif isinstance(value, list):
        for index, content in enumerate(value):
            refuse_card_numbers(content, f"{pointer}/{index}", name)
    elif not isinstance(value, bool) and value is not None:
        shortest = 15 if name in _ARTICLE_FIELDS else 13
        if has_card_number(str(value), shortest):
            raise CardNumberFound("A field holds what looks like a card number.", pointer=pointer)


def has_card_number(text: str, shortest: int = 13) -> bool:
    """Whether a text holds 13 to 19 digits that are built like a card number (Luhn, ISO/IEC 7812-1).

    Digits may stand in groups, and other groups may stand before and after them, such as the month of expiry. Digits of
    another width, and those in a circle, count as what they show (NFKC).
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if len(text) < shortest or not _DIGIT_RUN.search(text):
        return False
    text = _IDENTIFIER.sub("x", text)
    return any(_looks_like_card(run, shortest) for run in _DIGIT_RUN.findall(text))


def _looks_like_card(run: str, shortest: int) -> bool:
    groups = _GAP.split(run)
    if len(groups) == 2 and "." in run:
        # One point alone is that of a fraction, such as a coordinate written as text.
        return any(_begins_with_card([part], shortest) for part in groups)
    # No group is empty, so that a card number has at most as many of them as digits.
    starts = range(len(groups))
    return any(_begins_with_card(groups[first : first + _LONGEST_CARD], shortest) for first in starts)


def _begins_with_card(groups: Sequence[str], shortest: int) -> bool:
    digits = ""
    for group in groups:
        digits += group
        if len(digits) > _LONGEST_CARD:
            return False
        if len(digits) >= shortest and _CARD_START.match(digits) and _luhn(digits):
            return True
    return False


def _luhn(digits: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if position % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
