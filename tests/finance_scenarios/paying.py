"""The means of payment of an order, as its rows tell them. Amounts are minor units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.lines import minor

_ENDS_A_HOLD = ("payment.auth_released", "payment.capture_failed")


@dataclass(slots=True)
class Tender:
    """One means of payment. `quiet` was authorised before the scenario begins, `taken` was captured by the channel."""

    tender: str
    amount: int
    quiet: bool = False
    taken: bool = False
    reference: str | None = None


def tenders_of(rows: Sequence[Row], currency: str) -> list[Tender]:
    """The means of payment by their first authorisation or capture; what is authorised again is no new one."""
    found: list[Tender] = []
    open_: dict[str, bool] = {}
    for row in rows:
        if not row.verb.startswith("payment.") or row.get("expect"):
            continue
        kind, amount = row.get("tender") or "card", _amount(row, "amount", currency)
        known = kind in open_
        if row.verb == "payment.authorized":
            if not known or open_[kind]:
                found.append(Tender(kind, amount))
            open_[kind] = True
        elif row.verb == "payment.captured" and row.get("authorized") == "false":
            found.append(Tender(kind, amount, taken=True, reference=row.get("psp_capture")))
        else:
            if not known:
                same = [one for one in found if one.tender == kind and one.quiet]
                released = _amount(row, "released", currency)
                if same:
                    same[0].amount += amount + released
                else:
                    found.append(Tender(kind, amount + released, quiet=True))
            elif row.verb in _ENDS_A_HOLD or row.get("released"):
                open_[kind] = False
    return found or _quiet_tenders(rows, currency)


def _quiet_tenders(rows: Sequence[Row], currency: str) -> list[Tender]:
    """Who paid an order of which the scenario does not tell: the last tender of a planned refund has paid first."""
    for row in rows:
        parts = planned_parts(row.answer or "", currency) if row.verb == "refund.planned" else []
        if parts:
            return [Tender(tender, amount, quiet=True) for tender, amount in reversed(parts)]
    return []


def planned_parts(answer: str, currency: str) -> list[tuple[str, int]]:
    """`card 30.00 then gift_card 13.30` as tenders and amounts."""
    parts = [part.split() for part in re.split(r"\s*(?:\bthen\b|;|,)\s*", answer.strip()) if part]
    return [(part[0], minor(part[1], currency)) for part in parts if len(part) == 2]


def _amount(row: Row, key: str, currency: str) -> int:
    return minor(row.get(key) or "0", row.get("currency") or currency)
