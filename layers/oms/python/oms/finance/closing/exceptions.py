"""What a tie-out finds. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, computed_field


class Check(StrEnum):
    """The tie-outs, by the names that finance knows them by."""

    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"
    T5 = "T5"
    T6 = "T6"
    T7 = "T7"
    T8 = "T8"
    T9 = "T9"
    T10 = "T10"
    T11 = "T11"
    T12 = "T12"
    T13 = "T13"
    T14 = "T14"
    SEAL = "SEAL"


REMEDIES: Mapping[Check, str] = {
    Check.T1: "Look for a quarantined posting of the date, and tell whoever runs the system: entries always balance.",
    Check.T2: "Compare the order's shipments and returns with its journal; a fact is missing among the dead letters.",
    Check.T3: "Ship or cancel what was paid, ask again for what left unpaid, or write it off.",
    Check.T4: "Compare the provider's list of movements with the journal; tell its balance of the date.",
    Check.T5: "Ask the bank for the payout, or say which bank line was its end.",
    Check.T6: "Ask the store and the bank for the bag, or say which bank line was its end.",
    Check.T7: "Count the drawer again and restate it, or redrive the dead letters of the till.",
    Check.T8: "Compare the movements of cards with their journal; redrive what is among the dead letters.",
    Check.T9: "Look for the entry of the other entity; redrive the fact, or settle between the entities.",
    Check.T10: "Look the payment up at its provider; release what is held for nothing.",
    Check.T11: "Compare the tax of the order's shipments, returns and goodwill with its journal.",
    Check.T12: "Pay the refund by another tender, or find out what was paid and never owed.",
    Check.T13: "Say what each suspended amount was.",
    Check.T14: "Compare what suppliers sent with the order's journal; a fact is missing among the dead letters.",
    Check.SEAL: "Seal the store when it is ready, or with force and a reason.",
}


class ExceptionKind(StrEnum):
    """What is wrong: two sums differ, something stays open for long, or a store is not sealed as it should be."""

    DIFFERS = "differs"
    AGED = "aged"
    OPEN = "open"
    FORCED = "forced"
    SILENT = "silent"


class CloseException(BaseModel):
    """One thing that does not tie out; `expected` and `found` in minor units of `currency`.

    `since` is the business date on which an aged amount moved last.
    """

    model_config = ConfigDict(frozen=True)
    check: Check
    kind: ExceptionKind
    store: str | None = None
    order_id: str | None = None
    drawer_session: str | None = None
    account: str | None = None
    currency: str | None = None
    expected: int | None = None
    found: int | None = None
    since: date | None = None
    age_days: int | None = None
    detail: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def remedy(self) -> str:
        """What to do about it."""
        return REMEDIES[self.check]
