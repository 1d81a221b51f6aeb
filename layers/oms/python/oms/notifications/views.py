"""How notices are shown: what was told, when and what became of it; neither the address nor the text."""

from __future__ import annotations

from oms.notifications.contents import sample, written
from oms.notifications.model import Notice
from oms.notifications.reads import rules_for
from oms.notifications.requests import PreviewNotice
from oms.notifications.rules import chosen, of_texts, refuse_unknown
from oms.notifications.store import load_notices
from oms.orders.store import existing_order
from oms.platform.dynamodb import Database
from oms.platform.problems import FieldError, InvalidRequest
from oms.platform.writes import Value


def read_notices(database: Database, tenant: str, order_id: str) -> dict[str, Value]:
    """The notices of an order, oldest first; an unknown order raises NotFound."""
    found = load_notices(database, tenant, order_id)
    if not found:
        existing_order(database, tenant, order_id)
    return {"order_id": order_id, "notices": [notice_document(notice) for notice in found]}


def notice_document(notice: Notice) -> dict[str, Value]:
    """One notice as it is shown."""
    return {
        "id": notice.id,
        "order_id": notice.order_id,
        "milestone": notice.milestone.value,
        "subject": notice.subject,
        "told_by": notice.cause.type,
        "channel": notice.channel,
        "locale": notice.locale,
        "status": notice.status.value,
        "reason": notice.reason,
        "created_at": notice.created_at,
        "ended_at": notice.ended_at,
        "reference": notice.reference,
        "resend_of": notice.resend_of,
        "asked_by": notice.asked_by,
        "version": notice.version,
        "available_actions": list(notice.available_actions),
    }


def preview(database: Database, tenant: str, wanted: PreviewNotice) -> dict[str, Value]:
    """A message about an order that does not exist; texts with a name that is not known raise InvalidRequest."""
    rules = rules_for(database, tenant, wanted.channel)
    if wanted.template is None:
        template = chosen(rules, wanted.milestone, wanted.locale)
    else:
        try:
            refuse_unknown(wanted.milestone, wanted.template)
        except ValueError as fault:
            raise InvalidRequest(errors=[FieldError("/template", "unknown_name", str(fault))]) from fault
        template = of_texts(wanted.locale, wanted.template)
    texts = written(template, sample(rules, wanted.milestone), wanted.locale)
    return {
        "milestone": wanted.milestone.value,
        "locale": template.locale,
        "own": template.own,
        "subject": texts.subject,
        "text": texts.text,
        "html": texts.html,
    }
