"""What is told of pick waves."""

from __future__ import annotations

from typing import ClassVar

from oms.platform.events import EventData


class WaveCreated(EventData):
    """Work of a node is picked together; the node has accepted all of it."""

    for_nodes: ClassVar[bool] = True
    wave_id: str
    node_id: str
    kind: str
    fulfillment_order_ids: tuple[str, ...]


class WaveClosed(EventData):
    """A wave is over; work in `returned` was not picked and waits for another one."""

    for_nodes: ClassVar[bool] = True
    wave_id: str
    node_id: str
    returned: tuple[str, ...]


class _Waved(EventData):
    order_id: str
    fulfillment_order_id: str
    node_id: str


class FulfillmentOrderAddedToWave(_Waved):
    """Work is picked together with others of its node."""

    wave_id: str


class FulfillmentOrderRemovedFromWave(_Waved):
    """Work was not picked with its wave, and waits for another one."""

    wave_id: str
