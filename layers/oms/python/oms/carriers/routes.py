"""The routes of rates, labels and manifests, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from oms.carriers.adapters.configured import carrier
from oms.carriers.adapters.label_bucket import LabelBucket
from oms.carriers.commands import ask_rates, request_label, request_void, see_label, settle_label
from oms.carriers.label_files import label_file
from oms.carriers.manifest_routes import serve as serve_manifests
from oms.carriers.requests import LabelRequest, RatesRequest
from oms.carriers.views import RatesView, RateView
from oms.platform.commands import Call, Outcome, Runtime
from oms.platform.effects import TransientFailure
from oms.platform.http import Answer, Api, answer, call, caller, ok, read


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of labels and of what is told of them together."""
    serve_manifests(app, runtime, lambda name: carrier(name))

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
        return _settled(own, request_label(runtime(), own, fulfillment_order_id, body))

    @app.get("/v1/labels/<label_id>")
    def get_label(label_id: str) -> Answer:
        return ok(see_label(runtime(), caller(app, "fulfillment.read", "ORDER#"), label_id))

    @app.get("/v1/labels/<label_id>/file")
    def get_label_file(label_id: str) -> Answer:
        principal = caller(app, "fulfillment.read", "ORDER#")
        return ok(label_file(runtime(), carrier, LabelBucket(), principal, label_id))

    @app.post("/v1/labels/<label_id>/void")
    def post_void(label_id: str) -> Answer:
        own = call(app, "request_void", caller(app, "fulfillment.write", "ORDER#"), {}, target=label_id)
        return _settled(own, request_void(runtime(), own, label_id))

    def _settled(own: Call, outcome: Outcome) -> Answer:
        """What was wanted is stored; the answer is how far it is by now. What nobody knows is sought later."""
        label_id = str(outcome.body["id"])
        with suppress(TransientFailure):
            settle_label(runtime(), carrier, own.tenant, label_id)
        now = see_label(runtime(), own.principal, label_id).model_dump(mode="json")
        return answer(replace(outcome, body=now))
