"""Shopify: levels of an inventory item at a location, as webhook, as EventBridge event or as the Admin API lists them.

A level is a count of what is available there. Its `updated_at` has whole seconds; of two levels of one second the later
is known by when its event was triggered.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from oms.inventory.told import Foreign, Name, Told, Units, each, inside, listed, microseconds
from oms.platform.fields import Instant
from oms.platform.problems import FieldError

_TOPIC = "inventory_levels/update"
_SECOND = 1_000_000
_INSTANT = TypeAdapter(Instant)


class _Level(Foreign):
    inventory_item_id: Name
    location_id: Name
    # None where the shop does not track the item.
    available: Units | None
    updated_at: Instant


def tell(body: Any, zone: ZoneInfo) -> Iterator[Told | FieldError]:
    """The levels in a message; events of other topics tell nothing."""
    triggered = None
    pointer, payload = "", body
    if isinstance(body, dict) and "detail" in body:
        pointer, payload = "/detail/payload", inside(body, "detail", "payload")
        if inside(body, "detail", "metadata", "X-Shopify-Topic") != _TOPIC:
            return
        triggered = _microseconds(inside(body, "detail", "metadata", "X-Shopify-Triggered-At"))
    if isinstance(payload, dict) and "inventory_levels" in payload:
        found = listed(payload["inventory_levels"], f"{pointer}/inventory_levels")
    elif isinstance(payload, dict) and "inventory_level" in payload:
        found = [(f"{pointer}/inventory_level", payload["inventory_level"])]
    else:
        found = [(pointer, payload)]
    yield from each(_Level, found, partial(_told, triggered))


def _told(triggered: int | None, pointer: str, level: _Level) -> Iterator[Told]:
    if level.available is None:
        return
    sequence = microseconds(level.updated_at)
    if triggered is not None and sequence % _SECOND == 0:
        sequence += min(_SECOND - 1, max(0, triggered - sequence))
    item, location = level.inventory_item_id, level.location_id
    yield Told(f"{pointer}/available", item, location, "snapshot", level.available, level.updated_at, sequence)


def _microseconds(text: Any) -> int | None:
    try:
        return microseconds(_INSTANT.validate_python(text))
    except ValidationError:
        return None
