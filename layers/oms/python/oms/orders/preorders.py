"""Selling before the street date: how many units of an item may be sold by then, counted in the order's transaction."""

from __future__ import annotations

from collections.abc import Mapping

from oms.inventory.reads import stock_view
from oms.inventory.supply.reads import coming_supply
from oms.orders.backorders import preorder_key
from oms.orders.model import Order
from oms.orders.validation import Known
from oms.platform.commands import Runtime
from oms.platform.problems import FieldError, OutOfStock
from oms.platform.writes import Kind, Write


class PreorderSoldOut(OutOfStock):
    """More of an item than is left to be sold before its street date."""

    code = "preorder_sold_out"
    title = "So many units are not sold before the street date."
    remedy = "Lower the quantity, or order again from the street date on."


def preorder_writes(runtime: Runtime, tenant: str, order: Order, known: Known) -> list[Write]:
    """Count what an order takes of items on pre-order; raises PreorderSoldOut where too little is left.

    The transaction is held to the limit, so that orders at once cannot pass it together.
    """
    wanted: dict[str, list[int]] = {}
    for one in order.header.backorders:
        if one.not_before is not None:
            wanted.setdefault(order.line(one.line_no).agreed.sku, []).append(one.line_no)
    found, errors = [], []
    for sku, numbers in wanted.items():
        units, most = sum(order.line(no).quantity for no in numbers), _most(runtime, tenant, sku, order, known)
        row = runtime.database.get("stock", preorder_key(tenant, sku)) or {}
        left = max(0, most - int(str(row.get("taken", 0))))
        if units > left:
            detail = f"{left} of {sku} are left before its street date"
            errors += [FieldError(f"/lines/{no - 1}/quantity", PreorderSoldOut.code, detail) for no in numbers]
            continue
        guard = {"taken": most - units}
        found.append(Write(Kind.CHANGE, "stock", preorder_key(tenant, sku), add={"taken": units}, at_most=guard))
    if errors:
        raise PreorderSoldOut(errors=errors)
    return found


def _most(runtime: Runtime, tenant: str, sku: str, order: Order, known: Known) -> int:
    """How many units may be sold: as the item says, else what there is of it and is to come."""
    preorder = known.items[sku].preorder
    if preorder is not None and preorder.most_units is not None:
        return preorder.most_units
    now, nodes = runtime.clock.now(), known.nodes
    view = stock_view(
        runtime.database, tenant, [sku], channel=order.header.channel, items=known.items, nodes=nodes, now=now
    )
    coming = coming_supply(runtime.database, tenant, [sku], nodes, now, consistent=True)[sku]
    return _summed(view.claimable().units) + sum(one.units for one in coming)


def _summed(units: Mapping[tuple[str, str], int]) -> int:
    return sum(units.values())
