"""The events of a notice, each with its number among those of the notice."""

from __future__ import annotations

from oms.notifications.events import NoticeFailed, NoticeQueued, NoticeSent, NoticeSuppressed
from oms.notifications.model import Notice, Status
from oms.platform.events import EventDraft


def told(notice: Notice) -> EventDraft:
    """What is told of a notice that has just come to its status."""
    facts = {
        "order_id": notice.order_id,
        "notice_id": notice.id,
        "milestone": notice.milestone.value,
        "subject": notice.subject,
        "channel": notice.channel,
        "locale": notice.locale,
    }
    data: NoticeQueued | NoticeSent | NoticeFailed | NoticeSuppressed
    if notice.status is Status.QUEUED:
        data = NoticeQueued(**facts, resend_of=notice.resend_of)
    elif notice.status is Status.SENT:
        data = NoticeSent(**facts, reference=str(notice.reference))
    elif notice.status is Status.FAILED:
        data = NoticeFailed(**facts, reason=str(notice.reason))
    else:
        data = NoticeSuppressed(**facts, reason=str(notice.reason))
    return EventDraft(
        f"NOTICE#{notice.id}",
        notice.told,
        data,
        channel=notice.channel,
        legal_entity=notice.legal_entity,
        correlation_id=notice.order_id,
    )
