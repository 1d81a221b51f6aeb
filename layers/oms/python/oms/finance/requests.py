"""What finance may be asked over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from oms.finance.exports.model import Kind
from oms.platform.fields import Code, IsoDate
from oms.platform.intake import Request

MOST_DAYS = 92
MOST_LISTED = 100


class ExportRequest(Request):
    """A wish for a batch of an entity's business date."""

    entity: Code
    business_date: IsoDate
    kind: Kind = Kind.INTERIM


class ExportQuery(Request):
    """Which manifests to list."""

    business_date: IsoDate
    entity: Code | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = MOST_LISTED
    cursor: Annotated[str, Field(max_length=1024)] | None = None


class TrialBalanceQuery(Request):
    """Which days to sum: from `from` to `to`, both included; one day where `to` is left out."""

    entity: Code
    from_: Annotated[IsoDate, Field(alias="from")]
    to: IsoDate | None = None

    @property
    def first(self) -> date:
        return self.from_

    @property
    def last(self) -> date:
        return self.to or self.from_

    @field_validator("to")
    @classmethod
    def _a_short_span(cls, to: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("from_")
        if to is not None and first is not None and not 0 <= (to - first).days < MOST_DAYS:
            raise ValueError(f"not before from, and at most {MOST_DAYS} days are summed at once")
        return to


class JournalQuery(Request):
    """Whose entries to show."""

    order_id: Code
