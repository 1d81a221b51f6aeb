"""The doors of tests.order_doors over moto instead of memory: tables, secret, bucket and workflows of the template.

def test_something(moto_doors):
    order_id = moto_doors.place(document(line("A", 2)))

Each function is called in exactly the environment that the template gives it, and the real `Database` speaks to moto,
so an expression, a key, an index or a variable that does not exist fails here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, cast

import boto3
import pytest

from oms.payments.adapters import configured
from oms.platform.dynamodb import Database, from_attributes
from oms.platform.writes import Item, Key, Write, merge
from oms.registry import reads as registry
from tests.functions.conftest import Api
from tests.moto_resources import PSP_SECRET
from tests.order_doors import SECRET, Doors
from tests.order_tables import OrderTables
from tests.order_world import World
from tests.template import Deployed, deployed, function_name, of_type

__all__ = ["deployed", "moto_doors"]

TABLES = ("orders", "stock", "registry", "ledger", "events", "commands")


class MotoTables(Database):
    """The product's own database over moto; `rows` is everything that is stored, read without its help.

    `commits` holds what every transaction wrote that was carried out.
    """

    def __init__(self) -> None:
        super().__init__(boto3.client("dynamodb"))
        self.commits: list[list[Write]] = []

    def commit(self, writes: Sequence[Write]) -> None:
        super().commit(writes)
        self.commits.append(merge(writes))

    @property
    def rows(self) -> dict[tuple[str, Key], Item]:
        found = {}
        for table in TABLES:
            pages = self.client.get_paginator("scan").paginate(TableName=f"{table.capitalize()}Table")
            for row in (row for page in pages for row in page["Items"]):
                item = from_attributes(row)
                found[table, Key(str(item["pk"]), str(item["sk"]))] = item
        return found


@dataclass
class MotoDoors(Doors):
    """The handlers; each call enters the environment of its function and leaves those of all others."""

    deployed: Deployed = field(kw_only=True)

    def module(self, name: str) -> ModuleType:
        self.enter(name)
        found = super().module(name)
        if hasattr(found, "secret"):
            # The real one reads Secrets Manager.
            self.monkeypatch.setattr(found, "secret", configured.secret)
        return found

    def api(self, name: str) -> Api:
        self.enter(name)
        return super().api(name)

    def enter(self, *names: str) -> None:
        """Set the environment of these functions and of no other."""
        for variable in {key for name in self.functions for key in self.deployed.environment(name)}:
            self.monkeypatch.delenv(variable, raising=False)
        self.deployed.enter(self.monkeypatch, *names)

    @property
    def functions(self) -> list[str]:
        return [function_name(logical_id) for logical_id in of_type(self.deployed.template, "AWS::Lambda::Function")]

    def stored_event(self, order_id: str, kind: str) -> dict[str, Any]:
        self.enter("read_orders")
        return super().stored_event(order_id, kind)


@pytest.fixture
def moto_doors(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoDoors]:
    """The doors to a fresh retailer in moto; at the end everything that must always hold is checked there too."""
    assert PSP_SECRET == SECRET
    registry.forget()
    _forget_secret()
    deployed.enter(monkeypatch, "place_order", "inventory", "registry")
    world = World(database=cast(OrderTables, MotoTables()))
    made = MotoDoors(world, monkeypatch, deployed=deployed)
    yield made
    made.enter("place_order", "read_orders")
    world.check()
    registry.forget()
    _forget_secret()


def _forget_secret() -> None:
    configured._client.cache_clear()
    configured._secret.cache_clear()
