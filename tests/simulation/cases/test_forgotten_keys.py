"""A provider forgets keys after a day, and runs die before they record: all money is known, none is taken twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import local.psp.core as provider
from tests.simulation.cases.steps import effects, events_of, later, placed, released, shown, states, step
from tests.simulation.cases.weather import without_care
from tests.simulation.machine.simulation import Simulation
from tests.simulation.world import line, order, simulated

DAY = 24 * 3600


def swept(simulation: Simulation, times: int, gap: float = 300) -> None:
    """The sweeper's schedule rings so often."""
    for _ in range(times):
        simulation.ring("RecoverSagas")
        later(simulation, gap)


def at_peace(simulation: Simulation) -> None:
    """All comes to rest, and the checker finds nothing wrong."""
    assert simulation.run_until_quiet()
    assert simulation.violations == [], simulation.violations


def half_shipped() -> tuple[Simulation, str, str]:
    """Two mugs on two tenders: one has left and is paid, the hold of the other ran out."""
    simulation = simulated(faults=False)
    without_care(simulation)
    document = order("o-1", line("MUG", 2))
    document["payments"] = [
        {"provider": "strict", "token": token, "amount": 700} for token in ("tok_visa", "tok_mastercard")
    ]
    order_id = placed(simulation, document)
    (work_id,) = released(simulation)
    assert step(simulation, work_id, "accept").status == 200
    assert step(simulation, work_id, "ship", {"lines": [{"line_no": 1, "quantity": 1}]}).status == 200
    later(simulation, 7 * DAY + 3600)
    return simulation, order_id, work_id


def review(simulation: Simulation, order_id: str) -> None:
    body = {"decision": "accept", "reason": "seen"}
    path = f"/v1/orders/{order_id}/review"
    assert simulation.http("POST", path, body, key="r-1", client="acme-operator").status == 200


def cancel_rest(simulation: Simulation, order_id: str, work_id: str) -> None:
    body = {"reason": "late"}
    assert simulation.http("POST", f"/v1/orders/{order_id}/cancellations", body, key="c-1").status == 202
    assert step(simulation, work_id, "cancel-response", {"accepted": True}).status == 200


def die_after_the_capture(simulation: Simulation, then: Callable[[], None]) -> None:
    """The first run that takes money ends before it has recorded anything, and something else happens at once."""
    usual: Callable[..., Any] = simulation.faults.at_call
    died: list[str] = []

    def at_call(function: str, operation: str, *, write: bool) -> str | None:
        if function == "capture_payment" and not died and operation == "capture":
            died.append(function)
            simulation.scheduler.after(1_000, then)
            return "crash_after"
        fault: str | None = usual(function, operation, write=write)
        return fault

    simulation.faults.at_call = at_call  # type: ignore[method-assign]


def test_what_a_dead_run_took_is_not_taken_again_when_its_key_is_forgotten():
    """For a day our credentials are refused, so that no doubt is stored; then the provider has forgotten the key."""
    simulation = simulated(faults=False)
    order_id = placed(simulation, order("o-1", line("MUG", 1)))
    (work_id,) = released(simulation)
    routes: Any = simulation.provider._routes
    ours = routes._bearer

    def refuse() -> None:
        routes._bearer = b"Bearer rotated"

    die_after_the_capture(simulation, refuse)
    assert step(simulation, work_id, "accept").status == 200
    assert step(simulation, work_id, "ship").status == 200
    swept(simulation, 25, 3600)
    assert effects(simulation) == [("authorized", 700), ("captured", 700)]
    assert {"PaymentCaptured", "PaymentInDoubt"}.isdisjoint(events_of(simulation, order_id))
    simulation.provider.forget_keys()
    routes._bearer = ours
    swept(simulation, 80)
    assert effects(simulation) == [("authorized", 700), ("captured", 700)]
    assert states(simulation, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    at_peace(simulation)


def test_a_pending_capture_that_settles_after_its_key_is_forgotten_is_recorded():
    simulation = simulated(faults=False)
    psp = simulation.provider.psp
    psp.settings.settle_seconds = 2 * DAY
    psp.plan.take = lambda kinds, operation, metadata: "capture_settles_later" if operation == "capture" else None  # type: ignore[method-assign]
    order_id = placed(simulation, order("o-1", line("MUG", 1)))
    (work_id,) = released(simulation)
    assert step(simulation, work_id, "accept").status == 200
    assert step(simulation, work_id, "ship").status == 200
    later(simulation, 25 * 3600)
    simulation.provider.forget_keys()
    later(simulation, 2 * DAY)
    swept(simulation, 10)
    assert effects(simulation) == [("authorized", 700), ("capture_pending", 700), ("captured", 700)]
    assert events_of(simulation, order_id)[-2:] == ["PaymentCapturePending", "PaymentCaptured"]
    at_peace(simulation)


def test_an_order_accepted_after_its_hold_ran_out_pays_for_what_had_left():
    """No webhook comes, and the run that notes the expiry dies: the capture is owed when the order is accepted."""
    simulation = simulated(faults=False)
    without_care(simulation)
    psp, tell = simulation.provider.psp, simulation.provider.tell
    deaf = [True]

    def quietly() -> Any:
        if deaf:
            psp.journal.outgoing.clear()
        return tell()

    simulation.provider.tell = quietly  # type: ignore[method-assign]
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    (work_id,) = released(simulation)
    assert step(simulation, work_id, "accept").status == 200
    later(simulation, 7 * DAY + 3600)
    usual: Callable[..., Any] = simulation.faults.at_call
    noted: list[str] = []

    def dies(function: str, operation: str, *, write: bool) -> str | None:
        if function == "capture_payment" and (noted or operation == "TransactWriteItems"):
            noted.append(operation)
            return "crash_after" if len(noted) == 1 else "crash_before"
        fault: str | None = usual(function, operation, write=write)
        return fault

    simulation.faults.at_call = dies  # type: ignore[method-assign]
    assert step(simulation, work_id, "ship", {"lines": [{"line_no": 1, "quantity": 1}]}).status == 200
    later(simulation, 15)
    assert states(simulation, order_id)[0] == "PENDING_REVIEW"
    review(simulation, order_id)
    later(simulation, 20)
    simulation.faults.at_call = usual  # type: ignore[method-assign]
    deaf.clear()
    later(simulation, 3600)
    swept(simulation, 10)
    assert effects(simulation) == [("authorized", 1400), ("expired", 1400), ("authorized", 1400), ("captured", 700)]
    (shipment,) = shown(simulation, order_id)["shipments"]
    assert shipment["total"] == 700
    assert "PaymentCaptureFailed" not in events_of(simulation, order_id)
    at_peace(simulation)


def test_a_hold_in_doubt_that_a_completed_order_needs_no_more_is_given_back():
    simulation, order_id, work_id = half_shipped()
    usual: Callable[..., Any] = simulation.faults.at_call
    psp, tell = simulation.provider.psp, simulation.provider.tell

    def unheard(function: str, operation: str, *, write: bool) -> str | None:
        if function == "authorize_payment" and operation in ("look", "payments"):
            return "answer_lost"
        fault: str | None = usual(function, operation, write=write)
        return fault

    def quietly() -> Any:
        psp.journal.outgoing.clear()
        return tell()

    simulation.faults.at_call = unheard  # type: ignore[method-assign]
    simulation.provider.tell = quietly  # type: ignore[method-assign]
    review(simulation, order_id)
    later(simulation, 7200)
    cancel_rest(simulation, order_id, work_id)
    simulation.faults.at_call = usual  # type: ignore[method-assign]
    swept(simulation, 60)
    assert states(simulation, order_id)[0] == "COMPLETED"
    tenders = [(t["state"], t["captured"]) for t in shown(simulation, order_id)["payments"]]
    assert tenders == [("CAPTURED", 700), ("VOIDED", 0)]
    assert effects(simulation)[-2:] == [("authorized", 700), ("voided", 700)]
    at_peace(simulation)


def test_a_question_to_the_customer_that_a_completed_order_needs_no_more_is_withdrawn(monkeypatch: pytest.MonkeyPatch):
    simulation, order_id, work_id = half_shipped()
    card = replace(provider.CARDS["tok_mastercard"], requires_action=True)
    monkeypatch.setitem(provider.CARDS, "tok_mastercard", card)
    review(simulation, order_id)
    later(simulation, 60)
    tenders = [t["state"] for t in shown(simulation, order_id)["payments"]]
    assert tenders == ["CAPTURED", "ACTION_REQUIRED"]
    cancel_rest(simulation, order_id, work_id)
    swept(simulation, 10)
    tenders = [t["state"] for t in shown(simulation, order_id)["payments"]]
    assert tenders == ["CAPTURED", "VOIDED"]
    assert ("OPEN" in {sk for _, sk in simulation.rows("orders")}) is False
    at_peace(simulation)
