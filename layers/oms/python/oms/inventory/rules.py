"""How much of a stock row a channel may claim: safety-stock rules, ring-fenced stock and excluded nodes. Pure.

A rule changes no row. It is judged when somebody asks and when a claim is made: the units that it keeps back must stay
available behind the claim, in the condition of the claim itself. So a rule counts at once, also where it begins later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Protocol, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from oms.inventory.model import StockRow
from oms.inventory.terms import Codes, Connection, CorrectionLimit, CorrectionReason, Tags, TrustedSource, Where
from oms.platform.clock import format_instant
from oms.platform.fields import Code, Count, Instant
from oms.platform.intake import Request
from oms.registry.model import Item, Node, NodeKind, have
from oms.registry.segments import segment_text

KIND = "inventory"
# The region that every active node is in.
NETWORK = "network"

Percent = Annotated[int, Field(strict=True, ge=0, le=100)]


class _Named(Protocol):
    @property
    def id(self) -> str: ...


class _Timed(Request):
    """A rule with a schedule: it holds from `from` on and before `until`, or always."""

    id: Code
    where: Where = Where()
    begins: Annotated[Instant | None, Field(alias="from")] = None
    until: Instant | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it is in force at an instant."""
        return (self.begins is None or self.begins <= now) and (self.until is None or now < self.until)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.begins is not None and self.until is not None and self.until <= self.begins:
            raise ValueError("the rule ends before it begins")
        return self


class _Amount(_Timed):
    """A number of units, or a share of what is on hand in whole percent, rounded up."""

    units: Count | None = None
    percent: Percent | None = None

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.units is None) == (self.percent is None):
            raise ValueError("either units or percent")
        return self

    def amount(self, row: StockRow) -> int:
        """The units that it means of a row."""
        return self.units if self.units is not None else -(-row.on_hand * (self.percent or 0) // 100)


class SafetyRule(_Amount):
    """Units of a row that some channels do not get. Of several rules that hold, the highest priority decides alone."""

    priority: Annotated[int, Field(strict=True, ge=0, le=1_000)]
    channels: Codes = ()


class Pool(_Amount):
    """Ring-fenced stock: units that only its channels may claim; the others may not go below them.

    From `borrow_from` on, others may borrow down to `borrow_keep`.
    """

    channels: Annotated[tuple[Code, ...], Field(min_length=1, max_length=50)]
    borrow_from: Instant | None = None
    borrow_keep: Count = 0

    def protected(self, row: StockRow, now: datetime) -> int:
        """The units that other channels must leave."""
        units = self.amount(row)
        return min(units, self.borrow_keep) if self.borrow_from is not None and self.borrow_from <= now else units


class Exclusion(_Timed):
    """Nodes whose stock some channels do not see at all, such as a control group."""

    channels: Codes = ()

    def bars(self, row: StockRow, now: datetime) -> bool:
        """Whether nothing of a row is to be had."""
        return True


class Freshness(_Timed):
    """Stock that its source must have told of within so many minutes, or else some channels do not see it."""

    channels: Codes = ()
    max_age_minutes: Annotated[int, Field(strict=True, ge=1, le=100_000)]

    def bars(self, row: StockRow, now: datetime) -> bool:
        """Whether nothing was told of a row for too long."""
        return row.told_at is None or row.told_at < format_instant(now - timedelta(minutes=self.max_age_minutes))


class Region(Request):
    """Nodes whose stock is summed up together: by name, kind and attributes, all of which must hold."""

    id: Code
    nodes: Codes = ()
    node_kinds: Annotated[tuple[NodeKind, ...], Field(max_length=len(NodeKind))] = ()
    node_attributes: Tags = Field(default_factory=dict)

    @field_validator("id")
    @classmethod
    def _not_the_network(cls, name: str) -> str:
        if name == NETWORK:
            raise ValueError("the network is a region already")
        return name

    def has(self, node: Node) -> bool:
        """Whether a node is in it."""
        return (
            (not self.nodes or node.id in self.nodes)
            and (not self.node_kinds or node.kind in self.node_kinds)
            and have(node.attributes, self.node_attributes)
        )


class LevelRule(Request):
    """What stock of some items is called in some regions: up to `low` units low, from `high` units on high.

    Of several rules the first one decides.
    """

    id: Code = "usual"
    skus: Codes = ()
    item_attributes: Tags = Field(default_factory=dict)
    regions: Codes = ()
    low: Count = 5
    high: Count = 50

    def covers(self, sku: str, item: Item | None) -> bool:
        """Whether it speaks of an item."""
        return (not self.skus or sku in self.skus) and have(item.attributes if item else {}, self.item_attributes)

    @model_validator(mode="after")
    def _low_is_below_high(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low is below high")
        return self


def _ids_once(rules: Sequence[_Named]) -> Sequence[_Named]:
    if len({rule.id for rule in rules}) != len(rules):
        raise ValueError("an id stands in the list twice")
    return rules


class InventoryRules(Request):
    """The content of a rule set of stock."""

    safety: Annotated[tuple[SafetyRule, ...], Field(max_length=500), AfterValidator(_ids_once)] = ()
    pools: Annotated[tuple[Pool, ...], Field(max_length=500), AfterValidator(_ids_once)] = ()
    exclusions: Annotated[tuple[Exclusion, ...], Field(max_length=200), AfterValidator(_ids_once)] = ()
    freshness: Annotated[tuple[Freshness, ...], Field(max_length=200), AfterValidator(_ids_once)] = ()
    regions: Annotated[tuple[Region, ...], Field(max_length=20), AfterValidator(_ids_once)] = ()
    levels: Annotated[tuple[LevelRule, ...], Field(max_length=200), AfterValidator(_ids_once)] = ()
    reasons: Annotated[tuple[CorrectionReason, ...], Field(max_length=200), AfterValidator(_ids_once)] = ()
    limits: Annotated[tuple[CorrectionLimit, ...], Field(max_length=200), AfterValidator(_ids_once)] = ()
    trusted: Annotated[tuple[TrustedSource, ...], Field(max_length=200), AfterValidator(_ids_once)] = ()
    connections: Annotated[tuple[Connection, ...], Field(max_length=50), AfterValidator(_ids_once)] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why units are kept back: the rule, its set and version, and how many."""

    rule_set: str
    number: int
    rule: str
    units: int


@dataclass(frozen=True, slots=True)
class Share:
    """What a channel may claim of a row, how many available units must stay behind, and why."""

    claimable: int
    keep: int = 0
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveInventoryRules:
    """A rule set of stock that holds, and the number of its version."""

    id: str
    number: int
    rules: InventoryRules


def share(
    live: Iterable[LiveInventoryRules], row: StockRow, item: Item | None, node: Node, channel: str, now: datetime
) -> Share:
    """What one channel may claim of a row at an instant.

    Kept back are the units of the deciding safety rule, less what the row keeps as safety by itself, and the pools of
    other channels; of a segment only by rules that name it. All rule sets that hold count together; of equal priorities
    the larger buffer decides.
    """
    safety: list[tuple[int, Reason]] = []
    kept: list[Reason] = []
    for one in live:
        for barred in _barred(one.rules, row, item, node, channel, now):
            gone = max(0, row.available)
            return Share(0, gone + 1, (Reason(one.id, one.number, barred.id, gone),))
        for rule in one.rules.safety:
            if _speaks_to(rule.channels, channel) and _keeps(rule, row, item, node, now):
                units = max(0, rule.amount(row) - row.safety)
                safety.append((rule.priority, Reason(one.id, one.number, rule.id, units)))
        kept += [
            Reason(one.id, one.number, pool.id, pool.protected(row, now))
            for pool in one.rules.pools
            if channel not in pool.channels and _keeps(pool, row, item, node, now)
        ]
    if safety:
        kept.append(max(safety, key=lambda pair: (pair[0], pair[1].units))[1])
    keep = sum(reason.units for reason in kept)
    return Share(max(0, row.available - keep), keep, tuple(reason for reason in kept if reason.units))


def _barred(
    rules: InventoryRules, row: StockRow, item: Item | None, node: Node, channel: str, now: datetime
) -> Iterator[Exclusion | Freshness]:
    """The rules by which the channel gets nothing of a row at all."""
    barring: tuple[Exclusion | Freshness, ...] = (*rules.exclusions, *rules.freshness)
    for rule in barring:
        if _speaks_to(rule.channels, channel) and _applies(rule, row, item, node, now) and rule.bars(row, now):
            yield rule


def _keeps(rule: _Amount, row: StockRow, item: Item | None, node: Node, now: datetime) -> bool:
    """Whether a rule keeps units of a row: of a segment only one that names it, since a lot may be of few units."""
    return _applies(rule, row, item, node, now) and (rule.where.segment is not None or not segment_text(row.sku))


def _applies(rule: _Timed, row: StockRow, item: Item | None, node: Node, now: datetime) -> bool:
    return rule.holds(now) and rule.where.covers(row.sku, item, node)


def _speaks_to(channels: Sequence[str], channel: str) -> bool:
    return not channels or channel in channels
