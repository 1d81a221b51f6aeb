"""Messages of nodes on the store bus: the verb in the detail-type, the node in the source, the key in the id."""

from __future__ import annotations

from oms.fulfillment.commands import KnownOrders, act, command_name
from oms.fulfillment.offers import OfferOver
from oms.fulfillment.protocol import Action, AlreadyDone
from oms.fulfillment.request import request_of
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, call_of_node, without_card_numbers
from oms.platform.intake import validate
from oms.platform.observability import logger
from oms.platform.problems import InvalidRequest

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
    "ReceiveFulfillmentOrder": Action.RECEIVE,
    "PrepareFulfillmentOrder": Action.PREPARE,
    "UnpackFulfillmentOrder": Action.UNPACK,
    "UnstageFulfillmentOrder": Action.UNSTAGE,
}
# Those by which a node reshapes its work.
RESHAPINGS = {
    "HoldFulfillmentOrder": "hold",
    "ReleaseHoldFulfillmentOrder": "release-hold",
    "SplitFulfillmentOrder": "split",
}


def take_message(runtime: Runtime, event: Event, known: KnownOrders | None = None) -> None:
    """Take the verb that a node sent; a step that was overtaken, or an offer taken too late, is dropped.

    `known` holds orders as the messages before in one batch have left them, so that they need not be read again.
    The node acts as itself: work of another node does not exist for it. Any refusal is raised, so that the queue
    delivers again and at last parks the message.
    """
    if event.type in RESHAPINGS:
        # Loaded for such messages only, which are few.
        from oms.fulfillment.reshape_messages import take_reshaping

        return take_reshaping(runtime, event)
    if event.type not in VERBS:
        raise InvalidRequest(f"{event.type} is not a message of a node.")
    action = VERBS[event.type]
    if not without_card_numbers(event):
        return None
    request = validate(request_of(action), dict(event.data))
    if request.fulfillment_order_id is None:
        raise InvalidRequest("The message names no fulfilment order.", pointer="/fulfillment_order_id")
    call, _ = call_of_node(event, command_name(action))
    try:
        act(runtime, call, request.fulfillment_order_id, action, request, known)
    except AlreadyDone:
        logger().info("step already done", command=call.command, fulfillment_order_id=request.fulfillment_order_id)
    except OfferOver:
        # Who was too late has been told so by an event.
        logger().info("offer over", command=call.command, fulfillment_order_id=request.fulfillment_order_id)
