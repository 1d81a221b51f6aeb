"""Documents as they are shown."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from oms.finance.documents import store
from oms.finance.documents.model import Document, DocumentKind, document_id
from oms.platform.cursors import bad_cursor, decode_cursor, encode_cursor
from oms.platform.dynamodb import Database
from oms.platform.fields import Code
from oms.platform.intake import Request

MOST_LISTED = 100


class DocumentQuery(Request):
    """Which series of an entity to list."""

    entity: Code
    kind: DocumentKind = DocumentKind.INVOICE
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = MOST_LISTED
    cursor: Annotated[str, Field(max_length=1024)] | None = None


class ShownDocument(Document):
    """A document with its number as it is printed."""

    document_id: str


class DocumentList(BaseModel):
    """A page of a series, newest first; `last_number` is how many documents it has, `next_cursor` null at the end."""

    model_config = ConfigDict(frozen=True)
    entity: str
    kind: DocumentKind
    last_number: int
    documents: tuple[ShownDocument, ...]
    next_cursor: str | None


def documents(database: Database, tenant: str, wanted: DocumentQuery) -> DocumentList:
    """The documents of a series."""
    after = decode_cursor(wanted.cursor).get("sk", "") if wanted.cursor else None
    if after is not None and not after.startswith(store.series_begins(wanted.kind)):
        raise bad_cursor()
    found, position = store.list_documents(
        database, tenant, wanted.entity, wanted.kind, limit=wanted.limit, after=after
    )
    return DocumentList(
        entity=wanted.entity,
        kind=wanted.kind,
        last_number=store.last_number(database, tenant, wanted.entity, wanted.kind),
        documents=tuple(ShownDocument(**one.model_dump(), document_id=document_id(one)) for one in found),
        next_cursor=encode_cursor({"sk": position}) if position else None,
    )
