"""The event contracts as they follow from the code: one JSON Schema per version of each event, and the catalogue page.

An event is published when the product makes it somewhere; a class that nothing makes is no contract yet.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from infra.functions import QUEUE_CONSUMERS
from oms.inventory.requests import FeedMessage
from oms.inventory.translating import ForeignRecord
from oms.platform.events import EventData, EventMeta
from tools.event_sources import MESSAGE_VERSIONS, NODE_MESSAGES, SCHEDULES, TRIGGERS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "layers" / "oms" / "python"
EVENTS = ROOT / "events"
SCHEMAS = EVENTS / "schemas"
SAMPLES = EVENTS / "samples"
SUMS = SCHEMAS / "SHA256SUMS"
ENVELOPE = "Envelope.v1.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class SampleMissing(Exception):
    """An event is published and nobody has shown what one looks like."""


class MessageMeta(BaseModel):
    """What a message of a node says about itself; `id` is its idempotency key, the node speaks in the source."""

    id: str = Field(min_length=1)
    occurred_at: str
    tenant: str


class Envelope(BaseModel):
    """The detail of every event that Spine publishes; `meta.type` and `meta.version` name the schema of `data`."""

    meta: EventMeta
    data: dict[str, Any]


def event_classes() -> dict[str, type[EventData]]:
    """Every event class of the product by its detail-type, published or not."""
    for path in PACKAGE.glob("oms/*/*events.py"):
        importlib.import_module(f"oms.{path.parent.name}.{path.stem}")
    found: dict[str, type[EventData]] = {}
    waiting = [EventData]
    while waiting:
        for child in waiting.pop().__subclasses__():
            waiting.append(child)
            if not child.__name__.startswith("_") and child.__module__.startswith("oms."):
                found[child.__name__] = child
    return dict(sorted(found.items()))


@cache
def makers() -> dict[str, list[str]]:
    """Detail-type -> the files of the product that make the event, relative to the clone."""
    modules = {cls.__module__ for cls in event_classes().values()}
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        local = {
            alias.asname or alias.name: alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module in modules
            for alias in node.names
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in local:
                found.setdefault(local[node.func.id], set()).add(str(path.relative_to(ROOT)))
    return {name: sorted(paths) for name, paths in found.items()}


def published() -> dict[str, type[EventData]]:
    """The events that the product makes, by detail-type."""
    made = makers()
    return {name: cls for name, cls in event_classes().items() if name in made}


def schemas() -> dict[str, str]:
    """File name -> content of every schema that follows from the code as it is now."""
    documents: dict[str, dict[str, Any]] = {
        ENVELOPE: _schema(Envelope, "Envelope", 1, "serialization"),
        "NodeMessage.v1.json": _schema(MessageMeta, "NodeMessage", 1, "validation"),
    }
    for name, record in {"FeedMessage": FeedMessage, "ForeignRecord": ForeignRecord}.items():
        version = message_version(name)
        documents[f"{name}.v{version}.json"] = _schema(record, name, version, "validation")
    for name, cls in published().items():
        documents[f"{name}.v{cls.version}.json"] = _schema(cls, name, cls.version, "serialization")
    for name, (model, _) in NODE_MESSAGES.items():
        version = message_version(name)
        documents[f"{name}.v{version}.json"] = _schema(model, name, version, "validation")
    return {name: as_json(document) for name, document in sorted(documents.items())}


def message_version(name: str) -> int:
    """The version of the schema of a message in."""
    return MESSAGE_VERSIONS.get(name, 1)


def _schema(model: type[BaseModel], name: str, version: int, mode: Any) -> dict[str, Any]:
    # Texts are left out, since a better sentence is no new version; the catalogue has them.
    body = without(model.model_json_schema(mode=mode), "title", "description")
    return {"$schema": DIALECT, "$id": f"urn:spine:event:{name}:{version}", "title": name, **body}


def without(schema: Any, *texts: str) -> Any:
    """A schema without some of its texts; titles only repeat names. A property that is called so stays."""
    if isinstance(schema, list):
        return [without(part, *texts) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            kept[key] = {name: without(part, *texts) for name, part in value.items()}
        elif key in ("default", "enum", "const", "examples"):
            kept[key] = value
        elif key not in texts:
            kept[key] = without(value, *texts)
    return kept


def as_json(document: object) -> str:
    """The bytes that are committed: two spaces, one newline at the end."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def recorded_sums() -> dict[str, str]:
    """Schema file -> the hash under which it was first committed."""
    if not SUMS.exists():
        return {}
    rows = (line.split("  ", 1) for line in SUMS.read_text(encoding="utf-8").splitlines())
    return {name: digest for digest, name in rows}


def sums_text(sums: Mapping[str, str]) -> str:
    """The list of hashes as `sha256sum --check` reads it."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))


def catalogue() -> str:
    """The page that lists every event and every message, with who makes it and who hears it."""
    made, heard = makers(), _hearers()
    lines = [_HEAD]
    for context in sorted({cls.__module__.split(".")[1] for cls in published().values()}):
        lines += [
            f"### {context}",
            "",
            "| detail-type | what it says | entity | made in | heard by |",
            "|---|---|---|---|---|",
        ]
        for name, cls in published().items():
            if cls.__module__.split(".")[1] == context:
                lines.append(_row(name, cls, made[name], heard.get(name, [])))
        lines.append("")
    lines += [
        _MESSAGES,
        *(
            f"| [{name}](schemas/{name}.v{message_version(name)}.json) | [sample](samples/{name}.json) | `{same}` |"
            for name, (_, same) in NODE_MESSAGES.items()
        ),
        "",
    ]
    lines += [_SCHEDULES, *(f"| {name} | {often} | {who} |" for name, (who, often) in SCHEDULES.items()), ""]
    lines += [_STARTS, *(_trigger(name, *TRIGGERS[name]) for name in TRIGGERS), ""]
    return "\n".join(lines)


def _trigger(sample: str, shape: str, functions: tuple[str, ...]) -> str:
    return f"| [{sample}](samples/triggers/{sample}.json) | {shape} | {', '.join(functions)} |"


def _row(name: str, cls: type[EventData], made_in: list[str], heard_by: list[str]) -> str:
    kept = SAMPLES / f"{name}.json"
    if not kept.exists():
        raise SampleMissing(f"{kept.relative_to(ROOT)} is missing: write one such event there, as it goes out")
    sample = json.loads(kept.read_text(encoding="utf-8"))
    kind = sample["detail"]["meta"]["entity"].split("#")[0]
    links = ", ".join(f"[{Path(path).parent.name}/{Path(path).name}](../{path})" for path in made_in)
    bus = " **Also on the store bus.**" if cls.for_nodes else ""
    said = " ".join((cls.__doc__ or "").split())
    title = f"[{name}](schemas/{name}.v{cls.version}.json) [sample](samples/{name}.json)"
    return f"| {title} | {said}{bus} | {kind} | {links} | {', '.join(heard_by) or '–'} |"


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _hearers() -> dict[str, list[str]]:
    heard: dict[str, list[str]] = {}
    for spec in QUEUE_CONSUMERS:
        for wanted in spec.detail_types:
            name, narrowed = (wanted, {}) if isinstance(wanted, str) else wanted
            only = "".join(f" where {field} is {' or '.join(map(_word, values))}" for field, values in narrowed.items())
            heard.setdefault(name, []).append(f"{spec.name}{only}")
    return heard


_HEAD = """# Event catalogue

Generated by `python -m tools.export_contracts`; `make test` fails when it is out of date.

Every event that Spine publishes has `source` `spine`, a detail-type in the past tense and this detail:

```
{"meta": {…}, "data": {…}}        meta: schemas/Envelope.v1.json        data: schemas/<detail-type>.v<meta.version>.json
```

- An event is stored in the transaction that made it true and published from the stream of table `events`. It may be
  delivered more than once: `meta.id` is the same each time.
- `meta.sequence` counts the events of `meta.entity` from 1 without gaps; delivery over a queue may change their order.
- Amounts are integers in minor units of `currency`. Times are RFC 3339 in UTC.
- **Schemas are append-only.** A payload that changes gets a higher `version` in its class and so a file of its own; a
  file that is listed in `schemas/SHA256SUMS` never changes, and the export refuses to overwrite it. Only a version that
  nobody can have received yet may be taken back by hand: delete its file and its line, then export again.
- Events of later versions go out instead of earlier ones, not beside them.

## Events out
"""

_MESSAGES = """## Messages in, from nodes

Stores, warehouses and suppliers put these on the store bus with source `store.<node id>`, `wms.<node id>` or
`supplier.<node id>`. The detail is `{"meta": {…}, "data": {…}}` with `meta` as in
[NodeMessage](schemas/NodeMessage.v1.json). Each means exactly the HTTP call beside it, of
`/v1/fulfillment-orders/{fulfillment_order_id}`, acts as the node in the source, and takes effect once per node and
`meta.id`. Function `node_messages` hears them all.

| detail-type, data | sample | the same over HTTP |
|---|---|---|"""

_SCHEDULES = """## Wishes of the clock

Schedules put these on a queue directly, with an empty `data`; they are on no bus.

| detail-type | when, for each tenant | heard by |
|---|---|---|"""

_STARTS = """## What starts a function

| sample | shape | functions |
|---|---|---|"""
