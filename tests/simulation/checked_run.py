"""A healthy run for the tests of the checker, and a way to spoil what it left behind.

run = Run.healthy()                         # a copy of the same calm days each time
run.rewrite("orders", "PAYMENT#", captured=1)   # the first such item, its body changed
run.broken("INV3")                          # what the checker says about it at quiet
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from tests.simulation.checker import Change, Checker, Evidence, Violation
from tests.simulation.machine.simulation import Simulation
from tests.simulation.world import line, order, simulated

Key = tuple[str, str]
DAY = 24 * 3600


class Run:
    """The evidence of a run, to be spoiled."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence

    @classmethod
    def healthy(cls) -> Run:
        return cls(copy.deepcopy(calm_days()))

    def key(self, table: str, begins: str, status: str | None = None) -> Key:
        """The first item whose sort key begins so; of orders, of one with this status."""
        rows = self.evidence.tables[table]
        for pk, sk in rows:
            named = sk.startswith(begins) or pk.split("#", 2)[2].startswith(begins)
            if named and (status is None or rows.get((pk, "ORDER"), {}).get("status") == status):
                return pk, sk
        raise LookupError(f"no {begins} in {table} of an order that is {status}")

    def put(self, table: str, key: Key, item: dict[str, Any] | None) -> Change:
        """An item as it is from now on; None removes it."""
        rows = self.evidence.tables.setdefault(table, {})
        before = rows.pop(key, None)
        if item is not None:
            rows[key] = {**item, "pk": key[0], "sk": key[1]}
        return Change(table, *key, before, rows.get(key))

    def set(self, table: str, key: Key, **attributes: Any) -> Change:
        """Some attributes of an item changed; None takes one away."""
        item = {**self.evidence.tables[table][key], **attributes}
        return self.put(table, key, {name: value for name, value in item.items() if value is not None})

    def rewrite(
        self, table: str, key: Key, edit: Callable[[Any], object] | None = None, *, name: str = "body", **fields: Any
    ) -> Change:
        """The JSON document of an item changed, by fields or by a function that edits it."""
        body = json.loads(self.evidence.tables[table][key][name])
        if edit is not None:
            edit(body)
        if fields:
            body.update(fields)
        return self.set(table, key, **{name: json.dumps(body)})

    def step(self, key: Key, **attributes: Any) -> Change:
        """The header of the order that an item belongs to, with its next version."""
        header = (key[0], "ORDER")
        return self.set("orders", header, version=self.evidence.tables["orders"][header]["version"] + 1, **attributes)

    def broken(self, invariant: str) -> list[str]:
        """What the checker has to say about one invariant at quiet."""
        return said(
            Checker(secrets=["hush-hush-key"], canaries=["Erika Mustermann"]).when_quiet(self.evidence), invariant
        )

    def broken_by(self, *changes: Change, invariant: str) -> list[str]:
        """The same about one commit, of which the evidence shows the state after it."""
        return said(Checker().after_commit(list(changes), self.evidence), invariant)


def said(violations: list[Violation], invariant: str) -> list[str]:
    return [str(violation) for violation in violations if violation.invariant == invariant]


@cache
def calm_days() -> Evidence:
    """Orders shipped in two parcels, cancelled, cut down and declined, with the books of their day closed."""
    simulation = simulated(faults=False)
    first = _place(simulation, "o-1", line("MUG", 2), line("SCARF", 1))
    _ship(simulation, first, {1: 1})
    _ship(simulation, first)
    second = _place(simulation, "o-2", line("MUG", 2))
    _post(simulation, f"/v1/orders/{second}/cancellations", {"reason": "late"}, "c-2")
    third = _place(simulation, "o-3", line("LAMP", 2))
    _post(simulation, f"/v1/orders/{third}/cancellations", _one_unit(), "c-3")
    _ship(simulation, third)
    fourth = _place(simulation, "o-4", line("MUG", 1), card="tok_declined")
    _post(simulation, f"/v1/orders/{fourth}/review", {"decision": "cancel", "reason": "unpaid"}, "r-4")
    for _ in range(2):
        simulation.run(DAY)
        simulation.ring("DailyExport")
        simulation.run(600)
    simulation.run_until_quiet()
    assert simulation.violations == []
    return simulation.evidence()


def _one_unit() -> dict[str, Any]:
    return {"reason": "late", "lines": [{"line_no": 1, "quantity": 1}]}


def _place(simulation: Simulation, external_id: str, *lines: dict[str, Any], **more: Any) -> str:
    answer = _post(simulation, "/v1/orders", order(external_id, *lines, **more), external_id)
    return str(answer["id"])


def _post(simulation: Simulation, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
    answer = simulation.http("POST", path, body, key=key)
    assert answer.status in (200, 201), answer.text
    simulation.run(60)
    return dict(answer.body)


def _ship(simulation: Simulation, order_id: str, lines: dict[int, int] | None = None) -> None:
    """Each node that has work of the order ships it, or some units of it."""
    units = [{"line_no": line_no, "quantity": quantity} for line_no, quantity in (lines or {}).items()]
    for (pk, sk), row in sorted(simulation.rows("orders").items()):
        if pk.endswith(order_id) and sk.startswith("WORK#"):
            work = json.loads(row["body"])
            node = work["node_id"]
            if lines and not set(lines) & {part["line_no"] for part in work["lines"]}:
                continue
            data = {"fulfillment_order_id": work["id"], **({"lines": units} if units else {})}
            source = f"{'wms' if node.startswith('dc') else 'store'}.{node}"
            simulation.say(source, "ShipFulfillmentOrder", f"ship-{work['id']}-{bool(units)}", data)
    simulation.run(60)
