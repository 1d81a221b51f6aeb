"""What became of an order, in the few numbers that the checks need, read from GET /v1/orders/{id}."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.replaying.api import Api

COMPLETED = "COMPLETED"
CANCELLED = "CANCELLED"
COMPONENTS = ("goods", "discount", "shipping", "tax")


@dataclass(frozen=True, slots=True)
class OrderState:
    """Amounts in minor units; `shipped_units` per line number, `shipped` per component of the money."""

    status: str
    total: int
    shipped: Mapping[str, int]
    shipped_units: Mapping[int, int]
    captured: int
    held: int
    captures_owed: int
    parcels: int

    @property
    def shipped_total(self) -> int:
        return self.shipped["goods"] - self.shipped["discount"] + self.shipped["shipping"] + self.shipped["tax"]

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen to it: goods gone or cancelled, money taken or given back."""
        return self.status in (COMPLETED, CANCELLED) and not self.held and not self.captures_owed


def read_order(api: Api, order_id: str) -> OrderState:
    return order_state(api.get(f"/v1/orders/{order_id}"))


def order_state(view: Mapping[str, Any]) -> OrderState:
    shipments, payments = view["shipments"], view["payments"]
    units: dict[int, int] = {}
    for shipment in shipments:
        for line in shipment["lines"]:
            units[line["line_no"]] = units.get(line["line_no"], 0) + line["quantity"]
    return OrderState(
        status=view["status"],
        total=view["total"],
        shipped={name: sum(shipment[name] for shipment in shipments) for name in COMPONENTS},
        shipped_units=units,
        captured=sum(payment["captured"] for payment in payments),
        held=sum(payment["authorized"] - payment["captured"] - payment["released"] for payment in payments),
        captures_owed=sum(not capture["captured"] for shipment in shipments for capture in shipment["captures"]),
        parcels=len(shipments),
    )
