"""Files that are dropped into the intake bucket: cut into parts, taken in row by row, each row once.

What was dropped is one version of one object, and everything is named by it. A part is taken in in steps whose
outcomes, with that of each row, are recorded in the transactions of what the rows change. So whatever is delivered
again or was left half-way goes on where it stopped, and gives the same results to the last byte. What rows mean is
said by their kind of file.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from pydantic import BaseModel, ConfigDict

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
from oms.platform.events import EventData, EventDraft
from oms.platform.file_lines import REFUSED, FileRefused, Form, Line, Range, Result, cut, lines_of, results_file
from oms.platform.ids import derived_id
from oms.platform.intake_bucket import IntakeBucket
from oms.platform.principal import Principal
from oms.platform.problems import Busy
from oms.platform.writes import Value

# A table that grows into a load throttles for minutes: some 20 seconds of patience for each step.
_MOST_WAITS = 64
Send = Callable[[str], None]


class NotADroppedFile(Exception):
    """An object whose key is not that of any file of its kind; a person must look."""


class FileKind(Protocol):
    """What the files below a prefix are, and what their rows mean.

    `name` names its commands, `prefix` is where its files lie and `endings` are how their names end, `made` the column
    of the results for what a row has made. `way` is what its parts follow from: a file that was begun another way is
    not gone on with in silence.
    """

    name: str
    prefix: str
    endings: tuple[str, ...]
    id_prefix: str
    outcomes: tuple[str, ...]
    made: tuple[str, ...]

    def principal(self, tenant: str) -> Principal:
        """Who drops such files into the prefix of a tenant: AWS has let them, and nobody knows more."""
        ...

    def results(self, file: DroppedFile) -> str:
        """Below which prefix what became of a file is written."""
        ...

    def form(self, file: DroppedFile) -> Form:
        """How the lines of a file look."""
        ...

    def most_rows(self) -> int:
        """How many rows a part has at most."""
        ...

    def way(self) -> list[int]:
        """What the parts and steps of a file follow from."""
        ...

    def load(
        self, runtime: Runtime, file: DroppedFile, number: int, lines: Sequence[Line], header: Callable[[], bytes]
    ) -> list[Result]:
        """Take in the rows of the nth part, each once; `header` reads the file's first line."""
        ...

    def loaded(self, file: DroppedFile, counts: Mapping[str, int]) -> EventData:
        """The fact that a file was taken in."""
        ...


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """One version of one dropped object. The tenant is that of the prefix, whatever stands in the file."""

    kind: FileKind
    key: str
    object_version: str
    tenant: str
    name: str
    ending: str

    @property
    def id(self) -> str:
        return derived_id(self.kind.id_prefix, self.key, self.object_version)

    @property
    def manifest_key(self) -> str:
        return f"{self.kind.results(self)}/manifest.json"

    def result_key(self, number: int) -> str:
        return f"{self.kind.results(self)}/part-{number:05d}.csv"

    def call(self, command: str, key: str, content: object) -> Call:
        """The call of a command for this file, by which it takes effect once."""
        return self.call_of(command, key, input_hash(content))

    def call_of(self, command: str, key: str, content_hash: str) -> Call:
        """The same, where the hash of its content is that of the same command over HTTP."""
        return Call(command, self.kind.principal(self.tenant), f"{self.id}{key}", content_hash, self.id, self.id)


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


def take_file_message(kind: FileKind, runtime: Runtime, bucket: IntakeBucket, send: Send, body: str) -> None:
    """What a message of the queue asks for: an event of the bucket is cut into parts, and a part is taken in."""
    document = json.loads(body)
    if "part" in document:
        _load_part(kind, runtime, bucket, Part.model_validate(document["part"]))
    else:
        dropped = document["detail"]["object"]
        if dropped["key"].endswith("/"):
            # The empty object by which the console of S3 shows a folder.
            return
        cut_file(kind, runtime, bucket, send, dropped["key"], dropped.get("version-id"))


def cut_file(
    kind: FileKind, runtime: Runtime, bucket: IntakeBucket, send: Send, key: str, object_version: str | None
) -> None:
    """Cut a dropped file at line ends and put a message for each part on the queue.

    A file without its header has one result, that of the header. Raises NotADroppedFile for a key of another form.
    """
    named = _named(kind, key)
    dropped = bucket.open(key, object_version)
    file = DroppedFile(kind, key, dropped.version, *named)
    call = file.call(f"cut_{kind.name}", "", kind.way())
    if find_outcome(runtime, call) is not None:
        return
    try:
        ranges = list(cut(dropped.pieces, kind.most_rows(), kind.form(file)))
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


def patiently(runtime: Runtime, act: Callable[[], Outcome]) -> Outcome:
    """What an act comes to that is tried again while the table behind it is busy; raises Busy where it stays so."""
    for attempt in range(_MOST_WAITS):
        try:
            return act()
        except Busy:
            pause_before_retry(runtime, attempt)
    raise Busy()


def _load_part(kind: FileKind, runtime: Runtime, bucket: IntakeBucket, part: Part) -> None:
    """Take in the rows of a part, write their results, and finish the file where this was its last open part."""
    file = DroppedFile(kind, part.key, part.object_version, *_named(kind, part.key))

    def header() -> bytes:
        content = bucket.read_range(part.key, part.object_version, 0, kind.form(file).longest_line)
        return content.partition(b"\n")[0]

    if find_outcome(runtime, _part_call(file, part.number, part.parts)) is None:
        content = bucket.read_range(part.key, part.object_version, part.first_byte, part.last_byte)
        results = kind.load(runtime, file, part.number, lines_of(content, part.first_row), header)
        _store_part(runtime, bucket, file, part.number, part.parts, results)
    _finish(runtime, bucket, file, part.parts)


def _named(kind: FileKind, key: str) -> tuple[str, str, str]:
    """The tenant, the name and the ending of a file by its key."""
    endings = "|".join(re.escape(ending) for ending in kind.endings)
    plain = r"[^/#\x00-\x1f\x7f]"
    match = re.fullmatch(rf"{kind.prefix}/({plain}{{1,100}})/({plain}{{1,200}})\.({endings})", key)
    if match is None:
        forms = " or ".join(f"{kind.prefix}/<tenant>/<name>.{ending}" for ending in kind.endings)
        raise NotADroppedFile(f"such a file is dropped as {forms}")
    return match[1], match[2], match[3]


def _message(file: DroppedFile, number: int, parts: int, lines: Range) -> str:
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


def _part_call(file: DroppedFile, number: int, parts: int) -> Call:
    return file.call(f"load_{file.kind.name}_part", f"#{number}", [parts, *file.kind.way()])


def _counts(kind: FileKind) -> tuple[str, ...]:
    return ("rows", *kind.outcomes, REFUSED)


def _store_part(
    runtime: Runtime, bucket: IntakeBucket, file: DroppedFile, number: int, parts: int, results: Sequence[Result]
) -> None:
    """Write the results of a part, and note that they stand there with how many rows came to what."""
    key = file.result_key(number)
    sha256 = bucket.write_once(key, results_file(results, file.kind.made), "text/csv")
    outcomes = Counter(result.outcome for result in results)
    counts = {name: outcomes[name] for name in _counts(file.kind)} | {"rows": len(results)}
    execute(
        runtime,
        _part_call(file, number, parts),
        lambda: Decision((), body={"key": key, "sha256": sha256, **counts}),
    )


def _finish(runtime: Runtime, bucket: IntakeBucket, file: DroppedFile, parts: int) -> None:
    """Where all parts are there: the manifest, and then the event. Whoever notes the last part sees all of them."""
    call = file.call(f"load_{file.kind.name}", "", [parts, *file.kind.way()])
    if find_outcome(runtime, call) is not None:
        return
    noted: list[Mapping[str, Value]] = []
    # From the end, since parts come about in order: a part that is still open is met at once.
    for number in range(parts, 0, -1):
        found = find_outcome(runtime, _part_call(file, number, parts))
        if found is None:
            return
        noted.insert(0, found.body)
    counts = {name: sum(cast(int, part[name]) for part in noted) for name in _counts(file.kind)}
    manifest: dict[str, Any] = {
        "schema_version": 1,
        "tenant": file.tenant,
        "file": file.key,
        "object_version": file.object_version,
        "parts": noted,
        **counts,
    }
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    bucket.write_once(file.manifest_key, f"{text}\n".encode(), "application/json")
    loaded = file.kind.loaded(file, counts)
    draft = EventDraft(f"{file.kind.name.replace('_', '').upper()}#{file.id}", 1, loaded)
    execute(runtime, call, lambda: Decision((), (draft,), body=loaded.model_dump(mode="json")))
