"""The routes of stock in great demand, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.inventory.shards.commands import mark_hot_stock
from oms.inventory.shards.requests import MarkHotStock
from oms.inventory.shards.views import read_hot_stock
from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give stock in great demand its routes."""

    @app.put("/v1/hot-stock")
    def put_hot_stock() -> Answer:
        principal, body = caller(app, "inventory.write", "SKU#"), read(app, MarkHotStock)
        return answer(mark_hot_stock(runtime(), call(app, "mark_hot_stock", principal, body), body))

    @app.get("/v1/hot-stock")
    def list_hot_stock() -> Answer:
        return ok(read_hot_stock(runtime().database, caller(app, "inventory.read", "SKU#")))
