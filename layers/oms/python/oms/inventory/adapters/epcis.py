"""EPCIS 2.0 in JSON: what was counted, received, shipped or sold where, by classes of goods or single pieces.

An item is named by its GTIN and a location by its GLN, as they stand in a GS1 Digital Link; other names stay whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from oms.inventory.told import Foreign, Name, Told, Units, each, inside, listed, microseconds
from oms.platform.fields import Instant
from oms.platform.problems import FieldError

# Business steps of the Core Business Vocabulary, and what each does to what is on hand at its location.
_COUNTED = frozenset({"cycle_counting", "stock_taking", "counting"})
_SIGNS = {"receiving": 1, "shipping": -1, "retail_selling": -1}
_LINK = re.compile(r"/(?:01|414)/([0-9]{8,14})(?:/|$)")


class _Place(Foreign):
    id: Name


class _Quantity(Foreign):
    epcClass: Name
    quantity: Units
    # A unit of measure: a weight or a volume is no number of pieces.
    uom: None = None


class _Event(Foreign):
    eventTime: Instant
    action: Literal["ADD", "OBSERVE", "DELETE"]
    bizStep: str
    readPoint: _Place | None = None
    bizLocation: _Place | None = None
    quantityList: tuple[_Quantity, ...] = ()
    epcList: tuple[Name, ...] = ()
    # By this its sender takes an event back.
    errorDeclaration: None = Field(default=None)


def tell(body: Any, zone: ZoneInfo) -> Iterator[Told | FieldError]:
    """The events of a document, or one event, that say what is on hand; all others tell nothing."""
    events, pointer = body, ""
    if inside(body, "type") == "EPCISDocument":
        events, pointer = inside(body, "epcisBody", "eventList"), "/epcisBody/eventList"
        if events is None:
            yield FieldError(pointer, "required", "A document has a list of events.")
            return
    for place, event in listed(events, pointer):
        if not isinstance(event, dict) or "type" not in event:
            yield FieldError(f"{place}/type", "required", "An event has a type.")
        elif event["type"] == "ObjectEvent" and _step(event.get("bizStep")) in (*_COUNTED, *_SIGNS):
            yield from each(_Event, [(place, event)], _told)


def _told(pointer: str, event: _Event) -> Iterator[Told | FieldError]:
    place = event.bizLocation or event.readPoint
    if place is None:
        yield FieldError(f"{pointer}/bizLocation", "required", "Where it happened: a bizLocation or a readPoint.")
        return
    step = _step(event.bizStep)
    units: Counter[str] = Counter()
    for one in event.quantityList:
        units[_name(one.epcClass)] += one.quantity
    for epc in event.epcList:
        units[_name(epc)] += 1
    for item, count in units.items():
        kind: Literal["delta", "snapshot"] = "snapshot" if step in _COUNTED else "delta"
        signed = count * _SIGNS.get(step, 1)
        yield Told(pointer, item, _name(place.id), kind, signed, event.eventTime, microseconds(event.eventTime))


def _step(text: Any) -> str:
    """A business step by its bare word, which may be written as a URN or a link."""
    return re.split(r"[:/]|BizStep-", str(text))[-1]


def _name(text: str) -> str:
    found = _LINK.search(text)
    return found[1] if found else text
