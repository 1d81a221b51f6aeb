"""A transaction of a till as it is kept, and what is known of a workstation's day. Pure."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from oms.platform.ids import derived_id
from oms.pos.requests import Kind, RecordTransaction

# The channel of whatever a till sells.
CHANNEL = "store"


class Stored(BaseModel):
    """Base of what is stored of tills."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Identity(Stored):
    """What names a transaction, however often and by whichever way it is told."""

    node_id: str
    workstation: str
    business_date: date
    sequence: int

    def transaction_id(self, tenant: str) -> str:
        """Its id."""
        return derived_id("pos", tenant, self.node_id, self.workstation, self.day, str(self.sequence))

    @property
    def day(self) -> str:
        """The business date as text."""
        return self.business_date.isoformat()

    @property
    def external_id(self) -> str:
        """Under what the channel `store` knows the order of a sale."""
        return f"{self.node_id}:{self.workstation}:{self.day}:{self.sequence}"


class WorkstationDay(Stored):
    """The numbers of a workstation that have come for a business date, as runs of first and last number.

    A till counts on from day to day, so nothing is missing before the first number of a date that has come.
    """

    runs: tuple[tuple[int, int], ...] = ()
    version: int = 0


def identity_of(told: RecordTransaction) -> Identity:
    """What names a transaction that was told."""
    return Identity(
        node_id=told.node_id,
        workstation=told.workstation,
        business_date=told.business_date,
        sequence=told.sequence,
    )


def moves_money(told: RecordTransaction) -> bool:
    """Whether a transaction becomes an order."""
    return told.type is Kind.SALE
