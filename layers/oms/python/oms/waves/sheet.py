"""The pick sheet of a wave: what to take where, in walking order, and into which tote. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from oms.fulfillment.model import FulfillmentOrder
from oms.registry.model import Item
from oms.registry.segments import Segment, sku_of
from oms.waves.model import Wave, walking_key
from oms.waves.requests import WaveKind


class SheetUnits(BaseModel):
    """Units of one stop that belong to one piece of work."""

    model_config = ConfigDict(frozen=True)
    tote: int = Field(description="the position of the work in the wave, from 1")
    fulfillment_order_id: str
    line_no: int
    quantity: int
    picked: int


class SheetStop(BaseModel):
    """One place at which units of one item are taken."""

    model_config = ConfigDict(frozen=True)
    position: int
    location: str = Field(description="where the item lies at the node; its SKU where nobody has said")
    sku: str
    segment: Segment | None
    description: str
    barcodes: list[str]
    quantity: int
    picked: int
    units: list[SheetUnits]


class WaveWork(BaseModel):
    """One piece of work of a wave, with the tote that it is picked into."""

    model_config = ConfigDict(frozen=True)
    tote: int
    fulfillment_order_id: str
    order_id: str
    external_id: str
    method: str
    service: str | None
    due_at: str | None
    status: str
    in_wave: bool = Field(description="false for work that has ended meanwhile, or went back to the queue")
    quantity: int
    picked: int


def is_in(wave: Wave, work: FulfillmentOrder) -> bool:
    """Whether some work is still picked with a wave: it has not gone back, and was not ended before it was picked."""
    return work.wave_id == wave.id and (not work.is_closed or any(line.picked for line in work.lines))


def pick_sheet(wave: Wave, works: Mapping[str, FulfillmentOrder], items: Mapping[str, Item]) -> list[SheetStop]:
    """The stops of a walk through the node: order by order in a normal wave, else each place once for all of them."""
    totes = [
        (tote, works[work_id])
        for tote, work_id in enumerate(wave.fulfillment_order_ids, start=1)
        if work_id in works and is_in(wave, works[work_id])
    ]
    walks = [[one] for one in totes] if wave.kind is WaveKind.NORMAL else [totes]
    found: list[SheetStop] = []
    for walk in walks:
        found += stops(wave.node_id, walk, items, first=len(found) + 1)
    return found


def stops(
    node_id: str, walk: Sequence[tuple[int, FulfillmentOrder]], items: Mapping[str, Item], *, first: int
) -> list[SheetStop]:
    """The stops of one walk for some work with its totes, numbered from `first`; each place stands there once."""
    found: dict[str, list[SheetUnits]] = {}
    segments: dict[str, Segment | None] = {}
    for tote, work in walk:
        for line in work.lines:
            each = {one.sku: one.quantity for one in line.components} or {line.stock_sku: 1}
            for name, units in each.items():
                if line.held:
                    segments[name] = line.segment
                    found.setdefault(name, []).append(
                        SheetUnits(
                            tote=tote,
                            fulfillment_order_id=work.id,
                            line_no=line.line_no,
                            quantity=line.held * units,
                            picked=min(line.picked, line.held) * units,
                        )
                    )
    places = {name: _location(items.get(sku_of(name)), sku_of(name), node_id) for name in found}
    names = sorted(found, key=lambda name: (walking_key(places[name]), name))
    return [
        SheetStop(
            position=position,
            location=places[name],
            sku=sku_of(name),
            segment=segments[name],
            description=items[sku_of(name)].description if sku_of(name) in items else "",
            barcodes=[one.barcode for one in items[sku_of(name)].barcodes] if sku_of(name) in items else [],
            quantity=sum(one.quantity for one in found[name]),
            picked=sum(one.picked for one in found[name]),
            units=found[name],
        )
        for position, name in enumerate(names, start=first)
    ]


def _location(item: Item | None, sku: str, node_id: str) -> str:
    return item.locations.get(node_id, sku) if item else sku


def work_rows(wave: Wave, works: Mapping[str, FulfillmentOrder], external_ids: Mapping[str, str]) -> list[WaveWork]:
    """The work of a wave as it is now, by its totes."""
    return [
        WaveWork(
            tote=tote,
            fulfillment_order_id=work.id,
            order_id=work.order_id,
            external_id=external_ids.get(work.order_id, ""),
            method=work.method,
            service=work.service,
            due_at=work.due_at,
            status=work.status.value,
            in_wave=is_in(wave, work),
            quantity=sum(line.held for line in work.lines),
            picked=sum(line.picked for line in work.lines),
        )
        for tote, work_id in enumerate(wave.fulfillment_order_ids, start=1)
        if (work := works.get(work_id)) is not None
    ]
