"""What does not tie out on a date, as it is shown."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.closing.exceptions import Check, CloseException
from oms.finance.exports.snapshots import snapshot_now
from oms.finance.lanes import Day
from oms.platform.commands import Runtime


class DayExceptions(BaseModel):
    """What does not tie out; `final` where the date is closed, and then it is what its export says.

    `checks` are the tie-outs that were made.
    """

    model_config = ConfigDict(frozen=True)
    entity: str
    business_date: date
    final: bool
    checks: tuple[Check, ...]
    exceptions: tuple[CloseException, ...]


def day_exceptions(runtime: Runtime, bucket: ExportBucket, day: Day) -> DayExceptions:
    """The exceptions of a date, of its close or as of now."""
    snapshot, final = snapshot_now(runtime, bucket, day)
    return DayExceptions(
        entity=day.entity,
        business_date=day.date,
        final=final,
        checks=tuple(Check),
        exceptions=snapshot.exceptions,
    )
