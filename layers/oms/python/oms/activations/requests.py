"""How calls about licences are read."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from oms.platform.intake import Request

# The record of the call and its event are two actions more of its transaction.
MOST_CODES = 80


def _each_once(codes: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(codes)) < len(codes):
        raise ValueError("a code stands in the call twice")
    return codes


LicenceCode = Annotated[
    str, Field(min_length=4, max_length=500, pattern=r"^[^\s\x00-\x1f\x7f]+( [^\s\x00-\x1f\x7f]+)*$")
]


class LoadLicences(Request):
    """Codes for the pool of an item; those that it had before are counted and change nothing."""

    codes: Annotated[tuple[LicenceCode, ...], Field(min_length=1, max_length=MOST_CODES), AfterValidator(_each_once)]
