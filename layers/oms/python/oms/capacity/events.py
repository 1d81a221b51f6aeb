"""What the capacity of nodes tells the others."""

from __future__ import annotations

from oms.platform.events import EventData


class NodePaused(EventData):
    """A node takes nothing on until an instant, or until it says so; what it has already it keeps."""

    node_id: str
    reason: str
    until: str | None


class NodeResumed(EventData):
    """A node that was paused takes work on again."""

    node_id: str
