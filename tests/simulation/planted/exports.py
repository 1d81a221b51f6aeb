"""Faults in how the files of an export are written.

Drawn runs write files too seldom, so tests/simulation/export_schedules.py must find every one of these.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.simulation.planted.planting import Patch, module, wrapped

FAULTS: dict[str, str] = {}
_patches: dict[str, Callable[[], list[Patch]]] = {}


@contextlib.contextmanager
def planted(name: str | None) -> Iterator[None]:
    """The product with one of these faults while this lasts; without a name, the sound product."""
    with contextlib.ExitStack() as stack:
        for patch in _patches[name]() if name else ():
            stack.enter_context(patch)
        yield


def _fault(name: str, what: str) -> Callable[[Callable[[], list[Patch]]], Callable[[], list[Patch]]]:
    def named(patches: Callable[[], list[Patch]]) -> Callable[[], list[Patch]]:
        FAULTS[name] = what
        _patches[name] = patches
        return patches

    return named


@_fault("manifest first", "The manifest is written before the files that it lists.")
def _manifest_first() -> list[Patch]:
    bucket = module("finance.adapters.export_bucket").ExportBucket
    objects = module("platform.objects")
    waiting: dict[str, tuple[Any, str]] = {}

    def made(write_once: Any) -> Any:
        def later(self: Any, key: str, content: Any, content_type: str) -> str:
            if "/dataset=" in key and "/links/" not in key:
                held = content if isinstance(content, bytes) else content.read_bytes()
                waiting[key] = (held, content_type)
                return str(objects.sha256_of(held))
            digest = str(write_once(self, key, content, content_type))
            while "/manifests/" in key and waiting:
                name, (held, kind) = waiting.popitem()
                write_once(self, name, held, kind)
            return digest

        return later

    return [wrapped(bucket, "write_once", made)]


@_fault("range not kept", "A batch is written to where its lanes end by now, not to where its plan says.")
def _range_not_kept() -> list[Patch]:
    ledger = module("finance.store")

    def made(entries_of_lane: Any) -> Any:
        return lambda database, lane, after, through=None: entries_of_lane(database, lane, after)

    return [wrapped(ledger, "entries_of_lane", made)]


@_fault("unfinished batch passed over", "A batch that was left half way counts as written for the next one.")
def _passed_over() -> list[Patch]:
    def made(last_batch: Any) -> Any:
        def passed(database: Any, tenant: str, entity: str) -> Any:
            found = last_batch(database, tenant, entity)
            return found and replace(found, manifest_sha256=found.manifest_sha256 or "0" * 64)

        return passed

    return [wrapped(module("finance.exports.store"), "last_batch", made)]


@_fault("lanes left open", "A seal stands though the lanes of its store take more.")
def _lanes_left_open() -> list[Patch]:
    return [wrapped(module("finance.closing.commands"), "close_lanes", lambda _: lambda runtime, store_day: None)]


@_fault("written when it was written", "A manifest says when it was written, so it is never written again alike.")
def _when_it_was_written() -> list[Patch]:
    def made(write_batch: Any) -> Any:
        def now(runtime: Any, bucket: Any, plan: Any) -> str:
            return str(write_batch(runtime, bucket, plan.model_copy(update={"planned_at": runtime.clock.now()})))

        return now

    return [wrapped(module("finance.exports.commands"), "write_batch", made)]
