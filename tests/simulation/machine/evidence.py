"""What the checker is shown, as plain data; and the checker itself, which knows nothing of all this."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.checker import Checker, Evidence, Violation
from tests.simulation.checker.picture import parsed

__all__ = ["Checker", "Evidence", "Violation", "collect", "empty"]


def empty(tables: dict[str, dict[tuple[str, str], dict[str, Any]]], now: str) -> Evidence:
    """What can be seen after each commit: the tables, always up to date, and the time."""
    return Evidence(
        now=now,
        tables=tables,
        psp=[],
        bus=[],
        objects={},
        executions=[],
        in_flight=[],
        dead=[],
        timers=[],
        logs="",
        answers=[],
    )


def collect(simulation: Any) -> Evidence:
    """Everything that can be seen now."""
    shown = empty(simulation.tables.plain, simulation.now())
    shown.psp = simulation.provider.psp.journal.log
    shown.bus = simulation.buses.told
    shown.objects = dict(simulation.objects.stored)
    shown.intake = {key: list(found) for key, found in simulation.intake.versions.items()}
    shown.executions = [
        {"machine": one.machine.name, "name": one.name, "status": one.status, "input": one.input}
        for one in simulation.runs.executions.values()
    ]
    for queue in simulation.queues.values():
        found = [{"queue": queue.spec.name, "body": message.body} for message in queue.messages]
        if queue.is_dead_letters:
            shown.dead += found
        else:
            shown.in_flight += found
    for stream in (*simulation.streams.values(), *simulation.woken):
        shown.in_flight += [{"queue": stream.name, "body": json.dumps(record.event)} for record in stream.unread()]
    shown.timers = [{"at": simulation.at(due), "kind": "timer", "what": ""} for due in simulation.scheduler.pending()]
    shown.logs = simulation.logger.text()
    shown.answers = [
        {
            **{name: value for name, value in exchange.items() if name not in ("text", "request_text")},
            "body": _json(exchange["text"]),
            "request_body": _json(exchange["request_text"]),
        }
        for exchange in simulation.gateway.exchanges
    ]
    return shown


def _json(text: str | None) -> Any:
    try:
        return parsed(text) if text else None
    except ValueError:
        return text
