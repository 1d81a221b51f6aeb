"""What callers see of the work of a node, within its order and in lists. Response shapes of the API."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from oms.fulfillment.model import (
    ArrivalState,
    CancelRequest,
    Carton,
    Collection,
    FulfillmentOrder,
    HoldRole,
    ProofKind,
    WorkHold,
)
from oms.fulfillment.offers import offered_actions
from oms.fulfillment.protocol import Action, available_actions
from oms.orders.request import Gift
from oms.registry.kits import Component
from oms.registry.limits import Activation, ItemActivation
from oms.registry.segments import Segment
from oms.sourcing.rates import Label


class WorkLineView(BaseModel):
    """Units of a line at a node."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    segment: Segment | None = Field(description="which units of the item will do; null for those in no segment")
    quantity: int
    picked: int
    packed: int
    shipped: int
    cancelled: int
    given_up: int
    replaced: int = Field(description="units that other work took over: by a better plan, an offer, a split or a move")
    merged: int = Field(description="units of `quantity` that came from other work of the node by a merge")
    in_transit: int = Field(description="units of a leg that have left and not arrived")
    received: int = Field(description="units of a leg that have arrived; they are work of the node that it went to")
    recalled: int = Field(description="units of a leg that were cancelled on their way and have not arrived")
    components: list[Component] = Field(description="what each unit of a kit consists of; empty for any other item")
    preparation: str | None = Field(description="what is done with each unit before it is packed, once it was picked")
    prepared: int
    part_of: int | None = Field(description="the line of the kit of which it is a component that may go on its own")
    gift: Gift | None = Field(description="what to put on the card, and whether the receipt shows no prices")
    activation: ItemActivation | None = Field(description="how each unit is delivered by itself, where it is not sent")
    activations: list[Activation] = Field(description="its units that were activated, or are to be; no code is shown")
    minimum_age: int | None = Field(description="whoever gets the units must be at least so old; the node checks it")


class ExtensionView(BaseModel):
    """That goods are kept longer."""

    model_config = ConfigDict(frozen=True)
    before: str
    pickup_by: str
    reason: str
    by: str


class CollectionView(BaseModel):
    """What a node checks when it hands goods over, and until when it keeps them. It does not know the code."""

    model_config = ConfigDict(frozen=True)
    may_collect: list[str] = Field(description="names of the customer and of the others who may collect, as known")
    named_only: bool = Field(description="whether only these may, whatever they show")
    proofs: list[ProofKind] = Field(description="any one of these is needed; none where it is empty")
    locked_until: str | None = Field(description="until when no code is looked at, after too many wrong ones")
    pickup_by: str | None = Field(description="until when the goods are kept; null where they are kept without end")
    late_allowed: bool = Field(description="whether they are handed over after that, while they are still there")
    extensions: list[ExtensionView]


class ArrivalView(BaseModel):
    """Where a customer is who comes to collect."""

    model_config = ConfigDict(frozen=True)
    state: ArrivalState
    at: str
    bay: str | None
    vehicle: str | None
    task_id: str | None = Field(description="the store's task to bring the goods, once the customer is there")


class DeadlineView(BaseModel):
    """What some work has to meet, by the rules that held when it was released or ready."""

    model_config = ConfigDict(frozen=True)
    kind: str = Field(
        description="`ACCEPT`: the node has taken it; `PICK`: all of it is off the shelf; "
        "`COLLECT`: the customer has it; `ARRIVAL`: the customer who is there has it; "
        "`PROMISE`: it has left, or is ready, as was promised"
    )
    at: str
    next_at: str | None = Field(description="of a promise: when it can leave or be ready next, if it misses that")


class FulfillmentOrderView(BaseModel):
    """Work of one node."""

    model_config = ConfigDict(frozen=True)
    id: str
    order_id: str
    node_id: str
    method: str = Field(description="`transfer` for a leg, which goes to another node")
    status: str
    destination_node: str | None = Field(description="of a leg: the node that its units go to, and on from")
    hold_until: str | None = Field(description="until when the units of legs wait for each other at that node")
    version: int = Field(description="its order's version, for If-Match")
    available_actions: list[str] = Field(
        description="what can be done now; a node that it is offered to can accept it, and then has it under another id"
    )
    available_reshapings: list[str] = Field(
        description="how it can be split, moved or held back now: by its node, or by an operator, who sees more of them"
    )
    holds: list[WorkHold] = Field(description="why it must not begin; it may when none is left")
    release_at: str | None = Field(description="when it is released at the earliest, since it was rescheduled")
    lines: list[WorkLineView]
    created_at: str
    respond_by: str | None
    offered_to: list[str] = Field(description="the nodes that may take it instead, by accepting it before `respond_by`")
    service: str | None
    due_at: str | None = Field(description="what was promised: by when it is to leave, or to be ready")
    deadlines: list[DeadlineView]
    rejected_reason: str | None
    closed_reason: str | None
    replaces: str | None = Field(description="the fulfilment order whose units these were at another node")
    replaced_reason: str | None = Field(
        description="why another fulfilment order took it over: BETTER_PLAN, OFFER_TAKEN, MOVED or MERGED"
    )
    merged_into: str | None = Field(description="the fulfilment order that it became part of")
    cancel_request: CancelRequest | None = Field(
        description="what the node was last asked to cancel, and its answer; null where it has not answered"
    )
    escalated_reason: str | None
    cartons: list[Carton] = Field(description="what its node has packed into which box, where it says so")
    staging_bay: str | None = Field(description="where the goods wait for the customer, where its node says so")
    wave_id: str | None = Field(description="the pick wave that it is in, or was picked in")
    collection: CollectionView | None = Field(description="of goods that wait for a customer, where a rule is for them")
    arrival: ArrivalView | None = Field(description="where the customer is who comes to collect, as far as was said")
    labels: list[Label] = Field(description="the labels of its packages, also those refused or given back")


def work_view(
    work: FulfillmentOrder,
    version: int,
    *,
    node_id: str | None = None,
    now: str = "",
    role: HoldRole | None = None,
) -> FulfillmentOrderView:
    """The work of one node; `version` is that of its order: its changes are the order's changes.

    To a node that it is offered to it shows what that node can do, at an instant. How it can be reshaped goes by
    `role`, which is that of a node where one is named and it is not said.
    """
    # Loaded where work is shown: to place an order needs less.
    from oms.fulfillment.reshape import available_reshapings

    own = node_id is None or node_id == work.node_id
    # Who it is offered to has yet to get any of it: customers' names and labels are for those that handle the goods.
    handles = own or node_id == work.destination_node
    role = role or (HoldRole.OPERATOR if node_id is None else HoldRole.NODE)
    actions = available_actions(work) if own else offered_actions(work, node_id or "", now)
    if node_id in (None, work.destination_node) and any(line.under_way for line in work.lines):
        actions = [*actions, Action.RECEIVE.value]
    return FulfillmentOrderView(
        id=work.id,
        order_id=work.order_id,
        node_id=work.node_id,
        method=work.method,
        status=work.status.value,
        destination_node=work.destination_node,
        hold_until=work.hold_until,
        version=version,
        available_actions=actions,
        available_reshapings=available_reshapings(work, role) if own else [],
        holds=list(work.holds),
        release_at=work.release_at,
        lines=[WorkLineView(**line.model_dump(include=set(WorkLineView.model_fields))) for line in work.lines],
        created_at=work.created_at,
        respond_by=work.respond_by,
        offered_to=list(work.offered_to),
        service=work.service,
        due_at=work.due_at,
        deadlines=[DeadlineView(kind=one.kind.value, at=one.at, next_at=one.next_at) for one in work.deadlines or ()],
        rejected_reason=work.rejected_reason,
        closed_reason=work.closed_reason,
        replaces=work.replaces,
        replaced_reason=work.replaced_reason,
        merged_into=work.merged_into,
        cancel_request=work.cancel_request,
        escalated_reason=work.escalated_reason,
        cartons=list(work.cartons),
        staging_bay=work.staging_bay,
        wave_id=work.wave_id,
        labels=list(work.labels) if handles else [],
        collection=_collection(work.collection) if handles else None,
        arrival=ArrivalView(**work.arrival.model_dump()) if work.arrival and handles else None,
    )


def _collection(kept: Collection | None) -> CollectionView | None:
    if kept is None:
        return None
    return CollectionView(
        may_collect=list(kept.may_collect),
        named_only=kept.named_only,
        proofs=list(kept.proofs),
        locked_until=kept.locked_until,
        pickup_by=kept.pickup_by,
        late_allowed=kept.late_allowed,
        extensions=[ExtensionView(**one.model_dump()) for one in kept.extensions],
    )
