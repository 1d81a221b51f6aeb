"""How what suppliers send for us is posted."""

from __future__ import annotations

from typing import Any

from oms.finance.facts.purchasing import PurchaseOrderShipped
from oms.finance.model import Line, credit, debit
from oms.finance.rules.rule import Rule


def _supplied(fact: PurchaseOrderShipped) -> list[Line]:
    return [
        debit("5010", fact.cost, fact.currency),
        credit("4050", fact.commission, fact.currency),
        credit("2210", fact.payable, fact.currency),
    ]


RULES: tuple[Rule[Any], ...] = (Rule("goods_supplied", 1, PurchaseOrderShipped, lambda f: (f.shipment_id,), _supplied),)
