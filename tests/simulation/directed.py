"""People who do one thing after the other, for runs that are directed and not drawn: they repeat until it is done."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.simulation.machine.faults import CRASH_AFTER
from tests.simulation.machine.gateway import Answer
from tests.simulation.machine.healing import OVER
from tests.simulation.machine.simulation import Simulation
from tests.simulation.world import order

SHIPPING = ("accept", "pick", "pack", "ship")
OPERATOR, NODE, SHOP = "acme-operator", "acme-wms", "acme-web"
# Long enough for every repeat of a workflow's step and for the recovery to come by.
PATIENCE = 3_600.0
# What only an order of many lines has; it is cancelled in parts, which takes long and has stories of its own.
SECOND_ITEM = "LINES#000040"


class People:
    """Everybody of a directed run; what they do is repeated with the same key until there is an answer."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.calls = 0

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        key: str | None = None,
        client: str = OPERATOR,
        version: int | None = None,
        scopes: Sequence[str] | None = None,
    ) -> Answer:
        """A call that is made again until there is an answer to rely on; `version` goes into If-Match.

        Without `scopes` the client has its own.
        """
        headers = {} if version is None else {"if-match": str(version)}
        self.calls += 1
        key = key or f"{path}-{self.calls}"
        for attempt in range(12):
            own = key if method != "GET" else None
            answer = self.simulation.http(method, path, body, own, client=client, headers=headers, scopes=scopes)
            if answer.is_final:
                break
            self.simulation.sleep(min(0.5 * 2**attempt, 130.0))
        return answer

    def wait_for(self, what: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """What comes true sooner or later; nothing where it does not."""
        waited, pause = 0.0, 0.25
        while waited < patience:
            found = what()
            if found:
                return found
            self.simulation.sleep(pause)
            waited, pause = waited + pause, min(pause * 1.5, 60.0)
        return what()

    def place(self, external_id: str, *lines: dict[str, Any], key: str | None = None, **more: Any) -> str:
        """Place an order; its id."""
        document = order(external_id, *lines, **{name: value for name, value in more.items() if name == "card"})
        document |= {name: value for name, value in more.items() if name != "card"}
        answer = self.send("POST", "/v1/orders", document, key or f"key-{external_id}", SHOP)
        assert answer.status == 201, answer.text
        return str(answer.body["id"])

    def cancel(self, order_id: str, lines: Any = None, key: str | None = None) -> Answer:
        body = {"reason": "changed_mind"} | ({} if lines is None else {"lines": lines})
        return self.send("POST", f"/v1/orders/{order_id}/cancellations", body, key, SHOP)

    def review(self, order_id: str, decision: str) -> Answer:
        return self.send("POST", f"/v1/orders/{order_id}/review", {"decision": decision, "reason": "seen"})

    def works(self, order_id: str, *states: str) -> list[Mapping[str, Any]]:
        """The work of an order for its nodes, in one of these states, as it is stored."""
        rows = self.simulation.rows("orders")
        found = [
            json.loads(row["body"])
            for (pk, sk), row in sorted(rows.items())
            if pk.endswith(f"ORDER#{order_id}") and sk.startswith(("WORK#", "FULFILLMENT#"))
        ]
        return [work for work in found if not states or work["status"] in states]

    def released(self, order_id: str) -> str:
        """The first work that a node has got, once it has."""
        (work, *_) = self.wait_for(lambda: self.works(order_id, "OPEN"))
        return str(work["id"])

    def do(self, work_id: str, *verbs: str, **body: Any) -> Answer:
        """Verbs of a node over HTTP, the last one with the content."""
        for verb in verbs:
            content = body if verb == verbs[-1] else {}
            answer = self.send("POST", f"/v1/fulfillment-orders/{work_id}/{verb}", content, f"{work_id}:{verb}", NODE)
        return answer

    def finish(self) -> None:
        """All that is left comes to its end: orders are cancelled, nodes let go, what is on its way arrives."""
        for order_id, row in self._left():
            if row["status"] == "PENDING_REVIEW":
                self.review(order_id, "cancel")
            else:
                self.cancel(order_id, key=f"over-{order_id}")
        for order_id, _ in self._left():
            for work in self.works(order_id):
                asked = work.get("cancel_request")
                if asked and not asked.get("answer"):
                    self.do(work["id"], "cancel-response", accepted=True)
                elif work["status"] == "IN_TRANSIT":
                    self.do(work["id"], "receive")

    def _left(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The orders that are not over, by their ids."""
        rows = self.simulation.rows("orders")
        return [
            (pk.rpartition("#")[2], row)
            for (pk, sk), row in sorted(rows.items())
            if sk == "ORDER" and row["status"] not in OVER and (pk, SECOND_ITEM) not in rows
        ]

    def header(self, order_id: str) -> Mapping[str, Any]:
        return self.simulation.rows("orders")[f"T#acme#ORDER#{order_id}", "ORDER"]

    def until(self, order_id: str, **fields: str) -> bool:
        """Whether the order comes to be so."""
        return bool(self.wait_for(lambda: all(self.header(order_id)[name] == text for name, text in fields.items())))


def crash_at_write(simulation: Any, function: str, nth: int) -> None:
    """Let a function die after its nth transaction."""
    at_call, writes = simulation.faults.at_call, 0

    def counting(called: str, operation: str, *, write: bool) -> str | None:
        nonlocal writes
        fault = at_call(called, operation, write=write)
        writes += called == function and write
        return CRASH_AFTER if (called, write, writes) == (function, True, nth) else fault

    simulation.faults.at_call = counting
