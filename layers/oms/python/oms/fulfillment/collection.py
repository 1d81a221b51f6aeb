"""How a customer gets what waits at the counter, and how far a customer is who comes for it. Pure."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.fulfillment.shipments import ProofKind


class ArrivalState(StrEnum):
    """How far a customer is who comes to collect."""

    IN_TRANSIT = "in_transit"
    AT_STORE = "at_store"
    AT_CURBSIDE = "at_curbside"


class Arrival(BaseModel):
    """That a customer comes, or is there: since when, in which bay, and in which vehicle."""

    model_config = ConfigDict(frozen=True)
    state: ArrivalState
    at: str
    bay: str | None = None
    vehicle: str | None = None


class Extension(BaseModel):
    """That goods are kept longer for the customer, until when, why, and who said so."""

    model_config = ConfigDict(frozen=True)
    before: str
    pickup_by: str
    reason: str
    by: str


class Collection(BaseModel):
    """How a customer gets what waits at the counter, by the rules that held when it was staged.

    Any one of `proofs` will do; of the code only a hash is kept. It is kept until `pickup_by`, and `late_allowed` says
    whether it is still handed over from then on. `may_collect` are the names of the customer and of the others who may.
    """

    model_config = ConfigDict(frozen=True)
    may_collect: tuple[str, ...] = ()
    named_only: bool = False
    proofs: tuple[ProofKind, ...] = ()
    code_hash: str | None = None
    # Wrong codes since it was last locked, how many lock it, for how long, and until when it is.
    attempts: int = 0
    most_attempts: int = 5
    lock_minutes: int = 15
    locked_until: str | None = None
    pickup_by: str | None = None
    remind_at: str | None = None
    remind_days: int | None = None
    reminded: bool = False
    late_allowed: bool = True
    extensions: tuple[Extension, ...] = ()
    most_extensions: int = 3
