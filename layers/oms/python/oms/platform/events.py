"""Events: immutable facts, stored in the transaction that made them true and published from there.

One row is both the outbox entry and the line of the timeline. Its key is the entity and its sequence number, so the
sequence of an entity has no gaps and a fact can be written only once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from oms.platform.principal import tenant_prefix
from oms.platform.writes import Key, Value, Write, create


class EventData(BaseModel):
    """The payload of one version of one event type; the class name is the detail-type."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    version: ClassVar[int] = 1
    # Whether stores, warehouses and suppliers receive it on the integration bus.
    for_nodes: ClassVar[bool] = False
    # Fields that only those learn who receive the event: no reader of a timeline is shown them.
    hidden: ClassVar[tuple[str, ...]] = ()


class EventMeta(BaseModel):
    """What every event says about itself. Times are RFC 3339 in UTC; `sequence` counts from 1 per entity."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
    id: str
    type: str
    version: int
    occurred_at: str
    sequence: int
    correlation_id: str
    causation_id: str
    channel: str | None
    tenant: str
    entity: str
    legal_entity: str | None = None
    command: str
    actor: str
    role: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class EventDraft:
    """A fact that a decision wants recorded: about which entity, as its how-manieth event, with which payload.

    `entity` is kind and id such as `ORDER#ord_1`; `changes` maps a field to its value before and after.
    """

    entity: str
    sequence: int
    data: EventData
    changes: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    channel: str | None = None
    legal_entity: str | None = None
    reason: str | None = None
    # What the entity belongs to, where the call names nothing.
    correlation_id: str | None = None


def events_partition(tenant: str, entity: str) -> str:
    """Where the events of one entity are kept."""
    return f"{tenant_prefix(tenant)}{entity}"


def event_key(tenant: str, entity: str, sequence: int) -> Key:
    """Where one event of an entity is kept."""
    return Key(events_partition(tenant, entity), f"EVENT#{sequence:09d}")


def event_write(meta: EventMeta, draft: EventDraft) -> Write:
    """The row of one event: the envelope that is published, and what the timeline shows beside it."""
    envelope = {"meta": meta.model_dump(), "data": draft.data.model_dump(mode="json")}
    changes: dict[str, Value] = {name: [before, after] for name, (before, after) in draft.changes.items()}
    item: dict[str, Value] = {
        "type": meta.type,
        "detail": json.dumps(envelope, separators=(",", ":"), ensure_ascii=False),
        "for_nodes": draft.data.for_nodes,
        "changes": changes,
    }
    if draft.data.hidden:
        item["hidden"] = list(draft.data.hidden)
    return create("events", event_key(meta.tenant, draft.entity, meta.sequence), item)
