"""A notice: one message to the customer about one milestone of an order. Pure.

It names what it is about and holds neither the address nor the text: both are made from the order when it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.platform.ids import derived_id


class Milestone(StrEnum):
    """What the customer is told of."""

    CONFIRMED = "confirmed"
    DELAYED = "delayed"
    READY = "ready"
    SHIPPED = "shipped"
    PARTLY_SHIPPED = "partly_shipped"
    DELIVERED = "delivered"
    COLLECTED = "collected"
    CANCELLED = "cancelled"
    PARTLY_CANCELLED = "partly_cancelled"
    REFUNDED = "refunded"
    RESERVATION_EXPIRING = "reservation_expiring"
    PAY_LINK = "pay_link"
    CHOICE = "choice"
    ACTIVATED = "activated"
    GOODWILL = "goodwill"


class Status(StrEnum):
    """The states of a notice."""

    QUEUED = "QUEUED"  # is to be sent
    SENT = "SENT"  # the transport has it
    FAILED = "FAILED"  # the transport refused it
    SUPPRESSED = "SUPPRESSED"  # nobody is to hear of it


TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.SENT, Status.FAILED, Status.SUPPRESSED}),
    Status.SENT: frozenset(),
    Status.FAILED: frozenset(),
    Status.SUPPRESSED: frozenset(),
}


class Why(StrEnum):
    """Why nobody is to hear of a milestone."""

    NO_ADDRESS = "NO_ADDRESS"  # the order names no e-mail address
    SWITCHED_OFF = "SWITCHED_OFF"  # the rules send none at all, or none of this milestone
    NO_PAY_PAGE = "NO_PAY_PAGE"  # the rules name no page on which a pay link can be opened
    NO_CHOICE_PAGE = "NO_CHOICE_PAGE"  # the rules name no page on which the link of a choice can be opened
    OVERTAKEN = "OVERTAKEN"  # another notice says it by now


class Cause(BaseModel):
    """The stored event that a notice tells of: its entity, and its number there."""

    model_config = ConfigDict(frozen=True)
    type: str
    entity: str
    sequence: int


class Notice(BaseModel):
    """One message; `subject` tells two of the same milestone apart, such as the id of a shipment.

    `tries` counts how often the transport was asked where it cannot recognise a repeat, `begun_at` since when it is
    being asked. `version` counts changes, and each is one event.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    order_id: str
    milestone: Milestone
    subject: str
    cause: Cause
    channel: str
    legal_entity: str
    locale: str
    status: Status = Status.QUEUED
    # Why it was suppressed, or what the transport said when it refused.
    reason: str | None = None
    created_at: str
    ended_at: str | None = None
    # What the transport calls it.
    reference: str | None = None
    # Of one that a person asked for again.
    resend_of: str | None = None
    asked_by: str | None = None
    tries: int = 0
    begun_at: str | None = None
    in_doubt_since: str | None = None
    told: int = 1
    version: int = 1

    @property
    def available_actions(self) -> tuple[str, ...]:
        """What a person can do with it now."""
        return () if self.status is Status.QUEUED else ("resend",)

    def ended(self, status: Status, at: str, *, reason: str | None = None, reference: str | None = None) -> Notice:
        """The notice as it ended; one that has ended already raises ValueError."""
        if status not in TRANSITIONS[self.status]:
            raise ValueError(f"a notice that is {self.status.value} cannot become {status.value}")
        changes = {"status": status, "ended_at": at, "reason": reason, "reference": reference}
        kept = {"begun_at": None, "in_doubt_since": None, "told": self.told + 1, "version": self.version + 1}
        return self.model_copy(update=changes | kept)


def notice_id(tenant: str, order_id: str, family: str, subject: str) -> str:
    """The id of the one notice about this; `family` is the milestone, or what two milestones have in common."""
    return derived_id("ntc", tenant, order_id, family, subject)
