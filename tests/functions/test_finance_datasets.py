"""What finance takes home of a small day: every dataset of the close batch, as text and as Parquet, to the cent."""

from __future__ import annotations

import pytest

from oms.finance.exports import datasets
from tests.closing_day import Closer, whole_day
from tests.moto_doors import MotoDoors, deployed, moto_doors
from tests.unit.finance import exported

__all__ = ["deployed", "moto_doors"]

ALL = (
    *("appeasements", "bank_matches", "close_exceptions", "deposits", "drawer_events", "drawer_sessions"),
    *("gift_cards", "journal_lines", "memo_lines", "orders", "payments", "payout_items", "payouts", "refunds"),
    *("taxes", "trial_balance"),
)


@pytest.fixture
def closer(moto_doors: MotoDoors) -> Closer:
    made = whole_day(moto_doors)
    made.later()
    return made


@pytest.mark.capability("N7")
def test_a_close_batch_has_every_dataset_with_exact_figures(closer: Closer):
    manifest = closer.export()
    assert manifest["kind"] == "close"
    assert tuple(sorted({file["dataset"] for file in manifest["files"]})) == ALL
    for name in ALL:
        assert exported.rows(manifest, name) == exported.rows(manifest, name, "parquet"), name
    shapes = [one for one in vars(datasets).values() if isinstance(one, datasets.Dataset)]
    assert len(shapes) == len(ALL) - 3
    for one in shapes:
        assert list(exported.rows(manifest, one.name)[0]) == list(one.columns)

    def told(name: str, *columns: str) -> list[tuple[str, ...]]:
        return [tuple(row[column] for column in columns) for row in exported.rows(manifest, name)]

    order_id, second = (row["order_id"] for row in exported.rows(manifest, "orders"))
    captured, refunded = closer.references(order_id)
    closer.doors.enter("finance_export")
    assert told("refunds", "order_id", "cause", "part", "tender", "amount_minor", "state", "movement_id") == [
        (order_id, "appeasement", "1", "card", "862", "EXECUTED", refunded)
    ]
    assert told("appeasements", "order_id", "on", "goods_minor", "tax_minor", "total_minor", "state") == [
        (order_id, "order", "800", "62", "862", "GRANTED")
    ]
    assert told("gift_cards", "kind", "store", "amount_minor", "available_minor", "held_minor", "balance_minor") == [
        ("gift_card", "S1", "5000", "3000", "0", "3000")
    ]
    assert told("payouts", "payout_id", "charges_minor", "refunds_minor", "fees_minor", "net_minor", "items") == [
        ("po_1", "11325", "862", "358", "10105", "2")
    ]
    assert told("payout_items", "number", "reference", "order_id", "amount_minor", "fee_minor", "net_minor") == [
        ("1", captured, order_id, "11325", "358", "10967"),
        ("2", refunded, order_id, "-862", "0", "-862"),
    ]
    assert told("deposits", "bag_id", "store", "prepared_on", "amount_minor") == [("B1", "S1", "2026-11-23", "15500")]
    assert sorted(told("bank_matches", "line_id", "matched", "matched_id", "amount_minor", "difference_minor")) == [
        ("L1", "deposit", "B1", "15450", "50"),
        ("L2", "payout", exported.rows(manifest, "payouts")[0]["settlement_id"], "10105", "0"),
    ]
    assert second != order_id
