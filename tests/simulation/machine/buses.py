"""EventBridge: an event goes to every rule that matches, at least once, in no order; schedules make their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tests.simulation.checker.picture import parsed
from tests.simulation.machine.topology import Rule
from tests.simulation.machine.workflow_errors import NotModelled

# From PutEvents to the target, in milliseconds.
HOP = 30
MOST_ENTRIES = 10
# The bus of the account itself, on which S3 says what was dropped.
SERVICES = "default"
# The same in every run, since the template is.
_candidates: dict[tuple[str, str, str], list[Rule]] = {}
Listener = Callable[[Mapping[str, Any]], object]


class Buses:
    """All buses; `listeners` hear everything on a bus, as systems outside the account do."""

    def __init__(self, simulation: Any) -> None:
        self._simulation = simulation
        self._rules: dict[str, list[Rule]] = {name: [] for name in (*simulation.topology.buses, SERVICES)}
        for rule in simulation.topology.rules:
            if rule.pattern is not None:
                self._rules[rule.bus].append(rule)
        self.listeners: dict[str, list[Listener]] = {name: [] for name in self._rules}
        self.accepted: list[tuple[str, str, str, str, int]] = []
        # The same as documents, for the checker.
        self.told: list[dict[str, Any]] = []

    def named(self, logical_id: str) -> str:
        """A bus's real name, such as that of `StoreBus`."""
        return next(name for name, known in self._simulation.topology.buses.items() if known == logical_id)

    def put_events(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Take entries one by one: one may be refused while its neighbours are not."""
        entries = request["Entries"]
        if not 0 < len(entries) <= MOST_ENTRIES:
            raise NotModelled(f"PutEvents with {len(entries)} entries")
        results: list[dict[str, str]] = []
        for entry in entries:
            if self._simulation.faults.spend("entry_refused", entry["DetailType"]):
                results.append({"ErrorCode": "InternalFailure", "ErrorMessage": "Internal failure"})
                continue
            results.append({"EventId": self.put(entry)})
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

    def put(self, entry: Mapping[str, str]) -> str:
        """One event onto its bus; its id."""
        simulation = self._simulation
        bus, source, kind, detail = entry["EventBusName"], entry["Source"], entry["DetailType"], entry["Detail"]
        identity = f"bus-{len(self.accepted) + 1}"
        now = simulation.scheduler.instant
        content = self.remember((bus, source, kind, detail, simulation.scheduler.now))
        simulation.note("bus", kind, identity)
        body = (
            f'{{"version": "0", "id": "{identity}", "detail-type": {json.dumps(kind)}, "source": {json.dumps(source)},'
            f' "account": "123456789012", "time": "{now:%Y-%m-%dT%H:%M:%SZ}", "region": "us-east-1", "resources": [],'
            f' "detail": {detail}}}'
        )
        for rule in self._rules_for(bus, source, kind):
            wanted = (rule.pattern or {}).get("detail")
            if wanted is None or matches(wanted, content):
                self._deliver(rule.queue, body)
        for listener in self.listeners[bus]:
            self._hear(listener, source, kind, detail)
        return identity

    def remember(self, entry: tuple[str, str, str, str, int]) -> Any:
        """Note an event that was accepted; its detail."""
        bus, source, kind, detail, made_at = entry
        content = parsed(detail)
        self.accepted.append(entry)
        at = self._simulation.at(made_at)
        self.told.append({"bus": bus, "source": source, "detail_type": kind, "detail": content, "at": at})
        return content

    def _rules_for(self, bus: str, source: str, kind: str) -> list[Rule]:
        """The rules that such an event fits, as far as its source and kind tell."""
        key = (bus, source, kind)
        if key not in _candidates:
            event = {"source": source, "detail-type": kind}
            _candidates[key] = [rule for rule in self._rules[bus] if matches(rule.pattern or {}, event, partly=True)]
        return _candidates[key]

    def ring(self, rule: Rule) -> None:
        """A schedule's time has come."""
        simulation = self._simulation
        simulation.rings += 1
        now = simulation.scheduler.instant
        message = rule.message.replace("<id>", f"schedule-{simulation.rings}")
        simulation.note("schedule", rule.name, simulation.rings)
        self._deliver(rule.queue, message.replace("<time>", f"{now:%Y-%m-%dT%H:%M:%SZ}"))

    def _deliver(self, queue: str, body: str) -> None:
        simulation = self._simulation
        for _ in range(2 if simulation.faults.weather("bus_twice", 0.1) else 1):
            delay = simulation.faults.delay("bus_late", HOP)
            simulation.scheduler.after(delay, partial(simulation.queues[queue].send, body))

    def _hear(self, listener: Listener, source: str, kind: str, detail: str) -> None:
        simulation = self._simulation
        heard = {"source": source, "detail-type": kind, "detail": detail}
        simulation.scheduler.after(simulation.faults.delay("bus_late", HOP), partial(listener, heard))


def matches(pattern: Mapping[str, Any], event: Any, *, partly: bool = False) -> bool:
    """Whether an event fits a pattern: lists of values or prefixes, within objects. `partly` leaves out the detail."""
    for name, wanted in pattern.items():
        if partly and name == "detail":
            continue
        if not isinstance(event, Mapping) or name not in event:
            return False
        if isinstance(wanted, Mapping):
            if not matches(wanted, event[name]):
                return False
        elif not any(_fits(one, event[name]) for one in wanted):
            return False
    return True


def _fits(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return bool(wanted == value)
    if list(wanted) != ["prefix"]:
        raise NotModelled(f"the pattern {wanted}")
    return isinstance(value, str) and value.startswith(wanted["prefix"])
