"""The product's own Database twice: over the simulated DynamoDB and over moto's, both in this process.

moto is entered behind its HTTP layer, at the handler of each operation, which makes it three times as fast.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.exceptions import JsonRESTError
from moto.dynamodb import models as moto_models
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from oms.platform.dynamodb import Conflict, Database, to_attributes
from oms.platform.writes import Write
from tests.simulation.machine.quick_tables import NotPlain
from tests.simulation.machine.tables import Tables
from tests.simulation.machine.topology import topology
from tests.template import ACCOUNT, REGION

# One with an index that carries some attributes, one without.
TABLES = {"orders": "OrdersTable", "stock": "StockTable"}
OPERATIONS = {
    "get_item": "GetItem",
    "batch_get_item": "BatchGetItem",
    "query": "Query",
    "transact_write_items": "TransactWriteItems",
}
Rows = dict[tuple[str, str], dict[str, Any]]


class Client:
    """As much of a DynamoDB client as the product uses; `call` carries out an operation."""

    def __init__(self, call: Callable[[str, dict[str, Any]], Any]) -> None:
        self._call = call

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation not in OPERATIONS:
            raise AttributeError(operation)
        # A real client writes a request down as JSON; here each side gets a copy of its own.
        return lambda **request: self._call(operation, copy.deepcopy(request))


class Simulated:
    """The tables of the simulation; `plain=False` leaves every request to the engine itself."""

    def __init__(self, *, plain: bool = True) -> None:
        self._tables = Tables(topology())
        if not plain:
            self._tables._quick.operations = dict.fromkeys(OPERATIONS.values(), _leave_to_the_engine)
        self._empty = self._tables.snapshot()
        self.client = Client(lambda operation, request: self._tables.call(OPERATIONS[operation], request))
        self.database = Database(self.client)

    def clear(self) -> None:
        self._tables.restore(self._empty)

    def fill(self, writes: Sequence[Write]) -> None:
        if writes:
            self.database.commit(writes)

    def rows(self) -> dict[str, Rows]:
        stored, *_ = self._tables.snapshot()
        return {
            table: {(pk, sk): item for pk, rows in stored[name].items() for sk, item in rows.items()}
            for table, name in TABLES.items()
        }


def _leave_to_the_engine(request: Mapping[str, Any]) -> Any:
    raise NotPlain


def _copy_of_items(value: Any) -> Any:
    """What moto puts aside before a transaction: of a table only its items, since nothing else changes."""
    if not isinstance(value, Table):
        return copy.deepcopy(value)
    kept = copy.copy(value)
    kept.items = copy.deepcopy(value.items)
    return kept


class _Copies:
    """The `copy` module as moto's transactions see it."""

    deepcopy = staticmethod(_copy_of_items)
    copy = staticmethod(copy.copy)


class Moto:
    """moto's tables, made from the same properties."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(moto_models, "copy", _Copies)
        self._backend = dynamodb_backends[ACCOUNT][REGION]
        self._backend.reset()
        for name in TABLES.values():
            properties = topology().tables[name]
            wanted = ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
            self._call(
                "create_table", {"TableName": name} | {key: properties[key] for key in wanted if key in properties}
            )
        self.client = Client(self._call)
        self.database = Database(self.client)

    def clear(self) -> None:
        for name in TABLES.values():
            self._backend.tables[name].items.clear()

    def fill(self, writes: Sequence[Write]) -> None:
        """Store new items, without a transaction."""
        for write in writes:
            item = to_attributes({**write.set, "pk": write.key.pk, "sk": write.key.sk})
            self._backend.put_item(TABLES[write.table], item)

    def rows(self) -> dict[str, Rows]:
        found: dict[str, Rows] = {}
        for table, name in TABLES.items():
            items = [item.to_json()["Attributes"] for item in self._backend.tables[name].all_items()]
            found[table] = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
        return found

    def _call(self, operation: str, request: dict[str, Any]) -> Any:
        handler = DynamoHandler()
        handler.current_account, handler.region, handler.headers = ACCOUNT, REGION, {}
        handler.body = handler.params = request
        try:
            answer = getattr(handler, operation)().result
        except JsonRESTError as error:
            told = json.loads(error.description)
            code = told.pop("__type").rsplit("#", 1)[-1]
            raise ClientError({"Error": {"Code": code, "Message": str(error)}, **told}, operation) from error
        # An answer may hold the table's own items.
        return copy.deepcopy(answer)


def outcome(act: Callable[[Database], Any], database: Database) -> Any:
    """What an act gives, or how it fails: the same words for both twins."""
    try:
        return "done", act(database)
    except Conflict as conflict:
        lost = [(write.table, write.key.pk, write.key.sk, stored) for write, stored in conflict.lost]
        return "conflict", lost, conflict.contended
    except ClientError as error:
        return "error", *_error(error.response)


def _error(response: Mapping[str, Any]) -> tuple[str, list[tuple[str, Any]]]:
    reasons = response.get("CancellationReasons", [])
    return response["Error"]["Code"], [(reason["Code"], reason.get("Item")) for reason in reasons]
