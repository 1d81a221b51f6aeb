"""Pick-ups of EasyPost: made without cost for one of our shipments, then bought from the carrier, then cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from oms.carriers.adapters.easypost_wire import UNREADABLE, Account, address, minor, rows
from oms.carriers.port import Booked, Declined, Draft, NoTrace, PickupWanted, TakenBack, Unknown
from oms.payments.adapters.messages import text


class EasyPostPickups(Account):
    """The account's pick-ups. A draft's `rate` is the service by which the carrier comes cheapest."""

    def draft_pickup(self, wanted: PickupWanted, carrier: str) -> Draft | Declined | Unknown:
        """A pick-up of EasyPost, with the cheapest of the carrier's rates."""
        body = {
            "address": address(wanted.place),
            "shipment": {"id": wanted.label},
            "reference": wanted.reference,
            "min_datetime": wanted.starts_at,
            "max_datetime": wanted.ends_at,
            "instructions": f"{wanted.parcels} parcels",
            "is_account_address": False,
        }
        answer = self.send("POST", "/v2/pickups", {"pickup": body})
        if isinstance(answer, Unknown | Declined):
            return answer
        offered = [
            (amount, text(one, "service"))
            for one in rows(answer, "pickup_rates")
            if text(one, "carrier") == carrier
            and (amount := minor(text(one, "rate"), text(one, "currency"))) is not None
        ]
        if not offered or not text(answer, "id"):
            return Declined("pickup_not_available")
        return Draft(text(answer, "id"), min(offered)[1])

    def book_pickup(self, draft: Draft, carrier: str) -> Booked | Declined | Unknown:
        """Buy the pick-up; what EasyPost refuses may have been bought before, so the pick-up itself is asked."""
        answer = self.send("POST", f"{_path(draft)}/buy", {"carrier": carrier, "service": draft.rate})
        if isinstance(answer, Declined):
            found = self.find_pickup(draft)
            return answer if isinstance(found, NoTrace) else found
        return answer if isinstance(answer, Unknown) else _booked(answer, draft) or Unknown(UNREADABLE)

    def find_pickup(self, draft: Draft) -> Booked | NoTrace | Unknown:
        """The pick-up as it is."""
        answer = self.send("GET", _path(draft))
        if isinstance(answer, Unknown):
            return answer
        return Unknown(answer.code) if isinstance(answer, Declined) else _booked(answer, draft) or NoTrace()

    def cancel_pickup(self, draft: Draft) -> TakenBack | Declined | Unknown:
        """Cancel the pick-up; one that EasyPost does not cancel may have been cancelled before."""
        answer = self.send("POST", f"{_path(draft)}/cancel", {})
        if isinstance(answer, Declined):
            found = self.find_cancelled(draft)
            return answer if isinstance(found, NoTrace) else found
        if isinstance(answer, Unknown):
            return answer
        return TakenBack() if text(answer, "status") == "canceled" else Unknown(UNREADABLE)

    def find_cancelled(self, draft: Draft) -> TakenBack | NoTrace | Unknown:
        """Whether the pick-up is cancelled by now."""
        answer = self.send("GET", _path(draft))
        if isinstance(answer, Unknown):
            return answer
        if isinstance(answer, Declined):
            return Unknown(answer.code)
        return TakenBack() if text(answer, "status") == "canceled" else NoTrace()


def _path(draft: Draft) -> str:
    return f"/v2/pickups/{quote(draft.reference, safe='')}"


def _booked(pickup: Mapping[str, Any], draft: Draft) -> Booked | None:
    """What the pick-up says of its booking; None where it was not booked."""
    number = text(pickup, "confirmation")
    if text(pickup, "status") != "scheduled" or not number:
        return None
    for one in rows(pickup, "pickup_rates"):
        amount = minor(text(one, "rate"), text(one, "currency"))
        if text(one, "service") == draft.rate and amount is not None:
            return Booked(number, amount, text(one, "currency"))
    return None
