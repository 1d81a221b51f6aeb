"""A sourcing strategy: scenarios that say which nodes may serve, what a shipment costs, and what to try next. Pure.

A strategy is a rule set of kind `sourcing`. It is compiled to the terms of the optimiser: eligibility, cost for each
node, limits and the order of keys. A pick-up is always served from its own counter, whatever a strategy says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from oms.inventory.ages import NO_AGES, Ages
from oms.orders.request import Method
from oms.platform.fields import Amount, Code, Count
from oms.platform.intake import Request
from oms.registry.model import Item, Node, have
from oms.sourcing.consolidation import Codes, Consolidation, NodeFilter
from oms.sourcing.rates import Service
from oms.sourcing.sorts import Sort

KIND = "sourcing"
_METRES_PER_STEP = 100_000
_LAST = 1_001

Rank = Annotated[int, Field(strict=True, ge=1, le=1_000)]


class ItemFilter(Request):
    """Some items; what is left out holds for all. Attributes are those of the registry."""

    skus: Codes = ()
    tax_categories: Codes = ()
    attributes: Annotated[dict[Code, Code], Field(max_length=20)] = Field(default_factory=dict)

    def admits(self, item: Item) -> bool:
        """Whether an item is among them."""
        return (
            (not self.skus or item.sku in self.skus)
            and (not self.tax_categories or item.tax_category in self.tax_categories)
            and have(item.attributes, self.attributes)
        )


class Need(Request):
    """From which nodes some items may come: hazardous goods, what may not leave the country, what needs a skill.

    It holds for what goes `to` some countries, or to any that is not `outside_of` some; left out, for all. Without
    `where` no node may send them there.
    """

    items: ItemFilter
    to: Codes = ()
    outside_of: Codes = ()
    where: NodeFilter | None = None

    def speaks_of(self, item: Item, country: str | None) -> bool:
        """Whether it is about an item that goes to a country; one that is not known is none of those that are named."""
        there = (not self.to or country in self.to) and (not self.outside_of or country not in self.outside_of)
        return there and self.items.admits(item)


class Surcharge(Request):
    """What a shipment from some nodes costs besides: handling, or the rank of a group of nodes."""

    where: NodeFilter
    cents: Amount


class Offer(Request):
    """That work is offered to several nodes: to how many, its own among them, and for how many minutes."""

    nodes: Annotated[int, Field(strict=True, ge=2, le=10)]
    minutes: Annotated[int, Field(strict=True, ge=5, le=1_440)]


class Scenario(Request):
    """One way to serve an order, for some channels, methods, tiers of customers and attributes of the order.

    A shipment costs `shipment_cents`, `cents_per_100_km` for each begun 100 km, the surcharges of its node, and what
    the place of its node in each of the `sorts` costs. With `freight` it also costs what the cheapest service of the
    live rate cards takes for its weight; where a service is offered, only nodes that one reaches may serve. A unit
    costs `scarce_cents` where the node has no more than `scarce_below` of its item, and `fresh_cents` where something
    has come to its stock less than `aged_days` days ago, so that what would be marked down goes first. With
    `batch_prices` it also costs what one more unit there was worth to the orders that last got stock together. `first`
    says what counts first: as few shipments as can be, or the cost. Where units are missing, `otherwise` says what is
    next: the `next` scenario, or `stop` with a refusal; they wait for stock (`backorder`), and what nobody has by then
    is cancelled `cancel_after_days` after it began to wait; a person is asked first (`review`); or they are cancelled
    (`cancel`). Who waits is planned from the first scenario again.

    Four limits on splitting: `max_shipments`; `most_nodes_per_item`; one shipment only for goods worth less than
    `least_worth_to_split`; and with `complete_only` either everything is served or nothing. Once `most_attempts` nodes
    gave a line up, it is left to a person.

    Until a node accepts its work, a plan that saves `reoptimize_from_cents` or more may take it over, once; left out,
    none does. With `offer`, work that is all of a group is offered to the next best nodes, too; who accepts it first
    has it. With `consolidation`, several parcels of a group may become one, which leaves from a hub. What is to go
    together waits for the rest of it for `together_for_days`, 14 where none says it; then it goes as it can.
    """

    id: Code
    channels: Codes = ()
    methods: Annotated[tuple[Method, ...], Field(max_length=len(Method))] = ()
    tiers: Codes = ()
    attributes: Annotated[dict[Code, Code], Field(max_length=20)] = Field(default_factory=dict)
    where: NodeFilter = NodeFilter()
    excluded: Annotated[tuple[NodeFilter, ...], Field(max_length=20)] = ()
    needs: Annotated[tuple[Need, ...], Field(max_length=50)] = ()
    first: Literal["shipments", "cost"] = "shipments"
    shipment_cents: Amount = 0
    cents_per_100_km: Amount = 1
    surcharges: Annotated[tuple[Surcharge, ...], Field(max_length=50)] = ()
    sorts: Annotated[tuple[Sort, ...], Field(max_length=10)] = ()
    freight: bool = False
    scarce_below: Count = 0
    scarce_cents: Amount = 0
    aged_days: Count = 0
    fresh_cents: Amount = 0
    batch_prices: Annotated[bool, Field(strict=True)] = False
    max_shipments: Annotated[int | None, Field(strict=True, ge=1, le=50)] = None
    most_nodes_per_item: Annotated[int | None, Field(strict=True, ge=1, le=50)] = None
    least_worth_to_split: Amount = 0
    complete_only: Annotated[bool, Field(strict=True)] = False
    together_for_days: Annotated[int | None, Field(strict=True, ge=1, le=365)] = None
    most_attempts: Annotated[int | None, Field(strict=True, ge=1, le=20)] = None
    reoptimize_from_cents: Annotated[Amount | None, Field(ge=1)] = None
    offer: Offer | None = None
    consolidation: Consolidation | None = None
    otherwise: Literal["next", "stop", "backorder", "review", "cancel"] = "next"
    cancel_after_days: Annotated[int | None, Field(strict=True, ge=1, le=365)] = None

    @model_validator(mode="after")
    def _backorders_end(self) -> Self:
        if (self.otherwise in ("backorder", "review")) != (self.cancel_after_days is not None):
            raise ValueError("cancel_after_days says how long units wait, where otherwise is backorder or review")
        return self

    @property
    def waits_for_days(self) -> int | None:
        """For how many days missing units may wait for stock; None where the order is not taken with them."""
        return 0 if self.otherwise == "cancel" else self.cancel_after_days

    def speaks_to(self, channel: str, method: Method) -> bool:
        """Whether it is about an order of a channel, and lines that go this way."""
        return (not self.channels or channel in self.channels) and (not self.methods or method in self.methods)

    def is_for(self, tier: str | None, attributes: Mapping[str, Any]) -> bool:
        """Whether it is about an order of a customer of a tier, and with such attributes."""
        return self.is_for_tier(tier) and have(attributes, self.attributes)

    def is_for_tier(self, tier: str | None) -> bool:
        """Whether it is about customers of a tier."""
        return not self.tiers or tier in self.tiers

    def admits(self, node: Node) -> bool:
        """Whether a node may serve under it."""
        return self.where.admits(node) and not any(one.admits(node) for one in self.excluded)

    def shipment_cost(self, node: Node, metres: int) -> int:
        """What a shipment from a node costs, in minor units, by the way that it has to go."""
        way = -(-metres // _METRES_PER_STEP) * self.cents_per_100_km
        return self.shipment_cents + way + sum(one.cents for one in self.surcharges if one.where.admits(node))

    def shipments_for(self, worth: int | None) -> int | None:
        """How many shipments there may be for goods of a worth in minor units; None is any number."""
        too_little = worth is not None and worth < self.least_worth_to_split
        return 1 if too_little else self.max_shipments

    def scarce_cost(self, units: int) -> int:
        """What it costs to take a unit from a node that has so many of the item."""
        return self.scarce_cents if units <= self.scarce_below else 0

    @property
    def counts_ages(self) -> bool:
        """Whether it asks for how long stock has lain."""
        return bool(self.fresh_cents) or any(one.by == "oldest_stock" for one in self.sorts)

    def fresh_cost(self, days: int | None) -> int:
        """What it costs to take a unit of stock that has lain for so many days; nothing where nobody knows."""
        return self.fresh_cents if days is not None and days < self.aged_days else 0


def _ids_once(scenarios: Sequence[Scenario]) -> Sequence[Scenario]:
    if len({one.id for one in scenarios}) != len(scenarios):
        raise ValueError("an id stands in the list twice")
    return scenarios


class Priority(Request):
    """Who comes first where stock is short and the same day was promised, or none: a smaller rank.

    The tier of the customer counts before the channel, and that before age. Who is not named comes after all who are.
    """

    tiers: Annotated[dict[Code, Rank], Field(max_length=100)] = Field(default_factory=dict)
    channels: Annotated[dict[Code, Rank], Field(max_length=100)] = Field(default_factory=dict)

    def of(self, tier: str | None, channel: str) -> tuple[int, int]:
        """The ranks of a customer's tier and of a channel."""
        return self.tiers.get(tier or "", _LAST), self.channels.get(channel, _LAST)


class Strategy(Request):
    """The content of a strategy: scenarios in the order in which they are tried, and who comes first."""

    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1, max_length=20), AfterValidator(_ids_once)]
    priority: Priority = Priority()


@dataclass(frozen=True, slots=True)
class Step:
    """A scenario of a strategy that holds, with the name under which a decision refers to it.

    `services` are those whose freight counts, and for which it was asked. `items` are those that are asked for, where
    the scenario says from where some may come, and `needs` what it says of each of them. `ages` are those of the stock.
    """

    name: str
    scenario: Scenario
    services: tuple[Service, ...] = ()
    items: Mapping[str, Item] = field(default_factory=dict)
    needs: Mapping[str, tuple[Need, ...]] = field(default_factory=dict)
    # What makes a random order of nodes another one for every order.
    seed: str = ""
    ages: Ages = NO_AGES
    # What a unit is worth to orders that got stock together, by SKU and node, where the scenario counts it.
    prices: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def may_give(self, sku: str, node: Node) -> bool:
        """Whether an item may come from a node."""
        return all(need.where is not None and need.where.admits(node) for need in self.needs.get(sku, ()))

    def admitted(
        self, units: Mapping[tuple[str, str], int], nodes: Mapping[str, Node]
    ) -> Mapping[tuple[str, str], int]:
        """The units by SKU and node that may come from where they are."""
        if not self.needs:
            return units
        return {(sku, node_id): count for (sku, node_id), count in units.items() if self.may_give(sku, nodes[node_id])}


@dataclass(frozen=True, slots=True)
class About:
    """What scenarios may ask of an order: the tier of its customer, its attributes, and its name in the channel."""

    tier: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    external_id: str = ""


def steps_about(steps: Iterable[Step], items: Mapping[str, Item], ages: Ages, about: About = About()) -> list[Step]:
    """The scenarios for an order of these items, or for a basket of which nothing else is known, and stock so old."""
    return [
        replace(one, items=items if one.scenario.needs else {}, seed=about.external_id, ages=ages)
        for one in steps
        if one.scenario.is_for(about.tier, about.attributes)
    ]


def steps_for(steps: Iterable[Step], channel: str, method: Method, country: str | None = None) -> list[Step]:
    """The scenarios to be tried for an order of a channel, one after the other, with the services that take it."""
    if method is Method.PICKUP:
        return []
    return [
        replace(
            one,
            services=tuple(s for s in one.services if s.serves(channel, method, country)),
            needs={
                sku: needs
                for sku, item in one.items.items()
                if (needs := tuple(need for need in one.scenario.needs if need.speaks_of(item, country)))
            },
        )
        for one in steps
        if one.scenario.speaks_to(channel, method)
    ]
