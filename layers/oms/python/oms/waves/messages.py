"""What nodes say of pick waves on the store bus: the same commands as over HTTP, taken as the node itself."""

from __future__ import annotations

from oms.platform.commands import Runtime
from oms.platform.consumers import Event, call_of_node, without_card_numbers
from oms.platform.intake import validate
from oms.platform.observability import logger
from oms.platform.problems import InvalidRequest
from oms.waves.commands import close_wave, create_wave
from oms.waves.model import NothingToPick, WaveClosedBefore
from oms.waves.requests import CloseWaveRequest, WaveRequest


def take_wave_message(runtime: Runtime, event: Event) -> None:
    """Make or close a wave of the node that speaks; where nothing waits, or it is closed, nothing happens."""
    if not without_card_numbers(event):
        return
    try:
        if event.type == "CreateWave":
            call, node_id = call_of_node(event, "create_wave")
            create_wave(runtime, call, node_id, validate(WaveRequest, dict(event.data)))
            return
        request = validate(CloseWaveRequest, dict(event.data))
        if request.wave_id is None:
            raise InvalidRequest("The message names no wave.", pointer="/wave_id")
        call, node_id = call_of_node(event, "close_wave")
        close_wave(runtime, call, node_id, request.wave_id, request)
    except (NothingToPick, WaveClosedBefore) as nothing:
        logger().info("wave needs nothing", event_type=event.type, why=nothing.code)
