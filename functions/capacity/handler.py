"""capacity: what a node may still take on, how it switches itself off and on, and in which waves it picks."""

from __future__ import annotations

from typing import Any

from oms.capacity import commands, views
from oms.capacity.requests import PauseRequest, ResumeRequest
from oms.platform.commands import Runtime
from oms.platform.http import Answer, answer, api, call, caller, ok, read, read_optional
from oms.waves import commands as waves
from oms.waves.requests import CloseWaveRequest, WaveRequest
from oms.waves.views import see_wave

app = api()
runtime = Runtime()


@app.get("/v1/nodes/<node_id>/capacity")
def read_capacity(node_id: str) -> Answer:
    principal = caller(app, "fulfillment.read", f"CAPACITY#{node_id}")
    return ok(views.read_capacity(runtime, principal, node_id))


@app.post("/v1/nodes/<node_id>/pause")
def pause_node(node_id: str) -> Answer:
    principal, body = caller(app, "fulfillment.write", f"CAPACITY#{node_id}"), read(app, PauseRequest)
    own = call(app, "pause_node", principal, body, target=node_id)
    return answer(commands.pause_node(runtime, own, node_id, body))


@app.post("/v1/nodes/<node_id>/resume")
def resume_node(node_id: str) -> Answer:
    principal, body = caller(app, "fulfillment.write", f"CAPACITY#{node_id}"), read_optional(app, ResumeRequest)
    own = call(app, "resume_node", principal, body, target=node_id)
    return answer(commands.resume_node(runtime, own, node_id))


@app.post("/v1/nodes/<node_id>/waves")
def create_wave(node_id: str) -> Answer:
    principal, body = caller(app, "fulfillment.write", "WAVE#"), read_optional(app, WaveRequest)
    own = call(app, "create_wave", principal, body, target=node_id)
    return answer(waves.create_wave(runtime, own, node_id, body))


@app.get("/v1/nodes/<node_id>/waves/<wave_id>")
def read_wave(node_id: str, wave_id: str) -> Answer:
    return ok(see_wave(runtime, caller(app, "fulfillment.read", "WAVE#"), node_id, wave_id))


@app.post("/v1/nodes/<node_id>/waves/<wave_id>/close")
def close_wave(node_id: str, wave_id: str) -> Answer:
    principal, body = caller(app, "fulfillment.write", "WAVE#"), read_optional(app, CloseWaveRequest)
    own = call(app, "close_wave", principal, body, target=wave_id)
    return answer(waves.close_wave(runtime, own, node_id, wave_id, body))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
