"""The rules for goods that customers collect: what is to be shown for them, and for how long they wait. Pure.

It is a rule set of kind `collection`. The rule that fits when work is staged goes with the work; one that is promoted
later changes nothing about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import Field, model_validator

from oms.fulfillment.model import FulfillmentOrder, ProofKind
from oms.orders.model import Order
from oms.platform.fields import Amount, Code, Currency, Percent, Percents
from oms.platform.intake import Request

KIND = "collection"
_Codes = Annotated[tuple[Code, ...], Field(max_length=100)]


class ArrivalTime(Request):
    """How soon goods are with a customer who is at the store or at the curb, in minutes.

    The store is reminded at shares of that, in percent; a person is told at `escalate_percent` of it.
    """

    minutes: Annotated[int, Field(strict=True, ge=1, le=240)]
    remind_percent: Percents = ()
    escalate_percent: Percent = 100

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.remind_percent and self.remind_percent[-1] >= self.escalate_percent:
            raise ValueError("a reminder comes before a person is told")
        return self


class CollectionRule(Request):
    """What holds for some goods that are collected. A condition that is left out holds for all.

    It is for goods worth at least `from_total` of a currency, in minor units with tax. Any one of `proofs` will do, and
    where there are none, nothing is asked for. With `named_only` a collector must be the customer or one of those that
    the order names; a document must bear such a name in any case. Goods wait for `open_days` of the node, counted from
    the day after they were ready, and the customer is reminded `remind_days` of these before the last one. `late` says
    what becomes of who comes after that, but before the goods are back on the shelf.
    With `curbside` the customer gets a link to say that they are on their way, and `arrival` says how soon they are
    served once they are there.
    """

    id: Code
    channels: _Codes = ()
    nodes: _Codes = ()
    currency: Currency | None = None
    from_total: Amount = 0
    age_checked: Annotated[bool, Field(strict=True)] = False
    proofs: Annotated[tuple[ProofKind, ...], Field(max_length=len(ProofKind))] = ()
    named_only: Annotated[bool, Field(strict=True)] = False
    attempts: Annotated[int, Field(strict=True, ge=1, le=20)] = 5
    lock_minutes: Annotated[int, Field(strict=True, ge=1, le=1440)] = 15
    open_days: Annotated[int, Field(strict=True, ge=1, le=60)] | None = None
    remind_days: Annotated[int, Field(strict=True, ge=1, le=60)] | None = None
    late: Annotated[str, Field(pattern="^(allow|refuse)$")] = "allow"
    curbside: Annotated[bool, Field(strict=True)] = False
    most_extensions: Annotated[int, Field(strict=True, ge=0, le=20)] = 3
    arrival: ArrivalTime | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.from_total and self.currency is None:
            raise ValueError("an amount needs its currency")
        if self.remind_days is not None and (self.open_days is None or self.remind_days >= self.open_days):
            raise ValueError("a reminder comes before the last of the open days")
        return self

    def fits(self, order: Order, work: FulfillmentOrder) -> bool:
        """Whether it is for some work of an order."""
        header = order.header
        return (
            (not self.channels or header.channel in self.channels)
            and (not self.nodes or work.node_id in self.nodes)
            and (self.currency is None or self.currency == header.currency)
            and (not self.from_total or worth_of(order, work) >= self.from_total)
            and (not self.age_checked or any(line.minimum_age for line in work.lines))
        )


class CollectionRules(Request):
    """Rules of which the first that fits holds."""

    rules: Annotated[tuple[CollectionRule, ...], Field(min_length=1, max_length=200)]


def worth_of(order: Order, work: FulfillmentOrder) -> int:
    """What the units of some work that have not left cost, in minor units; of a component, its share of its kit."""
    total = 0
    for part in work.lines:
        line = order.line(part.line_no)
        whole = line.agreed.total if line.worth is None else line.worth
        total += whole * part.remaining // line.quantity
    return total


def rule_for(sets: Iterable[CollectionRules], order: Order, work: FulfillmentOrder) -> CollectionRule | None:
    """The first rule that fits some work; None where none does."""
    return next((rule for one in sets for rule in one.rules if rule.fits(order, work)), None)
