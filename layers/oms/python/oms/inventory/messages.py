"""Stock messages on the store bus: the command in the detail-type, the node in the source, the key in the id."""

from __future__ import annotations

from oms.inventory.commands import record_movements, record_snapshots
from oms.inventory.requests import Movements, Snapshots
from oms.platform.commands import Call, Runtime, input_hash
from oms.platform.consumers import Event
from oms.platform.intake import refuse_card_numbers, validate
from oms.platform.observability import logger
from oms.platform.principal import node_principal
from oms.platform.problems import CardNumberFound

RECORD_MOVEMENTS = "RecordMovements"
RECORD_SNAPSHOTS = "RecordSnapshots"
STOCK_MESSAGES = frozenset({RECORD_MOVEMENTS, RECORD_SNAPSHOTS})


def take_stock_message(runtime: Runtime, event: Event) -> None:
    """Take in what a node told of its own stock, once, as POST /v1/inventory/movements or /snapshots would.

    The stock of another node does not exist for it. Any refusal is raised, so that the queue delivers again and at last
    parks the message; the messages beside it are taken in.
    """
    try:
        refuse_card_numbers(dict(event.data))
    except CardNumberFound as found:
        # No repeat can mend it, and it must not lie among the dead letters: what matters about it is logged here.
        pointers = [error.pointer for error in found.errors]
        logger().error("a message with a card number was dropped", message_id=str(event.meta["id"]), pointers=pointers)
        return
    node_id = event.source.split(".", 1)[1]
    message_id = str(event.meta["id"])
    call = Call(
        command="record_snapshots" if event.type == RECORD_SNAPSHOTS else "record_movements",
        principal=node_principal(event.tenant, node_id),
        key=f"node:{node_id}#{message_id}",
        input_hash=input_hash([event.type, dict(event.data)]),
        correlation_id=None,
        causation_id=message_id,
    )
    if event.type == RECORD_SNAPSHOTS:
        record_snapshots(runtime, call, validate(Snapshots, dict(event.data)).snapshots)
    else:
        record_movements(runtime, call, validate(Movements, dict(event.data)).movements)
