"""Faults in the transition tables themselves: one state put into a row or taken out of it, for every row and state.

Mutants of functions leave tables alone, since they stand outside every function. Runs inside a room of `tools.mutate`
and prints, as JSON, whether the tests noticed each fault.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

TESTS = {
    "fulfillment.protocol.TRANSITIONS": "tests/unit/fulfillment/test_transition_table.py",
    "payments.model.TRANSITIONS": "tests/unit/payments/test_payment_model.py",
    "orders.model._ACTIONS": "tests/unit/orders/test_order_states.py",
}


@dataclass(frozen=True)
class Cell:
    """One column of one row of a table, and the tests that are meant for the table."""

    name: str
    tests: str
    table: dict[Any, Any]
    row: object
    column: object


def cells() -> Iterator[Cell]:
    """Every cell of every table, by a name that a person can look up."""
    from oms.fulfillment import protocol
    from oms.orders import model as orders
    from oms.payments import model as payments

    verbs = sorted({verb for verbs in orders._ACTIONS.values() for verb in verbs})
    tables = (
        (protocol.TRANSITIONS, protocol.Action, protocol.Status),
        (payments.TRANSITIONS, payments.State, payments.State),
        (orders._ACTIONS, orders.Status, verbs),
    )
    for (name, tests), (table, rows, columns) in zip(TESTS.items(), tables, strict=True):
        for row in rows:
            for column in columns:
                yield Cell(f"{name}[{row}] {column}", tests, table, row, column)


def flip(cell: Cell) -> None:
    """Put the state into the row, or take it out if it is there."""
    before = tuple(cell.table.get(cell.row, ()))
    after = [one for one in before if one != cell.column] if cell.column in before else [*before, cell.column]
    cell.table[cell.row] = type(cell.table.get(cell.row, frozenset()))(after)


class Faults:
    """A pytest plugin that runs the collected tests once for each cell, each time in a process of its own."""

    def __init__(self) -> None:
        self.noticed: dict[str, bool] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if any(_some_test_fails(session, tests, None) for tests in TESTS.values()):
            raise pytest.UsageError("the tests of the tables fail without any fault")
        for cell in cells():
            self.noticed[cell.name] = _some_test_fails(session, cell.tests, cell)
        return True


def _some_test_fails(session: pytest.Session, tests: str, cell: Cell | None) -> bool:
    child = os.fork()
    if child == 0:
        if cell is not None:
            flip(cell)
        items = [item for item in session.items if item.nodeid.startswith(tests)]
        # Whatever goes wrong here must not return into the parent's loop.
        passed = False
        try:
            passed = bool(items) and all(_passes(item) for item in items)
        finally:
            os._exit(0 if passed else 1)
    return os.waitpid(child, 0)[1] != 0


def _passes(item: pytest.Item) -> bool:
    return all(report.passed for report in runtestprotocol(item, log=False, nextitem=None))


def main() -> int:
    faults = Faults()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main(["-q", *TESTS.values()], plugins=[faults])
    if code or not faults.noticed:
        raise SystemExit(said.getvalue())
    print(json.dumps(faults.noticed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
