"""Returns as they are shown; what became of the money is told by the refund."""

from __future__ import annotations

from typing import cast

from oms.orders.model import Order
from oms.orders.store import load_order, partition
from oms.payments.refunds import Refund
from oms.platform.commands import Runtime
from oms.platform.ids import parent_id
from oms.platform.principal import Principal, authorize
from oms.platform.problems import NotFound
from oms.platform.writes import Value
from oms.returns.model import Return

READ, WRITE = "returns.read", "returns.write"


def read_return(runtime: Runtime, principal: Principal, return_id: str) -> dict[str, Value]:
    """One return; an unknown one raises NotFound. Every store sees it, since any store may be asked about it."""
    order_id = parent_id("ord", return_id)
    authorize(principal, READ, partition(principal.tenant, order_id))
    order = load_order(runtime.database, principal.tenant, order_id)
    found = next((one for one in order.returns if one.id == return_id), None) if order else None
    if order is None or found is None:
        raise NotFound(f"There is no return {return_id}.")
    return return_document(order, found)


def return_document(order: Order, one: Return) -> dict[str, Value]:
    """A return with its sums; `refund_status` is None where nothing is owed."""
    refund = next((refund for refund in order.refunds if refund.id == one.refund_id), None)
    document = one.model_dump(mode="json", exclude={"shipping_tax", "shipping_taxes"})
    sums = ("goods", "tax", "appeased_goods", "appeased_tax", "owed")
    shown: dict[str, Value] = {
        **document,
        **{name: cast("int", getattr(one, name)) for name in sums},
        "taxes": [each.model_dump(mode="json") for each in one.taxes],
        "currency": order.header.currency,
        "refund_status": refund.status.value if refund else None,
        "version": order.header.version,
    }
    return shown


def refund_document(order: Order, refund: Refund) -> dict[str, Value]:
    """What is owed and how far it is paid, in the answer to another attempt."""
    return {
        "id": refund.id,
        "order_id": order.header.id,
        "status": refund.status.value,
        "amount": refund.amount,
        "executed": refund.executed,
        "currency": refund.currency,
        "parts": [
            {"number": p.number, "tender": p.tender, "amount": p.amount, "state": p.state.value, "attempt": p.attempt}
            for p in refund.parts
        ],
        "version": order.header.version,
    }
