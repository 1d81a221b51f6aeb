"""simulations: how orders would be sourced, without any effect."""

from __future__ import annotations

from typing import Any

from oms.orders.simulations import SimulationRequest, simulate
from oms.platform.commands import Runtime
from oms.platform.http import Answer, api, caller, ok, read

app = api()
runtime = Runtime()


@app.post("/v1/sourcing/simulations")
def simulate_sourcing() -> Answer:
    principal, wanted = caller(app, "rules.read", "RULES#"), read(app, SimulationRequest)
    if wanted.replay is not None:
        caller(app, "orders.read", "ORDERS#")
    return ok(simulate(runtime, principal.tenant, wanted).model_dump(mode="json"))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
