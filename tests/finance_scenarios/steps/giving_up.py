"""Rows about what is given up, and what legal entities owe each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.lines import minor
from tests.finance_scenarios.play import Play
from tests.finance_scenarios.steps import orders
from tests.finance_scenarios.steps.settlement import finance, today
from tests.finance_scenarios.world import CannotDo


def written_off(play: Play, row: Row) -> Mapping[str, Any]:
    """A rest that was delivered: its money is asked for once more, and refused, before it is given up."""
    plan = play.plan(row)
    known = orders.ready(play, plan)
    orders.refuse(play, plan)
    body: dict[str, Any] = {"reason": row.get("reason") or "not paid"}
    if row.get("amount"):
        body["amount"] = play.amount(row)
    relief = row.get("tax_relief")
    body["tax_relief"] = relief is not None and relief not in ("false", "0.00", "no")
    answer: Mapping[str, Any] = play.post(finance(play), f"/v1/orders/{known}/write-offs", body)
    return answer


def between(play: Play, row: Row) -> Mapping[str, Any]:
    """What two entities owe each other is paid, or set off and the rest of it is paid."""
    payer, payee = _parties(row)
    gross, back = _gross(play, row, payer)
    body: dict[str, Any] = {
        "transfer_id": row.get("id") or row.name,
        "from_entity": payer,
        "to_entity": payee,
        "gross": gross,
        "gross_back": back,
        "currency": play.currency(row),
        "business_date": today(play),
    }
    answer: Mapping[str, Any] = play.post(finance(play), "/v1/finance/intercompany", body)
    return answer


def _parties(row: Row) -> tuple[str, str]:
    if row.get("from") and row.get("to"):
        return str(row.get("from")), str(row.get("to"))
    both = re.split(r"[,/+;&-]|and", row.get("between") or "")
    if len(both) != 2:
        raise CannotDo("it does not say between whom")
    # Who pays the rest is told by its bank account.
    pays = next((line.entity for line in row.lines if line.account == "1040" and line.side == "Cr"), None)
    payer = pays if pays in both else both[0]
    return payer, both[1] if payer == both[0] else both[0]


def _gross(play: Play, row: Row, payer: str) -> tuple[int, int]:
    """What the payer owes, and what it is owed."""
    currency = play.currency(row)
    if row.verb == "intercompany.settled":
        return play.amount(row), 0
    parts = re.split(r"[,/+;]", row.get("gross") or "")
    net = play.amount(row, "net", play.amount(row))
    if len(parts) == 2:
        amounts = sorted((minor(part, currency) for part in parts), reverse=True)
        return amounts[0], amounts[1]
    own = [line for line in row.lines if line.entity == payer]
    owes = next((line.amount for line in own if line.account == "2310"), None)
    owed = next((line.amount for line in own if line.account == "1310"), None)
    if owes and owed:
        return minor(owes, currency), minor(owed, currency)
    gross = minor(parts[0], currency) if parts[0] else net
    return gross, gross - net


STEPS = {
    "write_off.posted": written_off,
    "intercompany.settled": between,
    "intercompany.netted": between,
}
