"""Faults in money that is given back, in gift cards and in drawers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any
from unittest import mock

from tests.simulation.planted.planting import Patch, fault, module, provider, wrapped


@fault(
    "balance without its condition", "INV24", "Who takes from a gift card does not ask whether it still covers that."
)
def _unguarded_balance() -> list[Patch]:
    def made(account_change: Any) -> Any:
        return lambda *place, **change: replace(account_change(*place, **change), at_least={})

    users = (module("stored_value.commands"), module("stored_value.spending"))
    return [wrapped(user, "account_change", made) for user in users]


@fault(
    "refund of what was not taken",
    "INV26 INV28 INV3",
    "A refund is limited by what its tender is for.",
)
def _not_taken() -> list[Patch]:
    def refundable(payment: Any) -> int:
        return int(payment.amount - payment.refunded - payment.refund_pending)

    return [mock.patch.object(module("payments.model").Payment, "refundable", property(refundable))]


@fault("returned units forgotten", "INV26 INV28", "A return does not look at what has come back before it.")
def _returned_again() -> list[Patch]:
    return [mock.patch.object(module("orders.model").Order, "returned", return_value=0)]


@fault("fresh refund key", "INV26 INV3", "Every try of a refund has a key of its own.")
def _fresh_key() -> list[Patch]:
    tries: Counter[str] = Counter()

    def made(ask: Any) -> Any:
        def anew(self: Any, request: Any, *, key: str) -> Any:
            tries[key] += 1
            return ask(self, request, key=f"{key}-{tries[key]}")

        return anew

    return [provider("refund", made)]


@fault("sale after the close forgotten", "INV10", "Cash that comes after a drawer was closed is not stated anew.")
def _closed_over_a_sale() -> list[Patch]:
    return [mock.patch.object(module("drawers.model").Session, "is_over", False)]
