"""What the registry tells the others."""

from __future__ import annotations

from typing import ClassVar

from oms.platform.events import EventData
from oms.registry.model import Item, Node


class NodeChanged(EventData):
    """A node has a new version, in force from `node.effective_from`."""

    version: ClassVar[int] = 5

    node: Node


class ItemChanged(EventData):
    """One item was put."""

    version: ClassVar[int] = 6

    item: Item


class ItemsLoaded(EventData):
    """Many items were put at once: one event for all that one transaction changed."""

    version: ClassVar[int] = 6

    items: list[Item]
