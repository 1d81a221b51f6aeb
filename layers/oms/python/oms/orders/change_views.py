"""GET /v1/orders/{id}/changes: the change orders of an order as they were written, oldest first."""

from __future__ import annotations

import json

from pydantic import Field

from oms.orders.change_orders import ChangeOrder
from oms.orders.money_views import View
from oms.orders.store import changes_partition, load_order
from oms.platform.dynamodb import Database
from oms.platform.problems import NotFound


class ChangeOrderView(ChangeOrder):
    """A change order with who made it and when."""

    at: str
    actor: str
    role: str
    channel: str | None = Field(default=None, description="the channel that its caller speaks for, if it is one")


class ChangeOrders(View):
    """All that was changed of an order since it was placed."""

    changes: list[ChangeOrderView]


def list_changes(database: Database, tenant: str, order_id: str) -> ChangeOrders:
    """The change orders of an order; an unknown one raises NotFound."""
    rows = list(database.query("orders", changes_partition(tenant, order_id)))
    if not rows and load_order(database, tenant, order_id) is None:
        raise NotFound(f"There is no order {order_id}.")
    made = (json.loads(str(row["body"])) | {name: row.get(name) for name in _SIGNED} for row in rows)
    return ChangeOrders(changes=[ChangeOrderView.model_validate(one) for one in made])


_SIGNED = ("at", "actor", "role", "channel")
