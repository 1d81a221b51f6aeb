"""What may be asked about days over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StrictBool, ValidationInfo, field_validator

from oms.platform.fields import Code, IsoDate
from oms.platform.intake import Request, validate


class SealRequest(Request):
    """Seal a store's business date. A forced seal passes over what stands against it, and says why."""

    entity: Code
    store: Code
    force: StrictBool = False
    reason: Annotated[Annotated[str, Field(min_length=1, max_length=500)] | None, Field(validate_default=True)] = None

    @field_validator("reason")
    @classmethod
    def _force_has_a_reason(cls, reason: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("force") and reason is None:
            raise ValueError("a forced seal says why")
        return reason


class SealQuery(Request):
    """Which seal is meant."""

    entity: Code
    store: Code


class DayQuery(Request):
    """Whose day to show."""

    entity: Code


class _DayName(Request):
    date: IsoDate


def day_name(text: str) -> date:
    """The business date that a path names; anything else raises InvalidRequest."""
    return validate(_DayName, {"date": text}).date
