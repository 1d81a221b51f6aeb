"""What the replay has done so far; its threads write here, the checks and the report read."""

import threading
from dataclasses import dataclass, field
from decimal import Decimal

from tools.replaying.cancellations import Sale, SaleCancellation
from tools.replaying.orders import OrderState
from tools.replaying.rules import Reject, StockChange


@dataclass(slots=True, eq=False)
class Placed:
    """An order that the system accepted; `state` is what was last read of it."""

    sale: Sale
    order_id: str
    total: int
    replayed: bool
    state: OrderState | None = None
    cancelled: list[SaleCancellation] = field(default_factory=list)

    @property
    def is_settled(self) -> bool:
        return self.state is not None and self.state.is_settled

    @property
    def cancelled_units(self) -> dict[int, int]:
        units: dict[int, int] = {}
        for cancellation in self.cancelled:
            for line_no, quantity in cancellation.units.items():
                units[line_no] = units.get(line_no, 0) + quantity
        return units

    @property
    def cancelled_amount(self) -> int:
        return sum(cancellation.amount for cancellation in self.cancelled)


@dataclass(slots=True)
class Outcome:
    """Everything by document number; `documents` counts those that were dealt with."""

    placed: dict[str, Placed] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    stock_changes: list[StockChange] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    documents: int = 0
    # What the payment provider took, by order id; read at the end.
    takings: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def place(self, placed: Placed) -> None:
        with self.lock:
            self.placed[placed.sale.document.number] = placed

    def cancel(self, cancellation: SaleCancellation) -> None:
        with self.lock:
            self.placed[cancellation.sale.document.number].cancelled.append(cancellation)

    def change_stock(self, change: StockChange) -> None:
        with self.lock:
            self.stock_changes.append(change)

    def reject(self, *rejects: Reject) -> None:
        with self.lock:
            self.rejects += rejects

    def refuse(self, reject: Reject) -> None:
        """Note what the system refused although the rules let it through."""
        with self.lock:
            self.rejects.append(reject)
            self.refusals.append(f"{reject.document}: {reject.detail}")

    def finish_document(self) -> None:
        with self.lock:
            self.documents += 1

    @property
    def cancellations(self) -> list[SaleCancellation]:
        return [cancellation for placed in self.placed.values() for cancellation in placed.cancelled]

    @property
    def accepted_amount(self) -> int:
        return sum(placed.total for placed in self.placed.values())

    @property
    def rounding(self) -> Decimal:
        """What the file's exact values are above the pennies that orders and cancellations carry."""
        sold = sum((p.sale.value - Decimal(p.total) / 100 for p in self.placed.values()), Decimal(0))
        return sold - sum((c.value - Decimal(c.amount) / 100 for c in self.cancellations), Decimal(0))
