"""Orders against the strict provider itself, with rules that it can be told to have; elsewhere they are scripted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oms.orders.model import Status, status
from oms.payments.adapters.strict_psp import StrictPsp
from oms.payments.adapters.strict_webhook import hint_of
from oms.payments.commands import settle_payment
from oms.payments.hints import take_hint
from oms.payments.model import State
from tests.contracts.provider import Provider, provider
from tests.order_checks import check_everything
from tests.order_world import NOW, TENANT, World, line
from tests.scripted_provider import ScriptedProvider

__all__ = ["provider"]

TOKENS = [{"provider": "strict", "token": "tok_visa", "amount": 5000}]


class Shop(World):
    """The retailer in memory with its money at a real provider process."""

    def __init__(self, psp: Provider, folder: Path, **limits: int) -> None:
        super().__init__()
        self.psp = psp
        self.adapter = StrictPsp(psp.known["endpoint"], psp.known["api_key"], **limits)
        self.clock_file = folder / "clock"

    def providers(self, name: str) -> Any:
        return self.adapter

    def log(self, *effects: str) -> list[tuple[str, int]]:
        """What moved at the provider, by its own log."""
        entries = self.psp.send("GET", "/log")[1]["entries"]
        return [(e["effect"], e["amount"]) for e in entries if not effects or e["effect"] in effects]

    def check(self) -> None:
        check_everything(self.database, self.received, ScriptedProvider())


@pytest.fixture(params=[{}, {"max_captures": 1}], ids=["it does not say so", "it says so"])
def shop(request: pytest.FixtureRequest, provider: Provider, tmp_path: Path) -> Iterator[Shop]:
    provider.configure(max_captures=1)
    made = Shop(provider, tmp_path, **request.param)
    yield made
    made.adapter.close()
    made.check()


@pytest.mark.capability("K4")
def test_one_capture_each_means_an_authorisation_each(shop: Shop) -> None:
    (work,) = shop.released(shop.placed(line("A", 5), payments=TOKENS))
    for units in (2, 2, 1):
        shop.act(work, "ship", {1: units})
        assert shop.capture(work) == units * 1000
    assert shop.log() == [
        ("authorized", 5000),
        ("captured", 2000),
        ("released", 3000),
        ("authorized", 3000),
        ("captured", 2000),
        ("released", 1000),
        ("authorized", 1000),
        ("captured", 1000),
    ]
    (payment,) = shop.order(shop.order_ids()[0]).payments
    assert (payment.state, payment.captured, payment.attempt) == (State.CAPTURED, 5000, 3)


@pytest.mark.capability("K4")
def test_two_parcels_at_once_are_taken_one_after_the_other(shop: Shop) -> None:
    (work,) = shop.released(shop.placed(line("A", 5), payments=TOKENS))
    shop.act(work, "ship", {1: 2})
    shop.act(work, "ship")
    assert shop.capture(work) == 5000
    assert shop.log("captured", "authorized") == [
        ("authorized", 5000),
        ("captured", 2000),
        ("authorized", 3000),
        ("captured", 3000),
    ]


@pytest.fixture
def usual(provider: Provider, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(provider, tmp_path)
    yield made
    made.adapter.close()
    made.check()


@pytest.mark.capability("K1", "K3")
def test_a_hold_that_the_provider_lets_expire(usual: Shop) -> None:
    usual.psp.configure(auth_window_seconds=60)
    order_id = usual.placed(line("A", 5), payments=TOKENS)
    (work,) = usual.released(order_id)
    usual.clock_file.write_text("61")
    payment = usual.order(order_id).payments[0]
    settle_payment(usual.runtime, usual.providers, TENANT, order_id, payment.id)
    order = usual.order(order_id)
    assert (order.payments[0].state, status(order)) == (State.EXPIRED, Status.PENDING_REVIEW)
    assert usual.log() == [("authorized", 5000), ("expired", 5000)]
    # Goods that leave all the same are paid for from a new authorisation.
    usual.act(work, "ship")
    assert usual.capture(work) == 5000
    assert usual.log("authorized", "captured")[1:] == [("authorized", 5000), ("captured", 5000)]


@pytest.mark.capability("K1", "K11")
@pytest.mark.parametrize(("fault", "state"), [("settles", State.CAPTURED), ("fails", State.AUTHORIZED)])
def test_a_capture_that_the_provider_settles_later(usual: Shop, fault: str, state: State) -> None:
    usual.psp.configure(faults=[{"kind": f"capture_{fault}_later", "operation": "capture"}], settle_seconds=60)
    order_id = usual.placed(line("A", 5), payments=TOKENS)
    (work,) = usual.released(order_id)
    usual.act(work, "ship")
    assert usual.capture(work) == 0
    payment = usual.order(order_id).payments[0]
    assert (payment.state, payment.pending) == (State.CAPTURE_PENDING, 5000)
    usual.clock_file.write_text("61")
    metadata = {"tenant": TENANT, "order_id": order_id, "payment_id": payment.id}
    hint = json.dumps({"type": "payment.captured", "data": {"payment": {"metadata": metadata}}}).encode()
    assert take_hint(usual.runtime, usual.providers, hint_of(hint)) == "looked up"
    assert usual.order(order_id).payments[0].state is state
    assert usual.log("captured", "capture_failed") == [("captured" if fault == "settles" else "capture_failed", 5000)]
    assert usual.clock.now() == NOW


@pytest.mark.capability("K11")
def test_in_the_asynchronous_manner_an_order_is_paid_when_the_message_comes(usual: Shop) -> None:
    usual.psp.configure(manner="asynchronous", settle_seconds=60)
    order_id = usual.placed(line("A", 5), payments=TOKENS)
    (work,) = usual.released(order_id)
    usual.act(work, "ship")
    assert usual.capture(work) == 0
    payment = usual.order(order_id).payments[0]
    assert (payment.state, payment.pending, payment.captured) == (State.CAPTURE_PENDING, 5000, 0)
    usual.clock_file.write_text("61")
    metadata = {"tenant": TENANT, "order_id": order_id, "payment_id": payment.id}
    raw = json.dumps({"type": "payment.captured", "data": {"payment": {"metadata": metadata}}}).encode()
    assert take_hint(usual.runtime, usual.providers, hint_of(raw)) == "looked up"
    assert (usual.order(order_id).payments[0].state, usual.log("captured")) == (State.CAPTURED, [("captured", 5000)])
