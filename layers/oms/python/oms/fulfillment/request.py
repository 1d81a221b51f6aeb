"""What a node sends with a verb; the same shape over HTTP and over the integration bus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from oms.fulfillment.model import ArrivalState, CollectedBy, Status
from oms.fulfillment.protocol import OURS, Action
from oms.platform.fields import Attributes, Code, Count, Instant, Label, Quantity
from oms.platform.intake import Request
from oms.platform.principal import Principal, authorize, tenant_prefix
from oms.platform.problems import FieldError, InvalidRequest, NotFound

# So far the clock of a node or of a device may be ahead of ours.
_MOST_AHEAD = timedelta(minutes=15)


class RefusalReason(StrEnum):
    """Why a customer does not want units at the counter; damaged ones are held back from sale."""

    CHANGED_MIND = "changed_mind"
    DOES_NOT_FIT = "does_not_fit"
    WRONG_ITEM = "wrong_item"
    DAMAGED = "damaged"
    AGE_CHECK_FAILED = "age_check_failed"


class ActionLine(Request):
    """Units of one order line."""

    line_no: Annotated[int, Field(ge=1)]
    quantity: Quantity


class PackageRequest(Request):
    """A box that leaves; what is in it may be left out where there is only one."""

    package_no: Annotated[int, Field(ge=1, le=1000)]
    weight_grams: Count | None = None
    tracking_number: Code | None = None
    lines: Annotated[tuple[ActionLine, ...], Field(min_length=1)] | None = None


class ShipmentRequest(Request):
    """How the units leave."""

    carrier: Code | None = None
    tracking_number: Code | None = None
    packages: Annotated[tuple[PackageRequest, ...], Field(max_length=200)] = ()


class ActionRequest(Request):
    """A verb's content: without lines it means everything that is left.

    Rejecting, closing and refusing to cancel need a `reason`; only the answer to a request to cancel has `accepted`.
    """

    fulfillment_order_id: Code | None = None
    lines: Annotated[tuple[ActionLine, ...], Field(min_length=1)] | None = None
    reason: Label | None = None
    accepted: bool | None = None
    shipment: ShipmentRequest = Field(default_factory=ShipmentRequest)
    occurred_at: Instant | None = None
    attributes: Attributes = Field(default_factory=dict)

    @property
    def quantities(self) -> Mapping[int, int] | None:
        """Units per line number, a line named twice counting twice; None means everything."""
        return None if self.lines is None else units_of(self.lines)

    def happened_at(self, now: datetime) -> datetime:
        """When it happened, as the caller says, unless its clock is so fast that it is only known to be by now."""
        return now if self.occurred_at is None or self.occurred_at > now + _MOST_AHEAD else self.occurred_at


class ShortReason(StrEnum):
    """Why units that were looked for are not picked; `short.py` says what each does to stock."""

    NOT_FOUND = "not_found"
    OUT_OF_STOCK = "out_of_stock"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    DISPLAY_ONLY = "display_only"
    RECALLED = "recalled"
    DECLINED = "declined"


class Scan(Request):
    """A code that was scanned, as often as `quantity` says; `line_no` is the line that it was scanned for."""

    barcode: Code
    quantity: Quantity = 1
    line_no: Annotated[int | None, Field(ge=1)] = None


class ShortPick(Request):
    """Units of one line that are not picked, and why; of a kit, `sku` names the component that is short."""

    line_no: Annotated[int, Field(ge=1)]
    quantity: Quantity
    reason: ShortReason
    sku: Code | None = None


class PickRequest(ActionRequest):
    """Picking: by `lines` or by `scans`; without both, all that is left and not `short`."""

    scans: Annotated[tuple[Scan, ...] | None, Field(min_length=1, max_length=500)] = None
    short: Annotated[tuple[ShortPick, ...] | None, Field(min_length=1, max_length=200)] = None


Millimetres = Annotated[Quantity, Field(le=10_000)]


class CartonRequest(Request):
    """A box that was packed, with its outer dimensions; its number is that of the package that leaves."""

    carton_no: Annotated[int, Field(ge=1, le=1000)]
    lines: Annotated[tuple[ActionLine, ...], Field(min_length=1, max_length=200)]
    weight_grams: Count | None = None
    packaging: Code | None = None
    length_mm: Millimetres | None = None
    width_mm: Millimetres | None = None
    height_mm: Millimetres | None = None


class PackRequest(ActionRequest):
    """Packing: by `cartons`, whose contents are what is packed, or by `lines`, or all that is left."""

    cartons: Annotated[tuple[CartonRequest, ...] | None, Field(min_length=1, max_length=100)] = None


class UnpackRequest(ActionRequest):
    """Unpacking: whole cartons by their numbers, or `lines` of work without cartons, or all that is there."""

    cartons: Annotated[tuple[Annotated[int, Field(ge=1, le=1000)], ...] | None, Field(min_length=1)] = None


class StageRequest(ActionRequest):
    """Staging: `bay` is where the goods wait."""

    bay: Code | None = None


class ShortUnits(Request):
    """Units of stock of one line that the node has not got: of its item or, where that is a kit, of a component."""

    line_no: Annotated[int, Field(ge=1)]
    sku: Code
    quantity: Quantity


class CloseRequest(ActionRequest):
    """Closing: `short` names what exactly the reason is about; without it, it is about all that has not left."""

    short: Annotated[tuple[ShortUnits, ...] | None, Field(min_length=1, max_length=200)] = None


class IdDocumentRequest(Request):
    """A document that was seen: its kind and its last digits, never the whole number."""

    kind: Literal["passport", "identity_card", "driving_licence", "other"]
    last_digits: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,4}$")]


class ProofRequest(Request):
    """What somebody who collects has shown: the code, a document, or a signature that is kept under a reference.

    `age_checked` is how old the collector was seen to be at least.
    """

    code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    id_document: IdDocumentRequest | None = None
    signature: Code | None = None
    age_checked: Annotated[int, Field(strict=True, ge=1, le=150)] | None = None


class RefusedUnits(Request):
    """Units of a line that the customer did not want at the counter, and why."""

    line_no: Annotated[int, Field(ge=1)]
    quantity: Quantity
    reason: RefusalReason


class HandOverRequest(ActionRequest):
    """Handing over: who collects and what they showed; `lines` leave, without them all but what is `refused`.

    Without `collected_by` it is the customer where the name is theirs, else an alternate.
    """

    collector: Label | None = None
    collected_by: CollectedBy | None = None
    proof: ProofRequest = Field(default_factory=ProofRequest)
    refused: Annotated[tuple[RefusedUnits, ...], Field(max_length=200)] = ()


class ExtendRequest(Request):
    """That goods are kept for the customer so many more open days of the node, and why."""

    days: Annotated[int, Field(strict=True, ge=1, le=60)]
    reason: Label


class ArrivalRequest(Request):
    """Where a customer who collects is; at the curbside perhaps in which bay, and what their vehicle looks like."""

    state: ArrivalState
    bay: Code | None = None
    vehicle: Label | None = None


class Discrepancy(ActionLine):
    """Units of one line that are not as they were sent; without a `reason` of its own it has that of the call."""

    reason: Label | None = None


Discrepancies = Annotated[tuple[Discrepancy, ...] | None, Field(min_length=1, max_length=200)]


class ReceiveRequest(ActionRequest):
    """Receiving: `lines` are what has arrived in order; without them, all that is under way but what is named below.

    `lost` is what will not come any more, `damaged` what came and cannot be sold, `over` what came beyond what was
    sent; each with a reason.
    """

    lost: Discrepancies = None
    damaged: Discrepancies = None
    over: Discrepancies = None


# What verbs may say besides what every verb may.
REQUESTS: Mapping[Action, type[ActionRequest]] = {
    Action.PICK: PickRequest,
    Action.PACK: PackRequest,
    Action.UNPACK: UnpackRequest,
    Action.STAGE: StageRequest,
    Action.HAND_OVER: HandOverRequest,
    Action.CLOSE: CloseRequest,
    Action.RECEIVE: ReceiveRequest,
}


def request_of(action: Action) -> type[ActionRequest]:
    """What a verb may say."""
    return REQUESTS.get(action, ActionRequest)


def units_of(lines: Iterable[ActionLine]) -> dict[int, int]:
    """Units per line number."""
    units: dict[int, int] = {}
    for line in lines:
        units[line.line_no] = units.get(line.line_no, 0) + line.quantity
    return units


def node_action(name: str) -> Action:
    """The verb that a path names; what is no verb of the node protocol raises NotFound."""
    try:
        action = Action(name)
    except ValueError as error:
        raise NotFound(f"There is no action {name}.") from error
    if action in OURS:
        raise NotFound(f"{name} is not an action of a node.")
    return action


def node_query(query: Mapping[str, str], principal: Principal) -> tuple[str, str]:
    """The node and state whose work is asked for; both are needed, and the node must be the caller's."""
    errors = [FieldError(f"/query/{name}", "required", "") for name in ("node", "status") if not query.get(name)]
    if not errors and query["status"] not in list(Status):
        errors.append(FieldError("/query/status", "invalid", "not a state of a fulfilment order"))
    if errors:
        raise InvalidRequest(errors=errors)
    listed = f"{tenant_prefix(principal.tenant)}WORK#{query['node']}"
    authorize(principal, "fulfillment.read", listed, node=query["node"])
    return query["node"], query["status"]
