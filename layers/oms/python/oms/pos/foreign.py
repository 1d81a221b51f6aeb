"""A message of a node that speaks the words of another system, as the messages of tills and drawers that it means.

A new system is a file in `adapters` with a function `tell`, its line in ADAPTERS, and its samples. The connections that
say whose words they are, and which of its names are ours, are those of the rules of stock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from oms.drawers.messages import CLOSE_DRAWER, OPEN_DRAWER, take_drawer_message
from oms.inventory.reads import live_inventory_rules
from oms.platform.commands import Runtime, input_hash
from oms.platform.consumers import Event
from oms.platform.fields import Code
from oms.platform.intake import Request, validate
from oms.platform.observability import logger
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, Problem
from oms.pos.adapters import poslog, square
from oms.pos.messages import POS_MESSAGES, take_pos_message
from oms.pos.told import Adapter, Told

RECORD_FOREIGN_TRANSACTIONS = "RecordForeignTransactions"
ADAPTERS: Mapping[str, Adapter] = {"poslog": poslog.tell, "square": square.tell}


class ForeignTransactions(Request):
    """What another system has sent of its tills, as it sent it, and whose connection it is of."""

    connection: Code
    body: Any


def take_foreign_transactions(runtime: Runtime, event: Event) -> None:
    """Take in every transaction that a node told in the words of its system, each once, and none that is not its own.

    One that cannot be taken harms no other: the first refusal is raised when all have had their turn, so that the queue
    delivers again and at last parks the message.
    """
    told = validate(ForeignTransactions, dict(event.data))
    connections = [
        one for live in live_inventory_rules(runtime.database, event.tenant) for one in live.rules.connections
    ]
    connection = next((one for one in connections if one.id == told.connection and one.adapter in ADAPTERS), None)
    if connection is None:
        detail = f"No rules of stock that hold name a connection {told.connection} that tells of tills."
        raise InvalidRequest(errors=[FieldError("/connection", "unknown_connection", detail)])
    own = event.source.split(".", 1)[1]
    nodes = {**connection.nodes, "": own}
    refused: list[FieldError] = []
    sessions: dict[str, str] = {}
    for one in ADAPTERS[connection.adapter](told.body, ZoneInfo(connection.time_zone)):
        if isinstance(one, FieldError):
            refused.append(FieldError(f"/body{one.pointer}", one.code, one.detail))
        elif one.location is not None and connection.nodes.get(one.location, one.location) != own:
            detail = f"{own} tells of {one.location}, which is another node or none."
            refused.append(FieldError(f"/body{one.pointer}", "unknown_node", detail))
        elif one.of is None or one.of in sessions:
            try:
                _take(
                    runtime,
                    event,
                    connection.id,
                    _named(one, connection.items, nodes),
                    sessions,
                )
            except Problem as problem:
                wrong = list(_refusals(problem, f"/body{one.pointer}"))
                for error in wrong:
                    logger().warning("a foreign transaction was refused", code=error.code, detail=error.detail)
                refused += wrong
    if refused:
        raise InvalidRequest(errors=refused)


def _refusals(problem: Problem, pointer: str) -> Iterator[FieldError]:
    """Why a transaction was refused, at its place in what the system sent: each field, or the whole and what to do."""
    if isinstance(problem, InvalidRequest) and problem.errors:
        yield from (FieldError(pointer, one.code, f"{one.pointer}: {one.detail}") for one in problem.errors)
    else:
        yield FieldError(pointer, problem.code, f"{problem.detail} {problem.remedy}")


def _take(runtime: Runtime, event: Event, connection: str, one: Told, sessions: dict[str, str]) -> None:
    data = {**one.data, **({"session_id": sessions[one.of]} if one.of else {})}
    # The name of the content is a part of the key: what is told otherwise later is no repeat, and is judged as such.
    name = f"{connection}:{one.key}:{input_hash(data)[:16]}"
    own = Event(event.source, one.message, {**event.meta, "id": name}, data)
    if one.message in POS_MESSAGES:
        take_pos_message(runtime, own)
        return
    try:
        outcome = take_drawer_message(runtime, own)
    except ActionNotAvailable:
        # A variance beyond the limit waits, counted, for somebody who may approve it.
        if one.message != CLOSE_DRAWER:
            raise
        return
    if outcome is not None and one.message == OPEN_DRAWER:
        sessions[one.key] = str(outcome.body["id"])


def _named(one: Told, items: Mapping[str, str], nodes: Mapping[str, str]) -> Told:
    """The same with our names for their items, and for the store of a receipt; one that names none has the name ""."""
    if one.message not in POS_MESSAGES:
        return one

    def ours(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**line, "sku": items.get(line["sku"], line["sku"])} for line in lines]

    data = dict(one.data)
    if "lines" in data:
        data["lines"] = ours(data["lines"])
    if "brought_back" in data:
        back = data["brought_back"] = {**data["brought_back"], "lines": ours(data["brought_back"]["lines"])}
        if "receipt" in back:
            store = back["receipt"].get("node_id", "")
            back["receipt"] = {**back["receipt"], "node_id": nodes.get(store, store)}
    return Told(one.pointer, one.location, one.key, one.message, data, one.of)
