"""Where a node is and whom to ask there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oms.platform.fields import Label
from oms.platform.intake import Request


class Address(Request):
    lines: Annotated[tuple[Label, ...], Field(min_length=1, max_length=5)]
    city: Label
    region: Label | None = None
    postal_code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Contact(Request):
    name: Label | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
