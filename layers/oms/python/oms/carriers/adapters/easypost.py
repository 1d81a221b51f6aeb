"""EasyPost over HTTPS: rates, labels and their return, and manifests. It speaks ounces, inches and amounts as text.

A shipment of EasyPost is made without cost and can be bought once: that is our draft. A call that got no answer is
looked up at the shipment itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from oms.carriers.adapters.easypost_pickups import EasyPostPickups
from oms.carriers.adapters.easypost_wire import UNREADABLE, Wire, address, minor, rows
from oms.carriers.adapters.easypost_wire import basic as basic
from oms.carriers.port import (
    Capabilities,
    Closed,
    Declined,
    Draft,
    Format,
    NoTrace,
    Rate,
    Size,
    Sold,
    TakenBack,
    Unknown,
    Wanted,
)
from oms.payments.adapters.messages import part, text

_FORMATS: Mapping[Format, str] = {"pdf": "PDF", "zpl": "ZPL"}
# One ounce is 28349523125 of these, one inch 254 tenths of a millimetre.
_GRAM = 1_000_000_000
_OUNCE = 28_349_523_125
_INCH = 254
_OPEN_RETURN = frozenset({"submitted", "refunded"})
_CAN = Capabilities(formats=frozenset(_FORMATS), rates=True, void=True, manifest=True, pickup=True, tracking="push")


class EasyPost(EasyPostPickups):
    """The account behind a wire; `fetch` gets the files that it names."""

    def __init__(self, wire: Wire, fetch: Callable[[str], bytes | Declined | Unknown]) -> None:
        super().__init__(wire)
        self._fetch = fetch

    @property
    def capabilities(self) -> Capabilities:
        return _CAN

    def rates(self, wanted: Wanted) -> tuple[Rate, ...] | Declined | Unknown:
        """Rates without a shipment: nothing of it is kept there."""
        answer = self.send("POST", "/beta/rates", {"shipment": _shipment(wanted)})
        if isinstance(answer, Unknown | Declined):
            return answer
        found = [_rate(one) for one in rows(answer)]
        return tuple(one for one in found if one is not None)

    def draft(self, wanted: Wanted, carrier: str, service: str) -> Draft | Declined | Unknown:
        """A shipment of EasyPost, with the rate of the service."""
        body = {
            **_shipment(wanted),
            "reference": wanted.reference,
            "options": {"label_format": _FORMATS[wanted.format]},
        }
        answer = self.send("POST", "/v2/shipments", {"shipment": body})
        if isinstance(answer, Unknown | Declined):
            return answer
        for one in rows(answer):
            if (text(one, "carrier"), text(one, "service")) == (carrier, service) and text(answer, "id"):
                return Draft(text(answer, "id"), text(one, "id"))
        return Declined("service_not_available")

    def buy(self, draft: Draft) -> Sold | Declined | Unknown:
        """Buy the shipment; what EasyPost refuses may have been bought before, so the shipment itself is asked."""
        answer = self.send("POST", f"{_path(draft.reference)}/buy", {"rate": {"id": draft.rate}})
        if isinstance(answer, Declined):
            found = self.find(draft)
            return answer if isinstance(found, NoTrace) else found
        return answer if isinstance(answer, Unknown) else _sold(answer) or Unknown(UNREADABLE)

    def find(self, draft: Draft) -> Sold | NoTrace | Unknown:
        """The shipment as it is."""
        answer = self.send("GET", _path(draft.reference))
        if isinstance(answer, Unknown):
            return answer
        if isinstance(answer, Declined):
            return Unknown(answer.code)
        return _sold(answer) or NoTrace()

    def file(self, url: str) -> bytes | Declined | Unknown:
        """The file of a label, which EasyPost keeps beside its API."""
        return self._fetch(url)

    def void(self, draft: Draft) -> TakenBack | Declined | Unknown:
        """Ask for the postage of the shipment back."""
        answer = self.send("POST", f"{_path(draft.reference)}/refund", {})
        if isinstance(answer, Declined):
            found = self.find_void(draft)
            return answer if isinstance(found, NoTrace) else found
        if isinstance(answer, Unknown):
            return answer
        ended = _returned(answer)
        return Unknown(UNREADABLE) if isinstance(ended, NoTrace) else ended

    def find_void(self, draft: Draft) -> TakenBack | Declined | NoTrace | Unknown:
        """How asking for it ended, as the shipment says it."""
        answer = self.send("GET", _path(draft.reference))
        if isinstance(answer, Unknown):
            return answer
        return Unknown(answer.code) if isinstance(answer, Declined) else _returned(answer)

    def manifest(self, references: tuple[str, ...]) -> Closed | Declined | Unknown:
        """A scan form over the shipments; what EasyPost refuses may have been made before, so a shipment is asked."""
        body = {"shipments": [{"id": reference} for reference in references]}
        answer = self.send("POST", "/v2/scan_forms", {"scan_form": body})
        if isinstance(answer, Declined):
            found = self.find_manifest(references)
            return answer if isinstance(found, NoTrace) else found
        if isinstance(answer, Unknown):
            return answer
        ended = _closed(answer)
        return Unknown(UNREADABLE) if isinstance(ended, NoTrace) else ended

    def find_manifest(self, references: tuple[str, ...]) -> Closed | Declined | NoTrace | Unknown:
        """The scan form that the first of the shipments says it is on: all of them are on one, or none is."""
        answer = self.send("GET", _path(references[0]))
        if isinstance(answer, Unknown):
            return answer
        return Unknown(answer.code) if isinstance(answer, Declined) else _closed(part(answer, "scan_form"))


def _path(reference: str) -> str:
    return f"/v2/shipments/{quote(reference, safe='')}"


def _shipment(wanted: Wanted) -> dict[str, Any]:
    parcel = {"weight": _tenths(wanted.size.weight_grams * 10 * _GRAM, _OUNCE), **_sides(wanted.size)}
    return {"from_address": address(wanted.sender), "to_address": address(wanted.recipient), "parcel": parcel}


def _sides(size: Size) -> dict[str, str]:
    sides = {"length": size.length_mm, "width": size.width_mm, "height": size.height_mm}
    return {name: _tenths(side * 100, _INCH) for name, side in sides.items() if side is not None}


def _tenths(tenths_of: int, unit: int) -> str:
    """So many tenths of a unit as text, a begun tenth counting whole: carriers weigh again and bill what is missing."""
    tenths = -(-tenths_of // unit)
    return f"{tenths // 10}.{tenths % 10}"


def _rate(row: Mapping[str, Any]) -> Rate | None:
    amount = minor(text(row, "rate"), text(row, "currency"))
    days = row.get("delivery_days")
    if amount is None:
        return None
    known = days if isinstance(days, int) else None
    return Rate(text(row, "carrier"), text(row, "service"), amount, text(row, "currency"), known)


def _sold(shipment: Mapping[str, Any]) -> Sold | None:
    """The label of a shipment; None where it has none."""
    label, rate = part(shipment, "postage_label"), part(shipment, "selected_rate")
    url = text(label, "label_pdf_url") or text(label, "label_zpl_url") or text(label, "label_url")
    amount = minor(text(rate, "rate"), text(rate, "currency"))
    number = text(shipment, "tracking_code")
    return Sold(number, amount, text(rate, "currency"), url) if url and number and amount is not None else None


def _returned(shipment: Mapping[str, Any]) -> TakenBack | Declined | NoTrace:
    state = text(shipment, "refund_status")
    if not state:
        return NoTrace()
    return TakenBack() if state in _OPEN_RETURN else Declined(state)


def _closed(form: Mapping[str, Any]) -> Closed | Declined | NoTrace | Unknown:
    state = text(form, "status")
    if not text(form, "id") or not state:
        return NoTrace()
    if state == "failed":
        return Declined("scan_form_failed")
    # A form that is still being made has no document yet.
    return Closed(text(form, "id"), text(form, "form_url") or None) if state == "created" else Unknown(state)
