"""What a node sends with a verb; the same shape over HTTP and over the integration bus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field

from oms.fulfillment.model import Status
from oms.fulfillment.protocol import OURS, Action
from oms.platform.fields import Attributes, Code, Count, Instant, Label, Quantity
from oms.platform.intake import Request
from oms.platform.principal import Principal, authorize, tenant_prefix
from oms.platform.problems import FieldError, InvalidRequest, NotFound


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


class ShortUnits(Request):
    """Units of stock of one line that the node has not got: of its item or, where that is a kit, of a component."""

    line_no: Annotated[int, Field(ge=1)]
    sku: Code
    quantity: Quantity


class CloseRequest(ActionRequest):
    """Closing: `short` names what exactly the reason is about; without it, it is about all that has not left."""

    short: Annotated[tuple[ShortUnits, ...] | None, Field(min_length=1, max_length=200)] = None


class ReceiveRequest(ActionRequest):
    """Receiving: `lines` are what has arrived; without them, all that is under way and not lost.

    `lost` is what will not come any more, with the reason.
    """

    lost: Annotated[tuple[ActionLine, ...] | None, Field(min_length=1, max_length=200)] = None


def request_of(action: Action) -> type[ActionRequest]:
    """What a verb may say."""
    if action is Action.RECEIVE:
        return ReceiveRequest
    return CloseRequest if action is Action.CLOSE else ActionRequest


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
