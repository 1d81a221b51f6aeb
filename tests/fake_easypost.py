"""EasyPost in memory, on its own wire: drafts without cost, each sold once, and postage that is given back.

`script["buy"] = ["lost_after"]` decides what happens to the next call of that kind; without a script all goes well.

| step | what happens |
|---|---|
| lost_before, lost_after | no answer comes; nothing was done, or it was done all the same |
| declined | refused; (file) there is none |
| late, failed | (manifest) it is still being made, or cannot be |
| rejected | (refund) the carrier does not take the label back |
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from oms.carriers.adapters.easypost import EasyPost
from oms.carriers.port import Declined
from oms.platform.effects import Unknown
from oms.platform.problems import NotFound

# Where the files of labels lie, beside the API.
LABELS = "labels.example"
RATES = (("USPS", "Priority", "7.58", 2), ("USPS", "Express", "31.25", 1), ("UPS", "Ground", "11.4", None))


@dataclass
class FakeEasyPost:
    """The account; `sold` and `returned` are what it will be billed for, and what it gets back."""

    script: dict[str, list[str]] = field(default_factory=dict)
    shipments: dict[str, dict[str, Any]] = field(default_factory=dict)
    sold: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    pickups: dict[str, dict[str, Any]] = field(default_factory=dict)
    booked: list[str] = field(default_factory=list)
    manifests: list[list[str]] = field(default_factory=list)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def carrier(self, name: str) -> EasyPost:
        if name != "easypost":
            raise NotFound(f"Nobody sells labels as {name}.")
        return EasyPost(self, self.fetch)

    def fetch(self, url: str) -> bytes | Declined | Unknown:
        """The file of a label, as its own host gives it out."""
        self.fetched.append(url)
        step = (self.script.get("file") or [""]).pop(0)
        if step == "lost_before":
            return Unknown("time-out")
        return Declined("status_404") if step == "declined" else self.file(url)

    def file(self, url: str) -> bytes:
        """What lies under an address."""
        name, _, form = url.rpartition("/")[2].partition(".")
        text = f"label of {name} to {self.shipments[name]['to_address']['name']}"
        return (f"^XA^FD{text}^FS^XZ" if form == "zpl" else f"%PDF-1.4\n{text}\n%%EOF\n").encode()

    def send(
        self, method: str, path: str, payload: bytes | None = None, key: str | None = None
    ) -> tuple[int, dict[str, Any]] | Unknown:
        kind = {"buy": "buy", "refund": "refund", "scan_forms": "manifest", "cancel": "cancel"}.get(
            path.rsplit("/", 1)[-1], "find" if method == "GET" else "draft"
        )
        body = json.loads(payload) if payload is not None else None
        self.calls.append((method, path, body))
        step = (self.script.get(kind) or [""]).pop(0)
        if step == "lost_before":
            return Unknown("time-out")
        status, document = self._answer(kind, path, body, step)
        return Unknown("time-out") if step == "lost_after" else (status, deepcopy(document))

    def _answer(self, kind: str, path: str, body: Any, step: str) -> tuple[int, dict[str, Any]]:
        if step == "declined":
            return 422, {"error": {"code": "ADDRESS.VERIFY.FAILURE"}}
        if path == "/beta/rates":
            return 200, {"rates": _rates("")}
        if path.startswith("/v2/pickups"):
            return self._pickup(kind, path, body, step)
        if kind == "manifest":
            return self._manifest([one["id"] for one in body["scan_form"]["shipments"]], step)
        if kind == "draft":
            name = f"shp_{len(self.shipments) + 1}"
            self.shipments[name] = {**body["shipment"], "id": name, "rates": _rates(name), "postage_label": None}
            return 201, self.shipments[name]
        name = path.split("/")[3]
        shipment = self.shipments[name]
        if kind == "buy":
            if shipment["postage_label"]:
                return 422, {"error": {"code": "SHIPMENT.POSTAGE.EXISTS"}}
            self.sold.append(name)
            rate = next(one for one in shipment["rates"] if one["id"] == body["rate"]["id"])
            label = {"label_url": f"https://{LABELS}/{name}.{shipment['options']['label_format'].lower()}"}
            shipment |= {"postage_label": label, "selected_rate": rate, "tracking_code": f"TRACK{name[4:]}"}
        if kind == "refund":
            shipment["refund_status"] = "rejected" if step == "rejected" else "submitted"
            self.returned += [] if step == "rejected" or name in self.returned else [name]
        return 200, shipment

    def _pickup(self, kind: str, path: str, body: Any, step: str) -> tuple[int, dict[str, Any]]:
        if kind == "draft":
            name = f"pickup_{len(self.pickups) + 1}"
            rates = [
                {"carrier": "USPS", "service": service, "rate": rate, "currency": "USD"}
                for service, rate in (("Express", "9.5"), ("NextDay", "0.00"))
            ]
            self.pickups[name] = {**body["pickup"], "id": name, "status": "unknown", "pickup_rates": rates}
            return 201, self.pickups[name]
        name = path.split("/")[3]
        pickup = self.pickups[name]
        if kind == "buy":
            if pickup["status"] != "unknown":
                return 422, {"error": {"code": "PICKUP.BUY.FAILED"}}
            self.booked.append(name)
            pickup |= {"status": "scheduled", "confirmation": f"WTC{name[7:]}"}
        if kind == "cancel":
            if pickup["status"] != "scheduled" or step == "rejected":
                return 422, {"error": {"code": "PICKUP.CANCEL.FAILED"}}
            pickup["status"] = "canceled"
        return 200, pickup

    def _manifest(self, names: list[str], step: str) -> tuple[int, dict[str, Any]]:
        if any(not self.shipments[name]["postage_label"] or self.shipments[name].get("scan_form") for name in names):
            return 422, {"error": {"code": "SCAN_FORM.SHIPMENTS.INVALID"}}
        name = f"sf_{len(self.manifests) + 1}"
        form = {"id": name, "status": "created", "form_url": f"https://{LABELS}/{name}.pdf"}
        if step == "late":
            form |= {"status": "creating", "form_url": None}
        if step == "failed":
            return 201, form | {"status": "failed"}
        self.manifests.append(names)
        for one in names:
            self.shipments[one]["scan_form"] = {**form, "status": "created", "form_url": f"https://{LABELS}/{name}.pdf"}
        return 201, form


def _rates(name: str) -> list[dict[str, Any]]:
    return [
        {
            "id": f"rate_{name}_{n}",
            "carrier": carrier,
            "service": service,
            "rate": amount,
            "currency": "USD",
            "delivery_days": days,
        }
        for n, (carrier, service, amount, days) in enumerate(RATES)
    ]
