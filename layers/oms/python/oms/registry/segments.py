"""Segments of the stock of an item: units that are told apart by condition, owner, lot, expiry or serial number. Pure.

Stock of a segment is counted, claimed and sold apart from all other stock of its item, wherever that lies: whoever asks
for a segment gets units of exactly that one, and who asks for none gets units that are in none. Inside Spine such stock
goes by one name, made of the SKU and the segment; callers see both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_serializer, model_validator

from oms.platform.fields import IsoDate
from oms.platform.intake import Request
from oms.registry.model import Node

# The values of a segment are part of keys, which have room for so much, and of names, where these characters divide.
_VALUE = r"^[A-Za-z0-9][A-Za-z0-9 ._:/+-]*$"
Tag = Annotated[str, Field(max_length=40, pattern=_VALUE)]
_BESIDE_SKU, _BETWEEN = "#", "&"


class Tags(Request):
    """What may tell units of an item from its other units. They expire after the end of a day."""

    condition: Tag | None = None
    owner: Tag | None = None
    lot: Tag | None = None
    serial: Tag | None = None
    expires_on: IsoDate | None = None

    @property
    def tags(self) -> dict[str, str]:
        """What is said, as text by name."""
        return {name: str(value) for name in Tags.model_fields if (value := getattr(self, name)) is not None}

    def stock_of(self, sku: str) -> str:
        """The name of the stock of an item that they mean."""
        return stock_name(sku, Segment(**self.tags) if self.tags else None)


class Segment(Tags):
    """A segment of the stock of an item: the units of which at least one of these is said."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.tags:
            raise ValueError("a segment says at least one of condition, owner, lot, serial and expires_on")
        return self

    @model_serializer
    def _as_tags(self) -> dict[str, str]:
        return self.tags

    def has(self, wanted: Mapping[str, str]) -> bool:
        """Whether it says all of this."""
        return wanted.items() <= self.tags.items()


def stock_name(sku: str, segment: Segment | None) -> str:
    """The name of the stock of an item, or of a segment of it; only names of segments have a `#` in them."""
    if segment is None:
        return sku
    return sku + _BESIDE_SKU + _BETWEEN.join(f"{name}={value}" for name, value in segment.tags.items())


def sku_of(name: str) -> str:
    """The item that stock is of."""
    return name.partition(_BESIDE_SKU)[0]


def segment_text(name: str) -> str:
    """What a name says behind the SKU: nothing where the stock is in no segment."""
    return name.partition(_BESIDE_SKU)[2]


def named(sku: str, text: str) -> str:
    """The name of stock from its SKU and what stands behind it."""
    return sku + _BESIDE_SKU + text if text else sku


def segment_of(name: str) -> Segment | None:
    """The segment of a name of stock; None where it is in none."""
    text = segment_text(name)
    if not text:
        return None
    return Segment.model_validate(dict(part.split("=", 1) for part in text.split(_BETWEEN)))


def said(name: str) -> str:
    """A name of stock in a sentence."""
    text = segment_text(name)
    return f"{sku_of(name)} ({text.replace('=', ' ').replace(_BETWEEN, ', ')})" if text else name


def shown(name: str) -> dict[str, Any]:
    """A name of stock as callers see it: the SKU, and the tags of its segment or None."""
    segment = segment_of(name)
    return {"sku": sku_of(name), "segment": segment.tags if segment else None}


def told(shown_name: Mapping[str, Any]) -> str:
    """The name of stock from what `shown` made of it."""
    tags = shown_name.get("segment")
    return stock_name(shown_name["sku"], Segment.model_validate(tags) if tags else None)


def skus_of(names: Iterable[str]) -> dict[str, list[str]]:
    """Names of stock by their items."""
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        found.setdefault(sku_of(name), []).append(name)
    return found


def expires_before(name: str, day: date) -> bool:
    """Whether stock must not be sold on a day any more."""
    segment = segment_of(name) if "expires_on=" in name else None
    return segment is not None and segment.expires_on is not None and segment.expires_on < day


def has_expired(name: str, node: Node, now: datetime) -> bool:
    """Whether stock must not be sold any more, by the calendar of the node where it lies."""
    return expires_before(name, now.astimezone(ZoneInfo(node.time_zone)).date())
