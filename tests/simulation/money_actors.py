"""Who moves money besides shoppers: who brings things back or complains, gift cards, and a till with a drawer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from tests.simulation.actors import Actors
from tests.simulation.cash_stories import HUNDRED, OPENING
from tests.simulation.goodwill_stories import AGENT, MANAGER
from tests.simulation.tender_stories import SALE, gift
from tests.simulation.till_stories import TILL, TRANSACTIONS, sale
from tests.simulation.world import FOR_SALE, PRICES, line, order

STORE = "albany"
OPERATOR = "acme-operator"
# Where the money of a return goes: back to what paid, or elsewhere.
WAYS: tuple[dict[str, str], ...] = (
    {},
    {"to": "store_credit", "to_reason": "no card"},
    {"to": "cash", "to_reason": "no card"},
)
DRAWER = "/v1/drawer-sessions"


class MoneyActors(Actors):
    """Everybody who wants money back, pays with a gift card, or stands at the till of a store."""

    def begin(self) -> None:
        for number in range(1 + self.pick(2)):
            self.act(f"dissatisfied {number}", partial(self._dissatisfied, number), self.pause(0.9))
        if self.strikes(0.5):
            self.act("gift card", self._gift_card, self.pause(0.3))
        if self.strikes(0.5):
            self.act("cashier", self._cashier, self.pause(0.3))

    # -- customers who want money back

    def _dissatisfied(self, number: int) -> None:
        """Two want something of the same order at once: to bring units back, or goodwill for keeping them."""
        simulation = self.simulation
        for _ in range(4):
            found = self._delivered()
            if found:
                break
            simulation.sleep(self.pause(0.9) + 5.0)
        else:
            return
        order_id, shipment = found[self.pick(len(found))]
        for one in range(1 + self.pick(2, 0.6)):
            wants = (self._bring_back, self._complain)[self.pick(2, 0.8)]
            self.act(f"customer {number}-{one}", partial(wants, order_id, shipment, f"{number}-{one}"), self.pause(0.4))

    def _delivered(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What has left, with its order."""
        rows = sorted(self.simulation.rows("orders").items())
        return [(pk.rsplit("#", 1)[1], json.loads(row["body"])) for (pk, sk), row in rows if sk.startswith("SHIPMENT#")]

    def _bring_back(self, order_id: str, shipment: Mapping[str, Any], name: str) -> None:
        """Some units of a shipment, perhaps such as have come back already; what is owed in cash a drawer may pay."""
        lines = shipment["lines"]
        part = lines[self.pick(len(lines), 0.4)]
        units = {"line_no": part["line_no"], "quantity": 1 + self.pick(part["quantity"], 0.5)}
        way = WAYS[self.pick(len(WAYS), 0.5)]
        body = {"node_id": STORE, "reason": "too_small", "lines": [units], **way}
        made = self.send("POST", f"/v1/orders/{order_id}/returns", body, f"back-{name}", OPERATOR)
        if made.status == 201 and way.get("to") == "cash":
            self._pay_in_cash(made.body, name)
        elif self.strikes(0.4):
            # All of the line once more, whatever has come back of it.
            units = {**units, "quantity": part["quantity"]}
            self.send("POST", f"/v1/orders/{order_id}/returns", {**body, "lines": [units]}, f"again-{name}", OPERATOR)

    def _pay_in_cash(self, returned: Mapping[str, Any], name: str) -> None:
        """A drawer of the store pays what is owed, or it pays a sale; sometimes both are tried at once."""
        refund, amount = returned["refund_id"], returned["owed"]
        opening = {**OPENING, "node_id": STORE, "device": f"T{name}"}
        opened = self.send("POST", f"/v1/drawers/D{name}/sessions", opening, f"open-{name}", OPERATOR)
        if opened.status != 201 or not amount:
            return
        manner = self.pick(3)
        if manner:
            sold = {**TILL, **sale(line("MUG")), "node_id": STORE, "sequence": 70 + len(name) + int(name[0])}
            sold["exchange_credits"] = [{"refund_id": refund, "amount": amount}]
            sold["tenders"] = [{"tender": "cash", "amount": 700 - amount}] if amount < 700 else []
            self.act("exchange", partial(self.send, "POST", TRANSACTIONS, sold, f"exchange-{name}", OPERATOR), 0.0)
        if manner != 1:
            paid = {"kind": "cash_refund", "sequence": 1, "amount": amount, "refund_id": refund}
            self.send("POST", f"{DRAWER}/{opened.body['id']}/movements", paid, f"pay-{name}", OPERATOR)

    def _complain(self, order_id: str, _: Mapping[str, Any], name: str) -> None:
        """An agent grants goodwill, or asks for it and a manager decides."""
        amount = (90, 175, 350, 2_400)[self.pick(4)]
        body = {"amount": amount, "reason": "LATE"}
        path, key = f"/v1/orders/{order_id}/appeasements", f"goodwill-{name}"
        asked = self.send("POST", path, body, key, "acme-call-centre", scopes=AGENT)
        if asked.status == 201 and asked.body["state"] == "PENDING_APPROVAL":
            self.simulation.sleep(self.pause())
            ruling = {"decision": ("approve", "reject")[self.pick(2, 0.3)], "reason": "looked at"}
            one = f"/v1/appeasements/{asked.body['id']}/decision"
            self.send("POST", one, ruling, f"ruling-{name}", OPERATOR, scopes=MANAGER)

    # -- gift cards

    def _gift_card(self) -> None:
        """A card pays two orders at once, of which it covers one or both, perhaps beside a payment card."""
        amount = (1_000, 1_300, 10_000)[self.pick(3)]
        body = {**SALE, "amount": amount, "tenders": [{"tender": "cash", "amount": amount}]}
        made = self.send("POST", "/v1/gift-cards", body, "card", OPERATOR)
        if made.status != 201:
            return
        for number in range(1 + self.pick(2, 0.7)):
            document = self._paid_by(made.body["id"], number)
            later = 0.0 if self.strikes(0.5) else self.pause()
            self.act(f"gift {number}", partial(self.send, "POST", "/v1/orders", document, f"gift-{number}"), later)
        for number in range(self.pick(3, 0.7)):
            self.act("gift at till", partial(self._sell, 90 + number, {}, made.body["id"]), self.pause(0.3))

    def _paid_by(self, card: str, number: int) -> dict[str, Any]:
        sku = FOR_SALE[self.pick(len(FOR_SALE), 0.5)]
        lines = [line(sku), *([line("SCARF")] if sku != "SCARF" and self.strikes(0.5) else [])]
        total = sum(one["total"] for one in lines)
        part = total if self.strikes(0.6) else total // 2
        rest = {"provider": "strict", "token": "tok_visa", "amount": total - part}
        payments = [gift(card, part), *([rest] if total > part else [])]
        return order(f"o-gift-{number}", *lines, payments=payments)

    # -- the till of a store

    def _cashier(self) -> None:
        """A drawer is opened, sells, is counted and closed; some of it comes too late."""
        opened = self.send("POST", "/v1/drawers/D1/sessions", {**OPENING, "node_id": STORE}, "open", OPERATOR)
        if opened.status != 201:
            return
        path, named = f"{DRAWER}/{opened.body['id']}", {"drawer_session_id": opened.body["id"]}
        sales = 1 + self.pick(2)
        for number in range(1, 1 + sales):
            sell = partial(self._sell, number, named, None)
            if self.strikes(0.3):
                self.act(f"till {number}", sell, self.pause(0.8))
            else:
                sell()
        self.simulation.sleep(self.pause())
        self.send("POST", f"{path}/end", {"ended_by": "ann"}, "end", OPERATOR)
        short = self.pick(2, 0.6)
        for attempt in range(2):
            coins = [{"denomination": 100, "pieces": 7 * sales - short}]
            counted = {"counted_by": "bob", "lines": [HUNDRED, *coins]}
            self.send("POST", f"{path}/counts", counted, f"count-{attempt}", OPERATOR)
            if attempt == 0 and self.strikes(0.4):
                self.act("late till", partial(self._sell, 50, named, None), self.pause(0.3))
            closing = {"closed_by": "max", "reason": "unknown"}
            closed = self.send("POST", f"{path}/close", closing, f"close-{attempt}", OPERATOR)
            if closed.status != 409:
                break

    def _sell(self, number: int, named: Mapping[str, str], card: str | None) -> None:
        """A mug for cash or on a gift card, told over HTTP or on the store bus, sometimes by both."""
        sold: dict[str, Any] = {**TILL, **sale(line("MUG")), "sequence": number, **named}
        if card is not None:
            sold["tenders"] = [{"tender": "gift_card", "amount": PRICES["MUG"], "reference": card}]
        doors = self.pick(3, 0.5)
        if doors != 1:
            self.send("POST", TRANSACTIONS, {**sold, "node_id": STORE}, f"sale-{number}", OPERATOR)
        if doors:
            self.simulation.say(f"store.{STORE}", "RecordPosTransaction", f"sale-{number}", sold)
