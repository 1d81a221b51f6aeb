"""The routes of choices, for the function that serves them.

The link of a choice takes no token: whoever has its name may see the choice and answer it, and learns nothing else.
What a choice leads to is loaded with the first one: it plans anew, which most changes of orders do not.
"""

from __future__ import annotations

from collections.abc import Callable

from oms.choices.model import LINK_PURPOSE
from oms.choices.requests import AnswerChoice, AnswerForCustomer, OfferSubstitutes
from oms.orders.store import existing_order
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read
from oms.platform.links import Place, find_link
from oms.platform.problems import NotFound

_WORK = "/v1/fulfillment-orders/<fulfillment_order_id>"


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of choices."""

    @app.get("/v1/choices/<name>")
    def read_choice_page(name: str) -> Answer:
        from oms.choices.deciding import page_of

        place = _place(runtime(), name)
        order = existing_order(runtime().database, place.tenant, place.order_id)
        choice = next(one for one in order.choices if one.id == place.about)
        return ok(page_of(order, choice, format_instant(runtime().clock.now())))

    @app.post("/v1/choices/<name>")
    def post_choice(name: str) -> Answer:
        from oms.choices.commands import answer_by_link

        body, place = read(app, AnswerChoice), _place(runtime(), name)
        own = call(app, "answer_choice", place.customer, body, target=f"{place.about} {name}")
        return answer(answer_by_link(runtime(), own, place, body))

    @app.post(f"{_WORK}/substitutions")
    def post_substitutions(fulfillment_order_id: str) -> Answer:
        from oms.choices.offering import offer_substitutes

        principal, body = caller(app, "fulfillment.write", "ORDER#"), read(app, OfferSubstitutes)
        own = call(app, "offer_substitutes", principal, body, target=fulfillment_order_id)
        return answer(offer_substitutes(runtime(), own, fulfillment_order_id, body))

    @app.post(f"{_WORK}/choices/<choice_id>/answer")
    def post_choice_answer(fulfillment_order_id: str, choice_id: str) -> Answer:
        from oms.choices.commands import answer_for_customer

        principal, body = caller(app, "fulfillment.write", "ORDER#"), read(app, AnswerForCustomer)
        own = call(app, "answer_choice", principal, body, target=f"{fulfillment_order_id}/{choice_id}")
        return answer(answer_for_customer(runtime(), own, fulfillment_order_id, choice_id, body))


def _place(runtime: Runtime, name: str) -> Place:
    """Where a link leads, also after its time: its page says what happened. A name that no link has: NotFound."""
    place = find_link(runtime.database, LINK_PURPOSE, name)
    if place is None:
        raise NotFound()
    return place
