"""The routes of the counter, for the function that serves them: handing over, keeping longer, and who is on the way.

The link of a customer takes no token: whoever has its name may say where the customer is, and learns nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from oms.fulfillment.arriving import LINK_PURPOSE, arrival_page, note_arrival, note_arrival_by_link
from oms.fulfillment.commands import act, command_name
from oms.fulfillment.keeping import extend_fulfillment_order
from oms.fulfillment.protocol import Action
from oms.fulfillment.request import ArrivalRequest, ExtendRequest, HandOverRequest
from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_optional
from oms.platform.links import open_link

_WORK = "/v1/fulfillment-orders/<fulfillment_order_id>"


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of the counter."""

    @app.post(f"{_WORK}/hand-over")
    def hand_over_fulfillment_order(fulfillment_order_id: str) -> Answer:
        principal, request = caller(app, "fulfillment.write", "ORDER#"), read_optional(app, HandOverRequest)
        own = call(app, command_name(Action.HAND_OVER), principal, request, target=fulfillment_order_id)
        return answer(act(runtime(), own, fulfillment_order_id, Action.HAND_OVER, request))

    @app.post(f"{_WORK}/extend")
    def extend_collection(fulfillment_order_id: str) -> Answer:
        principal, request = caller(app, "fulfillment.write", "ORDER#"), read(app, ExtendRequest)
        own = call(app, "extend_fulfillment_order", principal, request, target=fulfillment_order_id)
        return answer(extend_fulfillment_order(runtime(), own, fulfillment_order_id, request))

    @app.post(f"{_WORK}/arrival")
    def post_arrival(fulfillment_order_id: str) -> Answer:
        principal, request = caller(app, "orders.write", "ORDER#"), read(app, ArrivalRequest)
        own = call(app, "note_arrival", principal, request, target=fulfillment_order_id)
        return answer(note_arrival(runtime(), own, fulfillment_order_id, request))

    @app.get("/v1/arrivals/<name>")
    def read_arrival_page(name: str) -> Answer:
        return ok(arrival_page(runtime(), open_link(runtime().database, LINK_PURPOSE, name, runtime().clock.now())))

    @app.post("/v1/arrivals/<name>")
    def post_arrival_by_link(name: str) -> Answer:
        request = read(app, ArrivalRequest)
        place = open_link(runtime().database, LINK_PURPOSE, name, runtime().clock.now())
        own = call(app, "note_arrival", place.customer, request, target=f"{place.about} {name}")
        return answer(note_arrival_by_link(runtime(), own, place, request))
