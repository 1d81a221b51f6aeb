"""The rules of returns: what may come back, until when, what is kept back of it, and when its money is owed. Pure.

They are rule sets of kind `returns`. The first rule that fits holds; where none does, everything may come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from oms.platform.fields import Amount, Code, Currency, RatePpm
from oms.platform.intake import Request
from oms.registry.model import have
from oms.returns.model import FeeTerm, Terms, Trigger

KIND = "returns"
ORIGINAL = "original"
# The attribute of a line or of an item that says that it was sold for good.
FINAL_SALE = "final_sale"
_Codes = Annotated[tuple[Code, ...], Field(max_length=100)]
_Days = Annotated[int, Field(strict=True, ge=1, le=3_650)]


class Back(StrEnum):
    """Where money may go: back to what it was paid with, or elsewhere."""

    ORIGINAL = "original"
    CASH = "cash"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"


class FeeRule(Request):
    """What is kept back: so much for each unit in minor units of a currency, or millionths of what its goods cost."""

    kind: Code
    currency: Currency | None = None
    each: Amount | None = None
    ppm: RatePpm | None = None

    @model_validator(mode="after")
    def _says_one(self) -> Self:
        if (self.each is None) == (self.ppm is None):
            raise ValueError("a fee is an amount for each unit, each, or a share of the goods, ppm")
        if (self.each is None) != (self.currency is None):
            raise ValueError("an amount for each unit has a currency, and only such a fee")
        return self


class Worth(Request):
    """What a unit cost, net of discount and tax: at least so much, and less than so much, in minor units."""

    currency: Currency
    at_least: Amount = 0
    below: Amount | None = None

    def fits(self, value: int, currency: str) -> bool:
        """Whether a unit of a value is meant."""
        return currency == self.currency and self.at_least <= value and (self.below is None or value < self.below)


class Returnless(Request):
    """Which units the customer keeps: worth less than `below` each, not above a weight, and for some reasons."""

    currency: Currency
    below: Amount
    weight_grams: Amount | None = None
    reasons: _Codes = ()

    def fits(self, value: int, weight_grams: int | None, reason: str, currency: str) -> bool:
        """Whether a unit of a value in minor units need not come back; where its weight is unknown, it is heavy."""
        light = self.weight_grams is None or (weight_grams is not None and weight_grams <= self.weight_grams)
        return (
            currency == self.currency and value < self.below and light and (not self.reasons or reason in self.reasons)
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of units that are to come back, as rules ask for it."""

    channel: str
    tier: str | None
    sku: str
    attributes: Mapping[str, Any]
    final_sale: bool
    condition: str | None
    reason: str | None
    value: int
    currency: str


class ReturnRule(Request):
    """Of which units a rule is, and what holds for them; a list that is left empty stands for all.

    `attributes` are those of the item, such as its category and brand. The window has so many days from delivery or
    collection, without end where it is left out. `approve` says whether a return by post is approved at once or by a
    person, and `rma_days` how long its units may be on the way. `charges_back` are the kinds of charges of a line that
    are given back with its units.
    """

    id: Code
    channels: _Codes = ()
    tiers: _Codes = ()
    skus: _Codes = ()
    attributes: Annotated[dict[Code, Code], Field(max_length=20)] = Field(default_factory=dict)
    final_sale: Annotated[bool, Field(strict=True)] | None = None
    conditions: _Codes = ()
    reasons: _Codes = ()
    worth: Worth | None = None
    returnable: Annotated[bool, Field(strict=True)] = True
    window_days: _Days | None = None
    fees: Annotated[tuple[FeeRule, ...], Field(max_length=10)] = ()
    charges_back: _Codes = ()
    refund_at: Trigger = Trigger.RECEIPT
    tenders: Annotated[tuple[Back, ...], Field(min_length=1, max_length=len(Back))] = tuple(Back)
    approve: Literal["at_once", "person"] = "at_once"
    rma_days: Annotated[int, Field(strict=True, ge=1, le=365)] = 30
    returnless: Returnless | None = None

    @property
    def terms(self) -> Terms:
        """What it says of the money of units, as a return keeps it."""
        fees = tuple(FeeTerm(**one.model_dump()) for one in self.fees)
        return Terms(rule=self.id, refund_at=self.refund_at, fees=fees, charges_back=self.charges_back)

    def fits(self, about: Subject) -> bool:
        """Whether it is about these units."""

        def named(codes: tuple[str, ...], value: str | None) -> bool:
            return not codes or value in codes

        return (
            named(self.channels, about.channel)
            and named(self.tiers, about.tier)
            and named(self.skus, about.sku)
            and have(about.attributes, self.attributes)
            and self.final_sale in (None, about.final_sale)
            and named(self.conditions, about.condition)
            and named(self.reasons, about.reason)
            and (self.worth is None or self.worth.fits(about.value, about.currency))
        )


class ReturnRules(Request):
    """Rules of which the first that fits holds."""

    rules: Annotated[tuple[ReturnRule, ...], Field(max_length=500)] = ()


# What holds where no rule fits.
USUAL = ReturnRule(id="usual")


def rule_for(sets: Iterable[ReturnRules], about: Subject) -> ReturnRule:
    """The first rule that fits units, or what holds without one."""
    return next((rule for one in sets for rule in one.rules if rule.fits(about)), USUAL)
