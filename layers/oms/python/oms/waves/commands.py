"""create_wave and close_wave: work of a node is taken out of its queue to be picked together, or goes back to it.

Each is one transaction with all orders that it touches: it is held to their versions, so that a piece of work is never
in two waves. What was taken meanwhile is left out when the wave is decided again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from oms.fulfillment.model import FulfillmentOrder
from oms.orders.model import Order
from oms.orders.reads import work_of_node
from oms.orders.store import load_order
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventData, EventDraft
from oms.platform.problems import StaleVersion
from oms.platform.writes import MOST_ACTIONS, Write
from oms.waves.events import WaveClosed, WaveCreated
from oms.waves.joining import left_wave, taken_into_wave
from oms.waves.model import WAITING, NothingToPick, Wave, by_urgency, closed, is_picked, may_join, units_of
from oms.waves.requests import CloseWaveRequest, WaveRequest
from oms.waves.store import load_works, wave_write
from oms.waves.views import own_wave, require_node, wave_view

# The permission to do the work of nodes.
WRITE = "fulfillment.write"
# Of a node's queue so much is looked at, by age; more than two hundred orders nobody picks in one walk.
MOST_LOOKED_AT = 400
# The record of the command, the wave and its fact.
_OWN_ACTIONS = 3


def create_wave(runtime: Runtime, call: Call, node_id: str, request: WaveRequest) -> Outcome:
    """Take work that is due first into a new wave, and accept it; the answer is a WaveView.

    Raises NotFound for a node that is not the caller's, NothingToPick where no work waits that it may take.
    """

    def decide() -> Decision:
        require_node(runtime, call.principal, WRITE, node_id)
        wave_id = runtime.ids.new("wav")
        taken: dict[str, FulfillmentOrder] = {}
        writes: list[Write] = []
        events: list[EventDraft] = []
        units = 0
        for order, works in _queue(runtime, call.tenant, node_id, request):
            room = request.most_orders - len(taken)
            joining: list[FulfillmentOrder] = []
            for work in works[:room]:
                more = units_of(work)
                if request.most_units is None or units + more <= request.most_units:
                    joining.append(work)
                    units += more
            if not joining:
                continue
            after, changes, drafts = _change(call.tenant, order, [taken_into_wave(one, wave_id) for one in joining])
            if len(writes) + len(events) + len(changes) + len(drafts) + _OWN_ACTIONS > MOST_ACTIONS:
                break
            writes, events = [*writes, *changes], [*events, *drafts]
            names = {one.id for one in joining}
            taken |= {one.id: one for one in after.fulfillment_orders if one.id in names}
            if len(taken) == request.most_orders:
                break
        if not taken:
            raise NothingToPick()
        ids = tuple(work.id for work in by_urgency(taken.values()))
        wave = Wave(
            id=wave_id,
            node_id=node_id,
            kind=request.kind,
            fulfillment_order_ids=ids,
            created_at=format_instant(runtime.clock.now()),
            created_by=call.principal.actor,
        )
        told = WaveCreated(wave_id=wave.id, node_id=node_id, kind=wave.kind.value, fulfillment_order_ids=ids)
        body = wave_view(runtime, call.tenant, wave, taken).model_dump(mode="json")
        writes = [wave_write(call.tenant, wave), *writes]
        return Decision(writes, [EventDraft(f"WAVE#{wave.id}", 1, told), *events], status=201, body=body)

    return execute(runtime, call, decide)


def close_wave(runtime: Runtime, call: Call, node_id: str, wave_id: str, request: CloseWaveRequest) -> Outcome:
    """End a wave: work of which something is left to pick goes back to the queue; the answer is a WaveView.

    Raises NotFound for a wave that is not the caller's, WaveClosedBefore for one that is closed, StaleVersion when
    If-Match was given and is not its version.
    """

    def decide() -> Decision:
        wave = own_wave(runtime, call.principal, WRITE, node_id, wave_id)
        if call.expected_version is not None and call.expected_version != wave.version:
            raise StaleVersion(f"The wave is at version {wave.version}.")
        after = closed(wave, format_instant(runtime.clock.now()))
        works = load_works(runtime.database, call.tenant, wave.fulfillment_order_ids)
        left = [work for work in works.values() if work.wave_id == wave.id and not is_picked(work)]
        writes: list[Write] = [wave_write(call.tenant, after)]
        events: list[EventDraft] = []
        returned: list[str] = []
        for order_id in dict.fromkeys(work.order_id for work in left):
            order = load_order(runtime.database, call.tenant, order_id)
            going = [
                work
                for work in (order.fulfillment_orders if order else ())
                if work.wave_id == wave.id and not is_picked(work)
            ]
            if order is None or not going:
                continue
            changed, changes, drafts = _change(call.tenant, order, [left_wave(work) for work in going])
            writes, events = [*writes, *changes], [*events, *drafts]
            returned += [work.id for work in going]
            works |= {work.id: work for work in changed.fulfillment_orders if work.id in works}
        told = WaveClosed(wave_id=wave.id, node_id=node_id, returned=tuple(sorted(returned)))
        events = [EventDraft(f"WAVE#{wave.id}", after.version, told), *events]
        body = wave_view(runtime, call.tenant, after, works).model_dump(mode="json")
        return Decision(writes, events, body=body)

    return execute(runtime, call, decide)


def _queue(
    runtime: Runtime, tenant: str, node_id: str, request: WaveRequest
) -> Iterator[tuple[Order, list[FulfillmentOrder]]]:
    """Orders with work of a node that may join, most urgent first; each is read anew, since lists are a little late."""
    listed = [
        work
        for status in WAITING
        for work in islice(work_of_node(runtime.database, tenant, node_id, status.value), MOST_LOOKED_AT)
        if may_join(work, request)
    ]
    for order_id in dict.fromkeys(work.order_id for work in by_urgency(listed)):
        order = load_order(runtime.database, tenant, order_id)
        if order is not None:
            own = (work for work in order.fulfillment_orders if work.node_id == node_id)
            found = [work for work in by_urgency(own) if may_join(work, request)]
            if found:
                yield order, found


def _change(
    tenant: str, order: Order, steps: Sequence[tuple[FulfillmentOrder, Sequence[EventData]]]
) -> tuple[Order, list[Write], list[EventDraft]]:
    return change_order(
        tenant,
        order,
        events=[told for _, events in steps for told in events],
        fulfillment_orders=[work for work, _ in steps],
    )
