"""How what is lost on its way is posted: the cost of goods becomes a write-off, where a cost is in the books.

What the customer gets back for it is posted with its return.
"""

from __future__ import annotations

from typing import Any

from oms.finance.facts.carriers import ParcelClaimed
from oms.finance.model import Line, credit, debit
from oms.finance.rules.rule import Rule


def _lost(fact: ParcelClaimed) -> list[Line]:
    return [debit("6040", fact.cost, fact.currency), credit("5010", fact.cost, fact.currency)]


RULES: tuple[Rule[Any], ...] = (Rule("parcel_claimed", 1, ParcelClaimed, lambda f: (f.claim_id,), _lost),)
