"""Files of stock that are dropped into the intake bucket: cut into parts, taken in row by row, each row once.

What was dropped is one version of one object, and everything is named by it. A part is taken in block by block; the
outcome of a block, with that of each of its rows, is recorded in the transaction of its movements. So whatever is
delivered again or was left half-way goes on where it stopped, and gives the same results to the last byte.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from oms.inventory import file_rows
from oms.inventory.adapters.intake_bucket import IntakeBucket
from oms.inventory.batch import MOST_AHEAD, decide
from oms.inventory.commands import corrections_of, counted, unknown_names
from oms.inventory.corrections import BeyondLimit, Corrections
from oms.inventory.events import StockFileLoaded
from oms.inventory.file_rows import FileRefused, Line, Range, Result
from oms.inventory.fold import Fact, NotEnough
from oms.platform.commands import (
    Call,
    Decision,
    Outcome,
    Runtime,
    execute,
    find_outcome,
    input_hash,
    pause_before_retry,
)
from oms.platform.events import EventDraft
from oms.platform.ids import derived_id
from oms.platform.principal import file_principal
from oms.platform.problems import Busy, FieldError, InvalidRequest, Problem
from oms.platform.writes import Value

_KEY = re.compile(r"stock/(?P<tenant>[^/#\x00-\x1f\x7f]{1,100})/(?P<name>[^/#\x00-\x1f\x7f]{1,200})\.csv")
# A table that grows into a load throttles for minutes: some 20 seconds of patience for each block.
_MOST_WAITS = 64
_COUNTS = ("rows", file_rows.RECORDED, file_rows.IGNORED, file_rows.REFUSED)
Send = Callable[[str], None]


class NotAStockFile(Exception):
    """An object below `stock/` whose key is not `stock/<tenant>/<name>.csv`; a person must look."""


@dataclass(frozen=True, slots=True)
class StockFile:
    """One version of one dropped object. The tenant is that of the prefix, whatever stands in the file."""

    key: str
    object_version: str
    tenant: str
    name: str

    @property
    def id(self) -> str:
        return derived_id("stf", self.key, self.object_version)

    @property
    def results(self) -> str:
        return f"results/{self.tenant}/{self.name}/{self.object_version}"

    @property
    def manifest_key(self) -> str:
        return f"{self.results}/manifest.json"

    def result_key(self, number: int) -> str:
        return f"{self.results}/part-{number:05d}.csv"

    def call(self, command: str, key: str, content: object) -> Call:
        """The call of a command for this file, by which it takes effect once."""
        principal = file_principal(self.tenant, "stock_files")
        return Call(command, principal, f"{self.id}{key}", input_hash(content), self.id, self.id)


class Part(BaseModel):
    """A message: take in these bytes, the nth of so many parts of a file."""

    model_config = ConfigDict(frozen=True)
    key: str
    object_version: str
    number: int
    parts: int
    first_row: int
    first_byte: int
    last_byte: int


def take_file_message(runtime: Runtime, bucket: IntakeBucket, send: Send, body: str) -> None:
    """What a message of the queue asks for: an event of the bucket is cut into parts, and a part is taken in."""
    document = json.loads(body)
    if "part" in document:
        load_part(runtime, bucket, Part.model_validate(document["part"]))
    else:
        dropped = document["detail"]["object"]
        if dropped["key"].endswith("/"):
            # The empty object by which the console of S3 shows a folder.
            return
        cut_file(runtime, bucket, send, dropped["key"], dropped.get("version-id"))


def cut_file(runtime: Runtime, bucket: IntakeBucket, send: Send, key: str, object_version: str | None) -> None:
    """Cut a dropped file at line ends and put a message for each part on the queue.

    A file without its header has one result, that of the header. Raises NotAStockFile for a key of another form.
    """
    tenant, name = _tenant_and_name(key)
    dropped = bucket.open(key, object_version)
    file = StockFile(key, dropped.version, tenant, name)
    call = file.call("cut_stock_file", "", _way_of_cutting())
    if find_outcome(runtime, call) is not None:
        return
    try:
        ranges = list(file_rows.cut(dropped.pieces, file_rows.MOST_ROWS_OF_PART))
    except FileRefused as problem:
        _store_part(runtime, bucket, file, 1, 1, [problem.result])
        ranges = []
        _finish(runtime, bucket, file, 1)
    else:
        for number, lines in enumerate(ranges, 1):
            send(_message(file, number, len(ranges), lines))
        if not ranges:
            _finish(runtime, bucket, file, 0)
    execute(runtime, call, lambda: Decision((), body={"parts": len(ranges)}))


def load_part(runtime: Runtime, bucket: IntakeBucket, part: Part) -> None:
    """Take in the rows of a part, write their results, and finish the file where this was its last open part."""
    file = StockFile(part.key, part.object_version, *_tenant_and_name(part.key))
    if find_outcome(runtime, _part_call(file, part.number, part.parts)) is None:
        content = bucket.read_range(part.key, part.object_version, part.first_byte, part.last_byte)
        lines = file_rows.lines_of(content, part.first_row)
        _store_part(runtime, bucket, file, part.number, part.parts, _load_rows(runtime, file, part.number, lines))
    _finish(runtime, bucket, file, part.parts)


def _tenant_and_name(key: str) -> tuple[str, str]:
    match = _KEY.fullmatch(key)
    if match is None:
        raise NotAStockFile("a file of stock is dropped as stock/<tenant>/<name>.csv")
    return match["tenant"], match["name"]


def _way_of_cutting() -> list[int]:
    """What the parts of a file follow from: a file that was begun another way is not gone on with in silence."""
    return [file_rows.MOST_ROWS_OF_PART, file_rows.MOST_WRITES_OF_BLOCK]


def _message(file: StockFile, number: int, parts: int, lines: Range) -> str:
    part = Part(
        key=file.key,
        object_version=file.object_version,
        number=number,
        parts=parts,
        first_row=lines.first_row,
        first_byte=lines.first_byte,
        last_byte=lines.last_byte,
    )
    return json.dumps({"part": part.model_dump()})


def _part_call(file: StockFile, number: int, parts: int) -> Call:
    return file.call("load_stock_file_part", f"#{number}", [parts, *_way_of_cutting()])


def _load_rows(runtime: Runtime, file: StockFile, number: int, lines: Sequence[Line]) -> list[Result]:
    """The results of all rows of a part; blocks are taken in in order, so that none is open before the last one."""
    results: list[Result] = []
    known = True
    for position, block in enumerate(file_rows.blocks(lines)):
        # The bytes, and not only their place: a block that is cut another way by a later release must not pass for it.
        content = [line.text.decode(errors="replace") for line in block]
        call = file.call("load_stock_file_rows", f"#{number}#{position}", content)
        outcome = find_outcome(runtime, call) if known else None
        if outcome is None:
            known = False
            outcome = _patiently(runtime, call, block)
        rows = cast("list[list[str]]", outcome.body["rows"])
        results += [Result(line.row, *row) for line, row in zip(block, rows, strict=True)]
    return results


def _patiently(runtime: Runtime, call: Call, block: Sequence[Line]) -> Outcome:
    for attempt in range(_MOST_WAITS):
        try:
            return execute(runtime, call, lambda: _decide_block(runtime, call, block))
        except Busy:
            pause_before_retry(runtime, attempt)
    raise Busy()


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


def _store_part(
    runtime: Runtime, bucket: IntakeBucket, file: StockFile, number: int, parts: int, results: Sequence[Result]
) -> None:
    """Write the results of a part, and note that they stand there with how many rows came to what."""
    key = file.result_key(number)
    sha256 = bucket.write_once(key, file_rows.results_file(results), "text/csv")
    outcomes = Counter(result.outcome for result in results)
    counts = {name: outcomes[name] for name in _COUNTS} | {"rows": len(results)}
    execute(
        runtime,
        _part_call(file, number, parts),
        lambda: Decision((), body={"key": key, "sha256": sha256, **counts}),
    )


def _finish(runtime: Runtime, bucket: IntakeBucket, file: StockFile, parts: int) -> None:
    """Where all parts are there: the manifest, and then the event. Whoever notes the last part sees all of them."""
    call = file.call("load_stock_file", "", [parts, *_way_of_cutting()])
    if find_outcome(runtime, call) is not None:
        return
    noted: list[Mapping[str, Value]] = []
    # From the end, since parts come about in order: a part that is still open is met at once.
    for number in range(parts, 0, -1):
        found = find_outcome(runtime, _part_call(file, number, parts))
        if found is None:
            return
        noted.insert(0, found.body)
    counts = {name: sum(cast(int, part[name]) for part in noted) for name in _COUNTS}
    manifest = {
        "schema_version": 1,
        "tenant": file.tenant,
        "file": file.key,
        "object_version": file.object_version,
        "parts": noted,
        **counts,
    }
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    bucket.write_once(file.manifest_key, f"{text}\n".encode(), "application/json")
    loaded = StockFileLoaded(file=file.key, object_version=file.object_version, manifest=file.manifest_key, **counts)
    draft = EventDraft(f"STOCKFILE#{file.id}", 1, loaded)
    execute(runtime, call, lambda: Decision((), (draft,), body=loaded.model_dump(mode="json")))
