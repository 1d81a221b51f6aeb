"""By when something must have happened with some work, what is done about that, and what holds it back. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class DeadlineKind(StrEnum):
    """What must have happened by a deadline; `deadlines` says which states it concerns, `waking` how steps are done."""

    ACCEPT = "ACCEPT"  # the node has taken the work
    PICK = "PICK"  # all of it is off the shelf
    COLLECT = "COLLECT"  # the customer has it


class Do(StrEnum):
    """What is done about a deadline at one of its steps."""

    REMIND = "REMIND"  # the node is told
    ESCALATE = "ESCALATE"  # a person is told
    REROUTE = "REROUTE"  # other nodes get the units, where they have all of them
    REMIND_CUSTOMER = "REMIND_CUSTOMER"
    EXPIRE = "EXPIRE"  # the units are cancelled and go back to the shelf


class DeadlineStep(BaseModel):
    """One thing to do, from an instant on (RFC 3339 in UTC); `done` once it was."""

    model_config = ConfigDict(frozen=True)
    do: Do
    at: str
    done: bool = False


class Deadline(BaseModel):
    """By when something must have happened, and the steps before and after that, in their order."""

    model_config = ConfigDict(frozen=True)
    kind: DeadlineKind
    at: str
    steps: tuple[DeadlineStep, ...] = ()


class HoldReason(StrEnum):
    """Why work is on hold."""

    ADDRESS_CHECK = "address_check"
    AWAITING_PAYMENT = "awaiting_payment"
    CUSTOMER_REQUEST = "customer_request"
    DELIVERY_DATE = "delivery_date"
    FRAUD_CHECK = "fraud_check"
    NODE_DISRUPTED = "node_disrupted"
    STOCK_CHECK = "stock_check"
    OTHER = "other"


class HoldRole(StrEnum):
    """Who may release a hold: the node that has the work as well, or an operator only."""

    NODE = "node"
    OPERATOR = "operator"


class WorkHold(BaseModel):
    """One hold of some work: why, by whom, who may release it, and when it ends by itself, if it does.

    `hold_no` counts the holds that the work ever had. Holds of an order or of its lines would be lists beside this one.
    """

    model_config = ConfigDict(frozen=True)
    hold_no: int
    reason: HoldReason
    released_by: HoldRole
    placed_by: str
    placed_at: str
    expires_at: str | None = None
    note: str | None = None


def end_of_pause(holds: Iterable[WorkHold], release_at: str | None) -> str | None:
    """When the last of what work waits for ends by itself; None where a hold never does, or nothing holds it back."""
    ends = [one.expires_at for one in holds]
    known = [end for end in (*ends, release_at) if end is not None]
    return None if None in ends else max(known, default=None)
