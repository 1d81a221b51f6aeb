"""What waits for a customer and what left: the shipment with its boxes, its money, and which tender pays it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.fulfillment.lines import Parcel as Parcel
from oms.fulfillment.lines import ParcelClaim, ShippedLine
from oms.orders.amounts import Amounts, Taxed, known_taxes
from oms.platform.clock import seconds_late as seconds_late
from oms.platform.money import MILLION, share_up_to


class ProofKind(StrEnum):
    """What somebody who collects goods may show for it."""

    CODE = "code"
    ID_DOCUMENT = "id_document"
    SIGNATURE = "signature"


class CollectedBy(StrEnum):
    """Who collects goods."""

    CUSTOMER = "customer"
    ALTERNATE = "alternate"
    COURIER = "courier"


class IdDocument(BaseModel):
    """A document that was seen, of which only its kind and its last digits are known."""

    model_config = ConfigDict(frozen=True)
    kind: str
    last_digits: str


class Proof(BaseModel):
    """Who collected goods, what was shown for it, and who looked at it.

    `age_checked` is how old the collector was seen to be at least, `signature` where the signature is kept.
    """

    model_config = ConfigDict(frozen=True)
    collector: str
    collected_by: CollectedBy
    kinds: tuple[ProofKind, ...] = ()
    id_document: IdDocument | None = None
    signature: str | None = None
    age_checked: int | None = None
    checked_by: str


class ArrivalState(StrEnum):
    """How far a customer is who comes to collect."""

    IN_TRANSIT = "in_transit"
    AT_STORE = "at_store"
    AT_CURBSIDE = "at_curbside"


class ArrivalTimer(BaseModel):
    """How soon goods are with a customer who is there: minutes, and the shares of these at which somebody is told."""

    model_config = ConfigDict(frozen=True)
    minutes: int
    remind_percent: tuple[int, ...] = ()
    escalate_percent: int = 100


class Arrival(BaseModel):
    """That a customer comes, or is there: since when, in which bay, in which vehicle, and the store's task by it."""

    model_config = ConfigDict(frozen=True)
    state: ArrivalState
    at: str
    bay: str | None = None
    vehicle: str | None = None
    task_id: str | None = None


class Extension(BaseModel):
    """That goods are kept longer for the customer, until when, why, and who said so."""

    model_config = ConfigDict(frozen=True)
    before: str
    pickup_by: str
    reason: str
    by: str


class Collection(BaseModel):
    """How a customer gets what waits at the counter, by the rules that held when it was staged.

    Any one of `proofs` will do; of the code only a hash is kept. It is kept until `pickup_by`, and `late_allowed` says
    whether it is still handed over from then on. `may_collect` are the names of the customer and of the others who may.
    """

    model_config = ConfigDict(frozen=True)
    may_collect: tuple[str, ...] = ()
    named_only: bool = False
    proofs: tuple[ProofKind, ...] = ()
    code_hash: str | None = None
    # Wrong codes since it was last locked, how many lock it, for how long, and until when it is.
    attempts: int = 0
    most_attempts: int = 5
    lock_minutes: int = 15
    locked_until: str | None = None
    pickup_by: str | None = None
    remind_days: int | None = None
    late_allowed: bool = True
    extensions: tuple[Extension, ...] = ()
    most_extensions: int = 3
    # How soon the goods are with a customer who says that they are there.
    arrival: ArrivalTimer | None = None


class Package(BaseModel):
    """A box: its number within the shipment, its weight, its tracking number, and what of the shipment is in it.

    One that was packed as a carton has the carton's number, packaging and outer dimensions.
    """

    model_config = ConfigDict(frozen=True)
    package_no: int
    weight_grams: int | None = None
    tracking_number: str | None = None
    lines: tuple[ShippedLine, ...] = ()
    packaging: str | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None


class Capture(BaseModel):
    """What is to be taken from one tender for a shipment, or for work that is ready: fixed then, executed afterwards.

    `pending` was accepted by the provider and is not yet final. `refused` is why the provider would not, and
    `refused_at` when; it is asked again by schedule (`retries` times), with another card or after a person's decision.
    `attempt` counts its keys, a new one for each authorisation and each retry. `fixed_at` is when it got its present
    key, `movement_id` what the provider calls what it accepted.
    """

    model_config = ConfigDict(frozen=True)
    payment_id: str
    amount: int
    capture_id: str | None = None
    refused: str | None = None
    refused_at: str | None = None
    retries: int = 0
    pending: bool = False
    attempt: int = 1
    fixed_at: str | None = None
    movement_id: str | None = None
    # Since when nobody knows whether the money was taken.
    in_doubt_since: str | None = None

    @property
    def is_owed(self) -> bool:
        """Whether the provider has still to be asked."""
        return self.capture_id is None and self.refused is None and not self.pending

    def key(self, shipment_id: str) -> str:
        """The provider's idempotency key for this capture: the same for every repeat on the same authorisation."""
        again = f":{self.attempt}" if self.attempt > 1 else ""
        return f"{shipment_id}:capture:{self.payment_id}:{self.amount}{again}"


class Cost(BaseModel):
    """What units cost us at their supplier, and what it leaves us of that as commission; minor units."""

    model_config = ConfigDict(frozen=True)
    cost: int = 0
    commission: int = 0

    @property
    def payable(self) -> int:
        """What we owe the supplier for them."""
        return self.cost - self.commission


class BoughtLine(BaseModel):
    """What a supplier asks for a unit of one line; without `unit_cost` nothing was agreed, and its invoice says it."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    unit_cost: int | None = None
    commission_ppm: int = 0
    supplier_sku: str | None = None
    # By how much an invoice may differ from what was agreed.
    tolerance_ppm: int = 0

    def cost_of(self, before: int, after: int) -> Cost:
        """What the units from `before` to `after` cost; the commission of all parts is that of the whole."""
        each = self.unit_cost or 0
        taken = [share_up_to(each * units, self.commission_ppm, MILLION) for units in (before, after)]
        return Cost(cost=each * (after - before), commission=taken[1] - taken[0])


class InvoicedLine(BaseModel):
    """Units of a line as a supplier invoices them; `commission` is what of their cost it leaves us."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    quantity: int
    unit_cost: int
    commission: int = 0


class SupplierInvoice(BaseModel):
    """A supplier's invoice as it was matched; `difference` is what it wants beyond what was agreed for its units."""

    model_config = ConfigDict(frozen=True)
    id: str
    number: str
    status: str
    total: int
    difference: int
    lines: tuple[InvoicedLine, ...]
    received_at: str
    received_by: str
    reason: str | None = None


class Purchase(BaseModel):
    """What we order at a supplier with some work: the purchase order, of which the work has the units."""

    model_config = ConfigDict(frozen=True)
    id: str
    placed_at: str
    currency: str
    lines: tuple[BoughtLine, ...]
    invoices: tuple[SupplierInvoice, ...] = ()

    def cost_of(self, units: Mapping[int, tuple[int, int]]) -> Cost:
        """What units of some lines cost, each from a count to a later one."""
        parts = [one.cost_of(*units[one.line_no]) for one in self.lines if one.line_no in units]
        return Cost(cost=sum(one.cost for one in parts), commission=sum(one.commission for one in parts))


class Shipment(BaseModel):
    """What left a node at once, with the money that belongs to exactly these units.

    What was carried out of a store with its sale was nobody's work.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    order_id: str
    fulfillment_order_id: str | None = None
    node_id: str
    mode: str
    lines: tuple[ShippedLine, ...]
    packages: tuple[Package, ...] = ()
    carrier: str | None = None
    tracking_number: str | None = None
    shipped_at: str
    due_at: str | None = None
    goods: int
    discount: int
    shipping: int
    tax: int
    # Whose the tax is, where that is known of any of it.
    taxes: tuple[Taxed, ...] = ()
    captures: tuple[Capture, ...] = ()
    # Of what a customer, or somebody for them, collected.
    proof: Proof | None = None
    # What its units cost us, where a supplier sent them.
    bought: Cost | None = None
    # What of its goods is gift cards, which are owed from now on and are no revenue.
    gift_cards: int = 0
    # The parcels of which a carrier told anything.
    parcels: tuple[Parcel, ...] = ()
    # What of it was lost or damaged on its way.
    claims: tuple[ParcelClaim, ...] = ()

    @property
    def tracking_numbers(self) -> list[str]:
        """Every number by which a carrier knows a part of it, each once."""
        own = (self.tracking_number, *(package.tracking_number for package in self.packages))
        return list(dict.fromkeys(number for number in own if number))

    @property
    def late_seconds(self) -> int | None:
        """How long after what was promised it left; None where nothing was."""
        return None if self.due_at is None or self.mode == "pickup" else seconds_late(self.due_at, self.shipped_at)

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.goods, self.discount, self.shipping, self.tax, known_taxes(self.taxes))


def carried_out(shipments: Iterable[Shipment], line_no: int) -> int:
    """Units of a line that customers took along when they bought them."""
    at_once = (shipment for shipment in shipments if shipment.fulfillment_order_id is None)
    return sum(left.quantity for shipment in at_once for left in shipment.lines if left.line_no == line_no)
