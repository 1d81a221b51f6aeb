"""Nodes and items as they are stored and as they are put.

A node's document changes with effect from an instant; every change is a version of its own and stays readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, cast
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from oms.platform.fields import Amount, Attributes, Code, Instant, Label, MinimumAge, Text
from oms.platform.geo import Place
from oms.platform.intake import Request
from oms.registry.kits import Components, PickedItem, PickingNode, WhenShort
from oms.registry.limits import Capacity, ItemActivation, PreOrder

_MICRO = 1_000_000
_MOST_DEGREES = 360
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_CLOSING_TIME = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


def _microdegrees(value: Any) -> Any:
    """A JSON number of degrees as an integer of millionths (about 11 cm)."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError("a number of degrees")
    if not -_MOST_DEGREES <= value <= _MOST_DEGREES:
        # Compared as it is, before any arithmetic that a number with a huge exponent would overflow.
        raise ValueError("a number of degrees")
    return int((Decimal(value) * _MICRO).to_integral_value())


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("not a time zone of the IANA database") from error
    return name


class NodeKind(StrEnum):
    DC = "dc"
    STORE = "store"
    SUPPLIER = "supplier"
    PICKUP_POINT = "pickup_point"
    WEB = "web"  # a site that sells and holds no stock


class Journey(StrEnum):
    """The ways a customer may get goods from a node, or bring them back to it."""

    SHIP = "ship"
    PICKUP = "pickup"
    SHIP_TO_STORE = "ship_to_store"
    DELIVERY = "delivery"
    DIGITAL = "digital"
    RETURNS = "returns"


class ItemKind(StrEnum):
    STOCK = "stock"  # counted at nodes
    NON_STOCK = "non_stock"  # a service or a charge
    DIGITAL = "digital"
    KIT = "kit"  # sold as one item, and made of others that are counted at nodes


Zone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
# Read as degrees and kept as millionths of them.
Latitude = Annotated[
    int,
    BeforeValidator(_microdegrees),
    Field(ge=-90 * _MICRO, le=90 * _MICRO),
    WithJsonSchema({"type": "number", "minimum": -90, "maximum": 90}),
]
Longitude = Annotated[
    int,
    BeforeValidator(_microdegrees),
    Field(ge=-180 * _MICRO, le=180 * _MICRO),
    WithJsonSchema({"type": "number", "minimum": -180, "maximum": 180}),
]
# Local opening and closing time. A closing time at or before the opening time is on the next day.
Hours = tuple[
    Annotated[str, Field(pattern=_CLOCK_TIME)],
    Annotated[str, Field(pattern=_CLOSING_TIME)],
]
DayHours = Annotated[tuple[Hours, ...], Field(max_length=8)]


class WeeklyHours(Request):
    """Opening hours per weekday; a day that is left out is closed."""

    monday: DayHours = ()
    tuesday: DayHours = ()
    wednesday: DayHours = ()
    thursday: DayHours = ()
    friday: DayHours = ()
    saturday: DayHours = ()
    sunday: DayHours = ()

    def of(self, day: date) -> tuple[Hours, ...]:
        """The hours that begin on a date, going by its weekday."""
        return cast(tuple[Hours, ...], getattr(self, WEEKDAYS[day.weekday()]))


ClockTimes = Annotated[tuple[Annotated[str, Field(pattern=_CLOCK_TIME)], ...], Field(max_length=8)]


class WeeklyTimes(Request):
    """Local times per weekday, such as those at which a carrier collects; none on a day that is left out."""

    monday: ClockTimes = ()
    tuesday: ClockTimes = ()
    wednesday: ClockTimes = ()
    thursday: ClockTimes = ()
    friday: ClockTimes = ()
    saturday: ClockTimes = ()
    sunday: ClockTimes = ()

    def of(self, day: date) -> ClockTimes:
        """The times of a date, going by its weekday."""
        return cast(tuple[str, ...], getattr(self, WEEKDAYS[day.weekday()]))


class LeadTime(Request):
    """How long a node takes for an order: `minutes` of its open time, counted from the next day after the `cut_off`.

    Carriers come at the local times of `collections`, but not on a holiday without hours; where none are named, as soon
    as the parcel is ready.
    """

    minutes: Annotated[int, Field(strict=True, ge=0, le=20_160)] = 0
    cut_off: Annotated[str | None, Field(pattern=_CLOCK_TIME)] = None
    collections: WeeklyTimes | None = None


class Holiday(Request):
    """A date with hours of its own; none means closed."""

    date: date
    hours: DayHours = ()
    name: Label | None = None


class Address(Request):
    lines: Annotated[tuple[Label, ...], Field(min_length=1, max_length=5)]
    city: Label
    region: Label | None = None
    postal_code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Contact(Request):
    name: Label | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None


def _dates_once(holidays: tuple[Holiday, ...]) -> tuple[Holiday, ...]:
    if len({holiday.date for holiday in holidays}) != len(holidays):
        raise ValueError("a date stands in the holidays twice")
    return holidays


class NodeDetails(PickingNode):
    """What is known about a node. `hours` left out means always open; an inactive node is never open.

    `cut_off` is the local time at which its business day ends, 04:00 where it is left out.
    """

    id: Code
    kind: NodeKind
    name: Label
    legal_entity: Code
    address: Address
    time_zone: Zone
    cut_off: Annotated[str | None, Field(pattern=_CLOCK_TIME)] = None
    hours: WeeklyHours | None = None
    holidays: Annotated[tuple[Holiday, ...], Field(max_length=200), AfterValidator(_dates_once)] = ()
    lead_time: LeadTime = LeadTime()
    capacity: Capacity = ()
    skills: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    journeys: Annotated[tuple[Journey, ...], Field(max_length=len(Journey))] = ()
    contact: Contact | None = None
    status: Literal["active", "closed"] = "active"
    attributes: Attributes = Field(default_factory=dict)


class PutNode(NodeDetails):
    """A node as it is put, in force from `effective_from` (now, where it is left out)."""

    latitude: Latitude
    longitude: Longitude
    effective_from: Instant | None = None


class Node(NodeDetails):
    """One stored version of a node. Coordinates are integers in millionths of a degree."""

    latitude_microdegrees: int
    longitude_microdegrees: int
    effective_from: Instant
    version: int

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(self.latitude_microdegrees, self.longitude_microdegrees)


class PutItem(PickedItem):
    """An item as it is put. The SKU is kept and looked up exactly as written.

    Only a kit has `components` and says what becomes of it `when_short`. Who gets it is at least of its `minimum_age`.
    """

    sku: Code
    description: Text
    kind: ItemKind = ItemKind.STOCK
    unit: Code = "each"
    weight_grams: Amount | None = None
    tax_category: Code | None = None
    minimum_age: MinimumAge | None = None
    components: Components = ()
    when_short: WhenShort | None = None
    preorder: PreOrder | None = None
    activation: ItemActivation | None = None
    status: Literal["active", "inactive"] = "active"
    attributes: Attributes = Field(default_factory=dict)


class Item(PutItem):
    """A stored item: `version` counts its changes, `told` those with an event of their own (bulk loads share one)."""

    version: int
    told: int = 0


def weights_of(items: Mapping[str, Item]) -> dict[str, int]:
    """What a unit of each item weighs, in grams: nothing where nobody says it, but a kit then as its components."""
    own = {sku: item.weight_grams or 0 for sku, item in items.items()}
    kits = {sku: item.components for sku, item in items.items() if item.components and item.weight_grams is None}
    made = {sku: sum(one.quantity * own.get(one.sku, 0) for one in parts) for sku, parts in kits.items()}
    return {**own, **made}


def have(attributes: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """Whether free attributes have all these values, each compared as text (true and false as in JSON).

    One that is left out or null has no value.
    """
    for name, value in wanted.items():
        found = attributes.get(name)
        text = str(found).lower() if isinstance(found, bool) else str(found)
        if found is None or text != value:
            return False
    return True


def in_force(versions: Iterable[Node], at: datetime) -> list[Node]:
    """Of many versions of many nodes, the one of each node that holds at an instant, by node id.

    Of two versions that begin at the same instant the later change holds.
    """
    holding: dict[str, Node] = {}
    for node in sorted(versions, key=_age):
        if node.effective_from <= at:
            holding[node.id] = node
    return [holding[node_id] for node_id in sorted(holding)]


def upcoming(versions: Iterable[Node], at: datetime) -> list[Node]:
    """The versions of one node that begin after an instant, soonest first; a replaced one is left out."""
    planned = {node.effective_from: node for node in sorted(versions, key=_age) if node.effective_from > at}
    return list(planned.values())


def _age(node: Node) -> tuple[datetime, int]:
    return (node.effective_from, node.version)


def stored_node(put: PutNode, *, version: int, effective_from: datetime) -> Node:
    """A put node as the version that is stored."""
    details = {name: getattr(put, name) for name in NodeDetails.model_fields}
    return Node(
        **details,
        latitude_microdegrees=put.latitude,
        longitude_microdegrees=put.longitude,
        effective_from=effective_from,
        version=version,
    )
