"""Documents as they are stored (table `ledger`). Only the counter of a series changes.

| access pattern | how |
|---|---|
| the last number of a series | Get pk T#<t>#DOCUMENTNUMBERS#<entity>, sk <kind> |
| the documents of a series, newest first | Query pk T#<t>#DOCUMENTS#<entity>, sk <kind>#<number> |
| the document of a fact; the row also marks it as numbered | Get pk T#<t>#DOCUMENT#<cause>#<cause id>, sk NUMBERED |
"""

from __future__ import annotations

from collections.abc import Iterable

from oms.finance.documents.model import Document, DocumentCause, DocumentKind, Draft
from oms.finance.store import TABLE
from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create
from oms.platform.writes import Kind as Act


def series_begins(kind: DocumentKind) -> str:
    """What the sort keys of a series begin with."""
    return f"{kind.value}#"


def number_writes(tenant: str, document: Document) -> list[Write]:
    """Take the next number of the series and give it to the document; all or nothing, and once for each fact."""
    counter = Key(f"{tenant_prefix(tenant)}DOCUMENTNUMBERS#{document.entity}", document.kind.value)
    taken: Item = {"last": document.number}
    before: Item = {"last": document.number - 1}
    return [
        create(TABLE, counter, taken)
        if document.number == 1
        else Write(Act.PUT, TABLE, counter, set=taken, equals=before),
        create(TABLE, _document_key(tenant, document), {"body": document.model_dump_json(exclude_defaults=True)}),
        create(TABLE, _mark_key(tenant, document), {"number": document.number}),
    ]


def is_numbered(database: Database, tenant: str, draft: Draft) -> bool:
    """Whether the fact has its document."""
    return database.get(TABLE, _mark_key(tenant, draft)) is not None


def last_number(database: Database, tenant: str, entity: str, kind: DocumentKind) -> int:
    """The last number of a series that was given; 0 before the first."""
    item = database.get(TABLE, Key(f"{tenant_prefix(tenant)}DOCUMENTNUMBERS#{entity}", kind.value))
    return 0 if item is None else int(str(item["last"]))


def list_documents(
    database: Database, tenant: str, entity: str, kind: DocumentKind, *, limit: int, after: str | None
) -> tuple[list[Document], str | None]:
    """A page of a series, newest first, and where the next one begins."""
    partition = f"{tenant_prefix(tenant)}DOCUMENTS#{entity}"
    page = database.query_page(TABLE, partition, begins=series_begins(kind), limit=limit, after=after)
    found = [Document.model_validate_json(str(item["body"])) for item in page.items]
    return found, page.next["sk"] if page.next else None


def numbers_of(database: Database, tenant: str, cause: DocumentCause, ids: Iterable[str]) -> dict[str, int]:
    """The numbers that some facts have by now, by what names each."""
    keys = {mark_key(tenant, cause, one): one for one in dict.fromkeys(ids)}
    found = database.get_many([(TABLE, key) for key in keys])
    return {keys[key]: int(str(row["number"])) for (_, key), row in found.items()}


def _document_key(tenant: str, document: Document) -> Key:
    sort = f"{series_begins(document.kind)}{document.number:012d}"
    return Key(f"{tenant_prefix(tenant)}DOCUMENTS#{document.entity}", sort)


def _mark_key(tenant: str, draft: Draft) -> Key:
    return mark_key(tenant, draft.cause, draft.cause_id)


def mark_key(tenant: str, cause: DocumentCause, cause_id: str) -> Key:
    """Where it is marked that a fact has its document."""
    return Key(f"{tenant_prefix(tenant)}DOCUMENT#{cause.value}#{cause_id}", "NUMBERED")
