"""What DynamoDB counts: sizes of items, units of writes and reads, writes of indexes. Pure arithmetic.

Items are in DynamoDB's typed form. Sizes follow its developer guide: names and texts in UTF-8, numbers about a byte
for two digits, three bytes and one for each member of a list or map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Image = Mapping[str, Any]
WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index: its key attributes and what it carries (None: everything)."""

    keys: tuple[str, ...]
    carried: frozenset[str] | None

    def entry(self, item: Image | None, table_keys: Sequence[str] = ("pk", "sk")) -> dict[str, Any] | None:
        """What the index holds of an item; None when the item is not in it."""
        if item is None or any(key not in item for key in self.keys):
            return None
        wanted = None if self.carried is None else {*self.carried, *self.keys, *table_keys}
        return {name: value for name, value in item.items() if wanted is None or name in wanted}


def item_bytes(item: Image) -> int:
    """The size of an item."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return (len(content.lstrip("-").replace(".", "").strip("0")) + 1) // 2 + 1 + content.startswith("-")
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "L":
        return 3 + sum(1 + _value_bytes(entry) for entry in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_bytes(entry) for name, entry in content.items())
    raise ValueError(f"an attribute of type {kind} is not used by this product")


def write_units(before: Image | None, after: Image | None, *, transactional: bool) -> int:
    """Units of one write of an item: its larger image, doubled in a transaction."""
    size = max(item_bytes(image) if image else 0 for image in (before, after))
    return max(1, -(-size // WRITE_UNIT_BYTES)) * (2 if transactional else 1)


def index_units(index: Index, before: Image | None, after: Image | None) -> int:
    """Units that a write costs in an index: none when nothing that it carries changed; never doubled."""
    old, new = index.entry(before), index.entry(after)
    if old == new:
        return 0
    if old is not None and new is not None and any(old[key] != new[key] for key in index.keys):
        # The entry moves: it is removed at one place and made at another.
        return write_units(old, None, transactional=False) + write_units(None, new, transactional=False)
    return write_units(old, new, transactional=False)


def query_units(items: Sequence[Image], *, consistent: bool) -> float:
    """Units of a query: the sum of what it read, in steps of 4 KB."""
    return _read_units(sum(item_bytes(item) for item in items), consistent=consistent)


def get_units(items: Sequence[Image], asked: int, *, consistent: bool) -> float:
    """Units of reading items by key: each by itself, one that does not exist like the smallest."""
    found = sum(_read_units(item_bytes(item), consistent=consistent) for item in items)
    return found + (asked - len(items)) * _read_units(0, consistent=consistent)


def _read_units(size: int, *, consistent: bool) -> float:
    return max(1, -(-size // READ_UNIT_BYTES)) * (1.0 if consistent else 0.5)


def hears(wanted: str | tuple[str, Mapping[str, Sequence[Any]]], kind: str, data: Mapping[str, Any]) -> bool:
    """Whether a rule for such events, or for those of them whose data have certain values, is for this one."""
    name, values = (wanted, {}) if isinstance(wanted, str) else wanted
    return name == kind and all(data.get(field) in some for field, some in values.items())
