"""The routes of manifests, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from oms.carriers.commands import Carriers
from oms.carriers.manifesting import request_manifest, see_manifest, settle_manifest
from oms.carriers.requests import ManifestRequest
from oms.platform.commands import Runtime
from oms.platform.effects import TransientFailure
from oms.platform.http import Answer, Api, answer, call, caller, ok, read

_MANIFESTS = "/v1/nodes/<node_id>/manifests"


def serve(app: Api, runtime: Callable[[], Runtime], carriers: Carriers) -> None:
    """Give a function the routes by which a node closes and sees its manifests."""

    @app.post(_MANIFESTS)
    def post_manifest(node_id: str) -> Answer:
        principal, body = caller(app, "fulfillment.write", "MANIFEST#"), read(app, ManifestRequest)
        own = call(app, "request_manifest", principal, body, target=node_id)
        outcome = request_manifest(runtime(), carriers, own, node_id, body)
        manifest_id = str(outcome.body["id"])
        # What was wanted is stored; the answer is how far it is by now. What nobody knows is sought later.
        with suppress(TransientFailure):
            settle_manifest(runtime(), carriers, own.tenant, manifest_id)
        now = see_manifest(runtime(), own.principal, node_id, manifest_id).model_dump(mode="json")
        return answer(replace(outcome, body=now))

    @app.get(f"{_MANIFESTS}/<manifest_id>")
    def get_manifest(node_id: str, manifest_id: str) -> Answer:
        return ok(see_manifest(runtime(), caller(app, "fulfillment.read", "MANIFEST#"), node_id, manifest_id))
