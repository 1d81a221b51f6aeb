"""Open choices of a tenant, by when they end; they are kept in their orders (`orders/store.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oms.choices.model import Choice
from oms.orders.store import choices_list
from oms.platform.dynamodb import Database

_INDEX, _PER_PAGE = "by_status", 100


def ending_choices(database: Database, tenant: str, until: str) -> Iterator[Choice]:
    """The choices that are listed as open and end at an instant or before, those that end first first."""
    partition = str(choices_list(tenant)["gsi1pk"])
    after: Mapping[str, str] | None = None
    while True:
        page = database.query_index("orders", _INDEX, partition, limit=_PER_PAGE, after=after)
        for item in page.items:
            choice = Choice.model_validate_json(str(item["body"]))
            if choice.expires_at > until:
                return
            yield choice
        after = page.next
        if after is None:
            return
