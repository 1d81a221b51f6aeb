"""The routes by which work is reshaped, and that of devices that come back, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.fulfillment.reshape import Reshaping
from oms.fulfillment.reshape_requests import (
    HoldRequest,
    MergeRequest,
    MoveRequest,
    ReleaseHoldRequest,
    RescheduleRequest,
    ReshapeRequest,
    SplitRequest,
)
from oms.platform.commands import Call, Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_optional

_ONE = "/v1/fulfillment-orders/<fulfillment_order_id>"


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes that hold, split, merge, move and reschedule work, and what devices did with it."""

    def taken(own: Call, work_id: str, verb: Reshaping, body: ReshapeRequest) -> Answer:
        # Loaded when it is needed: most calls are verbs of nodes.
        from oms.fulfillment.reshaping import reshape_work

        return answer(reshape_work(runtime(), own, work_id, verb, body))

    @app.post(f"{_ONE}/hold")
    def hold_fulfillment_order(fulfillment_order_id: str) -> Answer:
        principal, body = caller(app, "fulfillment.write", "ORDER#"), read(app, HoldRequest)
        own = call(app, "hold_fulfillment_order", principal, body, target=fulfillment_order_id)
        return taken(own, fulfillment_order_id, Reshaping.HOLD, body)

    @app.post(f"{_ONE}/release-hold")
    def release_hold_fulfillment_order(fulfillment_order_id: str) -> Answer:
        principal, body = caller(app, "fulfillment.write", "ORDER#"), read_optional(app, ReleaseHoldRequest)
        own = call(app, "release_hold_fulfillment_order", principal, body, target=fulfillment_order_id)
        return taken(own, fulfillment_order_id, Reshaping.RELEASE_HOLD, body)

    @app.post(f"{_ONE}/split")
    def split_fulfillment_order(fulfillment_order_id: str) -> Answer:
        principal, body = caller(app, "fulfillment.write", "ORDER#"), read(app, SplitRequest)
        own = call(app, "split_fulfillment_order", principal, body, target=fulfillment_order_id)
        return taken(own, fulfillment_order_id, Reshaping.SPLIT, body)

    @app.post(f"{_ONE}/merge")
    def merge_fulfillment_order(fulfillment_order_id: str) -> Answer:
        principal, body = caller(app, "fulfillment.write", "ORDER#"), read(app, MergeRequest)
        own = call(app, "merge_fulfillment_order", principal, body, target=fulfillment_order_id)
        return taken(own, fulfillment_order_id, Reshaping.MERGE, body)

    @app.post(f"{_ONE}/move")
    def move_fulfillment_order(fulfillment_order_id: str) -> Answer:
        principal, body = caller(app, "fulfillment.write", "ORDER#"), read(app, MoveRequest)
        own = call(app, "move_fulfillment_order", principal, body, target=fulfillment_order_id)
        return taken(own, fulfillment_order_id, Reshaping.MOVE, body)

    @app.post(f"{_ONE}/reschedule")
    def reschedule_fulfillment_order(fulfillment_order_id: str) -> Answer:
        principal, body = caller(app, "fulfillment.write", "ORDER#"), read(app, RescheduleRequest)
        own = call(app, "reschedule_fulfillment_order", principal, body, target=fulfillment_order_id)
        return taken(own, fulfillment_order_id, Reshaping.RESCHEDULE, body)

    @app.post("/v1/nodes/<node_id>/device-actions")
    def take_device_actions(node_id: str) -> Answer:
        # Loaded with the first device that comes back: most verbs are said at once.
        from oms.fulfillment import device_actions
        from oms.fulfillment.device_requests import DeviceActionsRequest

        principal, body = caller(app, "fulfillment.write", "WORK#"), read(app, DeviceActionsRequest)
        own = call(app, "take_device_actions", principal, body, target=node_id)
        return ok(device_actions.take_device_actions(runtime(), own, node_id, body))
