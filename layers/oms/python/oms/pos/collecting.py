"""A till sells what was reserved online: from its words to the sale of the order that it names."""

from __future__ import annotations

from oms.orders.collecting import Collected, Sale
from oms.orders.collecting import collected as sold
from oms.orders.model import Order
from oms.orders.store import find_by_external_id, load_order
from oms.platform.commands import Call, Runtime
from oms.platform.ids import parent_id
from oms.platform.problems import FieldError, InvalidRequest
from oms.pos.model import Identity
from oms.pos.requests import RecordTransaction
from oms.pos.sales import order_request, paid


def collected(runtime: Runtime, call: Call, told: RecordTransaction, one: Identity) -> Collected:
    """What a sale does to the order whose goods it sells.

    Raises InvalidRequest for an order that is not held for payment in this store, and what the sale of it does.
    """
    order = _reserved_order(runtime, call.tenant, told, one)
    for number, credit in enumerate(told.exchange_credits):
        # What the order itself owes does not pay it: that would be two changes of it at once.
        if parent_id("ord", credit.refund_id) == order.header.id:
            pointer = f"/exchange_credits/{number}/refund_id"
            raise InvalidRequest(errors=[FieldError(pointer, "not_allowed", "it is owed for this very order")])
    sale = Sale(
        sale_id=one.transaction_id(call.tenant),
        node_id=one.node_id,
        external_id=one.external_id,
        request=order_request(told, one),
        quoted=[line.order_line_no for line in told.lines],
        paid=paid(told),
        at=min(told.occurred_at or runtime.clock.now(), runtime.clock.now()),
    )
    return sold(runtime, call, order, sale)


def _reserved_order(runtime: Runtime, tenant: str, told: RecordTransaction, one: Identity) -> Order:
    named = told.reserved_order
    assert named is not None, "a sale of what was reserved names its order"
    order_id = named.order_id
    if named.channel is not None and named.external_id is not None:
        order_id = find_by_external_id(runtime.database, tenant, named.channel, named.external_id)
    order = load_order(runtime.database, tenant, order_id) if order_id else None
    if order is None or order.header.reserved is None or order.header.selling_node != one.node_id:
        detail = "no order by this name is held for payment in this store"
        raise InvalidRequest(errors=[FieldError("/reserved_order", "unknown_order", detail)])
    if told.currency != order.header.currency:
        detail = f"the order is in {order.header.currency}"
        raise InvalidRequest(errors=[FieldError("/currency", "other_currency", detail)])
    return order
