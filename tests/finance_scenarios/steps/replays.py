"""Rows that repeat another one: the same command, or the same fact told again, with other values where these are given.

A fact about money or goods is told to the ledger again by another message. A command is called again: under its first
key, or, where the business identity is what counts, under a new one.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.play import Fact, Play, Step, with_values
from tests.finance_scenarios.world import CannotDo

_FACTS = ("payment.", "goods.", "refund.executed", "refund.failed", "dispute.")
# What a row calls an amount, and what the facts do.
_NAMES = {"gross": "goods", "amount": "amount", "tax": "tax", "shipping": "shipping", "discount": "discount"}
_NO_VALUES = frozenset({"expect", "event", "date", "occurred", "posts_on", "psp_capture"})


def replay(play: Play, row: Row, steps: Mapping[str, Step]) -> Mapping[str, Any]:
    first = next((one for one in play.scenario.rows if one.number == row.replays), None)
    if first is None:
        raise CannotDo(f"there is no row {row.replays}")
    changed = {key: value for key, value in row.values.items() if key not in _NO_VALUES}
    if first.verb.startswith(_FACTS):
        return _told_again(play, row, first, changed)
    merged = with_values(first, **changed)
    merged = replace(merged, values={key: value for key, value in merged.values.items() if key != "expect"})
    fresh = row.get("expect") == "CONFLICT_QUARANTINED" or row.get("event") is not None
    with play.repeating(first, fresh=fresh):
        return steps[first.verb](play, merged) or {}


def _told_again(play: Play, row: Row, first: Row, changed: Mapping[str, str]) -> Mapping[str, Any]:
    facts = [fact for fact in play.facts if fact.row is not None and fact.row.number == first.number]
    amount = play.amount(first)
    same = [fact for fact in facts if amount and fact.told.data.get("amount") == amount] or facts
    if not same:
        same = [fact for fact in play.facts if fact.row is not None and fact.told.data.get("amount") == amount][:1]
    if not same:
        raise CannotDo(f"row {first.number} told nothing")
    for number, fact in enumerate(same):
        message = copy.deepcopy(fact.told.message)
        message["detail"]["meta"]["id"] = f"{row.get('event') or row.name}-{number}"
        data = message["detail"]["data"]
        for key in changed:
            if key in _NAMES:
                data[_NAMES[key]] = play.amount(row, key)
        if "goods" in data and "total" in data:
            data["total"] = data["goods"] - data["discount"] + data["shipping"] + data["tax"]
        if "paid" in data and "rounding" in data:
            data["paid"] = data["amount"] + data["rounding"]
        before = play.ledger.quarantined()
        told = replace(fact.told, message=message, at=play.clock.now())
        failed = play.ledger.post(told)
        if failed:
            raise CannotDo(failed[0])
        entries = play.ledger.news()
        if play.ledger.quarantined() > before:
            return {"state": "CONFLICT_QUARANTINED"}
        play.tape.append(Fact(told, row, list(entries)))
    return {}
