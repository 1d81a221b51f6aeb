"""put_supply: supply as its buyer or supplier states it, in parts of lines that are each one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from oms.inventory.model import StockRow
from oms.inventory.reads import stock_rows
from oms.inventory.shards.balancing import recall
from oms.inventory.supply.changes import SupplyChange, drawn
from oms.inventory.supply.commands import WRITE, Part, is_new, parts_of, run_parts, whole
from oms.inventory.supply.model import Kind, Supply, SupplyLine, reordered, waited
from oms.inventory.supply.requests import MOST_LINES, PutLine, PutSupply
from oms.inventory.supply.store import load_lines, load_supply
from oms.inventory.supply.views import own_supply
from oms.inventory.supply.writes import supply_key
from oms.platform.commands import Call, Decision, Outcome, Runtime, input_hash
from oms.platform.events import EventDraft
from oms.platform.principal import authorize
from oms.platform.problems import FieldError, InvalidRequest, OutOfStock, StaleVersion, TooLarge
from oms.platform.writes import MOST_ACTIONS, Write
from oms.registry.model import ItemKind
from oms.registry.reads import known_items, known_nodes
from oms.registry.segments import said

_FARTHEST = timedelta(days=3_653)
# Of a transfer: its own row, the event and the record; and each line, with two rows of stock, their lines in the ledger
# and the note of its segment.
_WRITES, _WRITES_PER_LINE = 3, 6
_FIXED = ("kind", "node_id", "from_node", "purchase_order")


def put_supply(runtime: Runtime, call: Call, supply_id: str, request: PutSupply) -> Outcome:
    """State all lines of supply; what changes of them moves the buckets of their rows at once.

    Raises InvalidRequest for what does not exist or cannot change, StaleVersion where it was changed since it was read,
    ActionNotAvailable for less than has left or arrived, and OutOfStock where the node of a transfer has too little.
    """
    for node_id in (request.node_id, request.from_node):
        authorize(call.principal, WRITE, supply_key(call.tenant, supply_id).pk, node=node_id)
    stored = load_supply(runtime.database, call.tenant, supply_id)
    if stored is not None:
        own_supply(runtime, call.principal, WRITE, supply_id)
    _refuse_unknown(runtime, call, request)
    wanted = {line.line_no: line for line in request.lines}
    numbers = sorted({*wanted, *(stored.lines if stored else ())})
    if len(numbers) > MOST_LINES:
        detail = f"{len(numbers)} lines with those that were given up; the limit is {MOST_LINES}. Put another supply."
        raise TooLarge(detail, pointer="/lines")
    parts = parts_of(numbers)
    if is_new(runtime, call, parts):
        # Judged as a whole before anything of it happens.
        _change(runtime, call, supply_id, request, wanted, numbers, stored, is_first=True)

    def decide(part: Part, *, is_first: bool, is_last: bool) -> Decision:
        now = load_supply(runtime.database, call.tenant, supply_id)
        change, order = _change(runtime, call, supply_id, request, wanted, part, now, is_first=is_first)
        same = change.supply.model_copy(update={"put_by": now.put_by}) if now else None
        if now is not None and not change.lines and len(parts) == 1 and same == now:
            return Decision([], body=whole(runtime, call, now, change))
        body = whole(runtime, call, change.result, change) if is_last else {}
        writes: list[Write] = [*change.writes()]
        events: list[EventDraft] = [change.put_event()]
        if order.change is not None and order.change.lines:
            writes += order.change.writes()
            events.append(order.change.put_event())
        status = 201 if change.supply.created_by == _mark(call) else 200
        return Decision(writes, events, body=body, status=status)

    return run_parts(runtime, call, parts, decide)


@dataclass(slots=True)
class _Order:
    """The purchase order that a notice takes units over from."""

    change: SupplyChange | None = None
    lines: dict[int, SupplyLine] = field(default_factory=dict)


def _change(
    runtime: Runtime,
    call: Call,
    supply_id: str,
    request: PutSupply,
    wanted: Mapping[int, PutLine],
    part: Part,
    stored: Supply | None,
    *,
    is_first: bool,
) -> tuple[SupplyChange, _Order]:
    """What stating some lines changes of supply and, for a notice, of its purchase order; raises what it refuses."""
    _require_version(call, stored, is_first=is_first)
    supply = _headed(call, supply_id, request, stored, part)
    lines = load_lines(runtime.database, call.tenant, stored, part) if stored else {}
    change, order = (
        SupplyChange(call.tenant, supply, runtime.clock.now()),
        _order_of(runtime, call, request, part, lines),
    )
    for no in part:
        before = lines.get(no)
        after = _stated(supply.kind, before, wanted.get(no))
        if after is not None:
            change.change(before, _with_order(order, before, after, change))
    _refuse_missing(runtime, change)
    return change, order


def _headed(call: Call, supply_id: str, request: PutSupply, stored: Supply | None, part: Part) -> Supply:
    """The supply as this call states it, at the version that is stored: it names the lines that are there by then."""
    fixed = [name for name in _FIXED if stored is not None and getattr(stored, name) != getattr(request, name)]
    if fixed:
        detail = "it is fixed once the supply exists; put another one"
        raise InvalidRequest(errors=[FieldError(f"/{name}", "fixed", detail) for name in fixed])
    skus = {line.line_no: line.stock_sku for line in request.lines}
    known = dict(stored.lines) if stored else {}
    moved = [no for no, sku in skus.items() if known.get(no, sku) != sku]
    if moved:
        detail = f"line {moved[0]} is of {said(known[moved[0]])}; another SKU or segment is another line"
        raise InvalidRequest(errors=[FieldError("/lines", "fixed", detail)])
    return Supply(
        id=supply_id,
        kind=request.kind,
        node_id=request.node_id,
        from_node=request.from_node,
        supplier=request.supplier,
        purchase_order=request.purchase_order,
        lines=dict(sorted({**known, **{no: skus[no] for no in part if no in skus}}.items())),
        version=stored.version if stored else 0,
        put_by=_mark(call),
        created_by=stored.created_by if stored else _mark(call),
    )


def _stated(kind: Kind, before: SupplyLine | None, line: PutLine | None) -> SupplyLine | None:
    """A line as it is stated; one that is left out keeps what has left or arrived."""
    if before is None:
        return None if line is None else SupplyLine(**{**line.model_dump(exclude={"segment"}), "sku": line.stock_sku})
    if line is not None:
        if line.order_line_no != before.order_line_no:
            detail = f"line {before.line_no} is of line {before.order_line_no} of the purchase order"
            raise InvalidRequest(errors=[FieldError("/lines", "fixed", detail)])
        return reordered(kind, before, line.quantity, line.expected_on)
    left = waited(kind, before)
    given_up = left.in_transit if kind is Kind.SHIPMENT_NOTICE else left.future
    return before.model_copy(update={"quantity": before.quantity - given_up})


def _order_of(runtime: Runtime, call: Call, request: PutSupply, part: Part, lines: Mapping[int, SupplyLine]) -> _Order:
    if request.purchase_order is None:
        return _Order()
    supply = load_supply(runtime.database, call.tenant, request.purchase_order)
    if supply is None or supply.kind is not Kind.PURCHASE_ORDER or supply.node_id != request.node_id:
        detail = f"there is no purchase order {request.purchase_order} for {request.node_id}"
        raise InvalidRequest(errors=[FieldError("/purchase_order", "unknown_supply", detail)])
    stated = {line.order_line_no for line in request.lines if line.line_no in part}
    own = {no for no in (*stated, *(line.order_line_no for line in lines.values())) if no is not None}
    # What was ordered without saying a lot may come in lots.
    errors = [
        FieldError(
            f"/lines/{index}/order_line_no", "unknown_line", f"{supply.id} has no such line of {said(line.stock_sku)}"
        )
        for index, line in enumerate(request.lines)
        if line.order_line_no is not None and supply.lines.get(line.order_line_no) not in (line.stock_sku, line.sku)
    ]
    if errors:
        raise InvalidRequest(errors=errors)
    change = SupplyChange(call.tenant, supply, runtime.clock.now())
    return _Order(change, load_lines(runtime.database, call.tenant, supply, sorted(own)))


def _with_order(order: _Order, before: SupplyLine | None, after: SupplyLine, notice: SupplyChange) -> SupplyLine:
    """The line of a notice with what it takes over from its purchase order, or gives back to it."""
    if order.change is None or after.order_line_no is None:
        return after
    of_order = order.lines.get(after.order_line_no)
    if of_order is None:
        return after
    had, was = (before.drawn, before.quantity) if before else (0, 0)
    more = after.quantity - was
    # What the notice never drew goes first.
    wanted = more if more > 0 else max(-had, min(0, more + was - had))
    changed, units = drawn(of_order, wanted)
    if units:
        first = order.change.lines.get(of_order.line_no, (of_order, of_order))[0]
        order.change.change(of_order, changed, with_stock_of=notice)
        order.change.lines[of_order.line_no] = (first, changed)
        order.lines[of_order.line_no] = changed
    return after.model_copy(update={"drawn": had + units})


def _refuse_missing(runtime: Runtime, change: SupplyChange) -> None:
    """A transfer takes what its node has to give."""
    supply = change.supply
    if supply.from_node is None:
        return
    needed = change.wanted
    rows = stock_rows(runtime.database, change.tenant, [(sku, supply.from_node) for sku in needed])
    errors = [
        FieldError(
            "/lines", "out_of_stock", f"{supply.from_node} has {max(0, have)} of {said(sku)} to give, not {units}"
        )
        for sku, units in needed.items()
        if units > (have := rows.get((sku, supply.from_node), StockRow(sku, supply.from_node)).available)
    ]
    if errors:
        raise OutOfStock(errors=errors)
    spread = {place: row for place, row in rows.items() if row.shards and row.in_row < needed[place[0]]}
    if sum(len(row.shards) for row in spread.values()) > MOST_ACTIONS - _WRITES - _WRITES_PER_LINE * len(change.lines):
        # What lies in shards is too much for the same transaction; back in the rows it is none.
        recall(runtime, change.tenant, spread)
        rows = stock_rows(runtime.database, change.tenant, rows)
    change.stock.know(rows)


def _require_version(call: Call, stored: Supply | None, *, is_first: bool) -> None:
    """A put of what exists names the version that was read; its later parts go on only where nobody else has put."""
    if not is_first and stored is not None:
        if stored.put_by != _mark(call):
            raise StaleVersion("The supply was put anew while this call was at work.")
        return
    current = stored.version if stored else 0
    if call.expected_version is None and current:
        detail = f"the object exists; send If-Match with its version, {current}"
        raise InvalidRequest(errors=[FieldError("/header/If-Match", "required", detail)])
    if call.expected_version not in (None, current):
        raise StaleVersion(f"If-Match names version {call.expected_version}; the object is at version {current}.")


def _mark(call: Call) -> str:
    """What tells a call from any other, in all its parts."""
    return input_hash([call.key, call.input_hash])[:16]


def _refuse_unknown(runtime: Runtime, call: Call, request: PutSupply) -> None:
    now = runtime.clock.now()
    far = [n for n, line in enumerate(request.lines) if abs(line.expected_on - now.date()) > _FARTHEST]
    if far:
        detail = "a day within ten years"
        raise InvalidRequest(errors=[FieldError(f"/lines/{n}/expected_on", "far_away", detail) for n in far])
    named = [request.node_id, *([request.from_node] if request.from_node else [])]
    nodes = known_nodes(runtime.database, call.tenant, now, named=named)
    items = known_items(runtime.database, call.tenant, (line.sku for line in request.lines), now)
    errors = [
        FieldError(f"/{name}", "unknown_node", f"There is no node {node_id}.")
        for name, node_id in (("node_id", request.node_id), ("from_node", request.from_node))
        if node_id is not None and node_id not in nodes
    ]
    for index, line in enumerate(request.lines):
        if line.sku not in items:
            errors.append(FieldError(f"/lines/{index}/sku", "unknown_sku", f"There is no item {line.sku}."))
        elif items[line.sku].kind is not ItemKind.STOCK:
            errors.append(FieldError(f"/lines/{index}/sku", "not_stocked", f"{line.sku} is not kept in stock."))
    if errors:
        raise InvalidRequest(errors=errors)
