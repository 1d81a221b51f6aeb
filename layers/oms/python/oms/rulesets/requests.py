"""How calls about rule sets are read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oms.platform.fields import Code
from oms.platform.intake import Request, validate
from oms.platform.problems import NotFound

_MOST_DIGITS = 6


class Promotion(Request):
    """Which version is to hold from now on."""

    number: Annotated[int, Field(strict=True, ge=1, le=999_999)]


class RollBack(Request):
    """That the version before is to hold again; there is nothing to say about it."""


class DiffQuery(Request):
    """Which versions to compare; without them the one that holds with the newest one."""

    from_number: Annotated[int | None, Field(alias="from", ge=1, le=999_999)] = None
    to_number: Annotated[int | None, Field(alias="to", ge=1, le=999_999)] = None


class _Named(Request):
    id: Code


def rule_set_name(text: str) -> str:
    """The id of a rule set from the path; raises InvalidRequest for one that cannot be stored."""
    return validate(_Named, {"id": text}).id


def version_number(text: str) -> int:
    """The number of a version from the path; whatever is none raises NotFound."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise NotFound()
    return int(text)
