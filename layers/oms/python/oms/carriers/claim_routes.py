"""The route of claims on parcels, which the function that changes orders has besides its own."""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, read


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the route of claims."""

    @app.post("/v1/parcels/<tracking_number>/claims")
    def post_claim(tracking_number: str) -> Answer:
        # Loaded with the first claim: a cancellation plans nothing.
        from oms.carriers.claiming import claim_parcel
        from oms.carriers.requests import ClaimRequest

        principal, body = caller(app, "orders.write", "ORDER#"), read(app, ClaimRequest)
        own = call(app, "claim_parcel", principal, body, target=tracking_number)
        return answer(claim_parcel(runtime(), own, tracking_number, body))
