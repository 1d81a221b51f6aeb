"""Wishes of people and of the daily schedule, and claims on parcels, become files in the export bucket."""

from __future__ import annotations

from typing import Any

from oms.carriers.claim_files import write_claim
from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.exports.commands import export_day
from oms.finance.exports.wishes import request_due_exports
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue

runtime = Runtime()
bucket = ExportBucket()


def export(event: Event) -> None:
    if event.type == "ParcelClaimed":
        write_claim(bucket, event)
    elif event.data:
        export_day(runtime, bucket, event)
    else:
        # The daily wish names no entity and no date: it asks for every day that is due.
        request_due_exports(runtime, event)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, export)
