"""Facts about drafts. Amounts in minor units of `currency`."""

from __future__ import annotations

from oms.platform.events import EventData


class _OfDraft(EventData):
    draft_id: str
    external_id: str
    quote_number: str | None
    currency: str
    total: int
    line_count: int
    valid_until: str


class DraftMade(_OfDraft):
    """A draft of an order was made; nothing is held for it."""


class DraftChanged(_OfDraft):
    """A draft was replaced by another content, and is valid anew."""


class DraftShared(EventData):
    """A link was made on which a customer sees the draft and pays it."""

    draft_id: str
    expires_at: str


class DraftPlaced(EventData):
    """A draft became an order."""

    draft_id: str
    order_id: str
    external_id: str
