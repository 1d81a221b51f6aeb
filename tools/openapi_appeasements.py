"""Appeasements for the API description: the answers that the product builds as plain documents, and the routes."""

from __future__ import annotations

from oms.appeasements.model import (
    Action,
    Coupon,
    Evaluation,
    Kind,
    On,
    PaidTo,
    Part,
    PendingReason,
    Reason,
    Ruling,
    State,
)
from oms.appeasements.rules import GoodwillRules
from oms.payments.refunds import Issuer
from oms.rulesets.model import Status as RuleStatus
from tools.openapi_answers import Answer
from tools.openapi_shapes import VERSION, Route
from tools.openapi_stock import RuleSetDocument


class AppeasementDocument(Answer):
    """Goodwill on an order with its judgement; amounts in minor units of `currency`, `total` with the tax on it."""

    id: str
    order_id: str
    on: On
    lines: list[int]
    kind: Kind
    percent: int | None
    reason: Reason
    text: str | None
    paid_to: PaidTo
    issuer: Issuer | None
    currency: str
    parts: list[Part]
    goods: int
    shipping: int
    tax: int
    total: int
    coupon: Coupon | None
    cause: str | None
    rule: str | None
    requested_by: str
    channel: str | None
    requested_at: str
    evaluation: Evaluation
    ruling: Ruling | None
    state: State
    pending: list[PendingReason]
    expires_at: str | None
    version: int
    available_actions: list[Action]


class GrantsSeen(Answer):
    """How often, and with how much without tax, a customer was granted goodwill in 90 days, or an actor granted it on
    the business date, and beyond what somebody else approves; `name` tells counters apart."""

    of: str
    name: str
    grants: int
    amount: int
    most_grants: int
    most_amount: int


class GrantBefore(Answer):
    """What the customer was granted on another order within 90 days; `amount` without tax in minor units."""

    appeasement_id: str
    order_id: str
    channel: str | None
    reason: Reason
    paid_to: PaidTo
    amount: int
    currency: str
    requested_by: str
    granted_at: str


class GoodwillReason(Answer):
    """Why goodwill may be granted, and whether it takes words besides."""

    code: Reason
    needs_text: bool


class AppeasementList(Answer):
    """All goodwill on an order, oldest first, and how much of its cap is left, in minor units without tax."""

    order_id: str
    currency: str
    granted: int
    order_cap: int
    left: int
    reasons: list[GoodwillReason]
    seen: list[GrantsSeen]
    of_customer: list[GrantBefore]
    appeasements: list[AppeasementDocument]


class WaitingAppeasements(Answer):
    """A page of the requests that wait for approval."""

    appeasements: list[AppeasementDocument]
    next_cursor: str | None


class GoodwillRulesVersion(Answer):
    """One version of rules of goodwill, with its content."""

    number: int
    status: RuleStatus
    created_at: str
    created_by: str
    content: GoodwillRules


class GoodwillRulesSet(RuleSetDocument):
    """Rules of goodwill with the contents of the version that holds and of the newest one."""

    live: GoodwillRulesVersion | None
    newest: GoodwillRulesVersion


ROUTES: dict[str, Route] = {
    "POST /v1/orders/{order_id}/appeasements": Route(
        "Ask for goodwill on an order",
        {201: AppeasementDocument},
        notes=(
            "An amount without its tax in minor units, or a percentage of what was delivered; on the order, on lines, "
            "on shipping or on the tax; paid back, as store credit, as a gift card, or as a coupon, whose code the "
            "answer has. Within the limits of the caller's role (scope `role.…`: associate 5.00 and 10 % of the "
            "goods, agent 10.00 and 15 %, supervisor 50.00 and 25 %, manager 200.00 and 25 %, over all grants on the "
            "order) it is GRANTED. Above them, and beyond 3 grants or 75.00 to a customer in 90 days or 10 grants or "
            "100.00 by an actor on a business date, it is PENDING_APPROVAL for 72 hours. A quarter of the goods is "
            "the end for everybody. Look at what was granted before with GET of the same path."
        ),
        refusals=(404, 409),
        if_match="The version of the order that was read.",
    ),
    "GET /v1/orders/{order_id}/appeasements": Route(
        "List goodwill on an order",
        {200: AppeasementList},
        notes="With what may still be granted, and what the customer had on other orders, through whatever channel.",
        refusals=(404,),
    ),
    "GET /v1/appeasements": Route(
        "List goodwill that waits for approval",
        {200: WaitingAppeasements},
        notes="The last to expire first; `evaluation.needs_role` is the lowest role that may approve one.",
    ),
    "GET /v1/appeasements/{appeasement_id}": Route(
        "Read an appeasement",
        {200: AppeasementDocument},
        notes="The request with the limits and counters as they were seen, and who decided what.",
        refusals=(404,),
    ),
    "POST /v1/appeasements/{appeasement_id}/decision": Route(
        "Approve or reject goodwill that waits",
        {200: AppeasementDocument},
        notes="By somebody else than who asked, whose role is high enough for it.",
        refusals=(404, 409),
        if_match=VERSION,
    ),
}
