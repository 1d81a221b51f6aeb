"""What leaves and what it costs: the shipment with exactly its own share of the order's money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from oms.fulfillment.events import EventLine, PurchaseOrderShipped, ShipmentShipped
from oms.fulfillment.model import (
    COUNTER_METHODS,
    Capture,
    FulfillmentOrder,
    Package,
    Shipment,
    ShippedLine,
)
from oms.fulfillment.request import ActionRequest, PackageRequest, ShipmentRequest, units_of
from oms.fulfillment.shipments import Cost
from oms.orders.amounts import Amounts, share, taxed
from oms.orders.charges import accompanying_amounts, line_total, takes_charges
from oms.orders.kits import whole_kits
from oms.orders.model import DIGITAL, Order
from oms.orders.unfinished import taken_ahead, taken_up
from oms.payments.model import READY, plan_captures
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.ids import child_id
from oms.platform.problems import FieldError, InvalidRequest
from oms.sourcing.rates import LabelStatus

_GIVEN_BACK = frozenset({LabelStatus.VOID_REQUESTED, LabelStatus.VOIDED})


def new_shipment(
    runtime: Runtime, order: Order, work: FulfillmentOrder, lines: Sequence[EventLine], request: ActionRequest
) -> Shipment:
    """The units that leave now, their money, and which tender pays it; order charges go with the first parcel."""
    request = _labelled(order, work, request)
    mode = _mode(work)
    amounts = shipment_amounts(order, lines, mode)
    return Shipment(
        id=child_id("shp", order.header.id, len(order.shipments) + 1),
        order_id=order.header.id,
        fulfillment_order_id=work.id,
        node_id=work.node_id,
        mode=mode,
        lines=tuple(ShippedLine(**line.model_dump()) for line in lines),
        packages=_packages(lines, request.shipment.packages),
        carrier=request.shipment.carrier,
        tracking_number=request.shipment.tracking_number,
        shipped_at=format_instant(request.happened_at(runtime.clock.now())),
        due_at=work.due_at,
        goods=amounts.goods,
        discount=amounts.discount,
        shipping=amounts.shipping,
        tax=amounts.tax,
        taxes=taxed(amounts.by_jurisdiction),
        captures=_captures(order, amounts.total - taken_ahead(order), format_instant(runtime.clock.now())),
        bought=_bought(work, lines),
    )


def _bought(work: FulfillmentOrder, lines: Sequence[EventLine]) -> Cost | None:
    """What the units that leave cost us at their supplier; `work` is as it is once they have left."""
    if work.purchase is None:
        return None
    left = {line.line_no: (work.line(line.line_no).shipped, line.quantity) for line in lines}
    return work.purchase.cost_of({no: (shipped - units, shipped) for no, (shipped, units) in left.items()})


def _labelled(order: Order, work: FulfillmentOrder, request: ActionRequest) -> ActionRequest:
    """What leaves under the numbers of its labels, where the node names none: those of its packages, or its only one.

    Of a label that is to be given back, or with which a parcel has left, nothing leaves.
    """
    used = {number for shipment in order.shipments for number in shipment.tracking_numbers}
    bought = [one for one in work.labels if one.status is LabelStatus.BOUGHT and one.tracking_number not in used]
    said = request.shipment
    _refuse_given_back(work, said)
    if not bought or said.tracking_number is not None:
        return request
    if not said.packages and len(bought) > 1:
        detail = f"{len(bought)} packages have labels: name what is in each that leaves"
        raise InvalidRequest(errors=[FieldError("/shipment/packages", "required", detail)])
    by_package = {one.package_no: one for one in bought}
    packages = tuple(
        one.model_copy(update={"tracking_number": by_package[one.package_no].tracking_number})
        if one.tracking_number is None and one.package_no in by_package
        else one
        for one in said.packages
    )
    filled = {"packages": packages, "carrier": said.carrier or bought[0].carrier}
    own = {} if packages else {"tracking_number": bought[0].tracking_number}
    return request.model_copy(update={"shipment": said.model_copy(update=filled | own)})


def _refuse_given_back(work: FulfillmentOrder, said: ShipmentRequest) -> None:
    """Refuse the numbers of labels of the work that are to be given back, or were: the carrier takes no such parcel."""
    gone = {one.tracking_number for one in work.labels if one.status in _GIVEN_BACK and one.tracking_number}
    named = {"/shipment/tracking_number": said.tracking_number}
    named |= {f"/shipment/packages/{at}/tracking_number": one.tracking_number for at, one in enumerate(said.packages)}
    errors = [
        FieldError(pointer, "label_given_back", f"the label {number} is given back: ask for another one")
        for pointer, number in named.items()
        if number in gone
    ]
    if errors:
        raise InvalidRequest(errors=errors)


def _packages(lines: Sequence[EventLine], asked: Sequence[PackageRequest]) -> tuple[Package, ...]:
    """The boxes, whose contents are exactly what leaves; one box alone holds all of it without saying so."""
    errors = []
    if len({package.package_no for package in asked}) != len(asked):
        errors.append(FieldError("/shipment/packages", "repeated", "two packages have the same number"))
    if len(asked) > 1:
        errors += [
            FieldError(f"/shipment/packages/{index}/lines", "required", "several packages name what is in each")
            for index, package in enumerate(asked)
            if package.lines is None
        ]
    packed: dict[int, int] = {}
    for package in asked:
        for line_no, units in units_of(package.lines or ()).items():
            packed[line_no] = packed.get(line_no, 0) + units
    leaving = {line.line_no: line.quantity for line in lines}
    if not errors and packed and packed != leaving:
        wrong = min(n for n in packed.keys() | leaving.keys() if packed.get(n, 0) != leaving.get(n, 0))
        detail = f"the packages hold {packed.get(wrong, 0)} units of line {wrong}, and {leaving.get(wrong, 0)} leave"
        errors.append(FieldError("/shipment/packages", "sum_mismatch", detail))
    if errors:
        raise InvalidRequest(errors=errors)
    skus = {line.line_no: line.sku for line in lines}
    return tuple(
        Package(
            package_no=package.package_no,
            weight_grams=package.weight_grams,
            tracking_number=package.tracking_number,
            lines=tuple(
                ShippedLine(line_no=n, sku=skus[n], quantity=units)
                for n, units in sorted(units_of(package.lines or ()).items())
            ),
        )
        for package in asked
    )


def _mode(work: FulfillmentOrder) -> str:
    if work.method == DIGITAL:
        return DIGITAL
    return "pickup" if work.method in COUNTER_METHODS else "ship"


def shipment_amounts(order: Order, lines: Sequence[EventLine], mode: str) -> Amounts:
    """What some units cost: their cumulative share of each line, and once per order what accompanies the goods.

    A kit whose components go on their own is paid for unit by unit, with the last component of each.
    """
    total = accompanying_amounts(order) if takes_charges(order, mode) else Amounts()
    for part in lines:
        line = order.line(part.line_no)
        before = order.shipped(part.line_no)
        total = total + share(line_total(line), before, before + part.quantity, line.quantity)
    left = Counter(order.gone)
    left.update({part.line_no: part.quantity for part in lines})
    for line_no, kits in whole_kits(order.pieces, left).items():
        line = order.line(line_no)
        total = total + share(line_total(line), order.shipped(line_no), kits, line.quantity)
    return total


def ready_captures(order: Order, work: FulfillmentOrder, now: str) -> tuple[Capture, ...]:
    """What tenders that pay when goods are ready pay for work that has just been staged."""
    if not any(payment.capture_on == READY for payment in order.payments):
        return ()
    # Other work that was paid for when it was ready counts as if it had left: each cent is taken once.
    ahead = [one for one in order.fulfillment_orders if one.captures and one.id != work.id and not one.is_closed]
    as_if = replace(order, shipments=(*order.shipments, *(_as_if_left(order, one) for one in ahead)))
    lines = [EventLine(line_no=n, sku=order.line(n).agreed.sku, quantity=units) for n, units in _staged(work).items()]
    paying = {payment.id for payment in order.payments if payment.capture_on == READY and not payment.by_channel}
    # What was taken for work that was given up since pays for this one.
    spare = max(0, taken_ahead(order) - sum(capture.amount for one in ahead for capture in one.captures))
    planned = _captures(order, shipment_amounts(as_if, lines, _mode(work)).total - spare, now)
    return tuple(capture for capture in planned if capture.payment_id in paying)


def _staged(work: FulfillmentOrder) -> dict[int, int]:
    return {part.line_no: part.packed - part.shipped for part in work.lines if part.packed > part.shipped}


def _as_if_left(order: Order, work: FulfillmentOrder) -> Shipment:
    lines = tuple(
        ShippedLine(line_no=n, sku=order.line(n).agreed.sku, quantity=units) for n, units in _staged(work).items()
    )
    names = {"id": work.id, "order_id": work.order_id, "fulfillment_order_id": work.id, "node_id": work.node_id}
    money = dict.fromkeys(("goods", "discount", "shipping", "tax"), 0)
    return Shipment(**names, mode=_mode(work), lines=lines, shipped_at=work.created_at, **money)


def _captures(order: Order, amount: int, now: str) -> tuple[Capture, ...]:
    """What each tender pays of what leaves; of money that the channel took before, nobody has to be asked."""
    taken_before = {one.id: one.psp_reference or one.id for one in order.payments if one.by_channel}
    return tuple(
        Capture(payment_id=payment_id, amount=amount, fixed_at=now, capture_id=taken_before.get(payment_id))
        for payment_id, amount in plan_captures(order.payments, taken_up(order), amount)
    )


def shipment_event(order: Order, shipment: Shipment) -> ShipmentShipped:
    """The fact that these units left."""
    header = order.header
    return ShipmentShipped(
        order_id=header.id,
        fulfillment_order_id=shipment.fulfillment_order_id,
        shipment_id=shipment.id,
        node_id=shipment.node_id,
        mode=shipment.mode,
        goods=shipment.goods,
        discount=shipment.discount,
        shipping=shipment.shipping,
        tax=shipment.tax,
        gift_cards=shipment.gift_cards,
        taxes=shipment.taxes,
        total=shipment.amounts.total,
        currency=header.currency,
        legal_entity=header.legal_entity,
        store=header.selling_node,
        channel=header.channel,
        lines=tuple(EventLine(**line.model_dump()) for line in shipment.lines),
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        due_at=shipment.due_at,
        late_seconds=shipment.late_seconds,
    )


def purchase_event(order: Order, work: FulfillmentOrder, shipment: Shipment) -> list[PurchaseOrderShipped]:
    """What is owed to a supplier for a shipment, where one sent it."""
    if work.purchase is None or shipment.bought is None:
        return []
    return [
        PurchaseOrderShipped(
            order_id=order.header.id,
            fulfillment_order_id=work.id,
            node_id=work.node_id,
            purchase_order_id=work.purchase.id,
            shipment_id=shipment.id,
            cost=shipment.bought.cost,
            commission=shipment.bought.commission,
            payable=shipment.bought.payable,
            currency=work.purchase.currency,
            legal_entity=order.header.legal_entity,
            store=order.header.selling_node,
            channel=order.header.channel,
        )
    ]
