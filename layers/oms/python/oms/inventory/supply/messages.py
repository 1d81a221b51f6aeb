"""Messages of nodes about supply on the store bus: the same commands as over HTTP, taken as the node itself."""

from __future__ import annotations

from oms.inventory.supply.commands import dispatch_supply, receive_supply
from oms.inventory.supply.requests import Dispatch, Receipt
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, call_of_node, without_card_numbers
from oms.platform.intake import validate
from oms.platform.problems import FieldError, InvalidRequest

DISPATCH_SUPPLY = "DispatchSupply"
RECEIVE_SUPPLY = "ReceiveSupply"
SUPPLY_MESSAGES = frozenset({DISPATCH_SUPPLY, RECEIVE_SUPPLY})


def take_supply_message(runtime: Runtime, event: Event) -> None:
    """Take in what a node dispatched or received, once. Any refusal is raised, so that the queue delivers again."""
    if not without_card_numbers(event):
        return
    if event.type == DISPATCH_SUPPLY:
        sent = validate(Dispatch, dict(event.data))
        dispatch_supply(runtime, call_of_node(event, "dispatch_supply")[0], _named(sent.supply_id), sent)
    else:
        came = validate(Receipt, dict(event.data))
        receive_supply(runtime, call_of_node(event, "receive_supply")[0], _named(came.supply_id), came)


def _named(supply_id: str | None) -> str:
    if supply_id is None:
        raise InvalidRequest(errors=[FieldError("/supply_id", "required", "the message names no supply")])
    return supply_id
