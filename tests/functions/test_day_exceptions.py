"""What does not tie out on a date: orders on their whole way through the functions, errors that are planted, and files.

The ledger hears of what the test lets it hear; what it never heard is found by comparing it with the orders.
"""

from __future__ import annotations

from datetime import date

import pytest

from oms.finance.exports.datasets import CLOSE_EXCEPTIONS, DRAWER_EVENTS, DRAWER_SESSIONS, ORDERS, PAYMENTS
from oms.payments.commands import capture_payment
from tests.closing_day import DAY, Closer
from tests.drawer_doors import Drawers, pieces
from tests.moto_doors import MotoDoors, deployed, moto_doors
from tests.order_world import TENANT
from tests.pos_doors import Till, card, cash, sold_line
from tests.refund_doors import Refunds
from tests.unit.finance import exported

__all__ = ["deployed", "moto_doors"]


@pytest.fixture
def closer(moto_doors: MotoDoors) -> Closer:
    return Closer(moto_doors)


@pytest.mark.capability("N1", "N3")
def test_a_day_in_order_tells_only_of_stores_that_were_silent(closer: Closer):
    closer.shipped("1")
    closer.post()
    closer.later()
    shown = closer.exceptions()
    assert (shown["entity"], shown["business_date"], shown["final"]) == ("100", "2026-11-23", False)
    assert shown["checks"] == [*(f"T{number}" for number in range(1, 15)), "SEAL"]
    assert [(one["check"], one["kind"], one["store"]) for one in shown["exceptions"]] == [
        ("SEAL", "open", "WEB"),
        ("SEAL", "silent", "S1"),
        ("SEAL", "silent", "S2"),
    ]


@pytest.mark.capability("N1", "N3")
def test_what_the_ledger_never_heard_of_is_found(closer: Closer):
    unsold = closer.shipped("1")
    closer.post("ShipmentShipped")
    assert closer.told() == [
        ("T2", "differs", unsold, 10500, 0),
        ("T3", "differs", unsold, 0, 11325),
        ("T11", "differs", unsold, 825, 0),
    ]
    closer.post()
    assert closer.told() == []
    unpaid = closer.shipped("2")
    closer.post("PaymentCaptured")
    assert closer.told() == [
        ("T3", "differs", unpaid, 0, -11325),
        ("T10", "differs", unpaid, 0, 11325),
    ]
    closer.post()
    assert closer.told() == []


@pytest.mark.capability("N3", "N7")
def test_the_close_has_orders_payments_drawers_and_exceptions_beside_the_journal(closer: Closer):
    order_id = closer.shipped("1")
    till = Drawers(closer.doors)
    closer.doors.enter("drawers")
    session = till.counted(pieces(n10000=1, n5000=1, n500=1), (1, "cash_sale", 500))
    closer.doors.enter("drawers")
    assert till.close(session).status == 200
    closer.post("DrawerClosed")
    closer.later()
    seal = {"entity": "100", "store": "S1", "force": True, "reason": "the count is lost"}
    assert closer.finance.post("/v1/finance/days/2026-11-23/seal", seal).status == 200

    manifest = closer.export()
    assert (manifest["kind"], manifest["batch"]) == ("close", 1)
    assert sorted({file["dataset"] for file in manifest["files"]}) == [
        *("close_exceptions", "drawer_events", "drawer_sessions", "journal_lines", "memo_lines", "orders"),
        *("payments", "taxes", "trial_balance"),
    ]
    for dataset in (ORDERS, PAYMENTS, DRAWER_SESSIONS, DRAWER_EVENTS, CLOSE_EXCEPTIONS):
        rows = exported.rows(manifest, dataset.name)
        assert rows == exported.rows(manifest, dataset.name, "parquet")
        assert list(rows[0]) == list(dataset.columns)
    (sold,) = exported.rows(manifest, "orders")
    assert (sold["order_id"], sold["store"], sold["status"], sold["currency"], sold["exponent"]) == (
        *(order_id, "WEB", "COMPLETED", "USD", "2"),
    )
    assert (sold["total_minor"], sold["captured_minor"], sold["delivered_minor"]) == ("11325", "11325", "11325")
    assert sold["placed_at"] == "2026-11-23T12:00:00.000Z"
    (tender,) = exported.rows(manifest, "payments")
    assert (tender["order_id"], tender["tender"], tender["state"], tender["captured_minor"]) == (
        *(order_id, "card", "CAPTURED", "11325"),
    )
    (drawer,) = exported.rows(manifest, "drawer_sessions")
    assert (drawer["session_id"], drawer["state"], drawer["expected_minor"], drawer["variance_minor"]) == (
        *(session, "CLOSED", "15500", "0"),
    )
    (moved,) = exported.rows(manifest, "drawer_events")
    assert (moved["kind"], moved["amount_minor"], moved["sequence"], moved["late"]) == (
        "cash_sale",
        "500",
        "1",
        "false",
    )
    assert [
        (row["check"], row["kind"], row["store"], row["found_minor"])
        for row in exported.rows(manifest, "close_exceptions")
    ] == [("T7", "differs", "S1", "15500"), ("SEAL", "forced", "S1", ""), ("SEAL", "silent", "S2", "")]

    # What its export says stays, whatever is mended later.
    closer.post()
    shown = closer.exceptions()
    assert shown["final"] is True
    assert [one["check"] for one in shown["exceptions"]] == ["T7", "SEAL", "SEAL"]


@pytest.mark.capability("N7")
def test_a_close_that_is_written_again_after_orders_moved_on_has_the_same_bytes(
    closer: Closer, monkeypatch: pytest.MonkeyPatch
):
    order_id = closer.shipped("1", capture=False)
    closer.post()
    closer.later()

    def fail(*_: object) -> None:
        raise RuntimeError("no manifest is noted")

    wish = exported.wish("exp_9", "close", on=DAY)
    wish["detail"]["meta"] |= {"tenant": TENANT, "id": "evt_9"}
    with monkeypatch.context() as broken:
        broken.setattr("oms.finance.exports.store.written_write", fail)
        assert closer.doors.queue("finance_export", wish) == ["m0"]
    before = exported.stored()
    (work,) = closer.world.order(order_id).fulfillment_orders
    closer.doors.enter("capture_payment")
    capture_payment(closer.world.runtime, closer.world.providers, TENANT, order_id, work.id)
    assert closer.doors.queue("finance_export", wish) == []
    assert exported.stored() == before
    (row,) = exported.rows(exported.manifests(TENANT)[-1], "orders")
    assert (row["captured_minor"], row["delivered_minor"]) == ("0", "11325")


@pytest.mark.capability("N3", "N7")
def test_what_stays_open_is_looked_at_on_every_later_date(closer: Closer):
    """An order that left unpaid on the first date is told of when another date closes that knows nothing of it."""
    unpaid = closer.shipped("1", capture=False)
    closer.post()
    closer.later(days=3)
    closer.shipped("2")
    closer.post()
    closer.later(days=4)
    first = closer.export(on=DAY)
    assert [row["check"] for row in exported.rows(first, "close_exceptions")] == ["SEAL", "SEAL"]
    third = closer.export(on=date(2026, 11, 26))
    aged = [row for row in exported.rows(third, "close_exceptions") if row["check"] != "SEAL"]
    assert [(row["check"], row["kind"], row["order_id"], row["found_minor"], row["age_days"]) for row in aged] == [
        ("T3", "aged", unpaid, "-11325", "3")
    ]
    assert [row["order_id"] for row in exported.rows(third, "orders")] != [unpaid]


@pytest.mark.capability("N3", "N7")
def test_an_order_that_moved_on_before_its_first_date_closes_ties_out(closer: Closer):
    """A date closes half a day after its end: an order that left on it may have been paid since."""
    order_id = closer.shipped("1", capture=False)
    closer.post()
    closer.later()
    closer.doors.enter("capture_payment")
    (work,) = closer.world.order(order_id).fulfillment_orders
    capture_payment(closer.world.runtime, closer.world.providers, TENANT, order_id, work.id)
    closer.post()
    assert closer.told() == []
    closer.later(days=2)
    for on in (DAY, date(2026, 11, 24)):
        closed = closer.export(on=on)
        assert {row["check"] for row in exported.rows(closed, "close_exceptions")} == {"SEAL"}


@pytest.mark.capability("N3", "N7")
def test_what_stays_open_is_kept_in_sight_when_dates_close_out_of_their_order(closer: Closer):
    """The second date closes first; what it left open is not forgotten when the first one closes after it."""
    closer.shipped("1")
    closer.post()
    closer.later()
    unpaid = closer.shipped("2", capture=False)
    closer.post()
    closer.later(days=5)
    closer.shipped("3")
    closer.post()
    closer.later(days=6)
    for on in (date(2026, 11, 24), DAY):
        closed = closer.export(on=on)
        assert {row["check"] for row in exported.rows(closed, "close_exceptions")} == {"SEAL"}
    last = closer.export(on=date(2026, 11, 28))
    aged = [row for row in exported.rows(last, "close_exceptions") if row["check"] != "SEAL"]
    assert [(row["check"], row["kind"], row["order_id"], row["age_days"]) for row in aged] == [
        ("T3", "aged", unpaid, "4"),
        # Nobody has told what the provider keeps since the first date.
        ("T4", "aged", "", "5"),
    ]


@pytest.mark.capability("N2", "N3")
def test_sales_of_a_store_tie_out_and_a_number_left_out_stands_against_its_seal(closer: Closer):
    closer.doors.enter("pos")
    till = Till(closer.doors)
    till.sale(1, sold_line("A", 1, 1198, tax=99), tenders=[cash(1295)], rounding=-2)
    till.sale(3, sold_line("B", 1, 2000, tax=165), tenders=[card(2165)])
    closer.post()
    assert closer.told() == []
    closer.later()
    seal = {"entity": "100", "store": "S1"}
    refused = closer.finance.post("/v1/finance/days/2026-11-23/seal", seal)
    assert (refused.status, [(one["code"], one["detail"]) for one in refused.body["errors"]]) == (
        409,
        [("sequence_missing", "Workstation T1 left out number 2.")],
    )
    shown = closer.finance.get("/v1/finance/days/2026-11-23?entity=100").body
    assert [(one["store"], one["means"], one["net"]) for one in shown["takings"]] == [
        ("S1", "card_present", 2165),
        ("S1", "cash", 1295),
    ]


@pytest.mark.capability("N3")
def test_a_debt_that_was_written_off_ties_out(closer: Closer):
    order_id = closer.shipped("1", capture=False)
    (work,) = closer.world.order(order_id).fulfillment_orders
    closer.world.provider.script["capture"] = ["declined"]
    closer.doors.enter("capture_payment")
    with pytest.raises(RuntimeError, match="processor_declined"):
        capture_payment(closer.world.runtime, closer.world.providers, TENANT, order_id, work.id)
    closer.doors.enter("settlements")
    gone = closer.doors.api("settlements").post(f"/v1/orders/{order_id}/write-offs", {"reason": "gone"})
    assert (gone.status, gone.body["amount"]) == (201, 11325)
    closer.post("WriteOffPosted")
    assert closer.told() == [("T3", "differs", order_id, 0, -11325)]
    closer.post()
    assert closer.told() == []


@pytest.mark.capability("N3")
def test_an_exchange_ties_out_on_both_of_its_orders(closer: Closer):
    """What the first order owed has paid the second: nothing is owed any more, and nothing was paid that was not."""
    order_id = closer.shipped("1")
    shop, till = Refunds(closer.doors), Till(closer.doors)
    closer.doors.enter("returns")
    may = ("returns.write", "returns.approve")
    shop.taken_back(order_id, {1: 1}, to="cash", to_reason="exchange", scopes=may)
    credit = {"refund_id": shop.refund(order_id)["id"], "amount": 10775}
    closer.doors.enter("pos")
    sold = till.sale(1, sold_line("A", 1, 12000, tax=930), exchange_credits=[credit])["order_id"]
    closer.post()
    assert closer.told() == []
    assert [one["refunded"] for one in closer.doors.see(order_id)["payments"]] == [10775]
    assert [one["captured"] for one in closer.doors.see(sold)["payments"]] == [10775, 2155]
    closer.later(days=5)
    assert closer.told(date(2026, 11, 27)) == []


@pytest.mark.capability("N3", "N9")
def test_an_exchange_of_two_companies_ties_out_in_the_books_of_both(closer: Closer):
    """The site's company owed the credit, and another one's store sold for it; each owes and is owed the same."""
    order_id = closer.shipped("1")
    shop, till = Refunds(closer.doors), Till(closer.doors)
    shop.add_store("S3", "200")
    closer.doors.enter("returns")
    may = ("returns.write", "returns.approve")
    shop.taken_back(order_id, {1: 1}, node_id="S3", to="cash", to_reason="exchange", scopes=may)
    credit = {"refund_id": shop.refund(order_id)["id"], "amount": 10775}
    closer.doors.enter("pos")
    sold = till.sale(1, sold_line("A", 1, 12000, tax=930), node_id="S3", exchange_credits=[credit])["order_id"]
    closer.post()
    for entity in ("100", "200"):
        assert closer.told(entity=entity) == []
    assert [one["captured"] for one in closer.doors.see(sold)["payments"]] == [10775, 2155]
    closer.later(days=5)
    for entity in ("100", "200"):
        assert closer.told(date(2026, 11, 27), entity) == []
