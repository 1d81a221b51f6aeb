"""What a device has done, as a message of its node on the store bus: the same command as over HTTP."""

from __future__ import annotations

from oms.fulfillment.device_actions import take_device_actions
from oms.fulfillment.device_requests import DeviceActionsRequest
from oms.fulfillment.device_views import DeviceResult
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, call_of_node, without_card_numbers
from oms.platform.intake import validate
from oms.platform.problems import Problem


class DeviceActionsRefused(Problem):
    """Some actions of a device were refused; the others have been taken in."""

    code = "device_actions_refused"
    title = "Some actions of the device were refused."
    remedy = "Correct those that are named in detail and send them again under their ids."


def take_device_message(runtime: Runtime, event: Event) -> None:
    """Take in what a device did; where some of it is refused the message comes again, and at last is parked.

    Raises DeviceActionsRefused.
    """
    if not without_card_numbers(event):
        return
    request = validate(DeviceActionsRequest, dict(event.data))
    call, node_id = call_of_node(event, "take_device_actions")
    answer = take_device_actions(runtime, call, node_id, request)
    refused = [
        f"{one.id} ({(one.problem or {})['code']})" for one in answer.results if one.result is DeviceResult.REFUSED
    ]
    if refused:
        raise DeviceActionsRefused(f"{len(refused)} of {len(answer.results)} were refused: {', '.join(refused[:5])}.")
