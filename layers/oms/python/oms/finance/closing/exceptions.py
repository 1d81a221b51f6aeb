"""What a tie-out finds. Pure."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Check(StrEnum):
    """The tie-outs, by the names that finance knows them by."""

    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T5 = "T5"
    T6 = "T6"
    T7 = "T7"
    T9 = "T9"
    T10 = "T10"
    T11 = "T11"
    T12 = "T12"
    T13 = "T13"
    SEAL = "SEAL"


class ExceptionKind(StrEnum):
    """What is wrong: two sums differ, something stays open for long, or a store is not sealed as it should be."""

    DIFFERS = "differs"
    AGED = "aged"
    OPEN = "open"
    FORCED = "forced"
    SILENT = "silent"


class CloseException(BaseModel):
    """One thing that does not tie out; `expected` and `found` in minor units of `currency`.

    `since` is the business date on which an aged amount moved last.
    """

    model_config = ConfigDict(frozen=True)
    check: Check
    kind: ExceptionKind
    store: str | None = None
    order_id: str | None = None
    drawer_session: str | None = None
    account: str | None = None
    currency: str | None = None
    expected: int | None = None
    found: int | None = None
    since: date | None = None
    age_days: int | None = None
    detail: str
