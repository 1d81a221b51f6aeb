"""A small retailer in memory, from a request to captured money, with one short method for each step.

    def test_something(world):
        order_id = world.placed(line("A", 3), line("B", 1))          # posted: its id
        (work,) = world.released(order_id)                            # sourced, authorized, told to its node
        world.act(work, "ship", lines={1: 2})
        world.capture(work)
        world.check()                                                 # everything that must always hold

Stock at the start: 10 of each of A, B and C at DC1 (New Jersey), 5 at S1 (up the Hudson), 5 at S2 (California).
The real commands run on tests.memory_table and against tests.scripted_provider.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from oms.activations.port import ActivationProvider
from oms.fulfillment.commands import act, command_name
from oms.fulfillment.model import FulfillmentOrder, Outcome
from oms.fulfillment.protocol import Action
from oms.fulfillment.request import request_of
from oms.fulfillment.starting import unreleased_work
from oms.fulfillment.workflow import release_fulfillment_order, resume_fulfillment
from oms.inventory.model import StockRow
from oms.inventory.store import snapshot
from oms.orders import reads
from oms.orders.changing import cancel_order, review_order
from oms.orders.commands import place_order
from oms.orders.model import Order
from oms.orders.request import CancellationRequest, OrderRequest, ReviewRequest
from oms.orders.views import OrderView, view
from oms.payments.adapters.stored_value import EveryTenant
from oms.payments.commands import authorize_payment, capture_payment, refund_payment, release_payment
from oms.payments.model import STORED_VALUE
from oms.platform.clock import FixedClock
from oms.platform.commands import Call, Runtime, input_hash
from oms.platform.commands import Outcome as Answer
from oms.platform.intake import validate
from oms.platform.principal import Principal
from oms.platform.writes import Item, Key
from oms.registry import reads as registry
from oms.registry.model import Item as RegistryItem
from oms.registry.store import item_write, node_write
from oms.sourcing.commands import source_order
from tests.fake_activations import FakeActivations
from tests.order_checks import check_everything
from tests.order_nodes import nodes
from tests.order_tables import OrderTables
from tests.scripted_provider import ScriptedProvider
from tests.stock_claims import claim

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TENANT = "acme"
CHANNEL = Principal(TENANT, "shop", "client", frozenset({"orders.write", "orders.read", "channel.web"}))
STORE_STAFF = Principal(TENANT, "ann", "associate", frozenset({"fulfillment.write", "fulfillment.read"}))
NEW_YORK = {"name": "Ann", "street": "1 Fifth Ave", "city": "New York", "postal_code": "10003", "country": "US"}
STOCK = {"DC1": 10, "S1": 5, "S2": 5}


@dataclass
class World:
    """One tenant's tables, clock, provider and waiting workflows."""

    database: OrderTables = field(default_factory=OrderTables)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    provider: ScriptedProvider = field(default_factory=ScriptedProvider)
    activations: FakeActivations = field(default_factory=FakeActivations)
    # What workflows were told: token and outcome; `waiting` holds the tokens that still wait.
    continued: list[tuple[str, Outcome]] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)
    received: dict[tuple[str, str], int] = field(default_factory=dict)
    calls: int = 0

    def __post_init__(self) -> None:
        registry.forget()
        self.runtime = Runtime(clock=self.clock, database=self.database, pause=lambda _: None)
        self.database.commit([node_write(TENANT, node) for node in nodes()])
        for sku in ("A", "B", "C"):
            self.add_item(sku, STOCK)

    def add_item(self, sku: str, units: Mapping[str, int], **details: Any) -> None:
        """A SKU of the registry with its stock by node."""
        self.database.commit([item_write(TENANT, RegistryItem(sku=sku, description=sku, version=1, **details))])
        for node_id, quantity in units.items():
            self.receive(sku, node_id, quantity)

    def receive(self, sku: str, node_id: str, quantity: int) -> None:
        self.database.commit(claim("receive", TENANT, sku, node_id, quantity))
        self.received[sku, node_id] = self.received.get((sku, node_id), 0) + quantity

    def call(
        self, command: str, content: object, key: str | None = None, principal: Principal = CHANNEL, **more: Any
    ) -> Call:
        """A call with a key of its own unless one is given."""
        self.calls += 1
        name = key or f"key-{self.calls}"
        return Call(command, principal, name, input_hash(content), f"correlation-{name}", f"request-{name}", **more)

    def place(self, document: Mapping[str, Any], key: str | None = None, principal: Principal = CHANNEL) -> Answer:
        request = validate(OrderRequest, dict(document))
        return place_order(self.runtime, self.call("place_order", request, key, principal), request)

    def placed(self, *lines: dict[str, Any], **changes: Any) -> str:
        """The id of a new order."""
        changes.setdefault("external_id", f"order-{self.calls}")
        return str(self.place(document(*lines, **changes)).body["id"])

    def sourced(self, *lines: dict[str, Any], **changes: Any) -> str:
        order_id = self.placed(*lines, **changes)
        source_order(self.runtime, TENANT, order_id)
        return order_id

    def source(self, order_id: str) -> Answer:
        return source_order(self.runtime, TENANT, order_id)

    def authorize(self, order_id: str) -> str:
        return authorize_payment(self.runtime, self.providers, TENANT, order_id)

    def released(self, order_id: str) -> list[str]:
        """Everything before a node's turn: sourced, authorized, told. The ids of the fulfilment orders."""
        self.source(order_id)
        self.authorize(order_id)
        return [self.release(str(work["fulfillment_order_id"])) for work in self.to_release(order_id)]

    def to_release(self, order_id: str) -> list[dict[str, object]]:
        return unreleased_work(TENANT, self.order(order_id))

    def release(self, work_id: str, token: str | None = None) -> str:
        token = token or f"token-{work_id}"
        self.waiting.add(token)
        release_fulfillment_order(
            self.runtime, self.continue_workflow, TENANT, work_id, token, providers=self.activation_provider
        )
        return work_id

    def resume(self, work_id: str) -> Outcome | None:
        return resume_fulfillment(self.runtime, self.continue_workflow, TENANT, work_id)[0]

    def act(
        self,
        work_id: str,
        verb: str,
        lines: Mapping[int, int] | None = None,
        *,
        key: str | None = None,
        principal: Principal = STORE_STAFF,
        **content: Any,
    ) -> Answer:
        """A node's verb; `lines` maps line numbers to units."""
        if lines is not None:
            content["lines"] = [{"line_no": line_no, "quantity": units} for line_no, units in lines.items()]
        request = validate(request_of(Action(verb)), content)
        call = self.call(command_name(Action(verb)), [work_id, request.model_dump(mode="json")], key, principal)
        return act(self.runtime, call, work_id, Action(verb), request)

    def capture(self, work_id: str) -> int:
        return capture_payment(self.runtime, self.providers, TENANT, f"ord_{work_id.split('_')[1]}", work_id)

    def refund_payment(self, order_id: str, refund_id: str | None = None) -> int:
        return refund_payment(self.runtime, self.providers, TENANT, order_id, refund_id)

    def release_payment(self, order_id: str) -> int:
        return release_payment(self.runtime, self.providers, TENANT, order_id)

    def cancel(self, order_id: str, lines: Mapping[int, int] | None = None, key: str | None = None) -> Answer:
        content: dict[str, Any] = {"reason": "customer_changed_mind"}
        if lines is not None:
            content["lines"] = [{"line_no": line_no, "quantity": units} for line_no, units in lines.items()]
        request = validate(CancellationRequest, content)
        return cancel_order(self.runtime, self.call("cancel_order", [order_id, content], key), order_id, request)

    def review(self, order_id: str, decision: str, reason: str = "checked by phone") -> Answer:
        request = validate(ReviewRequest, {"decision": decision, "reason": reason})
        return review_order(self.runtime, self.call("review_order", request), order_id, request)

    def providers(self, name: str) -> ScriptedProvider | EveryTenant:
        if name == STORED_VALUE:
            return EveryTenant()
        assert name == "strict"
        return self.provider

    def activation_provider(self, name: str) -> ActivationProvider:
        return self.activations.provider(name)

    def continue_workflow(self, token: str, outcome: Outcome) -> bool:
        """What Step Functions does with an answer: takes it once, and never after the wait has ended."""
        if token not in self.waiting:
            return False
        self.waiting.remove(token)
        self.continued.append((token, outcome))
        return True

    def order(self, order_id: str) -> Order:
        return reads.get_order(self.database, TENANT, order_id)

    def view(self, order_id: str) -> OrderView:
        return view(self.order(order_id))

    def work(self, work_id: str) -> FulfillmentOrder:
        order = self.order(f"ord_{work_id.split('_')[1]}")
        return next(work for work in order.fulfillment_orders if work.id == work_id)

    def timeline(self, order_id: str) -> list[dict[str, Any]]:
        return reads.get_timeline(self.database, TENANT, order_id)

    def events(self, order_id: str) -> list[str]:
        return [row["event"] for row in self.timeline(order_id)]

    def order_ids(self) -> list[str]:
        return [
            key.pk.rsplit("#", 1)[1] for table, key in self.database.rows if table == "orders" and key.sk == "ORDER"
        ]

    def stock(self, sku: str, node_id: str) -> StockRow:
        rows = snapshot(self.database, TENANT, [sku])[sku]
        return next(row for row in rows if row.node_id == node_id)

    def tables(self) -> dict[tuple[str, Key], Item]:
        """Every row of every table."""
        return copy.deepcopy(self.database.rows)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Nothing may be written inside, and nothing moved at the provider."""
        before, moved = self.tables(), list(self.provider.effects)
        yield
        assert self.database.rows == before
        assert self.provider.effects == moved

    def check(self) -> None:
        """Everything that must hold for every order and every stock row at any moment."""
        check_everything(self.database, self.received, self.provider)


def line(
    sku: str = "A", quantity: int = 1, price: int = 1000, *, tax: int = 0, off: int = 0, freight: int = 0, **more: Any
) -> dict[str, Any]:
    """A line whose total adds up; `off` is a discount and `freight` a charge of the line, with a tenth of it as tax."""
    made: dict[str, Any] = {"sku": sku, "quantity": quantity, "unit_price": price, "tax": tax, **more}
    if off:
        made["discounts"] = [{"amount": off, "source": "promo-1"}]
    if freight:
        made["charges"] = [{"kind": "shipping", "amount": freight, "tax": freight // 10}]
    made["total"] = price * quantity - off + freight + freight // 10 + tax
    return made


def document(
    *lines: dict[str, Any], postage: int = 0, cards: Sequence[int] | None = None, **changes: Any
) -> dict[str, Any]:
    """An order whose sums add up; `postage` is a charge of the order, `cards` the amounts of its tenders."""
    lines = lines or (line("A", 3, 333, tax=10), line("B", 1, 500))
    charges = [{"kind": "shipping", "amount": postage, "tax": postage // 10}] if postage else []
    all_charges = [*charges, *(charge for entry in lines for charge in entry.get("charges", []))]
    totals = {
        "goods": sum(entry["unit_price"] * entry["quantity"] for entry in lines),
        "discount": sum(d["amount"] for entry in lines for d in entry.get("discounts", [])),
        "charges": sum(charge["amount"] for charge in all_charges),
        "tax": sum(entry["tax"] for entry in lines) + sum(charge["tax"] for charge in all_charges),
    }
    total = totals["goods"] - totals["discount"] + totals["charges"] + totals["tax"]
    amounts = cards if cards is not None else [total] if total else []
    made = {
        "channel": "web",
        "external_id": "536365",
        "selling_node": "WEB",
        "taken_by": "shop",
        "currency": "USD",
        "locale": "en-US",
        "ship_to": NEW_YORK,
        "lines": list(lines),
        "charges": charges,
        "totals": {**totals, "total": total},
        "payments": [{"provider": "strict", "token": f"tok_visa_{i}", "amount": a} for i, a in enumerate(amounts)],
    }
    return copy.deepcopy({**made, **changes})


@pytest.fixture
def world() -> Iterator[World]:
    """A fresh retailer; whatever the test did, everything that must always hold is checked at its end."""
    made = World()
    yield made
    made.check()
    registry.forget()
