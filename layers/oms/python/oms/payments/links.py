"""Pay links: a page on which the customer gives another card for what the first one did not pay. Pure.

A link is named by its tenant and 80 random bits that nobody can guess. Only a hash of the name is stored: as a row of
table `orders`, and with the tender that it is for.
"""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, ConfigDict


class PayLink(BaseModel):
    """A page on which the customer can pay with another card, until an instant."""

    model_config = ConfigDict(frozen=True)
    name_hash: str
    expires_at: str
    # Its time was over before anybody paid, and what that means for the order has been seen to.
    is_over: bool = False


class Place(BaseModel):
    """Where a link leads: one tender of one order."""

    model_config = ConfigDict(frozen=True)
    tenant: str
    order_id: str
    payment_id: str


def hash_of(name: str) -> str:
    """What is stored of a link's name."""
    return hashlib.sha256(name.encode()).hexdigest()
