"""Labels: asked for by a node, bought once, and given back. Pure, but for what it is told.

What a label costs is spent when the carrier sells it. So the wish is stored first, then the carrier's draft, and only
the stored draft is bought.
"""

from __future__ import annotations

from collections.abc import Mapping

from oms.carriers.events import LabelBought, LabelRefused, LabelRequested, LabelVoided, LabelVoidRefused
from oms.carriers.events import LabelVoidRequested as VoidRequested
from oms.carriers.port import Declined, Sold, TakenBack
from oms.carriers.requests import LabelRequest
from oms.fulfillment.model import COUNTER_METHODS, FulfillmentOrder
from oms.orders.model import DIGITAL, Order
from oms.platform.events import EventData
from oms.platform.ids import child_id
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, Problem
from oms.sourcing.rates import CarrierService, Label, LabelStatus

# All labels of a fulfilment order are kept with it.
MOST_LABELS = 50
# state -> the states that may follow. A carrier that does not take a label back leaves it as it was.
LABEL_TRANSITIONS: Mapping[LabelStatus, frozenset[LabelStatus]] = {
    LabelStatus.REQUESTED: frozenset({LabelStatus.BOUGHT, LabelStatus.REFUSED}),
    LabelStatus.BOUGHT: frozenset({LabelStatus.VOID_REQUESTED}),
    LabelStatus.VOID_REQUESTED: frozenset({LabelStatus.VOIDED, LabelStatus.BOUGHT}),
    LabelStatus.REFUSED: frozenset(),
    LabelStatus.VOIDED: frozenset(),
}
_LIVE = frozenset({LabelStatus.REQUESTED, LabelStatus.BOUGHT})
# The carrier has the next word.
OPEN = frozenset({LabelStatus.REQUESTED, LabelStatus.VOID_REQUESTED})


class LabelExists(Problem):
    status = 409
    code = "label_exists"
    title = "This package has a label."
    remedy = "Use the label that it has, or void it and ask for another one."


class LabelUsed(Problem):
    status = 409
    code = "label_used"
    title = "A parcel has left with this label."
    remedy = "Ask the carrier for the parcel itself; a label can be voided until its parcel leaves."


class NoCarrierService(Problem):
    code = "no_carrier_service"
    title = "The rate card does not say by which carrier's service labels of this service are bought."
    remedy = "Name another service, or add `ships_by` to the service in the rate card and promote it."


def all_labels(order: Order) -> list[tuple[FulfillmentOrder, Label]]:
    """Every label of an order with its work."""
    return [(work, label) for work in order.fulfillment_orders for label in work.labels]


def requested(
    order: Order, work: FulfillmentOrder, request: LabelRequest, by: CarrierService, now: str
) -> tuple[FulfillmentOrder, Label, EventData]:
    """The work with a label that is to be bought for one of its packages.

    Raises ActionNotAvailable where no parcel leaves, LabelExists for a package that has one.
    """
    if work.is_closed or work.method in COUNTER_METHODS or work.method == DIGITAL:
        raise ActionNotAvailable(
            f"No parcel leaves with a fulfilment order that is {work.status.value}, {work.method}."
        )
    if any(
        one.package_no == request.package_no and one.status in _LIVE and not _has_left(order, one)
        for one in work.labels
    ):
        raise LabelExists(f"Package {request.package_no} has a label.", pointer="/package_no")
    if len(work.labels) >= MOST_LABELS:
        detail = f"a fulfilment order has at most {MOST_LABELS} labels"
        raise InvalidRequest(errors=[FieldError("/package_no", "too_many", detail)])
    size = request.model_dump(include={"package_no", "format", "weight_grams", "length_mm", "width_mm", "height_mm"})
    label = Label(
        id=child_id("lbl", order.header.id, len(all_labels(order)) + 1),
        provider=by.provider,
        carrier=by.carrier,
        carrier_service=by.service,
        status=LabelStatus.REQUESTED,
        requested_at=now,
        **size,
    )
    told = LabelRequested(**_ids(work, label), weight_grams=label.weight_grams, format=label.format)
    return _with(work, label), label, told


def ended(
    work: FulfillmentOrder, label: Label, answer: Sold | Declined, reference: str | None
) -> tuple[FulfillmentOrder, Label, EventData]:
    """The work with a label that the carrier sold, or did not sell."""
    if isinstance(answer, Declined):
        after = _moved(label, LabelStatus.REFUSED, refused=answer.code)
        return _with(work, after), after, LabelRefused(**_ids(work, label), refused=answer.code)
    bought = {"tracking_number": answer.tracking_number, "cost": answer.amount, "currency": answer.currency}
    after = _moved(label, LabelStatus.BOUGHT, reference=reference, url=answer.url, **bought)
    return _with(work, after), after, LabelBought(**_ids(work, label), **bought)


def void_requested(order: Order, work: FulfillmentOrder, label: Label) -> tuple[FulfillmentOrder, Label, EventData]:
    """The work with a label that is to be given back: nothing leaves with it any more.

    Raises ActionNotAvailable where it was not bought, LabelUsed where a parcel has left with it.
    """
    if LabelStatus.VOID_REQUESTED not in LABEL_TRANSITIONS[label.status]:
        raise ActionNotAvailable(f"A label that is {label.status.value} cannot be voided.")
    if _has_left(order, label):
        raise LabelUsed(f"A parcel has left as {label.tracking_number}.")
    after = _moved(label, LabelStatus.VOID_REQUESTED, refused=None)
    return _with(work, after), after, VoidRequested(**_ids(work, label))


def void_ended(
    work: FulfillmentOrder, label: Label, answer: TakenBack | Declined
) -> tuple[FulfillmentOrder, Label, EventData]:
    """The work with a label that the carrier took back, or did not take back: then it may be used again."""
    if isinstance(answer, Declined):
        after = _moved(label, LabelStatus.BOUGHT, refused=answer.code)
        return _with(work, after), after, LabelVoidRefused(**_ids(work, label), refused=answer.code)
    after = _moved(label, LabelStatus.VOIDED)
    return _with(work, after), after, LabelVoided(**_ids(work, label))


def _has_left(order: Order, label: Label) -> bool:
    left = (number for shipment in order.shipments for number in shipment.tracking_numbers)
    return label.tracking_number is not None and label.tracking_number in left


def _moved(label: Label, status: LabelStatus, **changes: object) -> Label:
    if status not in LABEL_TRANSITIONS[label.status]:
        raise ActionNotAvailable(f"A label that is {label.status.value} does not become {status.value}.")
    return label.model_copy(update={"status": status, **changes})


def _with(work: FulfillmentOrder, label: Label) -> FulfillmentOrder:
    known = any(one.id == label.id for one in work.labels)
    labels = tuple(label if one.id == label.id else one for one in work.labels)
    return work.model_copy(update={"labels": labels if known else (*labels, label)})


def _ids(work: FulfillmentOrder, label: Label) -> dict[str, str | int]:
    return {
        "order_id": work.order_id,
        "fulfillment_order_id": work.id,
        "node_id": work.node_id,
        "label_id": label.id,
        "package_no": label.package_no,
        "provider": label.provider,
        "carrier": label.carrier,
        "carrier_service": label.carrier_service,
    }
