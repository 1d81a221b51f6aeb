"""Shapes of answers about stock and its rules that the product builds as plain documents, for the API description."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from oms.inventory.model import MovementKind
from oms.inventory.rules import InventoryRules
from oms.registry.limits import CapacityLimit
from oms.registry.model import NodeKind
from oms.reservations.model import ReservedLine
from oms.reservations.model import Status as ReservationStatus
from oms.rulesets.model import Status as RuleStatus
from oms.sourcing.decision_log import GroupDecision, HubDecision
from oms.sourcing.rates import RateCard
from oms.sourcing.strategy import Strategy
from oms.sourcing.takeovers import Takeover
from tools.openapi_answers import Answer


class StockBuckets(Answer):
    """Units by bucket: available is on_hand less reserved, allocated, safety, damaged, quality_control and blocked."""

    on_hand: int
    reserved: int
    allocated: int
    safety: int
    damaged: int
    quality_control: int
    blocked: int
    in_transit: int
    future: int
    available: int
    deficit: int


class NodeStock(StockBuckets):
    """The stock of an item at one node."""

    node_id: str
    restocked_on: date | None = Field(None, description="the last UTC day on which its units on hand rose, if known")
    version: int


class SegmentStock(Answer):
    """The stock of one segment of an item at every node that the caller may see, and its sums."""

    segment: dict[str, str]
    nodes: list[NodeStock]
    totals: StockBuckets


class Stock(Answer):
    """The stock of an item at every node that the caller may see, and its sums: that in no segment, and of each."""

    sku: str
    nodes: list[NodeStock]
    totals: StockBuckets
    segments: list[SegmentStock]
    available_actions: list[str]


class LedgerMovement(Answer):
    """One movement of a stock row: the number that its cause stated, and the signed units per bucket it led to."""

    kind: MovementKind
    quantity: int
    changes: dict[str, int]
    at: str
    cause: str
    source: str | None
    sequence: int | None
    reason: str | None
    by: str | None


class StockLedger(Answer):
    """A page of the stock ledger of an item at one node, newest first."""

    sku: str
    segment: dict[str, str] | None
    node_id: str
    movements: list[LedgerMovement]
    next_cursor: str | None


class KeptBack(Answer):
    """Units that a rule keeps from the channel: the rule, and the set and version that it stands in."""

    rule_set: str
    number: int
    rule: str
    units: int


class AvailableAtNode(Answer):
    """What one node has; `metres` as the crow flies, None where no place is given or known."""

    node_id: str
    kind: NodeKind
    available: int
    metres: int | None
    kept_back: list[KeptBack]


class AvailableItem(BaseModel):
    """What can be had of an item, in all and, in the base view, at each node that has some."""

    model_config = ConfigDict(extra="forbid")
    sku: str
    segment: dict[str, str] | None
    available: int
    nodes: list[AvailableAtNode] = Field(default_factory=list)


class Availability(Answer):
    """What can be had of each item that exists."""

    as_of: str
    by: str | None
    channel: str | None
    items: list[AvailableItem]
    unknown_skus: list[str]


class RecordedMovement(Answer):
    """One movement, recorded or ignored as a repeat; `deficit` is what the row now lacks of what was promised."""

    sku: str
    segment: dict[str, str] | None
    node_id: str
    kind: str
    quantity: int
    outcome: Literal["recorded", "ignored"]
    deficit: int


class RecordedMovements(Answer):
    """What became of each movement, in their order."""

    movements: list[RecordedMovement]


class RuleSetDocument(Answer):
    """A rule set: the version that holds, the newest one, and the one that a roll-back brings back."""

    kind: str
    id: str
    version: int
    live_number: int | None
    newest_number: int
    previous_number: int | None
    available_actions: list[str]


class RuleSetList(Answer):
    """Every rule set of a kind, by id."""

    rule_sets: list[RuleSetDocument]


class InventoryRuleVersion(Answer):
    """One version of a rule set of stock, with its content."""

    number: int
    status: RuleStatus
    created_at: str
    created_by: str
    content: InventoryRules


class InventoryRuleSet(RuleSetDocument):
    """A rule set of stock with the contents of the version that holds and of the newest one."""

    live: InventoryRuleVersion | None
    newest: InventoryRuleVersion


class StrategyVersion(Answer):
    """One version of a sourcing strategy, with its content."""

    number: int
    status: RuleStatus
    created_at: str
    created_by: str
    content: Strategy


class StrategySet(RuleSetDocument):
    """A sourcing strategy with the contents of the version that holds and of the newest one."""

    live: StrategyVersion | None
    newest: StrategyVersion


class RateCardVersion(Answer):
    """One version of a rate card, with its content."""

    number: int
    status: RuleStatus
    created_at: str
    created_by: str
    content: RateCard


class RateCardSet(RuleSetDocument):
    """A rate card with the contents of the version that holds and of the newest one."""

    live: RateCardVersion | None
    newest: RateCardVersion


class RuleDifference(Answer):
    """One place in which two versions differ: a JSON pointer, with rules named by their ids."""

    pointer: str
    before: Any
    after: Any


class RuleDiff(BaseModel):
    """Where two versions of a rule set differ; `from` is null where none holds yet."""

    model_config = ConfigDict(extra="forbid")
    kind: str
    id: str
    from_number: int | None = Field(alias="from")
    to_number: int = Field(alias="to")
    differences: list[RuleDifference]


class ReservationDocument(Answer):
    """A reservation as it is now: what is held where, until when, and the order that it became."""

    id: str
    channel: str
    status: ReservationStatus
    method: str
    created_at: str
    expires_at: str
    order_id: str | None
    lines: list[ReservedLine]
    version: int
    available_actions: list[str]


class NodePause(Answer):
    """Why a node takes nothing on, and until when; null until it says so."""

    reason: str
    until: str | None


class LimitNow(CapacityLimit):
    """A limit in the present period: what work has taken of it, and what is left."""

    period: str
    taken: int
    left: int


class NodeCapacity(Answer):
    """What a node may still take on; `version` counts its pauses and their ends."""

    node_id: str
    pause: NodePause | None
    limits: list[LimitNow]
    version: int
    available_actions: list[str]


class Decision(Answer):
    """One decision: when, by which command, and what it was for each group of lines."""

    number: int
    at: str
    command: str
    groups: list[GroupDecision]
    takeover: Takeover | None = Field(description="from which plan this one took over work that no node had accepted")
    hubs: list[HubDecision] = Field(
        description="which groups of several nodes go on as one parcel, where that was asked"
    )
    unexplained_groups: int


class Decisions(Answer):
    """The decisions about an order, first to last."""

    order_id: str
    decisions: list[Decision]
