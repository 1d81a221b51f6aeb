"""Square: counts of item variations at locations, as webhook or as the API lists them, and the changes behind them.

Only units in the state IN_STOCK are on hand; the other states tell where units went.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from oms.inventory.told import Foreign, Name, Told, Units, each, inside, listed, microseconds
from oms.platform.fields import Instant
from oms.platform.problems import FieldError

_ON_HAND = "IN_STOCK"


class _Count(Foreign):
    catalog_object_id: Name
    location_id: Name
    quantity: Units
    state: str = _ON_HAND
    calculated_at: Instant


class _PhysicalCount(Foreign):
    catalog_object_id: Name
    location_id: Name
    quantity: Units
    state: str = _ON_HAND
    occurred_at: Instant


class _Adjustment(Foreign):
    catalog_object_id: Name
    location_id: Name
    quantity: Units
    from_state: str
    to_state: str
    occurred_at: Instant


class _Change(Foreign):
    """A change of stock; transfers between locations come as two adjustments."""

    type: str
    physical_count: _PhysicalCount | None = None
    adjustment: _Adjustment | None = None


def tell(body: Any, zone: ZoneInfo) -> Iterator[Told | FieldError]:
    """The counts and changes in a message; events of other types tell nothing."""
    if isinstance(body, dict) and "changes" in body:
        yield from each(_Change, listed(body["changes"], "/changes"), _changed)
    elif isinstance(body, dict) and "counts" in body:
        yield from each(_Count, listed(body["counts"], "/counts"), _counted)
    elif isinstance(body, dict) and str(body.get("type")).startswith("inventory."):
        pointer = "/data/object/inventory_counts"
        found = inside(body, "data", "object", "inventory_counts")
        yield from each(_Count, listed(found, pointer), _counted)
    elif not isinstance(body, dict) or "type" not in body:
        yield FieldError("", "unknown_message", "A message of Square has a type, counts or changes.")


def _counted(pointer: str, count: _Count) -> Iterator[Told]:
    if count.state == _ON_HAND:
        yield _count(pointer, count, count.calculated_at)


def _changed(pointer: str, change: _Change) -> Iterator[Told]:
    count, moved = change.physical_count, change.adjustment
    if count is not None and count.state == _ON_HAND:
        yield _count(f"{pointer}/physical_count", count, count.occurred_at)
    if moved is not None and _ON_HAND in (moved.from_state, moved.to_state) and moved.from_state != moved.to_state:
        units = moved.quantity if moved.to_state == _ON_HAND else -moved.quantity
        item, location, at = moved.catalog_object_id, moved.location_id, moved.occurred_at
        yield Told(f"{pointer}/adjustment/quantity", item, location, "delta", units, at, microseconds(at))


def _count(pointer: str, count: _Count | _PhysicalCount, at: Any) -> Told:
    item, location = count.catalog_object_id, count.location_id
    return Told(f"{pointer}/quantity", item, location, "snapshot", count.quantity, at, microseconds(at))
