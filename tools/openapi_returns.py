"""What the handlers' code does not say about the routes of returns and refunds, and the shapes of their answers."""

from __future__ import annotations

from typing import Literal

from oms.orders.amounts import Taxed
from oms.payments.refunds import PartState
from oms.returns.model import Fee, Graded, Override, ReturnLine, State, Trigger
from oms.returns.requests import PaidBy, ReturnableQuery
from oms.returns.rules import Back, FeeRule, ReturnRules
from oms.rulesets.model import Status as RuleStatus
from tools.openapi_answers import Answer
from tools.openapi_shapes import VERSION, Route
from tools.openapi_stock import RuleSetDocument


class ReturnRulesVersion(Answer):
    """One version of rules of returns, with its content."""

    number: int
    status: RuleStatus
    created_at: str
    created_by: str
    content: ReturnRules


class ReturnRulesSet(RuleSetDocument):
    """Rules of returns with the contents of the version that holds and of the newest one."""

    live: ReturnRulesVersion | None
    newest: ReturnRulesVersion


class ReturnWindow(Answer):
    """Units that may come back until an instant; null where nothing ends it, or they are still on their way."""

    units: int
    until: str | None


class ReturnableLine(Answer):
    """What of a line may come back: `until` is when the first of its units may no more, `why_not` why none may.

    `rule` is the rule that holds for it, `usual` where none does.
    """

    line_no: int
    sku: str
    units: int
    until: str | None
    windows: list[ReturnWindow]
    why_not: str | None
    rule: str
    fees: list[FeeRule]
    refund_at: Trigger
    tenders: list[Back]


class ReturnableDocument(Answer):
    """What of an order may come back now. `version` is the order's."""

    order_id: str
    currency: str
    lines: list[ReturnableLine]
    version: int


class ReturnUnitsDocument(Answer):
    """How far the units of a line are in a return by post: `to_come` is still expected, `owed` is paid back.

    `missing`, `wrong` and `expired` units have left the return. `graded` says what was found out about which units.
    """

    line_no: int
    sku: str
    quantity: int
    condition: str | None
    rule: str
    refund_at: Trigger
    received: int
    missing: int
    wrong: int
    expired: int
    to_come: int
    to_inspect: int
    owed: int
    graded: list[Graded]


class ReturnDocument(Answer):
    """What comes back at once, or by post, in minor units of `currency`; `refund_status` is None where nothing is owed.

    `tax` is that of the goods and of the `shipping` that is given back; `owed` is all of it less `fee` and what an
    appeasement gave before. `fees` says what `fee` is made of, and `kept` which charges of the units are not given
    back. `taxes` says whose the tax is that goes back now. `override` is why it was accepted against the rules. A
    return by post (`mail_in`) has `units`, may take them until `expires_at`, and `returns` are the times that money
    became due, each a return with its `rma_id`; its sums are of all of these. `version` is the order's.
    """

    id: str
    kind: Literal["store", "mail_in", "returnless"]
    order_id: str
    rma_id: str | None
    node_id: str
    reason: str
    state: State
    units: list[ReturnUnitsDocument]
    returns: list[str]
    lines: list[ReturnLine]
    goods: int
    shipping: int
    tax: int
    taxes: list[Taxed]
    fee: int
    fees: list[Fee]
    kept: list[Fee]
    override: Override | None
    appeased_goods: int
    appeased_tax: int
    owed: int
    currency: str
    to: PaidBy | None
    to_reason: str | None
    refund_id: str | None
    refund_status: PartState | None
    expires_at: str | None
    requested_at: str | None
    requested_by: str | None
    decided_at: str | None
    decided_by: str | None
    decision_reason: str | None
    dropped_off_at: str | None
    accepted_at: str | None
    accepted_by: str | None
    available_actions: list[str]
    version: int


class RefundAttemptPart(Answer):
    """What is paid by one tender, in minor units."""

    number: int
    tender: str
    amount: int
    state: PartState
    attempt: int


class RefundDocument(Answer):
    """What is owed and how far it is paid, in minor units of `currency`. `version` is the order's."""

    id: str
    order_id: str
    status: PartState
    amount: int
    executed: int
    currency: str
    parts: list[RefundAttemptPart]
    version: int


RETURN_ROUTES: dict[str, Route] = {
    "POST /v1/orders/{order_id}/returns": Route(
        "Take units back in a store, or ask to send them back",
        {201: ReturnDocument},
        notes=(
            "What was paid for exactly these units is owed from now on, and goes back to the tenders of the order, the "
            "one charged last first; with `to` and `to_reason` to another tender. More than 100 whole units of the "
            "currency in cash need `returns.approve`. Cash waits for a movement of a drawer that names the refund. The "
            "units are stock of the store, damaged ones held back from sale. What the rules do not allow is refused; "
            "with `override_reason` and the right `returns.override` it is accepted all the same. With the kind "
            "`mail_in` a customer wants to send the units: the return is approved at once or by a person, as the rules "
            "say, and its money is owed at the receipt or the inspection of its units. For that the right "
            "`returns.request` is enough. What the rules let the customer keep is paid back at once (`returnless`)."
        ),
        if_match=VERSION,
        refusals=(404, 409),
    ),
    "GET /v1/orders/{order_id}/returnable": Route(
        "Ask what of an order may come back",
        {200: ReturnableDocument},
        notes="By the rules that hold now, for a `reason` and in a `condition` where these are named.",
        query=ReturnableQuery,
        refusals=(404,),
    ),
    "GET /v1/returns/{return_id}": Route("Read a return", {200: ReturnDocument}, refusals=(404,)),
    "POST /v1/returns/{return_id}/decision": Route(
        "Approve or decline a return by post",
        {200: ReturnDocument},
        notes="Only of one that the rules have not approved at once. Its units may come for as many days as they say.",
        if_match=VERSION,
        refusals=(404, 409),
    ),
    "POST /v1/returns/{return_id}/receipts": Route(
        "Receive units of a return by post",
        {200: ReturnDocument},
        notes=(
            "As often as parcels come, at any node. What is received is stock there and held back until it is "
            "inspected; what is missing or of another item leaves the return."
        ),
        if_match=VERSION,
        refusals=(404, 409),
    ),
    "POST /v1/returns/{return_id}/inspection": Route(
        "Grade units that were received",
        {200: ReturnDocument},
        notes=(
            "Only what is restocked is for sale again. What is to be repaired, to go to its vendor or to be liquidated "
            "is held back, and what is destroyed is written off."
        ),
        if_match=VERSION,
        refusals=(404, 409),
    ),
    "POST /v1/returns/{return_id}/cancel": Route(
        "Cancel a return by post",
        {200: ReturnDocument},
        notes="As long as no parcel of it is on its way.",
        if_match=VERSION,
        refusals=(404, 409),
    ),
    "POST /v1/returns/{return_id}/reopen": Route(
        "Open a return by post again",
        {200: ReturnDocument},
        notes="Units that left it, or all of one that was declined or cancelled, may come after all.",
        if_match=VERSION,
        refusals=(404, 409),
    ),
    "POST /v1/orders/{order_id}/refunds/{refund_id}/confirmations": Route(
        "Say that the channel gave a refund back",
        {200: RefundDocument},
        notes="What a channel has taken itself it gives back itself; until it says so, the part is planned.",
        if_match=VERSION,
        refusals=(404, 409),
    ),
    "POST /v1/orders/{order_id}/refunds/{refund_id}/attempts": Route(
        "Try a failed refund again",
        {200: RefundDocument},
        notes=(
            "Each part that failed, under a new key; with `to` and `to_reason` by another tender, also what a channel "
            "has not given back."
        ),
        if_match=VERSION,
        refusals=(404, 409),
    ),
}
