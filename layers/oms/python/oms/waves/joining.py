"""Work that joins a wave, or leaves it without having been picked. Pure."""

from __future__ import annotations

from oms.fulfillment.events import FulfillmentOrderAccepted
from oms.fulfillment.model import FulfillmentOrder, Status
from oms.fulfillment.protocol import accept
from oms.fulfillment.writes import work_ids
from oms.platform.events import EventData
from oms.waves.events import FulfillmentOrderAddedToWave, FulfillmentOrderRemovedFromWave


def taken_into_wave(work: FulfillmentOrder, wave_id: str) -> tuple[FulfillmentOrder, list[EventData]]:
    """Work that is picked with others from now on; its node accepts it where it has not."""
    told: list[EventData] = []
    if work.status is Status.OPEN:
        work = accept(work)
        told.append(FulfillmentOrderAccepted(**work_ids(work)))
    told.append(FulfillmentOrderAddedToWave(**work_ids(work), wave_id=wave_id))
    return work.model_copy(update={"wave_id": wave_id}), told


def left_wave(work: FulfillmentOrder) -> tuple[FulfillmentOrder, list[EventData]]:
    """Work that was not picked with its wave, and waits for another one."""
    told = FulfillmentOrderRemovedFromWave(**work_ids(work), wave_id=work.wave_id or "")
    return work.model_copy(update={"wave_id": None}), [told]
