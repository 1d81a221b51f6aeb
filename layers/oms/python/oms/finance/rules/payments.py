"""How payments and the transfer of goods are posted."""

from __future__ import annotations

from typing import Any

from oms.finance.facts.payments import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentExpired,
    PaymentReleased,
    ShipmentShipped,
)
from oms.finance.model import Line, credit, debit
from oms.finance.rules.rule import TENDER_ACCOUNTS, Rule, Share, lent, tax_charged


def _authorized(fact: PaymentAuthorized) -> list[Line]:
    return [debit("9010", fact.amount, fact.currency), credit("9020", fact.amount, fact.currency)]


def _released(fact: PaymentReleased) -> list[Line]:
    return [debit("9020", fact.amount, fact.currency), credit("9010", fact.amount, fact.currency)]


def _capture_failed(fact: PaymentCaptureFailed) -> list[Line]:
    """Where the hold went with the refusal, its memorandum ends; a hold that stays ends when it is released."""
    return [debit("9020", fact.released, fact.currency), credit("9010", fact.released, fact.currency)]


def _captured(fact: PaymentCaptured) -> list[Line]:
    # What a channel took itself was never an open authorisation of ours.
    no_longer_open = fact.amount + fact.released if fact.authorized else 0
    account = "1310" if _stands_with_another(fact) else TENDER_ACCOUNTS[fact.tender]
    return [
        debit(account, fact.amount, fact.currency),
        credit("2010", fact.amount, fact.currency),
        debit("9020", no_longer_open, fact.currency),
        credit("9010", no_longer_open, fact.currency),
    ]


def _captured_elsewhere(fact: PaymentCaptured) -> list[Share]:
    """Another legal entity issued the card or credit that paid, and owes it to the order's now."""
    if not _stands_with_another(fact):
        return []
    place = (fact.tender_entity or fact.legal_entity, fact.tender_store or fact.store)
    return [Share(*place, lent(TENDER_ACCOUNTS[fact.tender], fact.amount, fact.currency))]


def _stands_with_another(fact: PaymentCaptured) -> bool:
    return fact.tender_entity not in (None, fact.legal_entity)


def _goods_transferred(fact: ShipmentShipped) -> list[Line]:
    return [
        debit("2010", fact.total, fact.currency),
        debit("4092", fact.discount, fact.currency),
        credit("4010", fact.goods - fact.gift_cards, fact.currency),
        credit("2020", fact.gift_cards, fact.currency),
        credit("4020", fact.shipping, fact.currency),
        *tax_charged(fact.tax, fact.taxes, fact.currency),
    ]


RULES: tuple[Rule[Any], ...] = (
    Rule("payment_authorized", 1, PaymentAuthorized, lambda f: (f.provider, f.psp_reference), _authorized),
    Rule("payment_released", 1, PaymentReleased, lambda f: (f.provider, f.release_id), _released),
    Rule("payment_expired", 1, PaymentExpired, lambda f: (f.provider, f.release_id), _released),
    Rule("payment_capture_failed", 1, PaymentCaptureFailed, lambda f: (f.provider, f.psp_reference), _capture_failed),
    Rule(
        *("payment_captured", 1, PaymentCaptured, lambda f: (f.provider, f.capture_id), _captured),
        elsewhere=_captured_elsewhere,
    ),
    Rule("goods_transferred", 1, ShipmentShipped, lambda f: (f.shipment_id,), _goods_transferred),
)
