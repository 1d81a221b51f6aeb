"""pause_node and resume_node: a node switches itself off and on again. Work that it has already stays with it."""

from __future__ import annotations

from oms.capacity.events import NodePaused, NodeResumed
from oms.capacity.model import Pause
from oms.capacity.requests import PauseRequest
from oms.capacity.store import load_pause
from oms.capacity.views import capacity_document, own_node
from oms.capacity.writes import pause_write
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventData, EventDraft
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest
from oms.platform.writes import Value

# The permission to do the work of nodes is that to say when they do it.
WRITE = "fulfillment.write"


def pause_node(runtime: Runtime, call: Call, node_id: str, request: PauseRequest) -> Outcome:
    """Let a node take nothing on; one that is paused already gets the new reason and end.

    The answer is a NodeCapacity. Raises NotFound for a node that is not the caller's, InvalidRequest for an end that is
    not in the future.
    """

    def decide() -> Decision:
        node = own_node(runtime, call.principal, WRITE, node_id)
        now = runtime.clock.now()
        if request.until is not None and request.until <= now:
            raise InvalidRequest(errors=[FieldError("/until", "in_the_past", "a pause ends in the future")])
        until = None if request.until is None else format_instant(request.until)
        before = load_pause(runtime.database, call.tenant, node_id)
        after = Pause(
            node_id=node_id,
            paused=True,
            reason=request.reason,
            until=until,
            version=(before.version if before else 0) + 1,
        )
        told = NodePaused(node_id=node_id, reason=request.reason, until=until)
        return _decision(call, after, told, capacity_document(runtime, call.tenant, node, after))

    return execute(runtime, call, decide)


def resume_node(runtime: Runtime, call: Call, node_id: str) -> Outcome:
    """Let a paused node take work on again; one that is not paused raises ActionNotAvailable."""

    def decide() -> Decision:
        node = own_node(runtime, call.principal, WRITE, node_id)
        before = load_pause(runtime.database, call.tenant, node_id)
        if before is None or not before.holds(format_instant(runtime.clock.now())):
            raise ActionNotAvailable(f"Node {node_id} is not paused.")
        after = Pause(node_id=node_id, paused=False, version=before.version + 1)
        document = capacity_document(runtime, call.tenant, node, after)
        return _decision(call, after, NodeResumed(node_id=node_id), document)

    return execute(runtime, call, decide)


def _decision(call: Call, after: Pause, told: EventData, document: dict[str, Value]) -> Decision:
    event = EventDraft(f"PAUSE#{after.node_id}", after.version, told)
    return Decision([pause_write(call.tenant, after)], [event], body=document)
