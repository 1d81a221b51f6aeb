"""Messages of nodes on the store bus: the verb in the detail-type, the node in the source, the key in the id."""

from __future__ import annotations

from oms.fulfillment.commands import KnownOrders, act, command_name
from oms.fulfillment.protocol import Action, AlreadyDone
from oms.fulfillment.request import ActionRequest
from oms.platform.commands import Call, Runtime, input_hash
from oms.platform.consumers import Event
from oms.platform.intake import refuse_card_numbers, validate
from oms.platform.observability import logger
from oms.platform.principal import node_principal
from oms.platform.problems import CardNumberFound, InvalidRequest

VERBS = {
    "AcceptFulfillmentOrder": Action.ACCEPT,
    "RejectFulfillmentOrder": Action.REJECT,
    "PickFulfillmentOrder": Action.PICK,
    "PackFulfillmentOrder": Action.PACK,
    "StageFulfillmentOrder": Action.STAGE,
    "ShipFulfillmentOrder": Action.SHIP,
    "HandOverFulfillmentOrder": Action.HAND_OVER,
    "CloseFulfillmentOrder": Action.CLOSE,
    "CancelResponseFulfillmentOrder": Action.CANCEL_RESPONSE,
}


def take_message(runtime: Runtime, event: Event, known: KnownOrders | None = None) -> None:
    """Take the verb that a node sent; a step that was overtaken by a later one is dropped.

    `known` holds orders as the messages before in one batch have left them, so that they need not be read again.
    The node acts as itself: work of another node does not exist for it. Any refusal is raised, so that the queue
    delivers again and at last parks the message.
    """
    if event.type not in VERBS:
        raise InvalidRequest(f"{event.type} is not a message of a node.")
    action = VERBS[event.type]
    try:
        refuse_card_numbers(dict(event.data))
    except CardNumberFound as found:
        # No repeat can mend it, and it must not lie among the dead letters: what matters about it is logged here.
        pointers = [error.pointer for error in found.errors]
        logger().error("a message with a card number was dropped", message_id=str(event.meta["id"]), pointers=pointers)
        return
    request = validate(ActionRequest, dict(event.data))
    if request.fulfillment_order_id is None:
        raise InvalidRequest("The message names no fulfilment order.", pointer="/fulfillment_order_id")
    node_id = event.source.split(".", 1)[1]
    message_id = str(event.meta["id"])
    call = Call(
        command=command_name(action),
        principal=node_principal(event.tenant, node_id),
        key=f"node:{node_id}#{message_id}",
        input_hash=input_hash([event.type, dict(event.data)]),
        correlation_id=None,
        causation_id=message_id,
    )
    try:
        act(runtime, call, request.fulfillment_order_id, action, request, known)
    except AlreadyDone:
        logger().info("step already done", command=call.command, fulfillment_order_id=request.fulfillment_order_id)
