"""The routes of paying again, for the function that serves them.

A pay link takes no token: whoever has its name may see what is to be paid and pay it, and learns nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from oms.payments.caring import pay_again
from oms.payments.commands import Providers
from oms.payments.link_pages import link_page, place_of, require_open
from oms.payments.requests import PayAgain, PayByLink
from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read


def serve(app: Api, runtime: Callable[[], Runtime], providers: Providers) -> None:
    """Give a function the routes of paying again."""

    @app.post("/v1/orders/<order_id>/payments")
    def post_payment(order_id: str) -> Answer:
        principal, body = caller(app, "orders.write", f"ORDER#{order_id}"), read(app, PayAgain)
        own = call(app, "pay_again", principal, body, target=order_id)
        return answer(pay_again(runtime(), providers, own, order_id, body.payment_id, body))

    @app.get("/v1/pay-links/<name>")
    def read_pay_link(name: str) -> Answer:
        return ok(link_page(runtime(), name))

    @app.post("/v1/pay-links/<name>")
    def pay_by_link(name: str) -> Answer:
        body, place = read(app, PayByLink), place_of(runtime(), name)
        own = call(app, "pay_again", place.customer, body, target=f"{place.about} {name}")
        require_open(runtime(), own, name)
        return answer(pay_again(runtime(), providers, own, place.order_id, place.about, body))
