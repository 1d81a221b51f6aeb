"""Facts with money, from the domain bus through a queue: each becomes balanced entries of the ledger, once."""

from __future__ import annotations

from typing import Any

from oms.finance.commands import Books
from oms.finance.consumer import post_batch
from oms.platform.commands import Runtime

books = Books(Runtime())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return post_batch(books, event)
