"""A rate card: carrier services, what a shipment costs by them, how long it takes, and the customer's fee. Pure.

Beside it the labels that are bought by its services.

It is a rule set of kind `rates`. Zones go by the distance as the crow flies; days are working days of the
carrier, counted from the day on which it collects.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from oms.orders.request import Method
from oms.platform.fields import Amount, Code, Currency
from oms.platform.intake import Request
from oms.registry.model import WEEKDAYS, Weekday

KIND = "rates"
# A shipment is billed by begun steps of this weight.
GRAMS_PER_STEP = 1_000
_METRES = 1_000
_MOST_DAYS = 60

Days = Annotated[int, Field(strict=True, ge=0, le=_MOST_DAYS)]


class RateZone(Request):
    """What a shipment costs and how long it takes up to a distance; without one, to anywhere.

    A shipment costs `cents` and `cents_per_kg` for each begun kilogram after the first.
    """

    id: Code
    up_to_km: Annotated[int | None, Field(strict=True, ge=1, le=20_100)] = None
    cents: Amount
    cents_per_kg: Amount = 0
    fastest_days: Days
    slowest_days: Days

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.fastest_days > self.slowest_days:
            raise ValueError("fastest_days is at most slowest_days")
        return self


class Fee(Request):
    """What the customer pays for a service where the goods are worth at least so much."""

    from_goods: Amount = 0
    fee: Amount


def _zones_in_order(zones: tuple[RateZone, ...]) -> tuple[RateZone, ...]:
    limits = [zone.up_to_km for zone in zones]
    if None in limits[:-1] or any(a >= b for a, b in pairwise(limits) if a and b):
        raise ValueError("zones go from near to far, and only the last one may be without a limit")
    return zones


class CarrierService(Request):
    """What a carrier calls a service, and who sells its labels."""

    provider: Code
    carrier: Code
    service: Code


class Service(Request):
    """One service of a carrier, for some methods and countries, with the days on which it brings parcels.

    Labels for it are bought as what `ships_by` says. Of a parcel of which nothing is heard for `silent_days`, customer
    care has a task.
    """

    id: Code
    methods: Annotated[tuple[Method, ...], Field(min_length=1, max_length=len(Method))] = (Method.SHIP,)
    countries: Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...], Field(max_length=250)] = ()
    channels: Annotated[tuple[Code, ...], Field(max_length=100)] = ()
    zones: Annotated[tuple[RateZone, ...], Field(min_length=1, max_length=20), AfterValidator(_zones_in_order)]
    fees: Annotated[tuple[Fee, ...], Field(max_length=20)] = ()
    delivers_on: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)] = WEEKDAYS[:5]
    no_delivery: Annotated[tuple[date, ...], Field(max_length=200)] = ()
    ships_by: CarrierService | None = None
    silent_days: Annotated[int, Field(strict=True, ge=1, le=_MOST_DAYS)] | None = None

    def serves(self, channel: str, method: Method, country: str | None) -> bool:
        """Whether it is offered to a channel for a method, to a country."""
        return (
            method in self.methods
            and (not self.countries or country in self.countries)
            and (not self.channels or channel in self.channels)
        )

    def zone(self, metres: int) -> RateZone | None:
        """The zone of a distance; None where the service does not go as far."""
        fits = (one for one in self.zones if one.up_to_km is None or metres <= one.up_to_km * _METRES)
        return next(fits, None)

    def fee(self, goods: int) -> int:
        """What the customer pays for goods worth so much, in minor units of the card's currency."""
        fees = [one for one in self.fees if one.from_goods <= goods]
        return max(fees, key=lambda one: one.from_goods).fee if fees else 0

    def arrives(self, collected: date, days: int) -> date:
        """The day on which it brings what it collected on a day, so many of its working days later.

        What takes no days comes on that day itself where it brings parcels then, or on the next such day.
        """
        day = collected
        while days > 0 or not self._brings_on(day):
            day += timedelta(days=1)
            days -= self._brings_on(day)
        return day

    def _brings_on(self, day: date) -> bool:
        return WEEKDAYS[day.weekday()] in self.delivers_on and day not in self.no_delivery


def freight(zone: RateZone, grams: int) -> int:
    """What a shipment of a weight costs in a zone, in minor units: each begun kilogram after the first counts."""
    begun = max(0, -(-grams // GRAMS_PER_STEP) - 1)
    return zone.cents + begun * zone.cents_per_kg


class RateCard(Request):
    """The services that a retailer ships by, in one currency."""

    currency: Currency
    services: Annotated[tuple[Service, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [service.id for service in self.services]
        if len(set(names)) != len(names):
            raise ValueError("a service stands in the card twice")
        return self


class LabelStatus(StrEnum):
    """How far the label of a package is: asked for, bought or refused, and perhaps given back to the carrier."""

    REQUESTED = "REQUESTED"  # stored, and nobody knows yet whether the carrier sold it
    BOUGHT = "BOUGHT"
    REFUSED = "REFUSED"
    VOID_REQUESTED = "VOID_REQUESTED"  # no parcel leaves with it any more
    VOIDED = "VOIDED"


class Label(BaseModel):
    """The label of one package of some work, at one carrier; its cost in minor units of `currency`.

    `provider` is who sells it, `carrier` who takes the parcel. `reference` is the provider's own name of it.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    package_no: int
    provider: str
    carrier: str
    carrier_service: str
    format: str
    weight_grams: int
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    status: LabelStatus
    requested_at: str
    reference: str | None = None
    tracking_number: str | None = None
    cost: int | None = None
    currency: str | None = None
    url: str | None = None
    # Why the carrier did not sell it, or did not take it back.
    refused: str | None = None
