"""Who acts in a run, and what they want: shoppers and their channels, nodes, reviewers, stock feeds, finance.

Everybody behaves as the real ones do. A channel that hears nothing asks again with the same key; a node repeats a step
until somebody says yes or no; and in the end, when nothing breaks any more, each does what it still has to do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from tests.simulation.actors import Actors
from tests.simulation.devices import Devices
from tests.simulation.machine.simulation import Simulation
from tests.simulation.merchants import Merchants
from tests.simulation.money_actors import MoneyActors
from tests.simulation.nodes import Nodes
from tests.simulation.patience import Patience
from tests.simulation.reshapers import Reshapers
from tests.simulation.world import FOR_SALE, KITS, NODES, SKUS, line, order

CARDS = (
    *("tok_visa", "tok_declined", "tok_timeout_after_effect", "tok_timeout_before_effect", "tok_error_after_effect"),
    *("tok_slow", "tok_capture_fails_once", "tok_capture_fails_later", "tok_capture_fails", "tok_3ds"),
)
# For how many seconds things break before everything heals.
STORMS = (120.0, 20.0, 600.0, 1_800.0, 7_200.0)


class Workload(Actors):
    """The actors of one run, drawn by its choices."""

    def __init__(
        self,
        simulation: Simulation,
        *,
        export: bool = False,
        money: bool = False,
        reshaping: bool = False,
        devices: bool = False,
    ) -> None:
        super().__init__(simulation)
        self.export = export
        self.money = money
        self.reshapers = Reshapers(simulation) if reshaping else None
        self.devices = Devices(simulation) if devices else None
        self.nodes = Nodes(simulation, calm=export)
        self.merchants = Merchants(simulation)

    def begin(self) -> None:
        """Set everybody going."""
        simulation = self.simulation
        self.nodes.begin()
        launch = "tiny_shards" in simulation.faults.knobs
        shared = self.strikes(0.8 if launch else 0.35)
        together = self.strikes(0.8 if shared else 0.3)
        # A launch is prepared before its buyers come, and these want the same.
        later = 20.0 if launch else 0.0
        for number in range(2 if shared else 1 + self.pick(2, 0.2)):
            begins = later + self.pause(0.0 if together else 0.7)
            self.act(f"shopper {number}", partial(self._shop, number, shared), begins)
        if self.strikes(0.3):
            self.act("stock feed", self._feed, self.pause())
        if self.strikes(0.15):
            self.act("stock clerk", self._count, self.pause())
        if self.export:
            for after in (15.0, 90.0):
                self.act("accountant", self._wish, after)
        for after in (3_000, 60_000):
            simulation.scheduler.after(after, self._authenticate)
        if self.strikes(0.12):
            self.act("merchandiser", self.merchants.rules, self.pause(0.9))
        if launch:
            self.act("merchandiser", self.merchants.launch, self.pause(0.3))
        if self.strikes(0.2):
            self.act("basket", self._basket, self.pause(0.9))
        if self.strikes(0.1):
            self.act("careful shopper", self._promised, self.pause(0.9))
        if self.strikes(0.15):
            self.act("patient shoppers", Patience(simulation).begin, self.pause(0.9))
        if self.money:
            MoneyActors(simulation).begin()
        if self.reshapers:
            self.reshapers.begin()
        if self.devices:
            self.devices.begin()
        if self.strikes(0.15):
            self.act("schedule", partial(simulation.ring, "RecoverSagas"), 700.0 if self.strikes(0.5) else 30.0)

    def run(self) -> bool:
        """Act and break for a while, then heal; whether everything came to rest."""
        self.begin()
        self.simulation.run(STORMS[self.pick(len(STORMS), 0.7)])
        self.finish()
        return self.simulation.run_until_quiet()

    def finish(self) -> None:
        """Nothing breaks any more: everybody finishes what they have to do, for as long as it takes."""
        simulation = self.simulation
        simulation.faults.over = True
        self.nodes.wake()
        if self.reshapers:
            self.act("operator", self.reshapers.let_go, 60.0)
        for minutes in (2, 20, 70, 26 * 60, 30 * 60):
            simulation.scheduler.after(minutes * 60_000, self._look_after)
        # Baskets of this workload are held for an hour at most; marks of hot stock end within the hour.
        rings = {"ExpireReservations": (12, 90), "BalanceStock": (3, 95), "BrokerBacklog": (7, 45, 27 * 60, 31 * 60)}
        for name, minutes in ((name, minutes) for name, own in rings.items() for minutes in own):
            simulation.scheduler.after(minutes * 60_000, partial(simulation.ring, name))
        simulation.scheduler.after(10 * 60_000, self._redrive)
        if self.export:
            for hours in (20, 44):
                simulation.scheduler.after(hours * 3_600_000, partial(simulation.ring, "DailyExport"))

    # -- shoppers and their channels

    def _shop(self, number: int, shared: bool) -> None:
        simulation = self.simulation
        external_id = f"o-{number}"
        # Where files are to be written there must be something to write.
        document = order(external_id, line("MUG")) if self.export else self._document(external_id, shared)
        key = f"key-{external_id}"
        if self.strikes(0.1):
            # Two clicks: the same call twice at once.
            self.act("second click", partial(self.send, "POST", "/v1/orders", document, key), 0.002)
        answer = self.send("POST", "/v1/orders", document, key)
        if answer.status != 201:
            return
        order_id = answer.body["id"]
        if self.strikes(0.1):
            simulation.sleep(self.pause())
            self.send("POST", "/v1/orders", document, key)
        if answer.body["status"] == "PENDING_REVIEW":
            self._review(order_id)
        if self.strikes(0.1 if self.export else 0.4):
            self._cancel(order_id, document)
        if self.strikes(0.15):
            simulation.sleep(self.pause())
            simulation.http("GET", f"/v1/orders/{order_id}")
            simulation.http("GET", f"/v1/orders/{order_id}/timeline")

    def _document(self, external_id: str, shared: bool) -> dict[str, Any]:
        lines = []
        for _ in range(1 + self.pick(2, 0.2 if shared else 0.6)):
            sku = "LAST" if shared and not lines else FOR_SALE[self.pick(len(FOR_SALE), 0.7)]
            if any(entry["sku"] == sku for entry in lines):
                continue
            more = {"method": "pickup", "pickup_node": "albany"} if sku == "MUG" and self.strikes(0.1) else {}
            lines.append(line(sku, 1 if sku == "LAST" else 1 + self.pick(3, 0.4), **more))
        document = order(external_id, *lines, card=CARDS[self.pick(len(CARDS), 0.3)])
        total = document["totals"]["total"]
        if self.strikes(0.2):
            total = self._adjust(document)
        if self.strikes(0.15):
            document["charges"] = [{"kind": "shipping", "amount": 500, "tax": 40}]
            taxed = document["totals"].get("tax", 0) + 40
            document["totals"] |= {"charges": 500, "tax": taxed, "total": total + 540}
            document["payments"][0]["amount"] = total = total + 540
        if self.strikes(0.15):
            first = document["payments"][0]
            second = {**first, "token": CARDS[self.pick(len(CARDS), 0.3)], "amount": total - total // 3}
            document["payments"] = [{**first, "amount": total // 3}, second]
        if self.strikes(0.1):
            del document["ship_to"]["postal_code"]
        return document

    def _adjust(self, document: dict[str, Any]) -> int:
        """Tax and a discount that the units of a line cannot share evenly; the order's new total."""
        first, totals = document["lines"][0], document["totals"]
        tax, off = (0, 7, 100)[self.pick(3)], (0, 1, 55)[self.pick(3)]
        first |= {"tax": tax, "discounts": [{"amount": off, "source": "spring"}] if off else []}
        first["total"] += tax - off
        totals |= {"tax": tax, "discount": off, "total": totals["total"] + tax - off}
        document["payments"][0]["amount"] = totals["total"]
        return int(totals["total"])

    def _cancel(self, order_id: str, document: Mapping[str, Any]) -> None:
        """The customer changes their mind: about all of it, or about one unit of the first line."""
        self.simulation.sleep(self.pause())
        body: dict[str, Any] = {"reason": "customer_changed_mind"}
        if self.strikes(0.4):
            body["lines"] = [{"line_no": 1 + self.pick(len(document["lines"])), "quantity": 1}]
        if self.strikes(0.15):
            again = partial(self.send, "POST", f"/v1/orders/{order_id}/cancellations", body, f"again-{order_id}")
            self.act("second cancellation", again, self.pause())
        self.send("POST", f"/v1/orders/{order_id}/cancellations", body, f"cancel-{order_id}")

    def _review(self, order_id: str) -> None:
        self.simulation.sleep(self.pause())
        decision = ("accept", "cancel")[self.pick(2, 0.3)]
        self._decide(order_id, decision)

    def _decide(self, order_id: str, decision: str) -> None:
        self.calls += 1
        path = f"/v1/orders/{order_id}/review"
        body = {"decision": decision, "reason": "looked at"}
        self.send("POST", path, body, f"review-{self.calls}", client="acme-operator")

    # -- reviewers and shoppers' banks

    def _look_after(self) -> None:
        """What is still to be done after a while: reviews, answers to banks, work of nodes."""
        self._authenticate()
        for (pk, sk), row in sorted(self.simulation.rows("orders").items()):
            if sk == "ORDER" and row["status"] == "PENDING_REVIEW":
                self.act("reviewer", partial(self._decide, pk.rsplit("#", 1)[1], "cancel"), 0)
        self.nodes.look_after()

    def _redrive(self) -> None:
        """Whoever looks after the queues sends again what was set aside."""
        for queue in self.simulation.queues.values():
            queue.redrive()

    def _authenticate(self) -> None:
        """Whoever is asked by their bank answers, sooner or later, one way or the other."""
        provider = self.simulation.provider
        for payment in list(provider.psp.payments.values()):
            if payment.stage == "requires_action":
                outcome = "failed" if self.strikes(0.3) else "succeeded"
                body = json.dumps({"outcome": outcome}).encode()
                provider.ask("POST", f"/payments/{payment.id}/authenticate", body, f"bank-{payment.id}")

    # -- stock

    def _feed(self) -> None:
        """Messages of a warehouse about one item: in order, repeated, late, or unreadable."""
        simulation = self.simulation
        sku, node = SKUS[self.pick(3)], NODES[self.pick(len(NODES))]
        for number in range(1 + self.pick(3)):
            sequence = 1 + (number if not self.strikes(0.3) else self.pick(3))
            if self.strikes(0.5):
                simulation.feed(sku, node, "delta", 2, sequence)
            else:
                simulation.feed(sku, node, "snapshot", 1 + self.pick(8), sequence)
            if self.strikes(0.1):
                simulation.put_record(f"acme#{node}#{sku}", b"not a message")
            simulation.sleep(self.pause(0.5))

    def _count(self) -> None:
        """Somebody finds less, or receives more."""
        sku, node = SKUS[self.pick(3)], NODES[self.pick(len(NODES))]
        kind = ("received", "damaged")[self.pick(2)]
        movement = {"node_id": node, "sku": sku, "kind": kind, "quantity": 1, "reason": "counted"}
        self.send("POST", "/v1/inventory/movements", {"movements": [movement]}, "count", client="acme-operator")

    def _promised(self) -> None:
        """A shopper asks for a promise first, and orders under it, sometimes when it has just expired."""
        wanted = line(("MUG", "LAMP", "SCARF", *KITS)[self.pick(5)], 1 + self.pick(2))
        body = {"channel": "web", "postal_code": "10003", "lines": [{k: wanted[k] for k in ("sku", "quantity")}]}
        made = self.send("POST", "/v1/promises", body, "promise")
        if made.status == 201:
            self.simulation.sleep((1.0, 1_799.9, 1_801.0)[self.pick(3, 0.5)])
            self.send("POST", "/v1/orders", {**order("o-p", wanted), "promise_id": made.body["id"]}, "key-o-p")

    def _basket(self) -> None:
        """A shopper holds units for a while: gives them up, keeps them longer, orders them, or forgets them."""
        # Whoever wants the last one comes when its basket has just expired, and so does somebody else.
        late = self.strikes(0.4)
        sku = "LAST" if late else FOR_SALE[self.pick(len(FOR_SALE), 0.7)]
        body = {
            "channel": "web",
            "postal_code": "10001",
            "ttl_seconds": 60 if late else (60, 600, 3_600)[self.pick(3)],
            "lines": [{"sku": sku, "quantity": 1 if late else 1 + self.pick(2)}],
        }
        made = self.send("POST", "/v1/reservations", body, "basket")
        if made.status != 201:
            return
        path = f"/v1/reservations/{made.body['id']}"
        if late:
            self.act("clock", partial(self.simulation.ring, "ExpireReservations"), 60.0)
            for number in range(2):
                wanted = order(f"o-late-{number}", line(sku))
                self.act(f"late {number}", partial(self.send, "POST", "/v1/orders", wanted, f"late-{number}"), 60.0)
            return
        self.simulation.sleep((1.0, 20.0, 59.9, 61.0)[self.pick(4)])
        if self.strikes(0.3):
            self.act("clock", partial(self.simulation.ring, "ExpireReservations"), 0.01)
        if self.strikes(0.3):
            more = {"ttl_seconds": 120} if self.strikes(0.5) else {"lines": [{"line_no": 1, "quantity": 1}]}
            self.send("PATCH", path, more, "basket-more")
        if self.strikes(0.3):
            self.act("second thoughts", partial(self.send, "DELETE", path, None, "basket-over"), self.pause(0.9))
        if self.strikes(0.6):
            document = {**order("o-basket", line(sku)), "reservation_id": made.body["id"]}
            self.send("POST", "/v1/orders", document, "key-o-basket")

    def _wish(self) -> None:
        """Finance asks for the files of a day that is not over."""
        self.calls += 1
        body = {"entity": "100", "business_date": self.simulation.now()[:10], "kind": "interim"}
        self.send("POST", "/v1/finance/exports", body, f"wish-{self.calls}", client="acme-finance")
