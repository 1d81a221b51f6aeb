"""The routes of pick waves, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read_optional
from oms.waves import commands
from oms.waves.requests import CloseWaveRequest, WaveRequest
from oms.waves.views import see_wave

_WAVES = "/v1/nodes/<node_id>/waves"


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes by which a node makes, sees and closes its waves."""

    @app.post(_WAVES)
    def create_wave(node_id: str) -> Answer:
        principal, body = caller(app, "fulfillment.write", "WAVE#"), read_optional(app, WaveRequest)
        own = call(app, "create_wave", principal, body, target=node_id)
        return answer(commands.create_wave(runtime(), own, node_id, body))

    @app.get(f"{_WAVES}/<wave_id>")
    def read_wave(node_id: str, wave_id: str) -> Answer:
        return ok(see_wave(runtime(), caller(app, "fulfillment.read", "WAVE#"), node_id, wave_id))

    @app.post(f"{_WAVES}/<wave_id>/close")
    def close_wave(node_id: str, wave_id: str) -> Answer:
        principal, body = caller(app, "fulfillment.write", "WAVE#"), read_optional(app, CloseWaveRequest)
        own = call(app, "close_wave", principal, body, target=wave_id)
        return answer(commands.close_wave(runtime(), own, node_id, wave_id, body))
