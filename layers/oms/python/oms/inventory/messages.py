"""Stock messages on the store bus: the command in the detail-type, the node in the source, the key in the id."""

from __future__ import annotations

from oms.inventory.commands import record_movements, record_snapshots
from oms.inventory.requests import Movements, Snapshots
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, call_of_node, without_card_numbers
from oms.platform.intake import validate

RECORD_MOVEMENTS = "RecordMovements"
RECORD_SNAPSHOTS = "RecordSnapshots"
STOCK_MESSAGES = frozenset({RECORD_MOVEMENTS, RECORD_SNAPSHOTS})


def take_stock_message(runtime: Runtime, event: Event) -> None:
    """Take in what a node told of its own stock, once, as POST /v1/inventory/movements or /snapshots would.

    The stock of another node does not exist for it. Any refusal is raised, so that the queue delivers again and at last
    parks the message; the messages beside it are taken in.
    """
    if not without_card_numbers(event):
        return
    call, _ = call_of_node(event, "record_snapshots" if event.type == RECORD_SNAPSHOTS else "record_movements")
    if event.type == RECORD_SNAPSHOTS:
        record_snapshots(runtime, call, validate(Snapshots, dict(event.data)).snapshots)
    else:
        record_movements(runtime, call, validate(Movements, dict(event.data)).movements)
