"""The words for where an order stands."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """The states of an order."""

    DRAFT = "DRAFT"  # being placed; not yet visible
    PENDING_REVIEW = "PENDING_REVIEW"  # a person must accept or cancel it
    CONFIRMED = "CONFIRMED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class FulfillmentRollup(StrEnum):
    """How far the goods of an order are."""

    UNFULFILLED = "UNFULFILLED"
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"
    FULFILLED = "FULFILLED"
