"""What every event of settlement says."""

from __future__ import annotations

from typing import TypedDict

from oms.platform.events import EventData, EventDraft
from oms.settlement.model import CHANNEL, TREASURY


class Facts(TypedDict):
    """Whose money it is."""

    currency: str
    legal_entity: str
    store: str
    channel: str


def facts(legal_entity: str, currency: str, *, store: str = TREASURY) -> Facts:
    """What every event of settlement says."""
    return {"currency": currency, "legal_entity": legal_entity, "store": store, "channel": CHANNEL}


def told(entity: str, sequence: int, data: EventData, legal_entity: str) -> EventDraft:
    """An event of something in settlement; `sequence` counts the events of one entity."""
    return EventDraft(entity, sequence, data, legal_entity=legal_entity)
