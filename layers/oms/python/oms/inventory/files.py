"""Files of stock that are dropped into the intake bucket: what their rows mean. `dropped_files` does the rest.

A part is taken in block by block; the outcome of a block, with that of each of its rows, is recorded in the
transaction of its movements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

from oms.inventory import file_rows
from oms.inventory.batch import MOST_AHEAD, decide
from oms.inventory.commands import corrections_of, counted, unknown_names
from oms.inventory.corrections import BeyondLimit, Corrections
from oms.inventory.events import StockFileLoaded
from oms.inventory.fold import Fact, NotEnough
from oms.platform.commands import Call, Decision, Runtime, execute, find_outcome
from oms.platform.dropped_files import DroppedFile, patiently
from oms.platform.events import EventData
from oms.platform.file_lines import Form, Line, Result
from oms.platform.principal import Principal, file_principal
from oms.platform.problems import FieldError, InvalidRequest, Problem
from oms.platform.writes import Value


class StockFiles:
    """The kind of file below `stock/`: counts of stock as CSV."""

    name = "stock_file"
    prefix = "stock"
    endings = ("csv",)
    id_prefix = "stf"
    outcomes = (file_rows.RECORDED, file_rows.IGNORED)
    made = ()

    def principal(self, tenant: str) -> Principal:
        """Whoever drops files of stock into the intake bucket of a tenant."""
        return file_principal(tenant, "stock_files", "inventory.write", "inventory.correct")

    def results(self, file: DroppedFile) -> str:
        """Below which prefix what became of a file is written."""
        return f"results/{file.tenant}/{file.name}/{file.object_version}"

    def form(self, file: DroppedFile) -> Form:
        """How the lines of a file look."""
        return file_rows.FORM

    def most_rows(self) -> int:
        """How many rows a part has at most."""
        return file_rows.MOST_ROWS_OF_PART

    def way(self) -> list[int]:
        """What the parts and blocks of a file follow from."""
        return [file_rows.MOST_ROWS_OF_PART, file_rows.MOST_WRITES_OF_BLOCK]

    def load(
        self, runtime: Runtime, file: DroppedFile, number: int, lines: Sequence[Line], header: Callable[[], bytes]
    ) -> list[Result]:
        """The results of all rows of a part; blocks are taken in in order, so none is open before the last one."""
        results: list[Result] = []
        known = True
        for position, block in enumerate(file_rows.blocks(lines)):
            # The bytes, and not only their place: a block that is cut another way by a later release must not pass
            # for it.
            content = [line.text.decode(errors="replace") for line in block]
            call = file.call("load_stock_file_rows", f"#{number}#{position}", content)
            outcome = find_outcome(runtime, call) if known else None
            if outcome is None:
                known = False
                outcome = patiently(
                    runtime, partial(execute, runtime, call, partial(_decide_block, runtime, call, block))
                )
            rows = cast("list[list[str]]", outcome.body["rows"])
            results += [Result(line.row, *row) for line, row in zip(block, rows, strict=True)]
        return results

    def loaded(self, file: DroppedFile, counts: Mapping[str, int]) -> EventData:
        """The fact that a file was taken in."""
        return StockFileLoaded(file=file.key, object_version=file.object_version, manifest=file.manifest_key, **counts)


def _decide_block(runtime: Runtime, call: Call, block: Sequence[Line]) -> Decision:
    """The movements of the rows that can be taken in; a row that cannot is refused alone."""
    results, facts, corrections = _judged(runtime, call, block)
    while True:
        try:
            decision = decide(runtime, call, list(facts.values()), corrections)
        except (NotEnough, BeyondLimit) as problem:
            results[problem.position] = file_rows.refused(block[problem.position].row, problem)
            del facts[problem.position]
        else:
            break
    for position, taken in zip(facts, cast("list[dict[str, Any]]", decision.body["movements"]), strict=True):
        results[position] = Result(block[position].row, str(taken["outcome"]))
    rows: list[Value] = [
        [results[position].outcome, results[position].code, results[position].detail] for position in range(len(block))
    ]
    return replace(decision, body={"rows": rows})


def _judged(
    runtime: Runtime, call: Call, block: Sequence[Line]
) -> tuple[dict[int, Result], dict[int, Fact], Corrections | None]:
    """By position the rows that are wrong in themselves or name what is not known, and the facts of the others."""
    latest = runtime.clock.now() + MOST_AHEAD
    wrong: dict[int, Problem] = {}
    facts: dict[int, Fact] = {}
    for position, line in enumerate(block):
        try:
            facts[position] = counted(position, file_rows.read_row(line.text), call)
        except Problem as problem:
            wrong[position] = problem
        else:
            if facts[position].at > latest:
                error = FieldError("/as_of", "in_the_future", "A count cannot lie in the future.")
                wrong[position] = InvalidRequest(errors=[error])
    named = {position: fact.row for position, fact in facts.items() if position not in wrong}
    unknown = unknown_names(runtime, call.principal, named)
    wrong |= {position: InvalidRequest(errors=errors) for position, errors in unknown.items()}
    corrections = corrections_of(
        runtime, call.principal, [facts[position] for position in facts if position not in wrong]
    )
    for position, fact in facts.items():
        if corrections and position not in wrong and (errors := corrections.wrong_reason(fact, "rows")):
            wrong[position] = InvalidRequest(errors=errors)
    results = {position: file_rows.refused(block[position].row, problem) for position, problem in wrong.items()}
    return results, {position: fact for position, fact in facts.items() if position not in wrong}, corrections
