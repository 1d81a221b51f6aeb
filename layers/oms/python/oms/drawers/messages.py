"""Messages of nodes about their own drawers on the store bus: the same commands as over HTTP."""

from __future__ import annotations

from oms.drawers.commands import close_drawer, count_drawer, end_drawer, open_drawer, record_drawer_movement
from oms.drawers.requests import (
    CloseDrawerMessage,
    CountDrawerMessage,
    DrawerMovementMessage,
    EndDrawerMessage,
    OpenDrawerMessage,
)
from oms.platform.commands import Outcome, Runtime
from oms.platform.consumers import Event, call_of_node, without_card_numbers
from oms.platform.intake import validate

OPEN_DRAWER = "OpenDrawer"
RECORD_DRAWER_MOVEMENT = "RecordDrawerMovement"
END_DRAWER = "EndDrawer"
COUNT_DRAWER = "CountDrawer"
CLOSE_DRAWER = "CloseDrawer"
DRAWER_MESSAGES = frozenset({OPEN_DRAWER, RECORD_DRAWER_MOVEMENT, END_DRAWER, COUNT_DRAWER, CLOSE_DRAWER})


def take_drawer_message(runtime: Runtime, event: Event) -> Outcome | None:
    """Take in what a node told of a drawer of its own, once; None where it was dropped.

    Any refusal is raised, so that the queue delivers again and at last parks the message: a movement may overtake the
    opening of its session.
    """
    if not without_card_numbers(event):
        return None
    data = dict(event.data)
    if event.type == OPEN_DRAWER:
        call, node_id = call_of_node(event, "open_drawer")
        opening = validate(OpenDrawerMessage, data)
        return open_drawer(runtime, call, node_id, opening.drawer_id, opening)
    if event.type == RECORD_DRAWER_MOVEMENT:
        movement = validate(DrawerMovementMessage, data)
        call, _ = call_of_node(event, "record_drawer_movement")
        return record_drawer_movement(runtime, call, movement.session_id, movement)
    if event.type == END_DRAWER:
        end = validate(EndDrawerMessage, data)
        return end_drawer(runtime, call_of_node(event, "end_drawer")[0], end.session_id, end)
    if event.type == COUNT_DRAWER:
        count = validate(CountDrawerMessage, data)
        return count_drawer(runtime, call_of_node(event, "count_drawer")[0], count.session_id, count)
    close = validate(CloseDrawerMessage, data)
    return close_drawer(runtime, call_of_node(event, "close_drawer")[0], close.session_id, close)
