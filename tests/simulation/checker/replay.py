"""INV7: the stored order is what its events say, read from the first to the last."""

from __future__ import annotations

from typing import Any

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.money import worth_of
from tests.simulation.checker.picture import OrderView, Partition, Picture, parsed

# How an event moves the work it names, unless its reason leads elsewhere.
WORK_STATES = {
    "FulfillmentOrderReleased": "OPEN",
    "FulfillmentOrderAccepted": "ACCEPTED",
    "FulfillmentOrderRejected": "REJECTED",
    "FulfillmentOrderWithdrawn": "REJECTED",
    "FulfillmentOrderReady": "READY",
    "FulfillmentOrderSold": "COMPLETED",
}
TAKEN_OVER = ("BETTER_PLAN", "OFFER_TAKEN", "MOVED", "MERGED")
STATES_BY_REASON = {("FulfillmentOrderWithdrawn", reason): "REPLACED" for reason in TAKEN_OVER}
STATUSES = ("status", "payment_status", "fulfillment_status")


class Told:
    """An order as its events tell it."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.cancelled: dict[int, int] = {}
        self.shipped: dict[int, int] = {}
        self.shipments: dict[str, int] = {}
        self.sales: dict[str, str] = {}
        self.works: list[str] = []
        # Units of each line of a leg that are on their way.
        self.under_way: dict[tuple[str, int], int] = {}
        self.money: dict[str, dict[str, int]] = {}
        self.lines: dict[int, tuple[str, int]] | None = None
        self.broken: list[str] = []

    def hear(self, row: dict[str, Any]) -> None:
        data = parsed(row["detail"])["data"]
        getattr(self, f"_{row['type']}", _nothing)(data)
        for name, (before, after) in row.get("changes", {}).items():
            if self.states.get(name) != before:
                self.broken.append(f"{name} was {self.states.get(name)}, {row['type']} says {before}")
            self.states[name] = after
        if row["type"] in WORK_STATES:
            said = self.states.get(f"fulfillment_order {data['fulfillment_order_id']}")
            expected = STATES_BY_REASON.get((row["type"], data.get("reason")), WORK_STATES[row["type"]])
            if said != expected:
                self.broken.append(f"{row['type']}, and the work is {said}")

    def _OrderPlaced(self, data: dict[str, Any]) -> None:
        if data["lines"] is not None:
            self.lines = {line["line_no"]: (line["sku"], line["quantity"]) for line in data["lines"]}

    def _OrderLinesAdded(self, data: dict[str, Any]) -> None:
        if self.lines is not None:
            self.lines |= {line["line_no"]: (line["sku"], line["quantity"]) for line in data["lines"]}

    def _OrderSourced(self, data: dict[str, Any]) -> None:
        self.works += data["fulfillment_order_ids"]

    def _OrderRerouted(self, data: dict[str, Any]) -> None:
        self.works += data["fulfillment_order_ids"]

    def _OrderMethodChanged(self, data: dict[str, Any]) -> None:
        self.works += data["fulfillment_order_ids"]
        for line in data["lines"]:
            self.cancelled[line["from_line_no"]] = self.cancelled.get(line["from_line_no"], 0) + line["quantity"]

    def _OrderEdited(self, data: dict[str, Any]) -> None:
        self._OrderMethodChanged(data)

    def _ParcelClaimed(self, data: dict[str, Any]) -> None:
        self.works += data["fulfillment_order_ids"]

    def _OrderLineSubstituted(self, data: dict[str, Any]) -> None:
        self.works += data["fulfillment_order_ids"]
        self.cancelled[data["from_line_no"]] = self.cancelled.get(data["from_line_no"], 0) + data["quantity"]

    def _OrderBackordersAllocated(self, data: dict[str, Any]) -> None:
        self.works += data["fulfillment_order_ids"]

    def _FulfillmentOrderSplit(self, data: dict[str, Any]) -> None:
        self.works.append(data["into"])

    def _FulfillmentOrderDispatched(self, data: dict[str, Any]) -> None:
        for line in data["lines"]:
            name = (data["fulfillment_order_id"], line["line_no"])
            self.under_way[name] = self.under_way.get(name, 0) + line["quantity"]

    def _FulfillmentOrderReceived(self, data: dict[str, Any]) -> None:
        self.works += [data["onward"]] if data["begins_work"] else []
        for line in (*data["lines"], *data["unwanted"], *data["lost"], *data["damaged"]):
            self.under_way[data["fulfillment_order_id"], line["line_no"]] -= line["quantity"]

    def _OrderLinesCancelled(self, data: dict[str, Any]) -> None:
        for line in data["lines"]:
            self.cancelled[line["line_no"]] = self.cancelled.get(line["line_no"], 0) + line["quantity"]

    def _ShipmentShipped(self, data: dict[str, Any]) -> None:
        self.shipments[data["shipment_id"]] = data["total"]
        for line in data["lines"]:
            self.shipped[line["line_no"]] = self.shipped.get(line["line_no"], 0) + line["quantity"]

    def _SaleRecorded(self, data: dict[str, Any]) -> None:
        if data["shipment_id"] is not None:
            self.shipments[data["shipment_id"]] = data["goods"] - data["discount"] + data["tax"]
            self.sales[data["sale_id"]] = data["shipment_id"]
        for line in data["lines"] or ():
            self.shipped[line["line_no"]] = self.shipped.get(line["line_no"], 0) + line["quantity"]
        for payment in data["payments"]:
            self._move(payment, "authorized", payment["amount"])
            self._move(payment, "captured", payment["amount"])

    def _FulfillmentOrderSold(self, data: dict[str, Any]) -> None:
        """What was reserved is a shipment of its own; the rest of the sale was carried out as another."""
        self.shipments[data["shipment_id"]] = data["total"]
        if data["sale_id"] in self.sales:
            self.shipments[self.sales[data["sale_id"]]] -= data["total"]
        for line in data["lines"]:
            self.shipped[line["line_no"]] = self.shipped.get(line["line_no"], 0) + line["quantity"]

    def _PaymentAuthorized(self, data: dict[str, Any]) -> None:
        self._move(data, "authorized", data["amount"])

    def _PaymentCaptured(self, data: dict[str, Any]) -> None:
        self._move(data, "captured", data["amount"])
        self._move(data, "released", data["released"])

    def _PaymentReleased(self, data: dict[str, Any]) -> None:
        self._move(data, "released", data["amount"])

    def _PaymentExpired(self, data: dict[str, Any]) -> None:
        self._move(data, "released", data["amount"])

    def _PaymentRenewed(self, data: dict[str, Any]) -> None:
        held = self.money.setdefault(data["payment_id"], {"authorized": 0, "captured": 0, "released": 0})
        held["authorized"], held["released"] = held["captured"], 0

    def _move(self, data: dict[str, Any], name: str, amount: int) -> None:
        held = self.money.setdefault(data["payment_id"], {"authorized": 0, "captured": 0, "released": 0})
        held[name] += amount


def _nothing(data: dict[str, Any]) -> None:
    """An event that moves nothing that is counted here."""


def check_replay(picture: Picture, report: Report) -> None:
    """Every stored order against its events."""
    for order in picture.orders():
        told = tell(picture.items("events", order.pk))
        for what in differences(order, told):
            report.note("INV7", order.pk, what)


def tell(rows: Partition) -> Told:
    told = Told()
    for sk in sorted(rows):
        told.hear(rows[sk])
    return told


def differences(order: OrderView, told: Told) -> list[str]:
    """Where the stored order is not what its events say."""
    found = list(told.broken)
    pairs: list[tuple[str, Any, Any]] = [
        *((name, order.header.get(name), told.states.get(name)) for name in STATUSES),
        ("cancelled units", order.cancelled, told.cancelled),
        ("units that left", _left(order), told.shipped),
        ("shipments", {name: worth_of(shipment) for name, shipment in order.shipments.items()}, told.shipments),
        ("units on their way", _under_way(order), {name: units for name, units in told.under_way.items() if units}),
        ("work", sorted(order.works), sorted(told.works)),
        ("money", _money(order), {name: held for name, held in told.money.items() if any(held.values())}),
        *(
            (f"work {name}", work["status"], told.states.get(f"fulfillment_order {name}"))
            for name, work in order.works.items()
        ),
        *(
            (f"tender {name}", payment.get("state", "CREATED"), told.states.get(f"payment {name}"))
            for name, payment in order.payments.items()
        ),
    ]
    if told.lines is not None:
        agreed = {line.line_no: (line.sku, line.quantity) for line in order.lines.values() if line.part_of is None}
        pairs.append(("lines", agreed, told.lines))
    found += [f"{name}: stored {stored}, told {heard}" for name, stored, heard in pairs if stored != heard]
    return found


def _left(order: OrderView) -> dict[int, int]:
    left: dict[int, int] = {}
    for shipment in order.shipments.values():
        for line in shipment["lines"]:
            left[line["line_no"]] = left.get(line["line_no"], 0) + line["quantity"]
    return left


def _under_way(order: OrderView) -> dict[tuple[str, int], int]:
    return {
        (work["id"], part["line_no"]): units
        for work in order.works.values()
        for part in work["lines"]
        if (units := part.get("in_transit", 0) + part.get("recalled", 0))
    }


def _money(order: OrderView) -> dict[str, dict[str, int]]:
    amounts = {
        name: {kind: payment.get(kind, 0) for kind in ("authorized", "captured", "released")}
        for name, payment in order.payments.items()
    }
    return {name: held for name, held in amounts.items() if any(held.values())}
