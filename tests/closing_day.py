"""A day of the site WEB and of store S1 through the functions over moto, the ledger that hears of it, and its close.

def test_something(moto_doors):
    closer = Closer(moto_doors)
    order_id = closer.shipped("1")
    closer.post()
    closer.later()
    manifest = closer.export()
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from oms.finance.commands import Books
from oms.payments.commands import capture_payment
from tests.appeasement_doors import People
from tests.drawer_doors import Drawers, pieces
from tests.functions.conftest import Api
from tests.money_doors import Money, gift
from tests.moto_doors import MotoDoors
from tests.order_world import TENANT, document, line
from tests.unit.finance import exported

DAY = date(2026, 11, 23)
POSTED = exported.POSTED
SOLD = {"cards": [11325], "selling_node": "WEB"}


class Closer:
    """Orders of the site WEB and a drawer of S1, the ledger that hears of them, and who closes the day."""

    def __init__(self, doors: MotoDoors) -> None:
        self.doors, self.world = doors, doors.world
        self.heard: set[str] = set()
        self.wishes = 0

    def shipped(self, external_id: str, *, capture: bool = True) -> str:
        """The id of an order of 113.25 that left, and was captured."""
        wanted = document(line("A", 1, 10000, tax=775), postage=500, external_id=external_id, **SOLD)
        order_id = self.doors.place(wanted)
        (work,) = self.doors.run_order_workflow(order_id)
        node = self.doors.api("fulfillment")
        assert node.post(f"/v1/fulfillment-orders/{work}/ship", {}).status == 200
        if capture:
            self.doors.enter("capture_payment")
            capture_payment(self.world.runtime, self.world.providers, TENANT, order_id, work)
        return order_id

    def post(self, *left_out: str) -> None:
        """Let the ledger hear of everything that is new, but for events of some types."""
        self.doors.enter("post_ledger")
        module = self.doors.module("post_ledger")
        self.doors.monkeypatch.setattr(module, "books", Books(self.world.runtime))
        for (table, _), row in self.world.tables().items():
            if table != "events" or row["type"] not in POSTED or row["type"] in left_out:
                continue
            event = {"source": "spine", "detail-type": row["type"], "detail": json.loads(str(row["detail"]))}
            if event["detail"]["meta"]["id"] not in self.heard:
                self.heard.add(event["detail"]["meta"]["id"])
                assert self.doors.queue("post_ledger", event) == []

    def later(self, days: int = 1) -> None:
        """05:00 in New York, some days after."""
        self.world.clock.instant = datetime(2026, 11, 23 + days, 10, tzinfo=UTC)

    @property
    def finance(self) -> Api:
        scopes = ("finance.read", "finance.write", "finance.approve")
        return Api(self.doors.module("finance").handler, scopes, TENANT, actor=f"finance-{len(self.heard)}")

    def exceptions(self, on: date = DAY, entity: str = "100") -> dict[str, Any]:
        answer = self.finance.get(f"/v1/finance/days/{on.isoformat()}/exceptions?entity={entity}")
        assert answer.status in (200, 201), answer.body
        return dict(answer.body)

    def told(self, on: date = DAY, entity: str = "100") -> list[tuple[Any, ...]]:
        """The exceptions but for silent stores: check, kind, order or session, expected, found."""
        return [
            (one["check"], one["kind"], one["order_id"] or one["drawer_session"], one["expected"], one["found"])
            for one in self.exceptions(on, entity)["exceptions"]
            if one["check"] != "SEAL"
        ]

    def references(self, order_id: str) -> tuple[str, str]:
        """What the provider calls the capture and the refund of an order."""
        told = {kind: self.doors.stored_event(order_id, kind) for kind in ("PaymentCaptured", "RefundExecuted")}
        captured, refunded = (told[kind]["detail"]["data"] for kind in told)
        return str(captured["capture_id"]), str(refunded["movement_id"])

    def export(self, kind: str = "close", on: date = DAY) -> dict[str, Any]:
        """The manifest of a batch that was asked for."""
        self.wishes += 1
        wish = exported.wish(f"exp_{self.wishes}", kind, on=on)
        wish["detail"]["meta"] |= {"tenant": TENANT, "id": f"evt_{self.wishes}"}
        assert self.doors.queue("finance_export", wish) == []
        return exported.manifests(TENANT)[-1]


def whole_day(doors: MotoDoors) -> Closer:
    """A small day with everything that finance takes home, in US dollars.

    An order of 113.25 on the site, paid by card, with goodwill of 8.62 paid back; one of 20.00 paid with a gift card of
    50.00; a drawer of S1 with a float of 150.00 that took 5.00 and was counted; a bag of 155.00, of which the bank
    credited 154.50; a payout of 113.25 - 8.62 - 3.58 = 101.05 that reached the bank. All of it is posted.
    """
    closer = Closer(doors)
    order_id = closer.shipped("1")
    money = Money(doors)
    doors.enter("gift_cards")
    card = money.sold(5000)
    with_card = document(line("A", 1, 2000), external_id="2", payments=[gift(card, 2000)], selling_node="WEB")
    second = doors.place(with_card)
    (work,) = doors.run_order_workflow(second)
    assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {}).status == 200
    doors.task("capture_payment", order_id=second, fulfillment_order_id=work)
    people = People(doors)
    assert people.ask("agent", order_id, amount=800, reason="LATE").status == 201
    people.pay(order_id)
    till = Drawers(doors)
    session = till.counted(pieces(n10000=1, n5000=1, n500=1), (1, "cash_sale", 500))
    assert till.close(session).status == 200
    closer.post()
    _to_the_bank(doors, closer.references(order_id))
    closer.post()
    return closer


def _to_the_bank(doors: MotoDoors, references: tuple[str, str]) -> None:
    """A bag with a difference, and a payout without one."""
    captured, refunded = references
    items = [
        {"kind": "charge", "reference": captured, "amount": 11325, "fee": 358},
        {"kind": "refund", "reference": refunded, "amount": -862, "fee": 0},
    ]
    payout = {"provider": "strict", "payout_id": "po_1", "currency": "USD", "business_date": DAY.isoformat()}
    desk = doors.api("settlements")
    told = {"legal_entity": "100", "payouts": [{**payout, "items": items, "net": 10105}]}
    settled = desk.post("/v1/finance/settlements", told)
    assert settled.status in (200, 201), settled.body
    bag = {"store": "S1", "bag_id": "B1", "amount": 15500, "currency": "USD", "prepared_by": "ann"}
    assert desk.post("/v1/finance/deposits", {**bag, "business_date": DAY.isoformat()}).status in (200, 201)
    lines = [
        {"line_id": "L1", "amount": 15450, "currency": "USD", "booked_on": DAY.isoformat(), "text": "B1"},
        {"line_id": "L2", "amount": 10105, "currency": "USD", "booked_on": DAY.isoformat(), "text": "po_1"},
    ]
    answer = desk.post("/v1/finance/bank-lines", {"legal_entity": "100", "account": "DE02", "lines": lines})
    assert answer.status in (200, 201), answer.body
