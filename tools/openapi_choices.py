"""What the handlers' code does not say about choices: their rules, and how they are offered and answered."""

from __future__ import annotations

from oms.choices.deciding import ChoicePage
from oms.choices.rules import ChoiceRules
from oms.rulesets.model import Status as RuleStatus
from tools.openapi_answers import Answer
from tools.openapi_shapes import VERSION, Route
from tools.openapi_stock import RuleSetDocument


class ChoiceRulesVersion(Answer):
    """One version of rules of choices, with its content."""

    number: int
    status: RuleStatus
    created_at: str
    created_by: str
    content: ChoiceRules


class ChoiceRulesSet(RuleSetDocument):
    """Rules of choices with the contents of the version that holds and of the newest one."""

    live: ChoiceRulesVersion | None
    newest: ChoiceRulesVersion


class OfferedChoice(ChoicePage):
    """A choice as its customer sees it, with its id."""

    id: str


class OfferedChoices(Answer):
    """The choices that were offered."""

    choices: list[OfferedChoice]


CHOICE_ROUTES: dict[str, Route] = {
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/substitutions": Route(
        "Offer something else in place of units",
        {200: OfferedChoices},
        notes=(
            "By a node that has not picked them. Only items that the rules of choices name, and never dearer than what "
            "was ordered unless a rule says so; then the customer pays what was ordered. The customer is sent a link."
        ),
        if_match=VERSION,
    ),
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/choices/{choice_id}/answer": Route(
        "Answer a choice for a customer who was asked",
        {200: ChoicePage},
        notes="Says how the customer was asked; who said it is kept with the answer.",
        if_match=VERSION,
    ),
    "GET /v1/choices/{name}": Route(
        "See what a customer may choose",
        {200: ChoicePage},
        notes=(
            "Takes no token: the name of the link is all that is needed, and it opens nothing else. The customer is "
            "sent it when units wait for stock, when a store gave up what was to be collected, or when a node offers "
            "something else, where a rule says so. After its time it says what happened."
        ),
    ),
    "POST /v1/choices/{name}": Route(
        "Decide what becomes of units",
        {200: ChoicePage},
        notes=(
            "Takes no token, as above. Once: what is answered later is refused with `choice_over`, which says what "
            "happened. `cancel` costs nothing; `ship` needs an address and `pickup` a store."
        ),
    ),
}
