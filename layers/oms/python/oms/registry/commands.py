"""Putting nodes and items, one by one and in bulk.

A single put of an object that exists names the version it was made from. Bulk rows overwrite: they come from a system
that owns the data. Each bulk row is accepted or refused for itself, and putting what is already there changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from oms.platform.commands import Call, Decision, Outcome, Runtime, execute, find_outcome
from oms.platform.events import EventDraft
from oms.platform.ids import derived_id
from oms.platform.intake import validate
from oms.platform.problems import (
    Busy,
    FieldError,
    InvalidRequest,
    KeyReused,
    Problem,
    StaleVersion,
    TooLarge,
)
from oms.platform.writes import MOST_ACTIONS, Value, Write
from oms.registry.checks import refuse_kit
from oms.registry.events import ItemChanged, ItemsLoaded, NodeChanged
from oms.registry.model import Item, Node, NodeDetails, PutItem, PutNode, in_force, stored_node
from oms.registry.store import item_write, load_items, node_versions, node_write
from oms.registry.views import item_document, node_document

MOST_NODES = 200
MOST_ITEMS = 500
# One transaction of a bulk load: its record, its event and its items; the event stays below 64 KB.
_ITEMS_AT_ONCE = MOST_ACTIONS - 2
_BYTES_AT_ONCE = 40_000

M = TypeVar("M", bound=BaseModel)


def put_node(runtime: Runtime, call: Call, put: PutNode) -> Outcome:
    """Store a node, or a change of it with effect from an instant.

    Raises StaleVersion when it was changed since it was read, InvalidRequest without If-Match on a node that exists
    and for a change that would begin in the past.
    """
    return execute(runtime, call, partial(_decide_node, runtime, call, put, held_to_version=True))


def put_nodes(runtime: Runtime, call: Call, rows: Sequence[Any]) -> Outcome:
    """Store up to 200 nodes, each in a transaction of its own; the answer says what became of each row."""
    if len(rows) > MOST_NODES:
        raise TooLarge(f"{len(rows)} nodes; the limit is {MOST_NODES}.", pointer="/nodes")

    def load() -> list[dict[str, Any]]:
        return [_put_node_row(runtime, call, position, row) for position, row in enumerate(rows)]

    return _once(runtime, call, load)


def put_item(runtime: Runtime, call: Call, put: PutItem) -> Outcome:
    """Store an item; raises StaleVersion, and InvalidRequest without If-Match on an item that exists.

    The latter also for a kit of anything but known items of stock, and where an item would become a kit or cease to be.
    """

    def decide() -> Decision:
        known = load_items(runtime.database, call.tenant, [put.sku, *(one.sku for one in put.components)])
        stored = known.get(put.sku)
        _require_version(call.expected_version, stored.version if stored else 0)
        refuse_kit(put, known)
        item = _next_item(stored, put)
        if item == stored:
            return Decision([], status=200, body=item_document(item))
        item = item.model_copy(update={"told": item.told + 1})
        event = EventDraft(f"ITEM#{item.sku}", item.told, ItemChanged(item=item))
        return Decision(
            [item_write(call.tenant, item)], [event], status=200 if stored else 201, body=item_document(item)
        )

    return execute(runtime, call, decide)


def put_items(runtime: Runtime, call: Call, rows: Sequence[Any]) -> Outcome:
    """Store up to 500 items, many in one transaction; the answer says what became of each row."""
    if len(rows) > MOST_ITEMS:
        raise TooLarge(f"{len(rows)} items; the limit is {MOST_ITEMS}.", pointer="/items")

    def load() -> list[dict[str, Any]]:
        puts: dict[str, tuple[int, PutItem]] = {}
        results: list[dict[str, Any]] = []
        for position, row in enumerate(rows):
            try:
                put = _row(PutItem, row, f"/items/{position}")
                if put.sku in puts:
                    raise InvalidRequest(errors=[_repeated(f"/items/{position}/sku")])
                puts[put.sku] = (position, put)
            except Problem as problem:
                results.append(_refusal(position, "sku", row, problem))
        for number, chunk in enumerate(_parts(puts.values())):
            own = replace(call, command="put_items_part", key=f"{call.key}#{number}")
            outcome = execute(runtime, own, partial(_decide_items, runtime, own, chunk))
            results.extend(cast(list[dict[str, Any]], outcome.body["results"]))
        return sorted(results, key=lambda result: result["row"])

    return _once(runtime, call, load)


def _once(runtime: Runtime, call: Call, load: Callable[[], list[dict[str, Any]]]) -> Outcome:
    """Run a bulk load whose rows are recorded one by one, and record the answer to the whole under the call's key."""
    recorded = find_outcome(runtime, call)
    if recorded is not None:
        return recorded
    results = load()
    refused = sum("problem" in result for result in results)
    body: dict[str, Any] = {"accepted": len(results) - refused, "refused": refused, "results": results}
    return execute(runtime, call, lambda: Decision(writes=(), body=body))


def _put_node_row(runtime: Runtime, call: Call, position: int, row: Any) -> dict[str, Any]:
    # Rows have a command name of their own, so that no caller's key can be taken for one of theirs.
    own = replace(call, command="put_nodes_row", key=f"{call.key}#{position}")
    try:
        put = _row(PutNode, row, f"/nodes/{position}")
        outcome = execute(runtime, own, partial(_decide_node, runtime, own, put, held_to_version=False))
    except (Busy, KeyReused):
        raise
    except Problem as problem:
        return _refusal(position, "id", row, problem)
    return {"row": position, "id": put.id, "status": outcome.status, "version": outcome.body["version"]}


def _decide_node(runtime: Runtime, call: Call, put: PutNode, *, held_to_version: bool) -> Decision:
    now = runtime.clock.now()
    versions = node_versions(runtime.database, call.tenant, put.id)
    newest = max((node.version for node in versions), default=0)
    if held_to_version:
        _require_version(call.expected_version, newest)
    begins = _to_milliseconds(put.effective_from or now)
    if versions and begins < _to_milliseconds(now):
        raise InvalidRequest(
            errors=[FieldError("/effective_from", "in_the_past", "a change of a node cannot begin in the past")]
        )
    node = stored_node(put, version=newest + 1, effective_from=begins)
    if _says_the_same(node, in_force(versions, begins)):
        return Decision([], status=200, body=node_document(versions, now))
    # The event's number is the node's version: two changes at once collide there and one of them is decided again.
    event = EventDraft(f"NODE#{node.id}", node.version, NodeChanged(node=node), legal_entity=node.legal_entity)
    body = node_document([*versions, node], now)
    return Decision([node_write(call.tenant, node)], [event], status=200 if versions else 201, body=body)


def _decide_items(runtime: Runtime, call: Call, rows: Sequence[tuple[int, PutItem]]) -> Decision:
    skus = [sku for _, put in rows for sku in (put.sku, *(one.sku for one in put.components))]
    stored = load_items(runtime.database, call.tenant, skus)
    results: list[dict[str, Any]] = []
    changed: list[Item] = []
    for position, put in rows:
        before = stored.get(put.sku)
        try:
            refuse_kit(put, stored, where=f"/items/{position}")
        except InvalidRequest as problem:
            results.append(_refusal(position, "sku", {"sku": put.sku}, problem))
            continue
        item = _next_item(before, put)
        if item != before:
            changed.append(item)
        status = 200 if before else 201
        results.append({"row": position, "sku": item.sku, "status": status, "version": item.version})
    writes: list[Write] = [item_write(call.tenant, item) for item in changed]
    entity = f"ITEMS#{derived_id('itl', call.tenant, call.key)}"
    events = [EventDraft(entity, 1, ItemsLoaded(items=changed))] if changed else []
    return Decision(writes, events, body={"results": cast(list[Value], results)})


def _next_item(stored: Item | None, put: PutItem) -> Item:
    """The item once it is put: the stored one where that says the same already."""
    details = {name: getattr(put, name) for name in PutItem.model_fields}
    if stored is None:
        return Item(**details, version=1)
    same = Item(**details, version=stored.version, told=stored.told)
    return stored if same == stored else same.model_copy(update={"version": stored.version + 1})


def _says_the_same(node: Node, holding: Sequence[Node]) -> bool:
    told = {*NodeDetails.model_fields, "latitude_microdegrees", "longitude_microdegrees"}
    return any(all(getattr(node, name) == getattr(other, name) for name in told) for other in holding)


def _require_version(expected: int | None, current: int) -> None:
    """Hold a change to the version its caller has read; 0 stands for an object that does not exist."""
    if expected is None and current:
        pointer = "/header/If-Match"
        raise InvalidRequest(
            errors=[FieldError(pointer, "required", f"the object exists; send If-Match with its version, {current}")]
        )
    if expected is not None and expected != current:
        raise StaleVersion(f"If-Match names version {expected}; the object is at version {current}.")


def _parts(rows: Iterable[tuple[int, PutItem]]) -> list[list[tuple[int, PutItem]]]:
    """The rows in as many transactions as they need; kits come last, so that their components are known by then."""
    kits, others = list[tuple[int, PutItem]](), list[tuple[int, PutItem]]()
    for row in rows:
        (kits if row[1].components else others).append(row)
    return [*_chunks(others), *_chunks(kits)]


def _chunks(rows: Sequence[tuple[int, PutItem]]) -> list[list[tuple[int, PutItem]]]:
    chunks: list[list[tuple[int, PutItem]]] = []
    size = 0
    for row in rows:
        length = len(row[1].model_dump_json())
        if not chunks or len(chunks[-1]) == _ITEMS_AT_ONCE or size + length > _BYTES_AT_ONCE:
            chunks.append([])
            size = 0
        chunks[-1].append(row)
        size += length
    return chunks


def _row(model: type[M], row: Any, pointer: str) -> M:
    """One row of a bulk load, its refusals pointing into the whole body."""
    if not isinstance(row, dict):
        raise InvalidRequest(errors=[FieldError(pointer, "not_an_object", "a row is one JSON object")])
    try:
        return validate(model, row)
    except InvalidRequest as problem:
        problem.errors = tuple(replace(error, pointer=pointer + error.pointer) for error in problem.errors)
        raise


def _repeated(pointer: str) -> FieldError:
    return FieldError(pointer, "repeated", "this SKU stands in the call twice")


def _refusal(position: int, name: str, row: Any, problem: Problem) -> dict[str, Any]:
    named = row.get(name) if isinstance(row, Mapping) else None
    return {
        "row": position,
        name: named if isinstance(named, str) else None,
        "status": problem.status,
        "problem": dict(problem.document()),
    }


def _to_milliseconds(instant: datetime) -> datetime:
    """Instants are stored in whole milliseconds."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
