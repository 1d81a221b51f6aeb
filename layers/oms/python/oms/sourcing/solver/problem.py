"""What the optimiser is given and what it answers: plain values, whole numbers only.

Money is in minor units, weight in grams, time in days from today (day 0), distance in carrier zones (1 near, 8 far; 0
only where a node serves its own counter). Every cost is a whole number, so nothing is ever rounded.

They are records: to define data classes takes longer than to solve some thirty orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from oms.sourcing.solver.records import Record

HOME = "home"
NOW = "now"
INBOUND = "inbound"


class Key(StrEnum):
    """What is minimised; a list of keys is lexicographic, left to right."""

    SHORT_UNITS = "short_units"
    SHIPMENTS = "shipments"
    COST = "cost"


class ServiceKind(StrEnum):
    """To a customer's address, from another node to a counter, or from the counter's own stock."""

    HOME = "home"
    TRANSFER = "transfer"
    PICKUP = "pickup"


class Service(Record):
    """A carrier service: cents per shipment, cents per billed weight step and days in transit, each by zone."""

    id: str
    kind: ServiceKind
    base: tuple[int, ...]
    step: tuple[int, ...]
    days: tuple[int, ...]


class Rates(Record):
    """The rate card; a shipment is billed max(1, ceil(weight / step_g)) steps."""

    step_g: int
    services: tuple[Service, ...]


class SourceNode(Record):
    """A node that may send or hand over, with what is left of its capacity.

    `ready_day` is the first day a shipment can leave, `inbound_day` the day its inbound stock arrives. Each unit beyond
    `regular_units` costs `overtime_cents` more. `cap_units` and `cap_shipments` are hard.
    """

    id: str
    type: str
    zip3: str
    ready_day: int
    inbound_day: int | None
    shipment_cents: int
    unit_cents: int
    cap_units: int
    cap_shipments: int
    regular_units: int
    overtime_cents: int


class Stock(Record):
    """Units of one SKU at one node: free now, coming in later, and what taking one costs the business.

    `waiting_cents` is what taking one costs in a shipment that waits for what comes in, where that is not the same.
    """

    available: int
    inbound: int
    opp_cents: int
    waiting_cents: int | None = None


class OrderLine(Record):
    """Units of one SKU for one destination: `home`, or the id of the node where they are picked up.

    `eligible_types` None admits all types of node. `split_ok` False: whole from one shipment, or not at all.
    `short_cents` is the price of each unit left without a node.
    """

    id: str
    sku: str
    quantity: int
    dest: str
    transfer_ok: bool
    split_ok: bool
    eligible_types: frozenset[str] | None
    exclude_nodes: frozenset[str]
    short_cents: int


class SourcingOrder(Record):
    """One order: where it goes, what was promised and how it may be split.

    `late_cents_per_day` None makes the promise hard; `max_shipments` None sets no limit.
    """

    id: str
    zip3: str
    promise_day: int
    late_cents_per_day: int | None
    ship_complete: bool
    max_shipments: int | None
    lines: tuple[OrderLine, ...]


class Network(Record):
    """What orders share: nodes, rates, stock by (node, SKU), weights by SKU, zones by ZIP3 in the order of `nodes`."""

    keys: tuple[Key, ...]
    rates: Rates
    nodes: tuple[SourceNode, ...]
    weights: Mapping[str, int]
    stock: Mapping[tuple[str, str], Stock]
    zones: Mapping[str, tuple[int, ...]]


class Pick(Record):
    """Units of a line taken from the stock of now or from inbound stock (`pool`)."""

    line: str
    quantity: int
    pool: str


class Shipment(Record):
    """What leaves one node together; `wave` inbound waits for the node's inbound stock."""

    node: str
    dest: str
    service: str
    wave: str
    picks: tuple[Pick, ...]


class Budget(Record):
    """How long to search: nodes of the search tree, and seconds on the clock that the caller passes in."""

    search_nodes: int
    seconds: float


class Answer(Record):
    """A plan for one order: one objective value per key, a bound that no plan's cost goes below, `proven` if best."""

    order: str
    shipments: tuple[Shipment, ...]
    objective: tuple[int, ...]
    bound: int
    proven: bool
