"""From a sale at a till to an order: what was carried out is delivered and paid, and what leaves later is planned.

A sale has happened. Units for later that nobody has do not refuse it: a person decides what becomes of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from oms.fulfillment.model import Shipment, ShippedLine
from oms.inventory.writes import StockChanges
from oms.orders.amounts import Amounts, line_amounts, taxed
from oms.orders.model import Line, Order, Status, Validation, status
from oms.orders.placement import placement
from oms.orders.placing import group_lines, look_up, new_order
from oms.orders.request import OrderRequest
from oms.orders.validation import refuse_sums, refuse_unknown
from oms.orders.writes import completed
from oms.payments.model import Payment, State
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Runtime
from oms.platform.events import EventData
from oms.platform.ids import child_id
from oms.platform.writes import Write
from oms.sourcing.model import Sourced

# How goods leave that a customer takes along.
CARRY_OUT = "carry_out"


@dataclass(frozen=True, slots=True)
class Paid:
    """What a tender of a sale has paid of it, in minor units of the order's currency; all of it is taken already."""

    tender: str
    provider: str
    reference: str | None
    amount: int


@dataclass(frozen=True, slots=True)
class SoldOrder:
    """A sale as the order that it becomes, with the plan of what leaves later.

    `carried` is the money of what was carried out, `units` what that is of stock, by SKU.
    """

    order: Order
    sourced: Sourced
    carried: Amounts
    units: Mapping[str, int]
    reasons: list[Write]

    @property
    def claims(self) -> frozenset[str]:
        """The SKUs of which units are claimed for what leaves later."""
        return frozenset(sku for sku, _ in self.sourced.claims)

    def placement(self, runtime: Runtime, call: Call, told: EventData) -> Decision:
        """Everything that makes the order exist, with a fact of the sale behind its placing."""
        order_id = self.order.header.id
        claims = StockChanges(call.tenant, movement_id=order_id, cause=order_id, at=runtime.clock.now())
        for (sku, node), units in self.sourced.claims.items():
            claims.claim(self.sourced.stock, sku, node, units)
        done = [completed(self.order)] if status(self.order) is Status.COMPLETED else []
        sequence = self.order.header.sequence + 1 + len(done)
        order = replace(self.order, header=self.order.header.model_copy(update={"sequence": sequence}))
        return placement(call, order, [*claims.writes(), *self.reasons], more=[told, *done])


def sold_order(
    runtime: Runtime, call: Call, request: OrderRequest, carried: frozenset[int], paid: Sequence[Paid]
) -> SoldOrder:
    """A sale as an order: its lines with the numbers in `carried` left with the customer, the others leave later.

    Raises InvalidRequest for sums that do not add up, and for items and nodes that nobody knows.
    """
    refuse_sums(request)
    known = look_up(runtime, call.tenant, request)
    refuse_unknown(request, known)
    # What was sold as a whole is delivered as a whole.
    whole = {sku: item.model_copy(update={"when_short": None}) for sku, item in known.items.items()}
    groups, lines = group_lines(request, whole)
    lines = [line.model_copy(update={"work": True}) for line in lines]
    later = [line for line in lines if line.line_no not in carried]
    sourced = Sourced({}, is_best=True)
    if later:
        # Loaded, here and below, where goods leave later: a till that only sells over the counter starts faster.
        from oms.orders.choosing import choose_nodes

        wanted = [group for group in groups if group.group_no in {line.group_no for line in later}]
        sourced = choose_nodes(runtime, call.tenant, request, known, wanted, later, {})
    order = new_order(runtime, call, request, known, groups, lines, sourced)
    gone = [line for line in lines if line.line_no in carried]
    verdicts = _verdicts(order, sourced) if later else ()
    header = order.header.model_copy(
        update={
            "validations": verdicts,
            "in_review": any(one.verdict == "fail" for one in verdicts),
            "sourced": not later,
        }
    )
    amounts = sum((line_amounts(line.agreed) for line in gone), Amounts())
    order = replace(
        order,
        header=header,
        shipments=(_carried_out(runtime, order, gone, amounts, request),) if gone else (),
        payments=taken(order, paid),
    )
    units = order.stock_of({line.line_no: line.quantity for line in gone})
    reasons: list[Write] = []
    if later:
        from oms.orders.choosing import decision_of

        reasons = decision_of(call.tenant, order, known, sourced)
    return SoldOrder(order, sourced, amounts, units, reasons)


def _verdicts(order: Order, sourced: Sourced) -> tuple[Validation, ...]:
    """What the validators say of what leaves later; the tenders of a sale were added up when it was taken in."""
    found = [one for one in order.header.validations if one.name not in ("tender_sum", "stock")]
    missing = sum(
        one.quantity for plan in sourced.plans.values() if plan.backorder_days is None for one in plan.missing
    )
    if missing:
        found.append(Validation(name="stock", verdict="fail", detail=f"{missing} units have no node"))
    return tuple(found)


def _carried_out(
    runtime: Runtime, order: Order, lines: Sequence[Line], amounts: Amounts, request: OrderRequest
) -> Shipment:
    return Shipment(
        id=child_id("shp", order.header.id, 1),
        order_id=order.header.id,
        node_id=request.selling_node,
        mode=CARRY_OUT,
        lines=tuple(ShippedLine(line_no=line.line_no, sku=line.agreed.sku, quantity=line.quantity) for line in lines),
        shipped_at=format_instant(request.ordered_at or runtime.clock.now()),
        goods=amounts.goods,
        discount=amounts.discount,
        shipping=amounts.shipping,
        tax=amounts.tax,
        taxes=taxed(amounts.by_jurisdiction),
    )


def taken(order: Order, paid: Sequence[Paid]) -> tuple[Payment, ...]:
    """The tenders of a sale, behind those that the order has; all of their money was taken at the till."""
    return tuple(
        Payment(
            id=child_id("pay", order.header.id, rank),
            order_id=order.header.id,
            rank=rank,
            tender=one.tender,
            provider=one.provider,
            token="",
            amount=one.amount,
            currency=order.header.currency,
            state=State.CAPTURED,
            authorized=one.amount,
            captured=one.amount,
            by_channel=True,
            psp_reference=one.reference,
        )
        for rank, one in enumerate(paid, start=len(order.payments) + 1)
    )
