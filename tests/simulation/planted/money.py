"""Faults with money and stock."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from typing import Any
from unittest import mock

from tests.simulation.planted.planting import (
    Patch,
    fault,
    module,
    other_writes,
    provider,
    running,
    wrapped,
)


@fault("read-modify-write stock", "INV1", "Stock is read, changed in memory and written back without a condition.")
def _read_modify_write() -> list[Patch]:
    writes = module("platform.writes")

    def change(database: Any, actions: list[Any]) -> list[Any]:
        return [in_memory(database, a) if a.table == "stock" and "version" in a.add else a for a in actions]

    def in_memory(database: Any, action: Any) -> Any:
        row = dict(database.get("stock", action.key) or {})
        if any(row.get(name, 0) < least for name, least in action.at_least.items()):
            return action
        for name, units in action.add.items():
            row[name] = row.get(name, 0) + units
        return writes.put("stock", action.key, {name: row[name] for name in row if name not in ("pk", "sk")})

    return [other_writes(change)]


@fault("feed applied twice", "INV6 INV1", "A stock message counts as often as it comes.")
def _feed_twice() -> list[Patch]:
    writes, put, number = module("inventory.rows"), module("platform.writes").put, itertools.count()

    def unmarked(rows_and_marks: Any) -> Any:
        return lambda *arguments: (rows_and_marks(*arguments)[0], {})

    def anew(tenant: str, sku: str, node_id: str, source: str, *, last: Any, now: int) -> Any:
        return put("stock", writes.feed_key(tenant, sku, node_id, source), {"sequence": now})

    def new_key(call: Any) -> Any:
        return lambda command, principal, key, *rest: call(command, principal, f"{key}-{next(number)}", *rest)

    fold, batch, commands = module("inventory.fold"), module("inventory.batch"), module("inventory.commands")
    marks = [user for user in (fold, batch, writes) if "feed_mark" in vars(user)]
    return [
        wrapped(batch, "rows_and_marks", unmarked),
        *(mock.patch.object(user, "feed_mark", anew) for user in marks),
        wrapped(commands, "Call", new_key),
    ]


@fault("claims kept", "INV1", "A cancellation of reserved units leaves them reserved.")
def _claims_kept() -> list[Patch]:
    return [mock.patch.object(module("inventory.writes").StockChanges, "release_reservation", return_value=None)]


@fault(
    "fresh provider key",
    "INV3",
    "Every try of an authorisation or a capture has a key of its own.",
)
def _fresh_key() -> list[Patch]:
    tries: Counter[str] = Counter()

    def made(ask: Any) -> Any:
        def anew(self: Any, request: Any, *, key: str) -> Any:
            # A card that never answers would be asked for ever.
            tries[key] = min(tries[key] + 1, 5)
            return ask(self, request, key=f"{key}-{tries[key]}")

        return anew

    return [provider("authorize", made), provider("capture", made)]


@fault(
    "no recheck after the charge",
    "INV3",
    "Who has held the money does not look whether the order was cancelled.",
)
def _no_recheck() -> list[Patch]:
    def made(release: Any) -> Any:
        def only_when_told(*arguments: Any, **more: Any) -> Any:
            told = running().invocation.function.name == "release_payment"
            return release(*arguments, **more) if told else 0

        return only_when_told

    users = [module("payments.commands"), module("orders.recovery")]
    return [wrapped(user, "release_payment", made) for user in users if "release_payment" in vars(user)]


@fault("release not done", "INV3", "Money is noted as given back, and the provider is never asked.")
def _not_released() -> list[Patch]:
    approved = module("payments.port").Approved

    def made(_: Any) -> Any:
        return lambda self, reference, *, key: approved(reference, 0, "USD", movement_id=key)

    return [provider("void", made)]


@fault("float money", "INV3", "The share of some units is that of one, in dollars, as a float, times their number.")
def _float_money() -> list[Patch]:
    amounts = module("orders.amounts")

    def share_up_to(amount: int, done: int, whole: int) -> int:
        return int(amount / 100 / whole * 100) * done

    return [mock.patch.object(amounts, "share_up_to", share_up_to)]


@fault("capture of the whole", "INV3", "The first parcel takes all the money that is held.")
def _whole_captured() -> list[Patch]:
    def made(new_shipment: Any) -> Any:
        def whole(runtime: Any, order: Any, *rest: Any) -> Any:
            shipment = new_shipment(runtime, order, *rest)
            held = {payment.id: payment.capturable for payment in order.payments}
            captures = tuple(c.model_copy(update={"amount": held[c.payment_id]}) for c in shipment.captures)
            return shipment.model_copy(update={"captures": captures})

        return whole

    return [wrapped(module("fulfillment.verbs"), "new_shipment", made)]


@fault("reused entry identity", "INV3", "Captures are known to the ledger by their payment, which may have several.")
def _reused_identity() -> list[Patch]:
    rules = module("finance.posting").RULES
    rule = replace(rules["PaymentCaptured"], identity=lambda fact: (fact.provider, fact.psp_reference))
    return [mock.patch.dict(rules, PaymentCaptured=rule)]


@fault("entry posted twice", "INV3", "The ledger takes every telling of a fact for a new one.")
def _posted_twice() -> list[Patch]:
    posting, number = module("finance.posting"), itertools.count()

    def made(derived_id: Any) -> Any:
        return lambda kind, *names: derived_id(kind, *names, *([str(next(number))] if kind == "pst" else []))

    return [wrapped(posting, "derived_id", made)]
