"""What happened to notices. None of them has the address or the text."""

from __future__ import annotations

from oms.platform.events import EventData


class _OfNotice(EventData):
    order_id: str
    notice_id: str
    milestone: str
    subject: str
    channel: str
    locale: str


class NoticeQueued(_OfNotice):
    """The customer is to be told of a milestone; `resend_of` is the notice that a person asked for again."""

    resend_of: str | None = None


class NoticeSent(_OfNotice):
    """The transport has the message, under `reference`."""

    reference: str


class NoticeFailed(_OfNotice):
    """The transport refused the message."""

    reason: str


class NoticeSuppressed(_OfNotice):
    """Nobody hears of the milestone: there is no address, it is switched off, or another notice says it."""

    reason: str
