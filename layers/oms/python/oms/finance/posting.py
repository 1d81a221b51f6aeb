"""Posting rules: which lines a fact makes. A table of pure functions; a new fact is one more row.

A rule's identity is the business identity of its fact: the provider and its own id for money, the shipment for goods.
It is never the id of the message that brought the fact, so a fact told twice is posted once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from oms.finance.drawer_facts import (
    DrawerClosed,
    DrawerFact,
    DrawerMovementRecorded,
    DrawerOpened,
    DrawerRestated,
)
from oms.finance.facts import (
    Fact,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentExpired,
    PaymentReleased,
    ShipmentShipped,
    Tender,
)
from oms.finance.model import Entry, LedgerFault, Line, credit, debit, require_balanced
from oms.platform.commands import input_hash
from oms.platform.ids import derived_id

F = TypeVar("F", bound=Fact)

TENDER_ACCOUNTS: Mapping[Tender, str] = {
    Tender.CARD: "1110",
    Tender.GIFT_CARD: "2020",
    Tender.STORE_CREDIT: "2030",
    Tender.CASH: "1010",
}
# The debited and the credited account of a movement of cash that is no sale.
_DRAWER_ACCOUNTS: Mapping[str, tuple[str, str]] = {
    "cash_refund": ("2050", "1010"),
    "drop": ("1020", "1010"),
    "paid_in": ("1010", "1020"),
    "paid_out": ("6060", "1010"),
}


@dataclass(frozen=True, slots=True)
class Rule(Generic[F]):
    """How one kind of fact is posted: the shape it is read in, what names it, and its lines."""

    name: str
    version: int
    reads: type[F]
    identity: Callable[[F], tuple[str, ...]]
    lines: Callable[[F], Sequence[Line]]


@dataclass(frozen=True, slots=True)
class Posting:
    """An entry ready for the ledger.

    `identity_key` names the fact whatever version of the rule made the entry; `content_hash` tells a repetition from
    another fact under the same identity. `business_date` is set where the fact itself says to which day it belongs;
    otherwise the clock of its store does.
    """

    identity_key: str
    content_hash: str
    entry: Entry
    business_date: date | None = None


def _authorized(fact: PaymentAuthorized) -> list[Line]:
    return [debit("9010", fact.amount, fact.currency), credit("9020", fact.amount, fact.currency)]


def _released(fact: PaymentReleased) -> list[Line]:
    return [debit("9020", fact.amount, fact.currency), credit("9010", fact.amount, fact.currency)]


def _captured(fact: PaymentCaptured) -> list[Line]:
    no_longer_open = fact.amount + fact.released
    return [
        debit(TENDER_ACCOUNTS[fact.tender], fact.amount, fact.currency),
        credit("2010", fact.amount, fact.currency),
        debit("9020", no_longer_open, fact.currency),
        credit("9010", no_longer_open, fact.currency),
    ]


def _goods_transferred(fact: ShipmentShipped) -> list[Line]:
    return [
        debit("2010", fact.total, fact.currency),
        debit("4092", fact.discount, fact.currency),
        credit("4010", fact.goods, fact.currency),
        credit("4020", fact.shipping, fact.currency),
        credit("2040", fact.tax, fact.currency),
    ]


def _drawer_opened(fact: DrawerOpened) -> list[Line]:
    return [debit("1010", fact.opening_float, fact.currency), credit("1020", fact.opening_float, fact.currency)]


def _drawer_moved(fact: DrawerMovementRecorded) -> list[Line]:
    amount, currency = fact.amount, fact.currency
    if fact.kind == "cash_sale":
        sold = [credit("4010", amount - fact.tax, currency), credit("2040", fact.tax, currency)]
        return [debit("1010", amount, currency), *sold]
    into, out_of = _DRAWER_ACCOUNTS[fact.kind]
    return [debit(into, amount, currency), credit(out_of, amount, currency)]


def _drawer_closed(fact: DrawerClosed) -> list[Line]:
    return [*_over_short(fact.variance, fact.currency), *_to_the_safe(fact.counted, fact.currency)]


def _drawer_restated(fact: DrawerRestated) -> list[Line]:
    """Only what differs from the statement before. A late movement itself is posted as every movement."""
    over = _over_short(fact.variance - fact.variance_before, fact.currency)
    return [*over, *_to_the_safe(fact.counted - fact.counted_before, fact.currency)]


def _over_short(variance: int, currency: str) -> list[Line]:
    into, out_of = ("1010", "6030") if variance > 0 else ("6030", "1010")
    return [debit(into, abs(variance), currency), credit(out_of, abs(variance), currency)]


def _to_the_safe(counted: int, currency: str) -> list[Line]:
    into, out_of = ("1020", "1010") if counted > 0 else ("1010", "1020")
    return [debit(into, abs(counted), currency), credit(out_of, abs(counted), currency)]


_TABLE: tuple[Rule[Any], ...] = (
    Rule("payment_authorized", 1, PaymentAuthorized, lambda f: (f.provider, f.psp_reference), _authorized),
    Rule("payment_released", 1, PaymentReleased, lambda f: (f.provider, f.release_id), _released),
    Rule("payment_expired", 1, PaymentExpired, lambda f: (f.provider, f.release_id), _released),
    Rule("payment_captured", 1, PaymentCaptured, lambda f: (f.provider, f.capture_id), _captured),
    Rule("goods_transferred", 1, ShipmentShipped, lambda f: (f.shipment_id,), _goods_transferred),
    Rule("drawer_opened", 1, DrawerOpened, lambda f: (f.session_id,), _drawer_opened),
    Rule("drawer_moved", 1, DrawerMovementRecorded, lambda f: (f.movement_id,), _drawer_moved),
    Rule("drawer_closed", 1, DrawerClosed, lambda f: (f.session_id,), _drawer_closed),
    Rule("drawer_restated", 1, DrawerRestated, lambda f: (f.name,), _drawer_restated),
)

# The event type is the name of the shape that its rule reads.
RULES: Mapping[str, Rule[Any]] = {rule.reads.__name__: rule for rule in _TABLE}

# Facts that move no money. A failed capture leaves its authorisation open; PaymentReleased ends it.
WITHOUT_LINES = frozenset({"PaymentCaptureFailed"})


def postings_of(event_type: str, data: Mapping[str, Any], source_event: str, occurred_at: datetime) -> list[Posting]:
    """The balanced entries that an event makes; none where no money moves, as for a free order.

    Raises LedgerFault when no rule knows the event, or when its payload does not have the agreed shape.
    """
    if event_type in WITHOUT_LINES:
        return []
    rule = RULES.get(event_type)
    if rule is None:
        raise LedgerFault(f"no posting rule for {event_type}")
    posting = _apply(rule, data, source_event, occurred_at)
    return [posting] if posting.entry.lines else []


def _apply(rule: Rule[Any], data: Mapping[str, Any], source_event: str, occurred_at: datetime) -> Posting:
    try:
        fact = rule.reads.model_validate(data)
    except ValidationError as error:
        raise LedgerFault(f"{rule.name}: {error.error_count()} fields are wrong") from error
    lines = tuple(line for line in rule.lines(fact) if line.debit or line.credit)
    require_balanced(lines)
    identity = rule.identity(fact)
    entry = Entry(
        entry_id=derived_id("ent", rule.name, str(rule.version), *identity),
        rule=rule.name,
        rule_version=rule.version,
        entity=fact.legal_entity,
        store=fact.store,
        channel=fact.channel,
        order_id=fact.order_id,
        payment_id=fact.payment_id,
        drawer_session=fact.session_id if isinstance(fact, DrawerFact) else None,
        psp=fact.provider,
        tender=fact.tender,
        occurred_at=occurred_at,
        source_event=source_event,
        reference=identity[-1],
        lines=lines,
    )
    # Defaults take no part in the hash, so a field that finance learns to read later does not change old facts.
    content = fact.model_dump(mode="json", exclude_defaults=True)
    day = fact.business_date if isinstance(fact, DrawerFact) else None
    return Posting(derived_id("pst", rule.name, *identity), input_hash(content), entry, day)
