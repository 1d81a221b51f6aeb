"""What happens to supply: it is put, dispatched, received and closed. Each call is done in parts of lines, each once.

A part is one transaction, held to the version of the supply. A repeat of a call that stopped half-way goes on where it
stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from oms.inventory.events import SupplyClosed, SupplyDispatched, SupplyReceived
from oms.inventory.supply.changes import SupplyChange
from oms.inventory.supply.model import Kind, Supply, SupplyLine, closed, dispatched, received, waited
from oms.inventory.supply.requests import Closing, Dispatch, Receipt
from oms.inventory.supply.store import load_lines
from oms.inventory.supply.views import own_supply, supply_document
from oms.inventory.supply.writes import supply_key
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute, find_outcome
from oms.platform.dynamodb import Conflict
from oms.platform.events import EventDraft
from oms.platform.principal import authorize
from oms.platform.problems import (
    ActionNotAvailable,
    Busy,
    FieldError,
    InvalidRequest,
    OutOfStock,
    Problem,
    StaleVersion,
)
from oms.platform.writes import Value
from oms.registry.segments import said

WRITE = "inventory.write"
# A line of a notice in lots is a row of its own and one of its purchase order, two rows of stock with their lines in
# the ledger, and the note of its segment.
LINES_PER_PART = 12

Part = Sequence[int]
Step = Callable[[SupplyChange, Mapping[int, SupplyLine], Part], None]


def dispatch_supply(runtime: Runtime, call: Call, supply_id: str, request: Dispatch) -> Outcome:
    """Units of a transfer have left the node that they come from, and are under way.

    Raises NotFound for supply that does not come from the caller, ActionNotAvailable for more than is left.
    """
    wanted = None if request.lines is None else {line.line_no: line.quantity for line in request.lines}

    def step(change: SupplyChange, lines: Mapping[int, SupplyLine], part: Part) -> None:
        for no in part:
            units = waited(Kind.TRANSFER, lines[no]).future if wanted is None else wanted[no]
            change.change(lines[no], dispatched(lines[no], units))

    def told(change: SupplyChange, part: Part) -> SupplyDispatched:
        units = [(no, change.lines[no][1].sent - _before(change, no).sent) for no in part if no in change.lines]
        return SupplyDispatched(**change.facts(units), from_node=change.supply.from_node or "")

    def may(supply: Supply) -> None:
        if supply.kind is not Kind.TRANSFER or supply.from_node is None:
            raise ActionNotAvailable("Only a transfer is dispatched; of a supplier's goods a shipment_notice tells.")
        _authorize_at(call, supply, supply.from_node)

    return _in_parts(runtime, call, supply_id, wanted, may, step, lambda change, part: change.event(told(change, part)))


def receive_supply(runtime: Runtime, call: Call, supply_id: str, request: Receipt) -> Outcome:
    """Units have arrived at their node, and those in good order are available at once.

    More may come than was expected, and nothing may come of a transfer that was not dispatched. Raises NotFound for
    supply that does not go to the caller.
    """
    given = None if request.lines is None else {line.line_no: line for line in request.lines}

    def step(change: SupplyChange, lines: Mapping[int, SupplyLine], part: Part) -> None:
        for no in part:
            before = lines[no]
            left = waited(change.supply.kind, before)
            if given is None:
                units, damaged = left.in_transit or (left.future if change.supply.kind is not Kind.TRANSFER else 0), 0
            else:
                units, damaged = given[no].quantity + given[no].damaged, given[no].damaged
            if change.supply.kind is Kind.TRANSFER and units and not before.sent:
                raise ActionNotAvailable(f"Line {no} has not been dispatched.")
            if units:
                change.receive(before, received(before, units), damaged)

    def told(change: SupplyChange, part: Part) -> SupplyReceived:
        units = [(no, change.lines[no][1].received - _before(change, no).received) for no in part if no in change.lines]
        damaged = {str(no): given[no].damaged for no in part if given is not None and given[no].damaged}
        return SupplyReceived(**change.facts(units), damaged=damaged)

    def may(supply: Supply) -> None:
        _authorize_at(call, supply, supply.node_id)

    wanted = None if given is None else dict.fromkeys(given, 0)
    return _in_parts(runtime, call, supply_id, wanted, may, step, lambda change, part: change.event(told(change, part)))


def close_supply(runtime: Runtime, call: Call, supply_id: str, request: Closing) -> Outcome:
    """Nothing more will come of some lines, or of all: what is expected is given up, what is under way is lost."""
    wanted = None if request.lines is None else dict.fromkeys(request.lines, 0)

    def step(change: SupplyChange, lines: Mapping[int, SupplyLine], part: Part) -> None:
        for no in part:
            change.change(lines[no], closed(change.supply.kind, lines[no]))

    def told(change: SupplyChange, part: Part) -> SupplyClosed:
        kind = change.supply.kind
        units = [(no, waited(kind, _before(change, no)).total) for no in part if no in change.lines]
        return SupplyClosed(**change.facts(units), reason=request.reason)

    def may(supply: Supply) -> None:
        _authorize_at(call, supply, supply.node_id)

    return _in_parts(runtime, call, supply_id, wanted, may, step, lambda change, part: change.event(told(change, part)))


def _before(change: SupplyChange, line_no: int) -> SupplyLine:
    before, _ = change.lines[line_no]
    assert before is not None
    return before


def _authorize_at(call: Call, supply: Supply, node_id: str) -> None:
    """What happens at a node, that node says."""
    authorize(call.principal, WRITE, supply_key(call.tenant, supply.id).pk, node=node_id)


def _in_parts(
    runtime: Runtime,
    call: Call,
    supply_id: str,
    wanted: Mapping[int, int] | None,
    may: Callable[[Supply], None],
    step: Step,
    event: Callable[[SupplyChange, Part], EventDraft],
) -> Outcome:
    supply = own_supply(runtime, call.principal, WRITE, supply_id)
    may(supply)
    unknown = [no for no in wanted or () if no not in supply.lines]
    if unknown:
        raise InvalidRequest(errors=[FieldError("/lines", "unknown_line", f"there is no line {unknown[0]}")])
    numbers = sorted(supply.lines if wanted is None else wanted)
    parts = parts_of(numbers)
    if is_new(runtime, call, parts):
        # Judged as a whole before anything of it happens.
        step(SupplyChange(call.tenant, supply, runtime.clock.now()), _lines(runtime, call, supply, numbers), numbers)

    def decide(part: Part, *, is_first: bool, is_last: bool) -> Decision:
        now = own_supply(runtime, call.principal, WRITE, supply_id)
        if is_first and call.expected_version not in (None, now.version):
            raise StaleVersion(f"The supply is at version {now.version}.")
        change = SupplyChange(call.tenant, now, runtime.clock.now())
        step(change, _lines(runtime, call, now, part), part)
        if not change.lines and len(parts) == 1:
            raise ActionNotAvailable("Nothing of this supply is left for it.")
        made = change.result if change.lines else now
        body = whole(runtime, call, made, change) if is_last else {}
        if not change.lines:
            return Decision([], body=body)
        return Decision(change.writes(), [event(change, part)], body=body)

    return run_parts(runtime, call, parts, decide)


def _lines(runtime: Runtime, call: Call, supply: Supply, part: Part) -> dict[int, SupplyLine]:
    """The lines of a part; one that was named when the call began and is gone is of no call any more."""
    found = load_lines(runtime.database, call.tenant, supply, part)
    if len(found) != len(part):
        raise StaleVersion("The supply was put anew while this call was at work.")
    return found


def whole(runtime: Runtime, call: Call, made: Supply, change: SupplyChange) -> dict[str, Value]:
    """The document of supply as it is once a change of it is done."""
    lines = load_lines(runtime.database, call.tenant, made)
    after = {**lines, **{no: line for no, (_, line) in change.lines.items()}}
    return supply_document(made, dict(sorted(after.items())))


def is_new(runtime: Runtime, call: Call, parts: Sequence[Part]) -> bool:
    """Whether nothing of a call in parts has happened yet."""
    return len(parts) > 1 and find_outcome(runtime, _part_of(call, 0)) is None and find_outcome(runtime, call) is None


def parts_of(numbers: Sequence[int]) -> list[Part]:
    """Lines by their numbers, cut so that each part fits one transaction."""
    return [numbers[start : start + LINES_PER_PART] for start in range(0, len(numbers), LINES_PER_PART)]


def run_parts(runtime: Runtime, call: Call, parts: Sequence[Part], decide: Callable[..., Decision]) -> Outcome:
    """Each part exactly once, and the answer to the whole under the call's own key."""
    # A key that a call in parts has begun with is of no use for another, however many parts that has.
    find_outcome(runtime, _part_of(call, 0))
    if len(parts) > 1:
        recorded = find_outcome(runtime, call)
        if recorded is not None:
            return recorded
    for number, part in enumerate(parts[:-1]):
        own = _part_of(call, number)
        execute(runtime, own, partial(decide, part, is_first=number == 0, is_last=False), overtaken=_short)
    last = partial(decide, parts[-1], is_first=len(parts) == 1, is_last=True)
    return execute(runtime, call, last, overtaken=_short)


def _part_of(call: Call, number: int) -> Call:
    # Parts have a command name of their own, so that no caller's key can be taken for one of theirs.
    return replace(call, command=f"{call.command}_part", key=f"{call.key}#{number}")


def _short(conflict: Conflict) -> Problem:
    """A node does not have what is to leave it."""
    short = sorted({said(write.key.pk.split("#", 3)[-1]) for write, _ in conflict.lost if write.at_least})
    return OutOfStock(f"There is too little stock of {', '.join(short)}.") if short else Busy()
