"""Pay links: a page on which the customer gives another card for what the first one did not pay. Pure.

Its name leads to the tender (`platform/links.py`); the tender has the hash of it, by which it knows its present link.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

# What pay links are for, among all links.
PURPOSE = "pay"


class PayLink(BaseModel):
    """A page on which the customer can pay with another card, until an instant."""

    model_config = ConfigDict(frozen=True)
    name_hash: str
    expires_at: str
    # Its time was over before anybody paid, and what that means for the order has been seen to.
    is_over: bool = False
