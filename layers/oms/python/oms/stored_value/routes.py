"""The routes of gift cards, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_query
from oms.stored_value import issuing
from oms.stored_value.requests import CardQuery, IssueCard, RecognizeBreakage
from oms.stored_value.views import read_card

_ONE = "/v1/gift-cards/<card_id>"


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of gift cards and store credit."""

    @app.post("/v1/gift-cards")
    def issue_gift_card() -> Answer:
        principal, body = caller(app, "gift_cards.write", "STOREDVALUE#"), read(app, IssueCard)
        outcome = issuing.issue_card(runtime(), call(app, "issue_gift_card", principal, body), body)
        return answer(outcome, location=f"/v1/gift-cards/{outcome.body['id']}")

    @app.get(_ONE)
    def read_gift_card(card_id: str) -> Answer:
        principal, wanted = caller(app, "gift_cards.read", f"STOREDVALUE#{card_id}"), read_query(app, CardQuery)
        return ok(read_card(runtime(), principal, card_id, wanted))

    @app.post(f"{_ONE}/breakage")
    def recognize_breakage(card_id: str) -> Answer:
        principal, body = caller(app, "finance.write", f"STOREDVALUE#{card_id}"), read(app, RecognizeBreakage)
        own = call(app, "recognize_breakage", principal, body, target=card_id)
        return answer(issuing.recognize_breakage(runtime(), own, card_id, body))
