"""The datasets of a close batch besides the journal: their columns, and their rows from a snapshot. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from oms.finance.exports.further_facts import tax_rows
from oms.finance.exports.model import Plan
from oms.finance.exports.snapshots import Snapshot
from oms.platform.money import exponent

_TEXT, _WHOLE, _DATE, _INSTANT, _TRUTH = "VARCHAR", "BIGINT", "DATE", "TIMESTAMP", "BOOLEAN"
# What a column is called where it is not the field's own name; amounts say that they are minor units.
_MINOR = (
    *("goods", "discount", "charges", "tax", "total", "captured", "delivered", "amount", "authorized", "released"),
    *("opening_float", "cash_sale", "cash_refund", "drop", "paid_in", "paid_out", "expected", "counted", "variance"),
    *("delivered_goods", "delivered_discount", "delivered_shipping", "delivered_tax", "found", "returned_goods"),
    *("shipping", "net", "available", "held", "balance", "refunds", "disputes", "fees", "fee", "adjustments"),
    *("paid_amount", "in_transit", "difference", "written_off", "charged", "given_back", "payable"),
)
_EXPONENTS = {"currency": "exponent", "paid_currency": "paid_exponent"}


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset: its name, the fields in the order of its columns, and the type of each."""

    name: str
    fields: Mapping[str, str]

    @property
    def columns(self) -> dict[str, str]:
        """The columns by name; an exponent says how many decimal places the currency before it has."""
        columns: dict[str, str] = {}
        for field, kind in self.fields.items():
            columns[f"{field}_minor" if field in _MINOR else field] = kind
            if field in _EXPONENTS:
                columns[_EXPONENTS[field]] = _WHOLE
        return columns

    def row(self, facts: Mapping[str, Any]) -> Sequence[object]:
        """The cells of one row."""
        cells: list[object] = []
        for field in self.fields:
            value = facts[field]
            cells.append({True: "true", False: "false"}[value] if isinstance(value, bool) else value)
            if field in _EXPONENTS:
                cells.append(None if value is None else exponent(value))
        return cells


def _fields(texts: str, kind: str = _TEXT) -> dict[str, str]:
    return dict.fromkeys(texts.split(), kind)


ORDERS = Dataset(
    "orders",
    {
        **_fields("order_id external_id legal_entity store channel status placed_at currency"),
        "placed_at": _INSTANT,
        **_fields("goods discount charges tax total captured delivered", _WHOLE),
        **_fields(
            "delivered_goods delivered_discount delivered_shipping delivered_tax returned_goods written_off version",
            _WHOLE,
        ),
    },
)
TAXES = Dataset(
    "taxes",
    {
        **_fields("order_id legal_entity store channel jurisdiction currency"),
        **_fields("charged given_back payable", _WHOLE),
    },
)
PAYMENTS = Dataset(
    "payments",
    {
        **_fields("payment_id order_id"),
        "rank": _WHOLE,
        **_fields("tender provider psp_reference state currency"),
        **_fields("amount authorized captured released", _WHOLE),
    },
)
DRAWER_SESSIONS = Dataset(
    "drawer_sessions",
    {
        **_fields("session_id legal_entity store drawer business_date device cashier state opened_at currency"),
        "business_date": _DATE,
        "opened_at": _INSTANT,
        **_fields("opening_float cash_sale cash_refund drop paid_in paid_out movements", _WHOLE),
        **_fields("expected counted variance missing statement", _WHOLE),
    },
)
DRAWER_EVENTS = Dataset(
    "drawer_events",
    {
        **_fields("movement_id session_id store device"),
        "sequence": _WHOLE,
        **_fields("kind currency"),
        **_fields("amount tax", _WHOLE),
        **_fields("reason reference cashier"),
        "occurred_at": _INSTANT,
        "late": _TRUTH,
    },
)
REFUNDS = Dataset(
    "refunds",
    {
        **_fields("refund_id order_id cause cause_id owed_at part tender provider currency"),
        **_fields("part amount", _WHOLE),
        "owed_at": _INSTANT,
        **_fields("state movement_id card_id"),
    },
)
APPEASEMENTS = Dataset(
    "appeasements",
    {
        **_fields("appeasement_id order_id number on reason paid_to currency"),
        **_fields("number goods shipping net tax total", _WHOLE),
        **_fields("state requested_by requested_at decided_by decided_at"),
        **_fields("requested_at decided_at", _INSTANT),
    },
)
GIFT_CARDS = Dataset(
    "gift_cards",
    {
        **_fields("card_id kind legal_entity store channel reason issued_at expires_on currency"),
        "issued_at": _INSTANT,
        "expires_on": _DATE,
        **_fields("amount available held balance version", _WHOLE),
    },
)
PAYOUTS = Dataset(
    "payouts",
    {
        **_fields("settlement_id provider payout_id legal_entity end_to_end_id recorded_at currency"),
        "recorded_at": _INSTANT,
        **_fields("charges refunds disputes fees adjustments net items", _WHOLE),
        "paid_currency": _TEXT,
        "paid_amount": _WHOLE,
    },
)
PAYOUT_ITEMS = Dataset(
    "payout_items",
    {
        **_fields("settlement_id provider payout_id number kind reference match order_id payment_id currency"),
        **_fields("number amount fee net", _WHOLE),
    },
)
DEPOSITS = Dataset(
    "deposits",
    {
        **_fields("bag_id legal_entity store prepared_on prepared_by currency"),
        "prepared_on": _DATE,
        "amount": _WHOLE,
    },
)
BANK_MATCHES = Dataset(
    "bank_matches",
    {
        **_fields("bank_line_id legal_entity account line_id booked_on end_to_end_id matched matched_id"),
        "booked_on": _DATE,
        **_fields("suspense_id currency"),
        **_fields("amount in_transit difference", _WHOLE),
    },
)
CLOSE_EXCEPTIONS = Dataset(
    "close_exceptions",
    {
        **_fields("check kind entity"),
        "business_date": _DATE,
        **_fields("store order_id drawer_session account currency"),
        **_fields("expected found", _WHOLE),
        "since": _DATE,
        "age_days": _WHOLE,
        **_fields("detail remedy"),
    },
)


def rows_of(plan: Plan, snapshot: Snapshot) -> list[tuple[Dataset, Iterator[Sequence[object]]]]:
    """Every dataset of a close batch with its rows, in a fixed order; rows are made as they are asked for."""
    about = {"entity": plan.entity, "business_date": plan.business_date.isoformat()}
    parts: list[tuple[Dataset, Iterable[BaseModel]]] = [
        (ORDERS, snapshot.orders),
        (TAXES, tax_rows(snapshot.orders)),
        (PAYMENTS, snapshot.payments),
        (DRAWER_SESSIONS, snapshot.sessions),
        (DRAWER_EVENTS, snapshot.movements),
        (REFUNDS, snapshot.further.refunds),
        (APPEASEMENTS, snapshot.further.appeasements),
        (GIFT_CARDS, snapshot.further.gift_cards),
        (PAYOUTS, snapshot.further.payouts),
        (PAYOUT_ITEMS, snapshot.further.payout_items),
        (DEPOSITS, snapshot.further.deposits),
        (BANK_MATCHES, snapshot.further.bank_matches),
        (CLOSE_EXCEPTIONS, snapshot.exceptions),
    ]
    return [(dataset, _rows(dataset, about, found)) for dataset, found in parts]


def _rows(dataset: Dataset, about: Mapping[str, str], found: Iterable[BaseModel]) -> Iterator[Sequence[object]]:
    for facts in found:
        yield dataset.row({**about, **facts.model_dump(mode="json")})
