"""The checker about money given back and what cards hold: silent about days with some, not about a broken rule."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.simulation import goodwill_stories, refund_stories, tender_stories, till_stories  # noqa: F401 - their stories
from tests.simulation.checked_run import Run
from tests.simulation.checker import Evidence
from tests.simulation.telling import simulated_for, tell

RETURNS = "units come back and their money goes back"
GOODWILL = "goodwill within and above the limits"
CARD = "a gift card gets its money back"
TILL = "a gift card pays at a till"


@cache
def days(story: str) -> Evidence:
    simulation = simulated_for(story)
    tell(story, simulation)
    assert simulation.violations == []
    return simulation.evidence()


def run_of(story: str) -> Run:
    return Run(copy.deepcopy(days(story)))


def amounts(run: Run, card: int = 0) -> dict[str, Any]:
    """The amounts of a card, and the key of its row."""
    rows = run.evidence.tables["ledger"]
    key = [key for key in rows if key[1] == "ACCOUNT"][card]
    return {"key": key, **{name: rows[key][name] for name in ("available", "held")}}


def bodies(run: Run, begins: str) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    rows = run.evidence.tables["orders"]
    return [(key, json.loads(rows[key]["body"])) for key in rows if key[1].startswith(begins)]


def drop_entry(run: Run, rule: str) -> None:
    rows = run.evidence.tables["ledger"]
    run.put("ledger", next(k for k, row in rows.items() if k[1] == "MARK" and f'"rule":"{rule}"' in row["body"]), None)


def goods_beyond_what_was_charged(run: Run) -> None:
    (key, one), *_ = bodies(run, "RETURN#")
    run.rewrite("orders", key, lines=[{**one["lines"][0], "goods": one["lines"][0]["goods"] + 1}])


def tax_that_was_never_charged(run: Run) -> None:
    (key, one), *_ = bodies(run, "RETURN#")
    run.rewrite("orders", key, lines=[{**one["lines"][0], "tax": 1}])


def shipping_that_was_never_charged(run: Run) -> None:
    (key, _), *_ = bodies(run, "RETURN#")
    run.rewrite("orders", key, shipping=1)


def less_than_is_owed_for_a_return(run: Run) -> None:
    (key, _), *_ = bodies(run, "RETURN#")
    run.rewrite("orders", key, fee=101)


def goodwill_on_shipping_that_was_never_charged(run: Run) -> None:
    key = next(key for key, one in bodies(run, "REFUND#") if one["cause"] == "appeasement")
    run.rewrite("orders", key, lines=[{"line_no": 0, "goods": 1, "tax": 0}])


def goodwill_beyond_the_goods(run: Run) -> None:
    key = next(key for key, one in bodies(run, "REFUND#") if one["cause"] == "appeasement")
    run.rewrite("orders", key, lines=[{"line_no": 1, "goods": 9_901, "tax": 0}])


def a_card_that_holds_more_than_the_ledger_owes(run: Run) -> None:
    one = amounts(run)
    run.set("ledger", one["key"], available=one["available"] + 1)


def a_refund_to_the_card_that_is_not_posted(run: Run) -> None:
    drop_entry(run, "refund_executed")


def a_sale_of_a_card_that_is_not_posted(run: Run) -> None:
    drop_entry(run, "gift_card_issued")


SPOILED: tuple[tuple[str, str, Callable[[Run], None]], ...] = (
    (RETURNS, "2101 of goods were given back, 2100 were charged", goods_beyond_what_was_charged),
    (RETURNS, "1 of tax were given back, 0 were charged", tax_that_was_never_charged),
    (RETURNS, "1 of shipping were given back, 0 were charged", shipping_that_was_never_charged),
    (RETURNS, "599 are owed for it, its refund is 600", less_than_is_owed_for_a_return),
    (GOODWILL, "1 of shipping were given back, 0 were charged", goodwill_on_shipping_that_was_never_charged),
    (GOODWILL, "of goods were given back, 9900 were charged", goodwill_beyond_the_goods),
    (CARD, "cards hold 1, the account owes 0", a_card_that_holds_more_than_the_ledger_owes),
    (CARD, "cards hold 0, the account owes -700", a_refund_to_the_card_that_is_not_posted),
    (CARD, "cards hold 0, the account owes -1400", a_sale_of_a_card_that_is_not_posted),
)


@pytest.mark.parametrize("story", [RETURNS, GOODWILL, CARD, TILL])
def test_money_that_adds_up_is_not_blamed(story: str) -> None:
    assert run_of(story).broken("INV28") == []


@pytest.mark.parametrize(("story", "says", "spoil"), SPOILED)
def test_each_rule_is_found_broken(story: str, says: str, spoil: Callable[[Run], None]) -> None:
    run = run_of(story)
    spoil(run)
    assert [what for what in run.broken("INV28") if says in what]


def test_a_commit_that_gives_back_too_much_is_found() -> None:
    run = run_of(RETURNS)
    (key, one), *_ = bodies(run, "RETURN#")
    changed = run.rewrite("orders", key, lines=[{**one["lines"][0], "goods": one["lines"][0]["goods"] + 1}])
    assert run.broken_by(changed, invariant="INV28")


def test_what_a_card_paid_at_a_till_is_in_the_entry_of_its_sale() -> None:
    run = run_of(TILL)
    rows = run.evidence.tables["ledger"]
    key = next(k for k, row in rows.items() if k[1] == "MARK" and '"rule":"sale_recorded"' in row["body"])
    entry = json.loads(rows[key]["body"])
    lines = [{**line, "account": "1010"} if line["account"] == "2020" else line for line in entry["lines"]]
    run.rewrite("ledger", key, lines=lines)
    assert [what for what in run.broken("INV3") if "the sale is posted as" in what]


def test_a_refund_to_a_card_is_one_entry() -> None:
    run = run_of(CARD)
    drop_entry(run, "refund_executed")
    assert [what for what in run.broken("INV3") if "is not posted; expected {'2050': 700, 'T': -700}" in what]


def test_a_card_that_was_made_for_a_refund_is_what_the_refund_paid() -> None:
    run = run_of(RETURNS)
    rows = run.evidence.tables["ledger"]
    key = next(
        k
        for k, row in rows.items()
        if k[1] == "MARK" and '"tender":"store_credit"' in row["body"] and "2050" in row["body"]
    )
    run.put("ledger", key, None)
    assert [what for what in run.broken("INV3") if "provider crd_" in what and "is not posted" in what]
    assert run.broken("INV28")


@pytest.mark.parametrize(("state", "refunded"), [("REFUNDED", 1_400), ("PARTIALLY_REFUNDED", 2_100), ("CAPTURED", 600)])
def test_a_tender_is_in_the_state_that_its_amounts_say(state: str, refunded: int) -> None:
    run = run_of(RETURNS)
    (key, _), *_ = bodies(run, "PAYMENT#")
    run.rewrite("orders", key, state=state, refunded=refunded)
    assert [what for what in run.broken("INV26") if f"is {state}, and gave back {refunded} of 2100" in what]
