"""Notices for the description of the API: the answers that the product builds as plain documents, and the routes."""

from __future__ import annotations

from typing import Literal

from oms.notifications.model import Milestone, Status
from oms.notifications.rules import NoticeRules
from oms.rulesets.model import Status as RuleStatus
from tools.openapi_answers import Answer
from tools.openapi_shapes import VERSION, Route
from tools.openapi_stock import RuleSetDocument


class NoticeDocument(Answer):
    """One message to the customer of an order; `told_by` is the event that it tells of, `subject` what it is about.

    `reason` says why nobody heard it, or why the transport refused it; `reference` is the transport's name of it.
    """

    id: str
    order_id: str
    milestone: Milestone
    subject: str
    told_by: str
    channel: str
    locale: str
    status: Status
    reason: str | None
    created_at: str
    ended_at: str | None
    reference: str | None
    resend_of: str | None
    asked_by: str | None
    version: int
    available_actions: list[Literal["resend"]]


class NoticeList(Answer):
    """What the customer of an order was told, oldest first; neither the address nor the text."""

    order_id: str
    notices: list[NoticeDocument]


class NoticePreview(Answer):
    """A message about an order that does not exist; `own` says that the retailer wrote its template, of `locale`."""

    milestone: Milestone
    locale: str
    own: bool
    subject: str
    text: str
    html: str


class NoticeRulesVersion(Answer):
    """One version of rules of notices, with its content."""

    number: int
    status: RuleStatus
    created_at: str
    created_by: str
    content: NoticeRules


class NoticeRulesSet(RuleSetDocument):
    """Rules of notices with the contents of the version that holds and of the newest one."""

    live: NoticeRulesVersion | None
    newest: NoticeRulesVersion


ROUTES: dict[str, Route] = {
    "GET /v1/orders/{order_id}/notices": Route(
        "List what the customer of an order was told",
        {200: NoticeList},
        notes="One for each milestone, and one for each time that a person had it sent again.",
        refusals=(404,),
    ),
    "POST /v1/orders/{order_id}/notices/{notice_id}/resend": Route(
        "Tell the customer again",
        {201: NoticeDocument},
        notes=(
            "A notice of its own about the same, in the language of the order or in `locale`, by the texts that hold "
            "now. One that is still to be sent is not sent twice."
        ),
        refusals=(404, 409),
        if_match=VERSION,
    ),
    "POST /v1/notices/previews": Route(
        "Show what a message would look like",
        {200: NoticePreview},
        notes="By the rules that hold for a channel, or by texts in `template` that are tried out. Nothing is sent.",
    ),
}
