"""The order: what was agreed, written once, and the states that follow from its children. Pure rules, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from oms.choices.model import Choice
from oms.fulfillment.model import BEGUN, FulfillmentOrder, Shipment, WorkLine
from oms.orders.kits import PartOf, pieces_of, units_by_line, whole_kits
from oms.orders.request import Address, Charge, Collector, Customer, LineRequest, LineType, Method, TaxMode, Totals
from oms.orders.states import FulfillmentRollup as FulfillmentRollup
from oms.orders.states import History, gone_before, returned_before
from oms.orders.states import Status as Status
from oms.payments.model import Payment, Reserved, Rollup
from oms.payments.refunds import Refund
from oms.payments.rollup import rollup as payment_rollup
from oms.registry.kits import Component, exploded, summed
from oms.registry.limits import ItemActivation
from oms.returns.model import Return, Rma

DIGITAL = "digital"  # the mode of a shipment that needs no parcel


class Validation(BaseModel):
    """The verdict of one named validator: `pass`, `warn` or `fail`, with a sentence."""

    model_config = ConfigDict(frozen=True)
    name: str
    verdict: str
    detail: str = ""


class Claim(BaseModel):
    """Units of a line claimed at a node."""

    model_config = ConfigDict(frozen=True)
    node_id: str
    quantity: int


class Line(BaseModel):
    """One line as agreed, its fulfilment group, and where its units were claimed when the order was placed."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    group_no: int
    agreed: LineRequest
    work: bool = True  # whether somebody has to do something for it; a charge beside goods needs no work
    claims: tuple[Claim, ...] = ()
    components: tuple[Component, ...] = ()  # what each unit of a kit consisted of when it was sold; this stays
    # Whether a kit's components are lines of their own; of these, what they are part of, and their share of its total.
    apart: bool = False
    part_of: PartOf | None = None
    worth: int | None = None
    replaces: int | None = None  # the line of which it replaces lost units; that line has the money
    activation: ItemActivation | None = None  # how its units are delivered, where its item said so when it was sold
    moved_from: int | None = None  # of a line whose units went another way: the line that had them before
    change: int | None = None  # the change order whose own tender pays for it

    @property
    def quantity(self) -> int:
        return self.agreed.quantity

    @property
    def each(self) -> int:
        """How many units of it make one of what was sold: those of a component in a kit, else one."""
        return self.part_of.each if self.part_of else 1

    @property
    def claims_stock(self) -> bool:
        """Whether the line takes stock from a node; services, digital goods and kits that are apart do not."""
        return self.agreed.type is LineType.STOCK and self.agreed.method is not Method.DIGITAL and not self.apart

    def stock(self, units: int) -> dict[str, int]:
        """What so many units of it take of stock, by SKU; of a kit, its components."""
        return exploded(self.agreed.stock_sku, self.components, units) if self.claims_stock else {}


class GroupPromise(BaseModel):
    """What was promised for the lines of a group: when they leave or are ready, when they arrive, and the fee."""

    model_config = ConfigDict(frozen=True)
    promise_id: str
    ship_by: str | None = None
    ready_at: str | None = None
    earliest: str | None = None
    latest: str | None = None
    fee: int | None = None
    currency: str | None = None

    @property
    def due_at(self) -> str | None:
        """By when the node is to be done with it."""
        return self.ready_at or self.ship_by


class Group(BaseModel):
    """Lines that go the same way to the same place."""

    model_config = ConfigDict(frozen=True)
    group_no: int
    method: Method
    ship_to: Address | None = None
    pickup_node: str | None = None
    service: str | None = None
    promise: GroupPromise | None = None


class Cancellation(BaseModel):
    """Units of a line that will not be delivered."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    quantity: int
    reason: str


class Backorder(BaseModel):
    """Units of a line that nobody had: until when they wait, not before which date, when they come, now and first."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    quantity: int
    cancel_at: str
    expected_on: str | None = None
    first_expected_on: str | None = None
    not_before: str | None = None


class Header(BaseModel):
    """What belongs to the order as a whole. `version` counts its commits, `sequence` its events."""

    model_config = ConfigDict(frozen=True)
    id: str
    external_id: str
    channel: str
    legal_entity: str
    selling_node: str
    taken_by: str
    currency: str
    locale: str
    placed_at: str
    ordered_at: str
    customer: Customer | None
    collectors: tuple[Collector, ...] = ()
    # What the call that placed it named, so that everything that follows from it can be found.
    correlation_id: str = ""
    groups: tuple[Group, ...]
    charges: tuple[Charge, ...]
    tax_mode: TaxMode = TaxMode.EXTERNAL_AMOUNT
    totals: Totals
    note: str | None
    attributes: dict[str, object]
    line_count: int
    validations: tuple[Validation, ...]
    in_review: bool = False
    # Whether each group ships as one parcel from its nearest node, so that no better plan exists.
    plan_is_best: bool = False
    # Whether a scenario that held for it when it was placed offers work to several nodes.
    may_be_offered: bool = False
    # Whether such a scenario names hubs, and whether the customer wants what several nodes have in one parcel.
    may_be_consolidated: bool = False
    consolidate: bool = False
    together: tuple[str, str] | None = None  # which of it waits for what goes with it, and until when
    sourced: bool = False
    cancellations: tuple[Cancellation, ...] = ()
    backorders: tuple[Backorder, ...] = ()
    reserved: Reserved | None = None
    # What was delivered and given up unpaid, and by how many decisions.
    written_off: int = 0
    write_offs: int = 0
    history: History | None = None  # what another system told of it; nothing of it is ever changed here
    changes: int = 0  # how many change orders it has
    version: int = 1
    sequence: int = 1


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its children, as read at one version."""

    header: Header
    lines: tuple[Line, ...]
    fulfillment_orders: tuple[FulfillmentOrder, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    returns: tuple[Return, ...] = ()
    choices: tuple[Choice, ...] = ()
    rmas: tuple[Rma, ...] = ()
    # By line number, counted once, since each status asks about all lines; `pieces` are those of a kit that is apart.
    cancelled: dict[int, int] = field(init=False, compare=False, repr=False)
    gone: dict[int, int] = field(init=False, compare=False, repr=False)
    came_back: dict[int, int] = field(init=False, compare=False, repr=False)
    parts: dict[int, list[tuple[FulfillmentOrder, WorkLine]]] = field(init=False, compare=False, repr=False)
    pieces: dict[int, list[Line]] = field(init=False, compare=False, repr=False)

    @property
    def next_change(self) -> str:
        """A name for the commit that changes this version, which no other commit has."""
        return f"{self.header.id}.{self.header.version + 1}"

    def __post_init__(self) -> None:
        object.__setattr__(self, "cancelled", units_by_line(self.header.cancellations))
        gone = units_by_line([*gone_before(self.header.history), *(line for s in self.shipments for line in s.lines)])
        object.__setattr__(self, "pieces", pieces_of(self.lines))
        object.__setattr__(self, "gone", gone | whole_kits(self.pieces, gone))
        back = units_by_line([*returned_before(self.header.history), *(line for r in self.returns for line in r.lines)])
        apart = {
            piece.line_no: piece.each * back[kit] for kit, own in self.pieces.items() if kit in back for piece in own
        }
        object.__setattr__(self, "came_back", back | apart)
        parts: dict[int, list[tuple[FulfillmentOrder, WorkLine]]] = {}
        for work, part in ((own, part) for own in self.fulfillment_orders for part in own.lines):
            parts.setdefault(part.line_no, []).append((work, part))
        object.__setattr__(self, "parts", parts)

    def line(self, line_no: int) -> Line:
        return self.lines[line_no - 1]

    def stock_of(self, units: Mapping[int, int]) -> dict[str, int]:
        """The units of stock that so many units of some lines are, by SKU."""
        return summed(self.line(line_no).stock(quantity) for line_no, quantity in units.items())

    def backordered(self, line_no: int) -> int:
        """Units of a line that wait for stock."""
        return sum(one.quantity for one in self.header.backorders if one.line_no == line_no)

    @property
    def taking(self) -> tuple[Shipment | FulfillmentOrder, ...]:
        """What money is taken for: what has left, and work that is paid for when it is ready."""
        return (*self.shipments, *(work for work in self.fulfillment_orders if work.captures))

    @property
    def work_lines(self) -> list[Line]:
        """The lines that must be fulfilled by quantity."""
        return [line for line in self.lines if line.work]

    def shipped(self, line_no: int) -> int:
        """Units of a line that have left, by shipment or over the counter."""
        return self.gone.get(line_no, 0)

    def returned(self, line_no: int) -> int:
        """Units of a line that have left and come back; of a kit's components, those of the kits that did."""
        return self.came_back.get(line_no, 0)

    def is_done(self) -> bool:
        """Whether every unit of work has left or was cancelled."""
        return all(
            self.shipped(line.line_no) + self.cancelled.get(line.line_no, 0) == line.quantity
            for line in self.work_lines
        )


def status(order: Order) -> Status:
    """The status of an order, from its review, its lines and its fulfilment orders."""
    if order.header.in_review:
        return Status.PENDING_REVIEW
    if all(order.cancelled.get(line.line_no, 0) == line.quantity for line in order.lines):
        return Status.CANCELLED
    if order.header.sourced and order.is_done():
        return Status.COMPLETED
    begun = order.shipments or any(work.status in BEGUN for work in order.fulfillment_orders)
    return Status.IN_PROGRESS if begun else Status.CONFIRMED


def fulfillment_status(order: Order) -> FulfillmentRollup:
    """How much of what was not cancelled has left."""
    if not any(order.gone.values()):
        return FulfillmentRollup.UNFULFILLED
    return FulfillmentRollup.FULFILLED if order.is_done() else FulfillmentRollup.PARTIALLY_FULFILLED


def payment_status(order: Order) -> Rollup:
    """The payment status of the order, from its tenders and what has left."""
    if order.header.history is not None:
        return order.header.history.payment_status(order.header.totals.total)
    due = sum(shipment.amounts.total for shipment in order.shipments) - order.header.written_off
    return payment_rollup(order.payments, order.header.totals.total, due)
