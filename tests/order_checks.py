"""What must hold for every order and every stock row at any moment, worked out from the stored rows themselves.

Nothing here asks the product's own rules for the answer: claims, shares and roll-ups are counted anew.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping

from oms.orders.model import Line, Order, fulfillment_status, status
from oms.orders.quantities import quantities
from oms.orders.store import order_from_items
from oms.platform.writes import Item, Key
from tests.memory_table import MemoryDatabase
from tests.order_changes import check_changes, check_roll_ups, check_written_once
from tests.returned_stock import came_back
from tests.scripted_provider import ScriptedProvider

Counts = dict[tuple[str, str], int]


def check_everything(
    database: MemoryDatabase, received: Mapping[tuple[str, str], int], provider: ScriptedProvider
) -> None:
    """Quantities, money, events and stored roll-ups of every order, and stock against what the orders claim."""
    partitions: dict[str, list[Item]] = defaultdict(list)
    for (table, key), row in sorted(database.rows.items(), key=lambda entry: (entry[0][1].pk, entry[0][1].sk)):
        if table == "orders" and "#ORDER#" in key.pk:
            partitions[key.pk].append(row)
    orders = []
    for pk, rows in partitions.items():
        order = order_from_items(rows)
        assert order is not None, f"{pk} has children and no header"
        orders.append(order)
        _check_quantities(order)
        _check_money(order)
        check_roll_ups(order, next(row for row in rows if row["sk"] == "ORDER"))
        _check_events(database, pk, order)
        check_changes(database, pk.split("#")[1], order)
    check_written_once(database)
    _check_commits(database)
    _check_provider(orders, provider)
    _check_stock(database, received, orders)


def _check_quantities(order: Order) -> None:
    assert all(one.quantity > 0 for one in order.header.backorders), order.header.id
    for line in order.lines:
        counts = quantities(order, line)
        assert sum(counts.values()) == line.quantity, (order.header.id, line.line_no, counts)
        assert min(counts.values()) > 0, (order.header.id, line.line_no, counts)
        assert 0 <= order.cancelled.get(line.line_no, 0) + order.shipped(line.line_no) <= line.quantity
    for work in order.fulfillment_orders:
        for part in work.lines:
            gone = part.cancelled + part.given_up + part.replaced + part.received
            out = part.shipped + part.in_transit
            assert 0 <= out <= part.packed <= part.picked <= part.quantity - gone
            assert min(part.in_transit, part.received, part.recalled) >= 0
            assert work.destination_node or not part.in_transit + part.received + part.recalled, work.id
            left = sum(
                s.quantity
                for shipment in order.shipments
                if shipment.fulfillment_order_id == work.id
                for s in shipment.lines
                if s.line_no == part.line_no
            )
            assert left == part.shipped, (work.id, part)
            asked = work.asked.get(part.line_no, 0)
            assert 0 <= asked <= part.quantity - out - gone, (work.id, part, asked)
        if work.status.value in ("REJECTED", "INCOMPLETE", "COMPLETED", "CANCELLED", "REPLACED"):
            assert not work.asked, work.id
            for p in work.lines:
                assert p.quantity == p.shipped + p.cancelled + p.given_up + p.replaced + p.received, work.id
                assert p.in_transit + p.recalled == 0, work.id


def _check_money(order: Order) -> None:
    taken: dict[str, int] = defaultdict(int)
    for shipment in order.shipments:
        assert shipment.amounts.total == shipment.goods - shipment.discount + shipment.shipping + shipment.tax
        assert sum(capture.amount for capture in shipment.captures) <= shipment.amounts.total
        for capture in shipment.captures:
            if capture.capture_id is not None:
                taken[capture.payment_id] += capture.amount
    for work in order.fulfillment_orders:
        for capture in work.captures:
            if capture.capture_id is not None:
                taken[capture.payment_id] += capture.amount
    for payment in order.payments:
        assert min(payment.authorized, payment.captured, payment.pending, payment.released, payment.renewable) >= 0
        held = payment.captured + payment.pending + payment.released
        assert held <= payment.authorized <= payment.amount, payment
        if payment.by_channel:
            # The channel took all of it before anything left; shipments use it up.
            assert taken[payment.id] <= payment.captured == payment.amount, payment
        else:
            assert payment.captured == taken[payment.id], payment
    # What was agreed, and what later changes added to it line by line.
    agreed = order.header.totals.total + sum(line.agreed.total for line in order.lines[order.header.line_count :])
    assert sum(shipment.amounts.total for shipment in order.shipments) <= agreed
    _check_refunds(order)


def _check_refunds(order: Order) -> None:
    """What a tender gave back, and is to give back, is what the refunds say, and never above what it took."""
    done: dict[str, int] = defaultdict(int)
    owed: dict[str, int] = defaultdict(int)
    for refund in order.refunds:
        assert refund.amount == sum(part.amount for part in refund.parts) > 0, refund
        for part in refund.parts:
            assert part.amount == sum(source.amount for source in part.sources), part
            for source in part.sources:
                (done if part.state.value == "EXECUTED" else owed)[source.payment_id] += source.amount
    for payment in order.payments:
        assert (payment.refunded, payment.refund_pending) == (done[payment.id], owed[payment.id]), payment
        assert payment.refunded + payment.refund_pending <= payment.captured, payment


def _check_events(database: MemoryDatabase, pk: str, order: Order) -> None:
    rows = list(database.query("events", pk))
    assert [row["sk"] for row in rows] == [f"EVENT#{n:09d}" for n in range(1, order.header.sequence + 1)]
    for row in rows:
        meta = json.loads(str(row["detail"]))["meta"]
        assert meta["tenant"]
        assert meta["actor"]
        assert meta["correlation_id"]
    last: dict[str, str | None] = {}
    for row in rows:
        changes = row["changes"]
        assert isinstance(changes, dict)
        for name, change in changes.items():
            assert isinstance(change, list)
            assert change[0] != change[1]
            assert last.get(name) == change[0], f"{name} was {last.get(name)} and not {change[0]}"
            last[name] = change[1]
    assert last["status"] == status(order).value
    assert last["fulfillment_status"] == fulfillment_status(order).value


def _check_commits(database: MemoryDatabase) -> None:
    """Every new version of an order came with a fact that says what changed."""
    for commit in database.commits:
        orders = {write.key.pk for write in commit if write.table == "orders" and write.key.sk == "ORDER"}
        told = {write.key.pk for write in commit if write.table == "events"}
        assert orders <= told, orders - told


def _check_provider(orders: list[Order], provider: ScriptedProvider) -> None:
    for held in provider.held.values():
        assert min(held.captured, held.pending, held.released, held.capturable) >= 0
        assert 0 <= held.refunded + held.refund_pending <= held.captured
    known = {p.psp_reference: p for order in orders for p in order.payments if p.psp_reference}
    for reference, payment in known.items():
        held = provider.held.get(reference)
        if held is not None:
            # What we have noted was really done; what was done and not yet noted is found by a repeat.
            assert payment.captured - payment.captured_before <= held.captured
            assert payment.released <= held.released


def _kept_for_transfers(database: MemoryDatabase) -> dict[tuple[str, str], int]:
    """Units that a node keeps for transfers until they leave, by SKU and node."""
    kept: dict[tuple[str, str], int] = defaultdict(int)
    stock = {key: row for (table, key), row in database.rows.items() if table == "stock"}
    sources = {
        key.pk.rsplit("#", 1)[1]: json.loads(str(row["body"])).get("from_node")
        for key, row in stock.items()
        if key.sk == "SUPPLY"
    }
    for key, row in stock.items():
        if key.sk.startswith("SUPPLY#"):
            line, node_id = json.loads(str(row["body"])), sources[key.sk.split("#")[1]]
            if node_id is not None:
                units = line["quantity"] - line.get("sent", 0) - line.get("closed", 0)
                kept[line["sku"], node_id] += max(0, units)
    return kept


def _check_stock(database: MemoryDatabase, received: Mapping[tuple[str, str], int], orders: list[Order]) -> None:
    reserved_by_sku, allocated, shipped = _claims(orders)
    for place, units in _kept_for_transfers(database).items():
        allocated[place] = allocated.get(place, 0) + units
    for place, units in _sent_between_nodes(database, orders).items():
        shipped[place] = shipped.get(place, 0) + units
    for name, row in _chunks_of_sagas(database).items():
        reserved_by_sku[name] = reserved_by_sku.get(name, 0) + row
    seen: dict[str, int] = defaultdict(int)
    for (table, key), row in database.rows.items():
        if table != "stock" or not key.sk.startswith("NODE#"):
            continue
        sku, node_id = key.pk.split("#", 3)[3], key.sk.removeprefix("NODE#")
        if "#HOLD#" in node_id:
            reserved_by_sku[sku] = reserved_by_sku.get(sku, 0) + int(str(row["units"]))
            continue
        if "#SHARD#" in node_id:
            # The row counts them as reserved, and they are for sale.
            assert int(str(row["available"])) >= 0, (sku, node_id)
            seen[sku] -= int(str(row["available"]))
            continue
        buckets = {name: int(str(row.get(name, 0))) for name in ("on_hand", "reserved", "allocated", "available")}
        assert min(buckets.values()) >= 0, (sku, node_id, buckets)
        assert buckets["on_hand"] == received.get((sku, node_id), 0) - shipped.get((sku, node_id), 0), (sku, node_id)
        assert buckets["allocated"] == allocated.get((sku, node_id), 0), (sku, node_id, buckets)
        held_back = sum(int(str(row.get(name, 0))) for name in ("safety", "damaged", "quality_control", "blocked"))
        assert buckets["available"] == buckets["on_hand"] - buckets["reserved"] - buckets["allocated"] - held_back
        seen[sku] += buckets["reserved"]
    assert {sku: units for sku, units in seen.items() if units} == {s: u for s, u in reserved_by_sku.items() if u}


def _sent_between_nodes(database: MemoryDatabase, orders: list[Order]) -> Counts:
    """Units that legs took out of a node, less those that they brought there, as was told of them."""
    by_id = {order.header.id: order for order in orders}
    found: Counts = defaultdict(int)
    for (table, _), row in database.rows.items():
        if table != "events" or row["type"] not in ("FulfillmentOrderDispatched", "FulfillmentOrderReceived"):
            continue
        told = json.loads(str(row["detail"]))["data"]
        left = row["type"] == "FulfillmentOrderDispatched"
        for part in [*told["lines"], *(one for name in ("unwanted", "damaged", "over") for one in told.get(name, []))]:
            for sku, each in _made_of(by_id[told["order_id"]].line(part["line_no"])):
                units = each * part["quantity"]
                found[sku, told["from_node" if left else "node_id"]] += units if left else -units
    return found


def _claims(orders: list[Order]) -> tuple[dict[str, int], Counts, Counts]:
    """Units reserved per SKU, and allocated and shipped per SKU and node, as the orders have it."""
    reserved: dict[str, int] = defaultdict(int)
    allocated: Counts = defaultdict(int)
    shipped: Counts = defaultdict(int)
    for order in orders:
        for line_no, node_id, quantity in came_back(order):
            kit = order.pieces.get(line_no, [])
            for line, units in [(order.line(line_no), 1), *((piece, piece.each) for piece in kit)]:
                if line.claims_stock:
                    for sku, each in _made_of(line):
                        shipped[sku, node_id] -= each * units * quantity
        stock_lines = {line.line_no: line for line in order.lines if line.claims_stock}
        given: dict[int, int] = defaultdict(int)
        for work in order.fulfillment_orders:
            for part in work.lines:
                if part.line_no in stock_lines:
                    given[part.line_no] += part.quantity
                    held = part.quantity - part.shipped - part.cancelled - part.given_up - part.replaced
                    held -= part.received + part.in_transit
                    assert part.components == stock_lines[part.line_no].components, (work.id, part)
                    for sku, each in _made_of(stock_lines[part.line_no]):
                        shipped[sku, work.node_id] += each * part.shipped
                        allocated[sku, work.node_id] += each * held
        for shipment in order.shipments:
            for left_at_once in shipment.lines if shipment.fulfillment_order_id is None else ():
                if left_at_once.line_no in stock_lines:
                    given[left_at_once.line_no] += left_at_once.quantity
                    for sku, each in _made_of(stock_lines[left_at_once.line_no]):
                        shipped[sku, shipment.node_id] += each * left_at_once.quantity
        for line_no, line in stock_lines.items():
            if not order.header.sourced:
                left = line.quantity - order.cancelled.get(line_no, 0) - given[line_no] - order.backordered(line_no)
                for sku, each in _made_of(line):
                    reserved[sku] += each * left
    return reserved, allocated, shipped


def _made_of(line: Line) -> list[tuple[str, int]]:
    """What a unit of a line takes of stock: a kit its components, anything else itself."""
    return [(one.sku, one.quantity) for one in line.components] or [(_stock_of(line), 1)]


def _stock_of(line: Line) -> str:
    """The name of the stock of a line: its SKU, and behind it the tags of its segment."""
    said = line.agreed.segment.model_dump() if line.agreed.segment else {}
    return "#".join([line.agreed.sku, *(["&".join(f"{name}={value}" for name, value in said.items())] if said else [])])


def _chunks_of_sagas(database: MemoryDatabase) -> dict[str, int]:
    """Units per SKU that a placement under way, or a crashed one, holds; notes of one that succeeded mean nothing."""
    held: dict[str, int] = defaultdict(int)
    open_sagas = {
        (f"{key.pk}#{key.sk}", str(row["claimed_by"]))
        for (_, key), row in database.rows.items()
        if key.pk.endswith("#SAGA")
    }
    for (table, key), row in database.rows.items():
        if table == "commands" and key.sk.startswith("CHUNK#") and (key.pk, key.sk.split("#")[1]) in open_sagas:
            for sku, _, units in json.loads(str(row["claims"])):
                held[sku] += units
    return held


def other_tenants(database: MemoryDatabase, tenant: str) -> list[Key]:
    """The keys that do not belong to a tenant."""
    return [key for _, key in database.rows if not key.pk.startswith(f"T#{tenant}#")]
