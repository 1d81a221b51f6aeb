"""What must hold of what is changed of an order: the original stays, and its change orders lead from it to its summary.

What stands of each line is counted anew here, from its units and the money of what came back.
"""

from __future__ import annotations

import json

from oms.orders.amounts import Amounts, charge_amounts, line_amounts, share
from oms.orders.model import Order, fulfillment_status, payment_status, status
from oms.orders.store import changes_partition, partition
from oms.orders.views import view
from oms.platform.writes import Item, Kind
from tests.memory_table import MemoryDatabase

COMPONENTS = ("goods", "discount", "charges", "tax", "total")
_WRITTEN_ONCE = ("AGREED", "LINES#", "XLINES#")


def check_changes(database: MemoryDatabase, tenant: str, order: Order) -> None:
    """The original and all change orders sum up to the summary, by component, and to what of each line stands."""
    rows = list(database.query("orders", changes_partition(tenant, order.header.id)))
    changes = [json.loads(str(row["body"])) for row in rows]
    numbers = [(one["number"], one["id"].rpartition("_")[2]) for one in changes]
    assert numbers == [(n, str(n)) for n in range(1, order.header.changes + 1)], order.header.id
    assert all(row["actor"] and row["role"] and row["at"] for row in rows), rows
    shown = view(order)
    for name in COMPONENTS:
        deltas = sum(one["amounts"].get(name, 0) for one in changes)
        assert getattr(shown.original, name) + deltas == getattr(shown.summary, name), (order.header.id, name)
    stands = _stands(order)
    assert (stands.goods, stands.discount, stands.shipping, stands.tax) == (
        shown.summary.goods,
        shown.summary.discount,
        shown.summary.charges,
        shown.summary.tax,
    ), order.header.id
    first = len(order.lines) - added_lines(database, tenant, order.header.id)
    units = {line.line_no: line.quantity for line in order.lines[:first]}
    for one in (line for change in changes for line in change["lines"]):
        units[one["line_no"]] = units.get(one["line_no"], 0) + one["quantity"]
    for line in order.lines:
        if line.part_of is None:
            left = line.quantity - order.cancelled.get(line.line_no, 0) - _came_back(order, line.line_no)
            assert units[line.line_no] == left, (order.header.id, line.line_no)
    assert all(one["lines"] or one["amounts"].get("total") for one in changes), changes


def check_written_once(database: MemoryDatabase) -> None:
    """What was agreed and what was changed is created and never written again."""
    for write in (write for commit in database.commits for write in commit if write.table == "orders"):
        if "#CHANGES#" in write.key.pk or write.key.sk.startswith(_WRITTEN_ONCE):
            assert write.kind is Kind.CREATE, write


def check_roll_ups(order: Order, header: Item) -> None:
    """What the list shows is what the children say."""
    assert header["status"] == status(order).value
    assert header["payment_status"] == payment_status(order).value
    assert header["fulfillment_status"] == fulfillment_status(order).value


def added_lines(database: MemoryDatabase, tenant: str, order_id: str) -> int:
    """How many lines were added to an order after it was placed."""
    rows = database.query("orders", partition(tenant, order_id), begins="XLINES#")
    return sum(len(json.loads(str(row["body"]))["lines"]) for row in rows)


def _came_back(order: Order, line_no: int) -> int:
    return sum(one.quantity for made in order.returns for one in made.lines if one.line_no == line_no)


def _stands(order: Order) -> Amounts:
    gone = all(order.cancelled.get(line.line_no, 0) == line.quantity for line in order.lines)
    kept = Amounts() if gone else charge_amounts(order.header.charges)
    for line in order.lines:
        whole, cancelled = line_amounts(line.agreed), order.cancelled.get(line.line_no, 0)
        kept += Amounts() if gone else share(whole, 0, line.quantity - cancelled, line.quantity)
        off = share(Amounts(discount=whole.discount), 0, _came_back(order, line.line_no), line.quantity).discount
        kept -= Amounts(goods=off, discount=off)
    for made in order.returns:
        tax = made.shipping_tax + sum(one.tax for one in made.lines)
        kept -= Amounts(goods=sum(one.goods for one in made.lines), shipping=made.shipping - made.fee, tax=tax)
    return kept
