"""What a caller says to pay with another card."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oms.platform.fields import Code
from oms.platform.intake import Request


class PayByLink(Request):
    """Another card, as the provider's token and never as a number."""

    provider: Code
    token: Annotated[str, Field(min_length=1, max_length=200)]


class PayAgain(PayByLink):
    """The same of a caller who says which tender it replaces."""

    payment_id: Code
