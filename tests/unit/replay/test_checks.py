"""Each invariant holds on figures that agree and names what is wrong on figures that do not."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.unit.replay.samples import document, line
from tools.replaying import checks
from tools.replaying.books import Sums, change
from tools.replaying.orders import OrderState
from tools.replaying.outcome import Outcome, Placed
from tools.replaying.plan import Plan, make_plan
from tools.replaying.preparing import total_received
from tools.replaying.provider import takings
from tools.replaying.report import report
from tools.replaying.rules import Reason, Reject


def replayed() -> tuple[Plan, Outcome]:
    """A replay in which everything went well: one order partly cancelled, one cancelled whole, stock changed."""
    plan = make_plan(
        [
            document("1", line("A", 5, "2.00"), line("POST", 1, "3.00"), line("PADS", 1, "0.001")),
            document("C2", line("A", -2, "2.00"), minutes=5),
            document("3", line("B1", 4, "1.00"), line("POST", 1, "3.00"), minutes=10, customer="9"),
            document("C4", line("B1", -4, "1.00"), minutes=15, customer="9"),
            document("5", line("A", -3, "0.0"), minutes=20, customer=""),
            document("C6", line("A", -9, "2.00"), minutes=25),
        ]
    )
    outcome = Outcome()
    for step in plan.steps:
        if step.sale:
            outcome.place(Placed(step.sale, f"ord_{step.document.number}", step.sale.total, replayed=False))
        for call in step.cancellations:
            outcome.cancel(call)
        for changed in step.stock_changes:
            outcome.change_stock(changed)
        outcome.reject(*step.rejects)
        outcome.finish_document()
    shipped = {"goods": 601, "discount": 1, "shipping": 300, "tax": 0}
    outcome.placed["1"].state = OrderState("COMPLETED", 1300, shipped, {1: 3}, 900, 0, 0, 1)
    nothing = dict.fromkeys(shipped, 0)
    outcome.placed["3"].state = OrderState("CANCELLED", 700, nothing, {}, 0, 0, 0, 0)
    outcome.takings = {"ord_1": 900, "ord_3": 0, "ord_of_another_run": 5}
    return plan, outcome


BOOKS: Sums = {
    "4010 GBP": [0, 601],
    "4092 GBP": [1, 0],
    "4020 GBP": [0, 300],
    "1110 GBP": [900, 0],
    "2010 GBP": [900, 900],
    "9010 GBP": [2000, 2000],
    "9020 GBP": [2000, 2000],
}


def stock(plan: Plan) -> dict[str, list[int]]:
    """What is on hand when everything that was received and not shipped or written off is still there."""
    gone = {"A": 3 + 3, "B1": 0}
    return {sku: [10 + total_received(plan, sku) - gone[sku], 0] for sku in plan.skus}


def test_all_hold_when_the_figures_agree() -> None:
    plan, outcome = replayed()
    before = {sku: [10, 0] for sku in plan.skus}
    held = [
        checks.check_file(plan, outcome),
        checks.check_refusals(outcome, []),
        checks.check_orders(outcome),
        checks.check_captures(outcome),
        checks.check_books(outcome, BOOKS),
        checks.check_stock(plan, outcome, before, stock(plan)),
    ]
    assert [check.faults for check in held] == [()] * len(held)
    text = report(plan, outcome, held, 2.0)
    assert "= shipped                                                  9.00" in text
    assert "captured, as the orders say                                9.00" in text
    assert "captured at the payment provider                           9.00" in text
    assert "- postage and services of cancelled orders                -3.00" in text
    assert "+ rounding (file less whole pennies)                      0.001" in text
    assert "1.0 orders per second" in text
    assert "FAIL" not in text


def test_a_lost_document_and_a_lost_penny_are_found() -> None:
    plan, outcome = replayed()
    outcome.documents -= 1
    del outcome.placed["1"]
    faults = checks.check_file(plan, outcome).faults
    assert len(faults) == 2


def test_a_refusal_that_was_not_planned_is_a_fault_and_the_sums_still_tie() -> None:
    plan, outcome = replayed()
    sale = outcome.placed.pop("3").sale
    outcome.refuse(Reject("3", Reason.REFUSED_SALE, sale.value, "422 invalid_request"))
    outcome.reject(Reject("C4", Reason.SALE_REFUSED, Decimal("-4.00")))
    assert checks.check_file(plan, outcome).holds
    assert checks.check_refusals(outcome, []).faults == ("3: 422 invalid_request",)
    assert checks.check_refusals(Outcome(), ["POST /v1/orders: 500"]).faults == ("POST /v1/orders: 500",)


State = Callable[[OrderState], OrderState]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: replace(state, status="IN_PROGRESS"),
        lambda state: replace(state, held=1),
        lambda state: replace(state, captures_owed=1),
        lambda state: replace(state, shipped_units={1: 4}),
        lambda state: replace(state, shipped_units={}),
    ],
    ids=["open", "money held", "capture owed", "too much left", "nothing left"],
)
def test_an_order_that_did_not_end_as_it_should_is_named(spoil: State) -> None:
    _, outcome = replayed()
    assert outcome.placed["1"].state is not None
    outcome.placed["1"].state = spoil(outcome.placed["1"].state)
    (fault,) = checks.check_orders(outcome).faults
    assert "1 (ord_1)" in fault


@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: replace(state, captured=899),
        lambda state: replace(state, shipped={**state.shipped, "goods": 602}),
        lambda state: replace(state, captured=901, shipped={**state.shipped, "goods": 602}),
    ],
    ids=["captured", "shipped", "both"],
)
def test_a_penny_between_captured_shipped_and_agreed_is_found(spoil: State) -> None:
    _, outcome = replayed()
    assert outcome.placed["1"].state is not None
    outcome.placed["1"].state = spoil(outcome.placed["1"].state)
    assert len(checks.check_captures(outcome).faults) == 1


@pytest.mark.parametrize(("took", "said"), [(899, "899"), (901, "901"), (0, "0"), (None, "nothing that it knows of")])
def test_a_penny_between_the_orders_and_the_provider_is_found(took: int | None, said: str) -> None:
    _, outcome = replayed()
    del outcome.takings["ord_1"]
    if took is not None:
        outcome.takings["ord_1"] = took
    (fault,) = checks.check_captures(outcome).faults
    assert f"took 900 (the provider: {said}) for 900 shipped, 900 expected" in fault


def test_money_taken_for_an_order_that_says_nothing_of_it_is_found() -> None:
    _, outcome = replayed()
    outcome.takings["ord_3"] = 1
    assert len(checks.check_captures(outcome).faults) == 1


def test_a_provider_that_was_restarted_may_have_forgotten_an_order_but_not_a_penny_of_one_it_knows() -> None:
    _, outcome = replayed()
    del outcome.takings["ord_1"]
    assert checks.check_captures(outcome, all_known=False).holds
    outcome.takings["ord_1"] = 899
    assert len(checks.check_captures(outcome, all_known=False).faults) == 1


def test_the_providers_log_is_summed_by_order() -> None:
    log = [
        {"effect": "authorized", "amount": 500, "metadata": {"order_id": "a"}},
        {"effect": "captured", "amount": 200, "metadata": {"order_id": "a"}},
        {"effect": "capture_failed", "amount": 300, "metadata": {"order_id": "a"}},
        {"effect": "captured", "amount": 300, "metadata": {"order_id": "a"}},
        {"effect": "voided", "amount": 70, "metadata": {"order_id": "b"}},
        {"effect": "refunded", "amount": 50, "metadata": {"order_id": "a"}},
    ]
    assert takings(log) == {"a": 450, "b": 0}


@pytest.mark.parametrize("account", sorted(BOOKS))
def test_a_penny_in_the_wrong_account_is_found(account: str) -> None:
    _, outcome = replayed()
    posted = {**BOOKS, account: [BOOKS[account][0] + 1, BOOKS[account][1]]}
    assert not checks.check_books(outcome, posted).holds
    # Balanced between two accounts that the orders say nothing about, so only the sides could tell.
    assert checks.check_books(outcome, {**BOOKS, "1020 USD": [5, 0], "1040 USD": [0, 5]}).holds
    assert not checks.check_books(outcome, {**BOOKS, "1020 USD": [5, 0], "1040 USD": [0, 4]}).holds


@pytest.mark.parametrize("spoiled", [[-1, 0], [1, 0], [0, 1]], ids=["too few", "too many", "still promised"])
def test_a_unit_that_is_missing_or_still_promised_is_found(spoiled: list[int]) -> None:
    plan, outcome = replayed()
    before, after = {sku: [10, 0] for sku in plan.skus}, stock(plan)
    after["A"] = [after["A"][0] + spoiled[0], after["A"][1] + spoiled[1]]
    (fault,) = checks.check_stock(plan, outcome, before, after).faults
    assert fault.startswith("A: ")


def test_a_repeat_that_changes_something_is_found() -> None:
    _, outcome = replayed()
    same: dict[str, list[int]] = {"A": [5, 0]}
    for placed in outcome.placed.values():
        placed.replayed = True
    assert checks.check_unchanged(same, same, {"4010 GBP": [0, 0]}, outcome.placed.values()).holds
    assert not checks.check_unchanged(same, {"A": [4, 0]}, {}, outcome.placed.values()).holds
    assert not checks.check_unchanged(same, same, {"4010 GBP": [0, 1]}, outcome.placed.values()).holds
    outcome.placed["1"].replayed = False
    assert not checks.check_unchanged(same, same, {}, outcome.placed.values()).holds


def test_only_the_first_faults_are_shown() -> None:
    outcome = Outcome(refusals=[str(number) for number in range(9)])
    assert checks.check_refusals(outcome, []).faults == ("0", "1", "2", "3", "4", "and 4 more")


def test_what_was_posted_is_the_difference_of_two_balances() -> None:
    assert change({"a": [1, 2]}, {"a": [4, 2], "b": [0, 5]}) == {"a": [3, 0], "b": [0, 5]}
