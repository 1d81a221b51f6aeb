"""stock_files: files of stock that were dropped into the intake bucket, cut into parts and taken in row by row."""

from __future__ import annotations

from functools import partial
from typing import Any

from oms.inventory.files import StockFiles
from oms.platform.commands import Runtime
from oms.platform.consumers import consume_messages
from oms.platform.dropped_files import take_file_message
from oms.platform.intake_bucket import IntakeBucket
from oms.platform.own_queue import send

runtime = Runtime()
bucket = IntakeBucket()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return consume_messages(event, partial(take_file_message, StockFiles(), runtime, bucket, send))
