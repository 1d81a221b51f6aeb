"""The single words on papers, and the texts that are there without any rules, in each language of `texts/`. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from oms.papers.model import PaperKind

LANGUAGES = ("en", "de", "fr")
# The texts of a paper that a retailer may say otherwise.
PARTS = ("title", "opening", "closing", "footer")
_TEXTS = Path(__file__).parent / "texts"


class Word(StrEnum):
    """What headings, fields and columns are called."""

    ORDER = "order"
    ORDERED_ON = "ordered_on"
    WORK = "work"
    WAVE = "wave"
    NODE = "node"
    DUE = "due"
    METHOD = "method"
    SERVICE = "service"
    LOCATION = "location"
    ITEM = "item"
    QUANTITY = "quantity"
    PICKED = "picked"
    TOTE = "tote"
    UNITS_BY_TOTE = "units_by_tote"
    BARCODE = "barcode"
    ORDERED = "ordered"
    CARTON = "carton"
    IN_NO_CARTON = "in_no_carton"
    CONTAINS = "contains"
    MESSAGE = "message"
    SENDER = "sender"
    RECIPIENT = "recipient"
    COLLECT_AT = "collect_at"
    RETURN_TO = "return_to"
    HS_CODE = "hs_code"
    ORIGIN = "origin"
    NET_WEIGHT = "net_weight"
    GROSS_WEIGHT = "gross_weight"
    VALUE = "value"
    TOTAL = "total"
    CATEGORY = "category"
    SALE_OF_GOODS = "sale_of_goods"
    MISSING = "missing"
    PAGE = "page"
    SHIP = "ship"
    PICKUP = "pickup"
    SHIP_TO_STORE = "ship_to_store"
    DELIVERY = "delivery"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class Defaults:
    """The words of a language, and by paper its texts by their parts."""

    words: Mapping[Word, str]
    texts: Mapping[PaperKind, Mapping[str, str]]


@cache
def defaults(language: str) -> Defaults:
    """What is said in one of `LANGUAGES` where the retailer says nothing else; every word and every part is there."""
    document = json.loads((_TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    texts = {kind: {part: str(document["papers"][kind.value][part]) for part in PARTS} for kind in PaperKind}
    return Defaults({word: str(document["words"][word.value]) for word in Word}, texts)
