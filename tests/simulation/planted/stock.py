"""Faults in how stock is held for baskets, and in how it lies in shards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest import mock

from tests.simulation.planted.planting import Patch, fault, module, tiny_shards, wrapped


@fault("hold taken away twice", "INV1", "Whoever ends a basket's hold does not ask whether it is still there.")
def _taken_twice() -> list[Patch]:
    def made(hold_removed: Any) -> Any:
        return lambda *place: replace(hold_removed(*place), equals={})

    return [wrapped(module("inventory.writes"), "hold_removed", made)]


@fault("shard sold twice", "INV20", "Whoever claims from a shard does not ask whether its units are still there.")
def _sold_twice() -> list[Patch]:
    def made(shard_claimed: Any) -> Any:
        return lambda *claim: replace(shard_claimed(*claim), at_least={})

    return [*tiny_shards(), wrapped(module("inventory.writes"), "shard_claimed", made)]


@fault("shards that know no loss", "INV20", "Units that are not there any more stay for sale in shards.")
def _no_loss() -> list[Patch]:
    fold, rows = module("inventory.fold"), module("inventory.rows")

    def changes(plan: Any, tenant: str) -> list[Any]:
        made = rows.below_committed(plan.effect)
        return [rows.open_row(tenant, plan.sku, plan.node_id, made, equals=plan.pins, told_at=plan._told_at)]

    return [*tiny_shards(), mock.patch.object(fold.RowPlan, "_changes", changes)]
