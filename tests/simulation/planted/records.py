"""Faults in how things are recorded, read and told: commands, tables, streams, sagas."""

from __future__ import annotations

import contextlib
import itertools
import json
from dataclasses import replace
from typing import Any
from unittest import mock

from tests.simulation.planted.planting import (
    Patch,
    fault,
    module,
    other_writes,
    running,
    short_leases,
    small_sagas,
    wrapped,
)


@fault("no dedupe", "INV4", "Outcomes and external ids are kept under a new key each time, so a repeat is done again.")
def _no_dedupe() -> list[Patch]:
    commands, orders, number = module("platform.commands"), module("orders.commands"), itertools.count()
    placement = module("orders.placement")

    def made(record_write: Any) -> Any:
        return lambda runtime, call, decision: record_write(
            runtime, replace(call, key=f"{call.key}-{next(number)}"), decision
        )

    def another(external_key: Any) -> Any:
        return lambda tenant, channel, external_id: external_key(tenant, channel, f"{external_id}-{next(number)}")

    keys = [wrapped(place, "external_key", another) for place in (orders, placement)]
    return [wrapped(commands, "record_write", made), *keys]


@fault("published before the commit", "INV13", "A command puts its events onto the bus first and commits afterwards.")
def _published_first() -> list[Patch]:
    publisher = module("platform.publisher")

    def change(_: Any, actions: list[Any]) -> list[Any]:
        bus = running().topology.functions["publish_events"].environment["DOMAIN_BUS"]
        entries = [
            {"Source": "spine", "DetailType": a.set["type"], "Detail": a.set["detail"], "EventBusName": bus}
            for a in actions
            if a.table == "events"
        ]
        if entries and running().invocation is not None:
            publisher._client().put_events(Entries=entries[:10])
        return actions

    return [other_writes(change)]


@fault("stream from LATEST", "INV13 INV3", "After a failed batch a stream is read on from its newest record.")
def _from_latest() -> list[Patch]:
    from tests.simulation.machine.streams import Stream

    def made(answered: Any) -> Any:
        def skipping(self: Any, lane: Any, part: Any, outcome: Any) -> None:
            answered(self, lane, part, outcome)
            if part in lane.parts or outcome.error is not None:
                lane.parts.clear()
                lane.waiting.clear()

        return skipping

    return [wrapped(Stream, "_answered", made)]


@fault("swallowed throttle", "INV4 INV13", "A transaction that was throttled counts as done.")
def _swallowed_throttle() -> list[Patch]:
    busy = module("platform.problems").Busy

    def made(commit: Any) -> Any:
        def swallowing(self: Any, writes: Any) -> None:
            with contextlib.suppress(busy):
                commit(self, writes)

        return swallowing

    return [wrapped(module("platform.dynamodb").Database, "commit", made)]


@fault("lost lease", "INV1", "A saga goes on without looking whether somebody else has taken it over and undone it.")
def _lost_lease() -> list[Patch]:
    saga = module("platform.saga").Saga

    def made(check: Any) -> Any:
        return lambda self: replace(check(self), equals={})

    return [wrapped(saga, "still_mine", made), wrapped(saga, "finished", made), *small_sagas(), *short_leases()]


@fault("second page dropped", "INV2 INV6 INV7", "Only the first page of an order is read.")
def _first_page() -> list[Patch]:
    def made(call: Any) -> Any:
        def first_page(self: Any, operation: str, **request: Any) -> Any:
            answer = call(self, operation, **request)
            if operation == "query" and request["TableName"].startswith("Orders"):
                answer.pop("LastEvaluatedKey", None)
            return answer

        return first_page

    return [wrapped(module("platform.dynamodb").Database, "_call", made)]


@fault(
    "no version check",
    "INV13 INV6 INV7",
    "An order and its history are written over what they have become.",
)
def _no_version() -> list[Patch]:
    writes = module("platform.writes")

    def change(_: Any, actions: list[Any]) -> list[Any]:
        return [free(action) for action in actions]

    def free(action: Any) -> Any:
        if action.table == "events":
            return replace(action, kind=writes.Kind.PUT)
        return replace(action, equals={}) if action.table == "orders" and action.key.sk == "ORDER" else action

    return [other_writes(change)]


@fault("tenant left out", "INV11", "The records of commands of all tenants share their keys.")
def _no_tenant() -> list[Patch]:
    key = module("platform.writes").Key
    own = lambda tenant, command, name: key(f"COMMAND#{command}#{name}", "COMMAND")  # noqa: E731
    return [mock.patch.object(module("platform.commands"), "command_key", own)]


@fault("card in an event", "INV12", "A card's number is put into an event for support.")
def _card_told() -> list[Patch]:
    events = module("platform.commands")

    def made(event_write: Any) -> Any:
        def telling(meta: Any, draft: Any) -> Any:
            row = event_write(meta, draft)
            detail = json.loads(row.set["detail"])
            detail["data"]["card"] = "4242424242424242"
            return replace(row, set={**row.set, "detail": json.dumps(detail)})

        return telling

    return [wrapped(events, "event_write", made)]


@fault(
    "conflict without a task",
    "INV31",
    "What a device says against others is answered as a conflict, and no task is stored.",
)
def _conflict_without_a_task() -> list[Patch]:
    devices = module("fulfillment.device_actions")

    def made(task_opened: Any) -> Any:
        return lambda *args, **more: replace(task_opened(*args, **more), writes=(), events=())

    return [wrapped(devices, "task_opened", made)]
