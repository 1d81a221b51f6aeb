"""The payment provider's journal, read into one account per payment: what it really holds, took and let go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

AMOUNTS = ("authorized", "captured", "capture_pending", "released", "refunded", "refund_pending")


@dataclass(slots=True)
class Held:
    """One payment at the provider, with whose it is and how much of it is in which state."""

    id: str
    currency: str
    metadata: dict[str, str]
    amounts: dict[str, int]
    effects: list[dict[str, Any]] = field(default_factory=list)

    @property
    def on_hold(self) -> int:
        """Authorised and neither taken nor let go."""
        a = self.amounts
        return a["authorized"] - a["captured"] - a["capture_pending"] - a["released"]

    @property
    def kept(self) -> int:
        """Taken and not given back."""
        return self.amounts["captured"] - self.amounts["refunded"]

    @property
    def is_live(self) -> bool:
        """Whether the customer's money is held or taken."""
        return self.amounts["authorized"] > self.amounts["released"]


class Provider:
    """The journal as far as it was read; it only grows."""

    def __init__(self) -> None:
        self.payments: dict[str, Held] = {}
        self.by_tender: dict[tuple[str, str, str], list[Held]] = {}
        self.seen = 0

    def read(self, journal: list[dict[str, Any]]) -> list[Held]:
        """Take in what is new; the payments that it is about."""
        touched: dict[str, Held] = {}
        for entry in journal[self.seen :]:
            held = self.payments.get(entry["payment"])
            if held is None:
                held = Held(entry["payment"], entry["currency"], entry.get("metadata") or {}, {})
                self.payments[held.id] = held
                self.by_tender.setdefault(self.tender(held), []).append(held)
            held.amounts = {name: entry["after"].get(name, 0) for name in AMOUNTS}
            held.effects.append(entry)
            touched[held.id] = held
        self.seen = len(journal)
        return list(touched.values())

    @staticmethod
    def tender(held: Held) -> tuple[str, str, str]:
        """Tenant, order and tender that a payment was made for, as our own call has named them."""
        named = held.metadata
        return str(named.get("tenant")), str(named.get("order_id")), str(named.get("payment_id"))

    def of_order(self, tenant: str, order_id: str) -> list[Held]:
        return [held for held in self.payments.values() if self.tender(held)[:2] == (tenant, order_id)]
