"""The routes of licence pools, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.activations.commands import load_licences
from oms.activations.requests import LoadLicences
from oms.activations.views import pool_view
from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read


def serve_licences(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of licence pools."""

    @app.post("/v1/items/<sku>/licences")
    def load_licences_of_item(sku: str) -> Answer:
        principal, body = caller(app, "registry.write", f"LICENCES#{sku}"), read(app, LoadLicences)
        return answer(load_licences(runtime(), call(app, "load_licences", principal, body, target=sku), sku, body))

    @app.get("/v1/items/<sku>/licences")
    def read_licences_of_item(sku: str) -> Answer:
        tenant = caller(app, "registry.read", f"LICENCES#{sku}").tenant
        return ok(pool_view(runtime().database, tenant, sku))
