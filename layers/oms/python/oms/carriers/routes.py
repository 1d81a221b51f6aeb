"""The routes of rates, labels, manifests and pick-ups, for the function that serves them.

What only some of them need is loaded by them, so that the other calls of a node start no slower.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from oms.carriers.adapters.configured import carrier
from oms.carriers.commands import ask_rates, request_label, request_void, see_label, settle_label
from oms.carriers.requests import LabelRequest, ManifestRequest, PickupRequest, RatesRequest
from oms.carriers.views import RatesView, RateView
from oms.platform.commands import Call, Outcome, Runtime
from oms.platform.effects import TransientFailure
from oms.platform.http import Answer, Api, answer, call, caller, ok, read

_MANIFESTS, _PICKUPS = "/v1/nodes/<node_id>/manifests", "/v1/nodes/<node_id>/carrier-pickups"


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of labels and of how their parcels are handed over."""
    _serve_labels(app, runtime)
    _serve_manifests(app, runtime)
    _serve_pickups(app, runtime)


def _serve_labels(app: Api, runtime: Callable[[], Runtime]) -> None:
    @app.post("/v1/fulfillment-orders/<fulfillment_order_id>/rates")
    def post_rates(fulfillment_order_id: str) -> Answer:
        principal, body = caller(app, "fulfillment.read", "ORDER#"), read(app, RatesRequest)
        # A question, repeated at will; its key is asked for as with every other POST.
        own = call(app, "ask_rates", principal, body, target=fulfillment_order_id)
        found = ask_rates(runtime(), carrier, own.principal, fulfillment_order_id, body, body.provider)
        rates = [RateView(**{name: getattr(one, name) for name in RateView.model_fields}) for one in found]
        return ok(RatesView(rates=rates))

    @app.post("/v1/fulfillment-orders/<fulfillment_order_id>/labels")
    def post_label(fulfillment_order_id: str) -> Answer:
        principal, body = caller(app, "fulfillment.write", "ORDER#"), read(app, LabelRequest)
        own = call(app, "request_label", principal, body, target=fulfillment_order_id)
        return settled(own, request_label(runtime(), own, fulfillment_order_id, body))

    @app.get("/v1/labels/<label_id>")
    def get_label(label_id: str) -> Answer:
        return ok(see_label(runtime(), caller(app, "fulfillment.read", "ORDER#"), label_id))

    @app.get("/v1/labels/<label_id>/file")
    def get_label_file(label_id: str) -> Answer:
        from oms.carriers.label_files import label_file

        return ok(label_file(runtime(), carrier, caller(app, "fulfillment.read", "ORDER#"), label_id))

    @app.post("/v1/labels/<label_id>/void")
    def post_void(label_id: str) -> Answer:
        own = call(app, "request_void", caller(app, "fulfillment.write", "ORDER#"), {}, target=label_id)
        return settled(own, request_void(runtime(), own, label_id))

    def settled(own: Call, outcome: Outcome) -> Answer:
        """What was wanted is stored; the answer is how far it is by now. What nobody knows is sought later."""
        label_id = str(outcome.body["id"])
        with suppress(TransientFailure):
            settle_label(runtime(), carrier, own.tenant, label_id)
        now = see_label(runtime(), own.principal, label_id).model_dump(mode="json")
        return answer(replace(outcome, body=now))


def _serve_manifests(app: Api, runtime: Callable[[], Runtime]) -> None:
    @app.post(_MANIFESTS)
    def post_manifest(node_id: str) -> Answer:
        from oms.carriers.manifesting import request_manifest, see_manifest, settle_manifest

        principal, body = caller(app, "fulfillment.write", "MANIFEST#"), read(app, ManifestRequest)
        own = call(app, "request_manifest", principal, body, target=node_id)
        outcome = request_manifest(runtime(), carrier, own, node_id, body)
        manifest_id = str(outcome.body["id"])
        with suppress(TransientFailure):
            settle_manifest(runtime(), carrier, own.tenant, manifest_id)
        now = see_manifest(runtime(), own.principal, node_id, manifest_id).model_dump(mode="json")
        return answer(replace(outcome, body=now))

    @app.get(f"{_MANIFESTS}/<manifest_id>")
    def get_manifest(node_id: str, manifest_id: str) -> Answer:
        from oms.carriers.manifesting import see_manifest

        return ok(see_manifest(runtime(), caller(app, "fulfillment.read", "MANIFEST#"), node_id, manifest_id))


def _serve_pickups(app: Api, runtime: Callable[[], Runtime]) -> None:
    @app.post(_PICKUPS)
    def post_pickup(node_id: str) -> Answer:
        from oms.carriers.picking_up import request_pickup

        principal, body = caller(app, "fulfillment.write", "CARRIERPICKUP#"), read(app, PickupRequest)
        own = call(app, "request_pickup", principal, body, target=node_id)
        return settled(own, node_id, request_pickup(runtime(), carrier, own, node_id, body))

    @app.get(f"{_PICKUPS}/<pickup_id>")
    def get_pickup(node_id: str, pickup_id: str) -> Answer:
        from oms.carriers.picking_up import see_pickup

        return ok(see_pickup(runtime(), caller(app, "fulfillment.read", "CARRIERPICKUP#"), node_id, pickup_id))

    @app.post(f"{_PICKUPS}/<pickup_id>/cancel")
    def cancel_pickup(node_id: str, pickup_id: str) -> Answer:
        from oms.carriers.picking_up import request_pickup_cancellation

        principal = caller(app, "fulfillment.write", "CARRIERPICKUP#")
        own = call(app, "request_pickup_cancellation", principal, {}, target=pickup_id)
        return settled(own, node_id, request_pickup_cancellation(runtime(), own, node_id, pickup_id))

    def settled(own: Call, node_id: str, outcome: Outcome) -> Answer:
        from oms.carriers.picking_up import see_pickup, settle_pickup

        pickup_id = str(outcome.body["id"])
        with suppress(TransientFailure):
            settle_pickup(runtime(), carrier, own.tenant, pickup_id)
        now = see_pickup(runtime(), own.principal, node_id, pickup_id).model_dump(mode="json")
        return answer(replace(outcome, body=now))
