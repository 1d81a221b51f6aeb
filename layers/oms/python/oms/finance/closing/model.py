"""The seal of a store's business date: its states, what it says, and the refusals around it. Pure."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.finance.model import Moment
from oms.platform.problems import Problem


class SealState(StrEnum):
    """Where a store's business date stands. One that is SEALING takes no new lanes and cannot go back."""

    OPEN = "OPEN"
    SEALING = "SEALING"
    SEALED = "SEALED"


class Blocker(StrEnum):
    """Why a store's business date is not ready to be sealed."""

    DRAWER_NOT_CLOSED = "drawer_not_closed"
    SEQUENCE_MISSING = "sequence_missing"
    DRAWER_NOT_POSTED = "drawer_not_posted"
    TRANSACTION_CONFLICT = "transaction_conflict"
    POSTING_QUARANTINED = "posting_quarantined"


class SealReason(BaseModel):
    """One thing that stands against a seal."""

    model_config = ConfigDict(frozen=True)
    code: Blocker
    detail: str


class Seal(BaseModel):
    """Who sealed a store's business date, and what a forced seal passed over."""

    model_config = ConfigDict(frozen=True)
    sealed_by: str
    sealed_at: Moment
    forced: bool = False
    reason: str | None = None
    passed_over: tuple[SealReason, ...] = ()


class SealedDay(BaseModel):
    """A store's business date with its state; `seal` is None while it is open."""

    model_config = ConfigDict(frozen=True)
    store: str
    state: SealState
    seal: Seal | None = None


class DayNotReady(Problem):
    status = 409
    code = "business_day_not_ready"
    title = "Something stands against sealing this business day."
    remedy = "Settle what errors list, or force the seal with a reason and the scope finance.approve."


class PeriodSealed(Problem):
    status = 409
    code = "period_sealed"
    title = "This business day is sealed, and a sealed day is never opened again."
    remedy = "Post what is missing: it stands on the next open day, with its own date kept."


class StoresNotSealed(Problem):
    status = 409
    code = "stores_not_sealed"
    title = "The last export of a business day needs all its stores sealed."
    remedy = "Seal the stores that errors list, or ask for an interim export."
