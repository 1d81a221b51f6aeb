"""The function of the operator console."""

from __future__ import annotations

from infra.function_spec import FunctionSpec

CONSOLE = FunctionSpec(
    "console",
    "Serves the files of the operator console from the API's own address.",
    open_routes=("GET /console", "GET /console/{file}"),
    memory=512,
    timeout=10,
)
