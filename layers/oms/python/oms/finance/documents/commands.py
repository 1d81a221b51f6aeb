"""Numbering: each fact that calls for a document gets one, with the next number of its series.

Number, document and mark are one transaction, so a number that is taken has its document, whatever fails; and a fact
that is told again finds its mark.
"""

from __future__ import annotations

from oms.finance.documents import store
from oms.finance.documents.model import Document, draft_of
from oms.platform.clock import parse_instant
from oms.platform.commands import MOST_ATTEMPTS, Runtime, pause_before_retry
from oms.platform.consumers import Event
from oms.platform.dynamodb import Conflict
from oms.platform.problems import Busy


def number_document(runtime: Runtime, event: Event) -> Document | None:
    """Give the document of an event its number; None where it has one or needs none. Raises Busy when overtaken."""
    draft = draft_of(event.type, event.data)
    if draft is None:
        return None
    database, tenant = runtime.database, event.tenant
    for attempt in range(MOST_ATTEMPTS):
        if store.is_numbered(database, tenant, draft):
            return None
        document = Document(
            **draft.model_dump(),
            number=store.last_number(database, tenant, draft.entity, draft.kind) + 1,
            occurred_at=parse_instant(str(event.meta["occurred_at"])),
            numbered_at=runtime.clock.now(),
            source_event=str(event.meta["id"]),
        )
        try:
            database.commit(store.number_writes(tenant, document))
        except Conflict:
            pause_before_retry(runtime, attempt)
        else:
            return document
    raise Busy()
