"""The clean-up every few minutes: what a dead function left half done is undone, what lives is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from oms.platform.saga import LEASE
from tests.crashes import Died
from tests.order_doors import Doors, doors, message
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

MANY = [f"SKU-{number:03}" for number in range(100)]


def wish(tenant: str = "acme") -> dict[str, Any]:
    return message("spine.schedule", "SagaRecoveryRequested", "1", tenant)


def dies_midway(doors: Doors) -> dict[str, Any]:
    for sku in MANY:
        doors.world.add_item(sku, {"DC1": 1})
    order = document(*[line(sku, 1, 10) for sku in MANY], external_id="large")
    commits = 0

    def dies(name: str, act: Any) -> Any:
        nonlocal commits
        commits += name == "commit"
        if commits == 3:
            raise Died
        return act()

    doors.world.database.around = dies
    with pytest.raises(Died):
        doors.api("place_order").post("/v1/orders", order, key="k1")
    doors.world.database.around = lambda name, act: act()
    assert sum(doors.world.stock(sku, "DC1").reserved for sku in MANY) > 0
    return order


@pytest.mark.capability("D4")
def test_claims_of_an_order_that_never_was_go_back(doors: Doors):
    order = dies_midway(doors)
    # How far the days of placing have been searched is noted in any case.
    assert doors.queue("recover_sagas", wish(), wish("other")) == []
    with doors.world.unchanged():
        assert doors.queue("recover_sagas", wish()) == []  # it may still be running
        busy = doors.api("place_order").post("/v1/orders", order, key="k1")
    assert (busy.status, busy.body["code"], busy.headers.get("Retry-After")) == (409, "still_running", "1")
    doors.world.clock.advance(seconds=LEASE.total_seconds() + 1)
    with doors.world.unchanged():
        assert doors.queue("recover_sagas", wish("other")) == []
    assert doors.queue("recover_sagas", wish(), wish()) == []
    assert all(doors.world.stock(sku, "DC1").available == 1 for sku in MANY)
    assert not [key for _, key in doors.world.database.rows if key.pk.endswith("#SAGA")]
    assert doors.place(order, key="k1")


def test_a_repeat_by_the_channel_needs_no_recovery(doors: Doors):
    order = dies_midway(doors)
    doors.world.clock.advance(seconds=LEASE.total_seconds() + 1)
    order_id = doors.place(order, key="k1")
    assert doors.queue("recover_sagas", wish()) == []
    assert doors.world.order_ids() == [order_id]


def test_an_unfinished_order_is_finished(doors: Doors, monkeypatch: pytest.MonkeyPatch):
    """A placed order whose first run never was, and a cancelled one whose money nobody gave back."""
    ran = []
    module = doors.module("recover_sagas")
    monkeypatch.setattr(module, "run_order_workflow", lambda *asked: ran.append(asked))
    forgotten = doors.place(document(line("A", 1), external_id="forgotten"))
    cancelled = doors.place(document(line("B", 1), external_id="cancelled"))
    doors.run_order_workflow(cancelled)
    doors.api("change_orders").post(f"/v1/orders/{cancelled}/cancellations", {"reason": "x"})
    for _ in range(3):
        doors.world.clock.advance(minutes=5)
        assert doors.queue("recover_sagas", wish()) == []
    assert ran[0] == (TENANT, forgotten, "1")
    assert doors.world.provider.effects == [("authorize", "psp_1", 1000), ("void", "psp_1", 1000)]
    assert doors.see(cancelled)["payment_status"] == "VOIDED"
