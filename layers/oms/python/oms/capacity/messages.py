"""Messages of nodes about their capacity on the store bus: the same commands as over HTTP, taken as the node itself."""

from __future__ import annotations

from oms.capacity.commands import pause_node, resume_node
from oms.capacity.requests import PauseRequest, ResumeRequest
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, call_of_node, without_card_numbers
from oms.platform.intake import validate
from oms.platform.observability import logger
from oms.platform.problems import ActionNotAvailable

PAUSE_NODE = "PauseNode"
RESUME_NODE = "ResumeNode"
CAPACITY_MESSAGES = frozenset({PAUSE_NODE, RESUME_NODE})


def take_capacity_message(runtime: Runtime, event: Event) -> None:
    """Pause or resume the node that speaks, once. A node that is not paused need not be resumed."""
    if not without_card_numbers(event):
        return
    if event.type == PAUSE_NODE:
        call, node_id = call_of_node(event, "pause_node")
        wanted = validate(PauseRequest, dict(event.data))
        if wanted.until is not None and wanted.until <= runtime.clock.now():
            logger().info("pause was over when its message came", node_id=node_id)
        else:
            pause_node(runtime, call, node_id, wanted)
        return
    call, node_id = call_of_node(event, "resume_node")
    validate(ResumeRequest, dict(event.data))
    try:
        resume_node(runtime, call, node_id)
    except ActionNotAvailable:
        logger().info("node was not paused", node_id=node_id)
