"""Messages of nodes on the store bus that reshape their work: the same commands as over HTTP."""

from __future__ import annotations

from oms.fulfillment.messages import RESHAPINGS
from oms.fulfillment.reshape import Reshaping
from oms.fulfillment.reshape_requests import REQUESTS
from oms.fulfillment.reshaping import command_name, reshape_work
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, call_of_node, without_card_numbers
from oms.platform.intake import validate
from oms.platform.problems import InvalidRequest


def take_reshaping(runtime: Runtime, event: Event) -> None:
    """Hold, release or split the work of a node, which acts as itself; any refusal is raised."""
    verb = Reshaping(RESHAPINGS[event.type])
    if not without_card_numbers(event):
        return
    request = validate(REQUESTS[verb], dict(event.data))
    if request.fulfillment_order_id is None:
        raise InvalidRequest("The message names no fulfilment order.", pointer="/fulfillment_order_id")
    call, _ = call_of_node(event, command_name(verb))
    reshape_work(runtime, call, request.fulfillment_order_id, verb, request)
