"""A choice: what a customer may decide about units of one line, until when, and what was decided. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

# What links are for by which customers decide.
LINK_PURPOSE = "choice"


class Kind(StrEnum):
    """What a choice is about."""

    BACKORDER = "BACKORDER"  # units that wait for stock
    REJECTION = "REJECTION"  # units that their store gave up and that nobody has
    SUBSTITUTION = "SUBSTITUTION"  # units in place of which a node offers something else


class Status(StrEnum):
    """The states of a choice."""

    OPEN = "OPEN"  # the customer may answer
    ANSWERED = "ANSWERED"
    EXPIRED = "EXPIRED"  # nobody answered, and the rule decided
    WITHDRAWN = "WITHDRAWN"  # there was nothing left to decide about


TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.OPEN: frozenset({Status.ANSWERED, Status.EXPIRED, Status.WITHDRAWN}),
    Status.ANSWERED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.WITHDRAWN: frozenset(),
}


class Option(StrEnum):
    """What can be decided."""

    WAIT = "wait"  # all stays as it is
    SUBSTITUTE = "substitute"  # another item comes in its place
    SHIP = "ship"  # it is sent to an address
    PICKUP = "pickup"  # it is collected in another store
    CANCEL = "cancel"


class Substitute(BaseModel):
    """An item that may come in place of another, and what the customer pays for a unit, in minor units."""

    model_config = ConfigDict(frozen=True)
    sku: str
    unit_price: int


class Answer(BaseModel):
    """What was decided, when, by whom, and how they were asked; of a substitute, which one."""

    model_config = ConfigDict(frozen=True)
    option: Option
    sku: str | None = None
    at: str
    # `customer` is whoever has the link; an associate who asked the customer is named.
    taken_by: str
    asked: str = "link"


class Choice(BaseModel):
    """One choice about `quantity` units of a line. `otherwise` is what the rule does where nobody answers.

    `fulfillment_order_id` is the work that gave the units up, or that has them still; None of units that wait.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    order_id: str
    kind: Kind
    status: Status = Status.OPEN
    line_no: int
    quantity: int
    options: tuple[Option, ...]
    substitutes: tuple[Substitute, ...] = ()
    otherwise: Option
    created_at: str
    expires_at: str
    fulfillment_order_id: str | None = None
    answer: Answer | None = None
    ended_at: str | None = None

    def ended(self, status: Status, at: str, answer: Answer | None = None) -> Choice:
        """The choice as it ended; one that has ended already raises ValueError."""
        if status not in TRANSITIONS[self.status]:
            raise ValueError(f"a choice that is {self.status.value} cannot become {status.value}")
        return self.model_copy(update={"status": status, "ended_at": at, "answer": answer})

    def substitute(self, sku: str | None) -> Substitute | None:
        """One of the items that are offered; None for any other."""
        return next((one for one in self.substitutes if one.sku == sku), None)
