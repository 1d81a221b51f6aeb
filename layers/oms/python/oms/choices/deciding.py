"""What of a choice can still be decided, and what is told of it. Pure."""

from __future__ import annotations

from typing import TypedDict

from pydantic import BaseModel, ConfigDict

from oms.choices.model import Choice, Kind, Option, Status
from oms.orders.method_changes import loose, with_nobody
from oms.orders.model import Order
from oms.platform.problems import Problem


class ChoiceOver(Problem):
    status = 409
    code = "choice_over"
    title = "There is nothing to decide any more."
    remedy = "Read the page of the link; it says what happened. To change it, ask the shop."


class OptionNotOffered(Problem):
    status = 422
    code = "option_not_offered"
    title = "The choice does not offer this."
    remedy = "Take one of the options, and one of the substitutes, that the page of the link names."


class OfferedItem(BaseModel):
    """An item that may come in place of what was ordered; the price of a unit in minor units."""

    model_config = ConfigDict(frozen=True)
    sku: str
    unit_price: int


class ChoicePage(BaseModel):
    """What a customer sees who has the link; nothing else of the order, and nothing of the customer.

    `quantity` units of `sku` are left to decide about. Without an answer until `expires_at`, `otherwise` is done.
    """

    model_config = ConfigDict(frozen=True)
    state: Status
    kind: Kind
    sku: str
    description: str | None
    quantity: int
    options: list[Option]
    substitutes: list[OfferedItem]
    currency: str
    expires_at: str
    otherwise: Option
    answer: Option | None
    substitute: str | None


class About(TypedDict):
    """What every fact of a choice says."""

    order_id: str
    external_id: str
    choice_id: str
    kind: str
    line_no: int
    sku: str
    quantity: int


def units_left(order: Order, choice: Choice) -> int:
    """Units that are still as they were when the choice was offered, so that there is something to decide."""
    line = order.line(choice.line_no)
    if choice.kind is Kind.BACKORDER:
        return min(choice.quantity, order.backordered(choice.line_no))
    if choice.kind is Kind.REJECTION:
        return min(choice.quantity, with_nobody(order, line))
    parts = order.parts.get(choice.line_no, ())
    return min(choice.quantity, sum(loose(work, one) for work, one in parts if work.id == choice.fulfillment_order_id))


def require_open(order: Order, choice: Choice, now: str) -> int:
    """The units that can be decided about now; where there are none, or it is too late, ChoiceOver says what happened.

    What nobody has answered in time is the rule's, also while the rule has not been followed yet.
    """
    if choice.answer is not None:
        raise ChoiceOver(f"It was decided at {choice.answer.at}: {choice.answer.option.value}.")
    if choice.status is Status.EXPIRED or (choice.status is Status.OPEN and choice.expires_at <= now):
        raise ChoiceOver(f"Nobody answered by {choice.expires_at}, which means: {choice.otherwise.value}.")
    left = units_left(order, choice)
    if choice.status is Status.WITHDRAWN or not left:
        raise ChoiceOver("What it was about has come, has gone another way or was cancelled.")
    return left


def about(order: Order, choice: Choice, quantity: int) -> About:
    """What every fact of a choice says, of so many units."""
    return {
        "order_id": order.header.id,
        "external_id": order.header.external_id,
        "choice_id": choice.id,
        "kind": choice.kind.value,
        "line_no": choice.line_no,
        "sku": order.line(choice.line_no).agreed.sku,
        "quantity": quantity,
    }


def page_of(order: Order, choice: Choice, now: str) -> ChoicePage:
    """The page of a choice."""
    left = units_left(order, choice) if choice.status is Status.OPEN else 0
    late = choice.status is Status.OPEN and choice.expires_at <= now
    gone = choice.status is Status.OPEN and not left
    agreed = order.line(choice.line_no).agreed
    return ChoicePage(
        state=Status.EXPIRED if late else Status.WITHDRAWN if gone else choice.status,
        kind=choice.kind,
        sku=agreed.sku,
        description=agreed.description,
        quantity=0 if late else left,
        options=[] if late or gone or choice.status is not Status.OPEN else list(choice.options),
        substitutes=[OfferedItem(**one.model_dump()) for one in choice.substitutes],
        currency=order.header.currency,
        expires_at=choice.expires_at,
        otherwise=choice.otherwise,
        answer=choice.answer.option if choice.answer else None,
        substitute=choice.answer.sku if choice.answer else None,
    )
