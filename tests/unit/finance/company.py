"""A company whose days are closed: entity 100 with the stores S12 and S13 and the site `web`, through its functions.

from tests.unit.finance.company import company  # noqa: F401  (a fixture)
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)

def test_something(company):
    path = company.open()                  # a drawer of S12
    company.post(sale("O1"))               # the ledger hears of everything
    company.later()                        # 05:00 the morning after
    assert company.seal("S12").status == 409
"""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from typing import Any

import pytest

from functions.drawers import handler as drawers
from functions.finance import handler as function
from functions.finance_export import handler as export_function
from oms.finance.commands import Books
from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.drawer_doors import MANAGER
from tests.functions.conftest import Answer, Api
from tests.order_nodes import node
from tests.unit.finance import exported, world

FINANCE = ("finance.read", "finance.write", "finance.approve")
DAY = "/v1/finance/days/2026-11-20"
TOMORROW = date(2026, 11, 21)
# 05:00 in New York, an hour after the cut-off.
MORNING = datetime(2026, 11, 21, 10, tzinfo=UTC)


class Company:
    """Entity 100 with the stores S12 and S13 and its web site, and who closes their days."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.till = Api(drawers.handler, MANAGER, world.TENANT, actor="till")
        self.manager = Api(drawers.handler, MANAGER, world.TENANT, actor="manager")
        self.finance = Api(function.handler, FINANCE, world.TENANT, actor="finance")
        self.heard: set[str] = set()
        books.runtime.clock.instant = datetime(2026, 11, 20, 17, tzinfo=UTC)
        nodes = [node(name, "store", 42.6, -73.7) for name in ("S12", "S13")]
        nodes.append(node("web", "web", 0, 0))
        books.runtime.database.commit([node_write(world.TENANT, one) for one in nodes])
        registry.forget()

    def call(self, path: str, api: Api | None = None, **body: Any) -> Any:
        answer = (api or self.till).post(path, body)
        assert answer.status in (200, 201), answer.body
        return answer.body

    def open(self, drawer: str = "D1", opening_float: int = 10000, store: str = "S12") -> str:
        body = {"node_id": store, "device": f"T-{drawer}", "cashier": "ann", "currency": "USD"}
        opened = self.call(f"/v1/drawers/{drawer}/sessions", **body, opening_float=opening_float)
        return f"/v1/drawer-sessions/{opened['id']}"

    def move(self, path: str, sequence: int, kind: str, amount: int, **more: Any) -> None:
        self.call(f"{path}/movements", sequence=sequence, kind=kind, amount=amount, **more)

    def close(self, path: str, lines: list[dict[str, int]]) -> None:
        self.call(f"{path}/end", ended_by="ann")
        self.call(f"{path}/counts", counted_by="bob", lines=lines)
        self.call(f"{path}/close", closed_by="max", api=self.manager)

    def post(self, *more: dict[str, Any]) -> None:
        """Let the ledger hear of what the drawers told, and of other facts."""
        told = [one for one in exported.envelopes() if one["detail"]["meta"]["id"] not in self.heard]
        told = [one for one in told if one["detail-type"] in exported.POSTED]
        self.heard |= {one["detail"]["meta"]["id"] for one in told}
        for event in (*told, *more):
            assert world.deliver(self.books, [event]) == []

    def later(self, at: datetime = MORNING) -> None:
        self.books.runtime.clock.instant = at

    def seal(self, store: str = "S12", *, entity: str = "100", day: str = DAY, **more: Any) -> Answer:
        headers = {name: more.pop(name) for name in ("key", "scopes") if name in more}
        return self.finance.post(f"{day}/seal", {"entity": entity, "store": store, **more}, **headers)

    def export(self, kind: str = "close", *, name: str = "exp_1", on: date = world.TODAY) -> str:
        """Have an export written; the kind that it came to."""
        assert exported.run(export_function, self.books, exported.wish(name, kind, on=on)) == []
        return str(next(one["kind"] for one in exported.events("FinanceExportCompleted") if one["export_id"] == name))

    def rows(self) -> list[dict[str, Any]]:
        return [copy.deepcopy(row) for table in ("ledger", "events", "commands") for row in world.rows_of(table)]


@pytest.fixture
def company(books: Books, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr(drawers, "runtime", books.runtime)
    monkeypatch.setattr(function, "runtime", books.runtime)
    return Company(books)


def sale(order: str, store: str = "web", amount: int = 1000, **more: Any) -> dict[str, Any]:
    """A capture of an order that a store sold."""
    return world.captured(order, amount, store=store, **more)
