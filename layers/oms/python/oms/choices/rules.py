"""The rules of choices: when a customer is asked, what they may choose, for how long, and what may replace what. Pure.

They are rule sets of kind `choices`. The rule that holds when a choice is offered goes with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from oms.choices.model import Kind, Option, Substitute
from oms.platform.fields import Amount, Code, Currency
from oms.platform.intake import Request

KIND = "choices"
# What can be chosen of each kind.
OPTIONS: dict[Kind, frozenset[Option]] = {
    Kind.BACKORDER: frozenset({Option.WAIT, Option.SUBSTITUTE, Option.CANCEL}),
    Kind.REJECTION: frozenset({Option.PICKUP, Option.SHIP, Option.SUBSTITUTE, Option.CANCEL}),
    Kind.SUBSTITUTION: frozenset({Option.WAIT, Option.SUBSTITUTE, Option.CANCEL}),
}
_Codes = Annotated[tuple[Code, ...], Field(max_length=100)]


class ChoiceRule(Request):
    """Of what a customer of some channels is asked, and for how many hours; without `channels` it holds for all.

    Where nobody answers, all stays as it is (`wait`) or the units are cancelled. What is dearer than what was ordered
    is not offered (`refuse`), or the customer pays no more for it than what was ordered (`ordered_price`).
    """

    id: Code
    kind: Kind
    channels: _Codes = ()
    options: Annotated[tuple[Option, ...], Field(min_length=1, max_length=len(Option))]
    hours: Annotated[int, Field(strict=True, ge=1, le=720)]
    otherwise: Literal["wait", "cancel"]
    dearer: Literal["refuse", "ordered_price"] = "refuse"

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        unknown = sorted(set(self.options) - OPTIONS[self.kind])
        if unknown:
            raise ValueError(f"{unknown[0]} is no option of {self.kind.value}")
        return self

    def fits(self, kind: Kind, channel: str) -> bool:
        """Whether it is for a choice of a kind in a channel."""
        return kind is self.kind and (not self.channels or channel in self.channels)


class SubstituteItem(Request):
    """An item that may come in place of another, and the price of a unit in minor units."""

    sku: Code
    unit_price: Amount


class Substitutes(Request):
    """What may come in place of an item, best first, with prices of one currency."""

    sku: Code
    currency: Currency
    by: Annotated[tuple[SubstituteItem, ...], Field(min_length=1, max_length=10)]


class ChoiceRules(Request):
    """Rules of which the first that fits holds, and what may replace what."""

    rules: Annotated[tuple[ChoiceRule, ...], Field(max_length=100)] = ()
    substitutes: Annotated[tuple[Substitutes, ...], Field(max_length=1000)] = ()


def rule_for(sets: Iterable[ChoiceRules], kind: Kind, channel: str) -> ChoiceRule | None:
    """The first rule that fits a choice; None where customers are not asked."""
    return next((rule for one in sets for rule in one.rules if rule.fits(kind, channel)), None)


def substitutes_for(
    sets: Sequence[ChoiceRules], rule: ChoiceRule, sku: str, unit_price: int, currency: str
) -> tuple[Substitute, ...]:
    """What may come in place of an item that was ordered at a price, and what the customer pays: never more than that.

    Of several entries of an item the first in its currency holds.
    """
    found = next((one for own in sets for one in own.substitutes if (one.sku, one.currency) == (sku, currency)), None)
    if found is None:
        return ()
    return tuple(
        Substitute(sku=one.sku, unit_price=min(one.unit_price, unit_price))
        for one in found.by
        if one.unit_price <= unit_price or rule.dearer == "ordered_price"
    )
