"""Notices over the in-memory retailer: a transport that does as it is told, and the function that tells customers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from oms.notifications.port import Accepted, Message, Refused, Unavailable
from oms.platform.effects import NoTrace, Unknown
from tests.order_doors import Doors
from tests.order_world import TENANT, document

CUSTOMER = {"reference": "c-1", "name": "Ann Example", "email": "ann@example.com"}
HEARD = (
    *("OrderPlaced", "OrderReviewAccepted", "ShipmentShipped", "OrderLinesCancelled", "OrderPromiseChanged"),
    *("FulfillmentOrderReady", "OrderCancelled", "RefundExecuted", "PaymentLinkCreated", "NoticeQueued"),
    *("FulfillmentOrderCollectionDue", "ParcelDelivered", "FulfillmentOrderPromiseAtRisk", "ChoiceOffered"),
)


class Lost(BaseException):
    """The process dies with the answer."""


@dataclass
class Carrier:
    """A transport: what it has, by key and in order, and how it behaves next."""

    knows_repeats: bool = True
    has: list[tuple[str, Message]] = field(default_factory=list)
    # What it answers next, one for each call: an answer, or that the process dies before or after it has the message.
    next: list[Any] = field(default_factory=list)

    def send(self, key: str, message: Message) -> Accepted | Refused | Unavailable | Unknown:
        act = self.next.pop(0) if self.next else None
        if act == "die before":
            raise Lost
        if isinstance(act, Refused | Unavailable | Unknown):
            return act
        if not (self.knows_repeats and key in dict(self.has)):
            self.has.append((key, message))
        if act == "die after":
            raise Lost
        return Unknown("TimeoutError") if act == "no answer" else Accepted(f"msg-{len(self.has)}")

    def look_up(self, key: str) -> Accepted | Unknown | NoTrace:
        return Accepted("found") if self.knows_repeats and key in dict(self.has) else NoTrace()


@dataclass
class Notices:
    """The function that tells customers, and what it put back on its queue."""

    doors: Doors
    carrier: Carrier
    put_back: list[tuple[str, int]] = field(default_factory=list)

    def place(self, *lines: dict[str, Any], **changes: Any) -> str:
        """An order of a customer who can be reached."""
        return self.doors.place(document(*lines, **{"customer": CUSTOMER, **changes}))

    def hear(self, times: int = 1) -> None:
        """Everything that was stored is delivered, and then what that led to; each so often."""
        for _ in range(2):
            for event in self.doors.told(*HEARD):
                for _ in range(times):
                    assert self.doors.queue("send_notices", event) == []

    def listed(self, order_id: str) -> list[dict[str, Any]]:
        """The notices of an order as GET shows them."""
        answer = self.doors.api("read_orders").get(f"/v1/orders/{order_id}/notices")
        assert answer.status == 200, answer.body
        assert answer.body["order_id"] == order_id
        found: list[dict[str, Any]] = answer.body["notices"]
        return found

    def states(self, order_id: str) -> list[tuple[str, str, str | None]]:
        """Milestone, status and reason of each notice of an order."""
        return [(one["milestone"], one["status"], one["reason"]) for one in self.listed(order_id)]

    def rules(self, set_id: str = "all", **content: Any) -> None:
        """Rules that hold from now on."""
        api = self.doors.api("rule_sets")
        put = api.put(f"/v1/notices/rules/{set_id}", content, headers={"if-match": "0"})
        assert put.status == 201, put.body
        done = api.post(f"/v1/notices/rules/{set_id}/promotions", {"number": 1}, headers={"if-match": "1"})
        assert done.status == 200, done.body

    @property
    def letters(self) -> list[Message]:
        return [message for _, message in self.carrier.has]


@pytest.fixture
def notices(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> Notices:
    """A retailer whose customers are told by a carrier that knows repeats."""
    found = Notices(doors, Carrier())
    module = doors.module("send_notices")
    monkeypatch.setattr(module, "transport", lambda: found.carrier)
    monkeypatch.setattr(module, "send", lambda body, *, delay_seconds: found.put_back.append((body, delay_seconds)))
    return found


__all__ = ["CUSTOMER", "TENANT", "Carrier", "Lost", "Notices", "notices"]
