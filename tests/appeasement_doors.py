"""Goodwill through the doors: a delivered order, and a person with a token for each role.

people = People(doors)
order_id = people.delivered(8000, tax=660)
answer = people.ask("agent", order_id, amount=800, reason="LATE")
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from oms.finance.posting import postings_of
from tests.functions.conftest import Answer, Api
from tests.order_doors import Doors
from tests.order_world import TENANT, document, line

ASK = ("appeasements.request", "appeasements.read")
DECIDE = (*ASK, "appeasements.approve")
LEDGER_EVENTS = frozenset({"AppeasementGranted", "RefundOwed", "RefundExecuted"})


@dataclass
class People:
    """Calls the appeasements function as people of every role; `ann:agent` is an agent called ann."""

    doors: Doors
    _apis: dict[str, Api] = field(default_factory=dict)
    _orders: int = 0

    def api(self, who: str) -> Api:
        """Somebody of a role, with a token of their own."""
        module = self.doors.module("appeasements")
        if who not in self._apis:
            role = who.rpartition(":")[2]
            scopes = (*(DECIDE if role in ("supervisor", "manager") else ASK), f"role.{role}")
            self._apis[who] = Api(module.handler, scopes, TENANT, actor=who)
        return self._apis[who]

    def ask(self, who: str, order_id: str, *, key: str | None = None, **body: Any) -> Answer:
        headers = body.pop("headers", None)
        whole = {"reason": "LATE", **body}
        return self.api(who).post(f"/v1/orders/{order_id}/appeasements", whole, key=key, headers=headers)

    def decide(self, who: str, name: str, decision: str = "approve", **more: Any) -> Answer:
        body = {"decision": decision, "reason": "talked to the customer"}
        return self.api(who).post(f"/v1/appeasements/{name}/decision", body, **more)

    def see(self, name: str) -> Any:
        answer = self.api("agent").get(f"/v1/appeasements/{name}")
        assert answer.status == 200, answer.body
        return answer.body

    def listed(self, order_id: str, who: str = "agent") -> Any:
        answer = self.api(who).get(f"/v1/orders/{order_id}/appeasements")
        assert answer.status == 200, answer.body
        return answer.body

    def placed(self, *lines: dict[str, Any], **changes: Any) -> str:
        self._orders += 1
        changes.setdefault("external_id", f"goodwill-{self._orders}")
        changes.setdefault("customer", {"reference": f"cust-{self._orders}"})
        scopes = ("orders.write", f"channel.{changes.get('channel', 'web')}")
        return self.doors.place(document(*lines, **changes), scopes=scopes)

    def delivered(self, *prices: int, tax: int = 0, units: dict[int, int] | None = None, **changes: Any) -> str:
        """A paid order of lines at such prices, of which all or some units have left; the tax is the first line's."""
        lines = [line("ABC"[n], 1, price, tax=0 if n else tax) for n, price in enumerate(prices)]
        return self.shipped(self.placed(*lines, **changes), units)

    def shipped(self, order_id: str, units: dict[int, int] | None = None) -> str:
        """The order when its goods, or some of them, have left and were paid."""
        for work_id in self.doors.run_order_workflow(order_id):
            self.doors.world.act(work_id, "ship", units)
            self.doors.world.capture(work_id)
        return order_id

    def pay(self, order_id: str) -> None:
        """What is owed last is paid."""
        assert self.doors.queue("refund_payment", self.doors.stored_event(order_id, "RefundOwed")) == []

    def told(self, order_id: str) -> list[tuple[str, dict[str, Any]]]:
        """The events of goodwill on an order, in their order."""
        return self.told_as(order_id, "Appeasement")

    def told_as(self, order_id: str, prefix: str) -> list[tuple[str, dict[str, Any]]]:
        """The events of an order whose types begin so, in their order."""
        rows = self.doors.world.database.query("events", f"T#{TENANT}#ORDER#{order_id}")
        found = [(str(row["type"]), json.loads(str(row["detail"]))["data"]) for row in rows]
        return [(kind, data) for kind, data in found if kind.startswith(prefix)]

    def told_of(self, kind: str) -> list[dict[str, Any]]:
        """What was told in events of a type, of whatever, oldest first."""
        rows = [row for (table, _), row in self.doors.world.tables().items() if table == "events"]
        found = [json.loads(str(row["detail"])) for row in rows if row["type"] == kind]
        return [one["data"] for one in sorted(found, key=lambda one: str(one["meta"]["occurred_at"]))]

    def rules(self, **content: Any) -> None:
        """Let rules of goodwill hold: `rules=[…]`, `alerts=[…]`."""
        api, path = self.doors.api("rule_sets"), "/v1/goodwill-rules/usual"
        put = api.put(path, content)
        assert put.status == 201, put.body
        assert api.post(f"{path}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200

    def posted(self, order_id: str) -> list[list[tuple[str, int]]]:
        """The ledger's lines of each grant on an order and of its payment, debit positive; every event came twice."""
        rows = list(self.doors.world.database.query("events", f"T#{TENANT}#ORDER#{order_id}"))
        made: dict[str, list[tuple[str, int]]] = {}
        for row in (row for row in [*rows, *rows] if row["type"] in LEDGER_EVENTS):
            data = json.loads(str(row["detail"]))["data"]
            for posting in postings_of(str(row["type"]), data, "evt_1", self.doors.world.clock.now()):
                made[posting.identity_key] = [(one.account, one.debit - one.credit) for one in posting.entry.lines]
        return list(made.values())
