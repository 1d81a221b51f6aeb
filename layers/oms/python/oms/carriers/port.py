"""The door to a carrier, or to who sells labels of several: what it may be asked, and how that can end.

Weights are whole grams, sizes whole millimetres, amounts integers in minor units of `currency`. A label is bought on a
draft that the carrier made and we have stored, and a carrier sells a draft once: however often it is asked, it is one
label. An adapter never repeats a call by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from oms.platform.effects import NoTrace as NoTrace
from oms.platform.effects import Unknown as Unknown

Format = Literal["pdf", "zpl"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a carrier can do beside selling labels."""

    formats: frozenset[Format]
    rates: bool
    void: bool
    manifest: bool
    pickup: bool
    tracking: Literal["push", "pull"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a parcel comes from or goes to."""

    name: str
    lines: tuple[str, ...]
    city: str
    region: str
    postal_code: str
    country: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Size:
    """Of a package; without its sides the carrier goes by the weight alone."""

    weight_grams: int
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A package that is to be sent; `reference` is our own name of it, which the carrier keeps."""

    sender: Place
    recipient: Place
    size: Size
    reference: str = ""
    format: Format = "pdf"


@dataclass(frozen=True, slots=True)
class Rate:
    """What a carrier asks for one of its services; `days` as it expects them."""

    carrier: str
    service: str
    amount: int
    currency: str
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A parcel that the carrier knows and has not sold a label for: its name there, and that of the service wanted."""

    reference: str
    rate: str


@dataclass(frozen=True, slots=True)
class Sold:
    """A label that was bought."""

    tracking_number: str
    amount: int
    currency: str
    url: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A label that the carrier takes back."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A manifest that the carrier has: its name there, and where its document is, if it has one."""

    reference: str
    url: str | None


@dataclass(frozen=True, slots=True)
class PickupWanted:
    """Parcels that a carrier is to fetch at a place, between two instants (RFC 3339).

    `label` is its reference of one of their labels, `reference` our own name of the pick-up, which it keeps.
    """

    place: Place
    reference: str
    label: str
    starts_at: str
    ends_at: str
    parcels: int


@dataclass(frozen=True, slots=True)
class Booked:
    """A pick-up that the carrier will make, by its own number."""

    confirmation: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Declined:
    """It was not done and will not be."""

    code: str


class Carrier(Protocol):
    """A carrier."""

    @property
    def capabilities(self) -> Capabilities: ...

    def rates(self, wanted: Wanted) -> tuple[Rate, ...] | Declined | Unknown:
        """What each of its services would cost; nothing is kept of it."""
        ...

    def draft(self, wanted: Wanted, carrier: str, service: str) -> Draft | Declined | Unknown:
        """Make a parcel known, without any cost; Declined where the service is not to be had for it."""
        ...

    def buy(self, draft: Draft) -> Sold | Declined | Unknown:
        """Buy the label of a draft; of one that was bought before, that label."""
        ...

    def find(self, draft: Draft) -> Sold | NoTrace | Unknown:
        """The label of a draft, if it was bought."""
        ...

    def file(self, url: str) -> bytes | Declined | Unknown:
        """The file of a label, from the address under which it was sold."""
        ...

    def void(self, draft: Draft) -> TakenBack | Declined | Unknown:
        """Give a label back; of one that was given back before, the same."""
        ...

    def find_void(self, draft: Draft) -> TakenBack | Declined | NoTrace | Unknown:
        """What became of giving a label back, if that was asked for."""
        ...

    def manifest(self, references: tuple[str, ...]) -> Closed | Declined | Unknown:
        """Tell of labels, by their references, that they are handed over together; of those told before, the same."""
        ...

    def find_manifest(self, references: tuple[str, ...]) -> Closed | Declined | NoTrace | Unknown:
        """The manifest of these labels, if they have one."""
        ...

    def draft_pickup(self, wanted: PickupWanted, carrier: str) -> Draft | Declined | Unknown:
        """Make a pick-up known, without any cost; Declined where the carrier does not come."""
        ...

    def book_pickup(self, draft: Draft, carrier: str) -> Booked | Declined | Unknown:
        """Book a pick-up that is known; of one that was booked before, that one."""
        ...

    def find_pickup(self, draft: Draft) -> Booked | NoTrace | Unknown:
        """The pick-up of a draft, if it was booked."""
        ...

    def cancel_pickup(self, draft: Draft) -> TakenBack | Declined | Unknown:
        """Have the carrier not come; of a pick-up that was cancelled before, the same."""
        ...

    def find_cancelled(self, draft: Draft) -> TakenBack | NoTrace | Unknown:
        """Whether a pick-up was cancelled."""
        ...
