"""What is noted of labels beside their work, in table `orders`.

| what | pk | sk |
|---|---|---|
| draft of a label at its carrier, written once | T#<tenant>#ORDER#<order> | DRAFT#<label> |
| label of which the carrier has the next word | T#<tenant>#OPENLABELS | LABEL#<label> |
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from oms.carriers.port import Draft
from oms.orders.store import partition
from oms.platform.dynamodb import Conflict, Database
from oms.platform.ids import parent_id
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Key, Kind, Write, create, put

_TABLE = "orders"


def draft_key(tenant: str, label_id: str) -> Key:
    """Where the draft of a label is kept."""
    return Key(partition(tenant, parent_id("ord", label_id)), f"DRAFT#{label_id}")


def load_draft(database: Database, key: Key) -> Draft | None:
    """The draft under a key, None where none was stored: then nothing can have been bought."""
    row = database.get(_TABLE, key)
    return Draft(str(row["reference"]), str(row["rate"])) if row else None


def keep_draft(database: Database, key: Key, draft: Draft) -> Draft:
    """Store a draft unless there is one, and return the one that there is: only that is ever bought."""
    row = {"reference": draft.reference, "rate": draft.rate}
    with suppress(Conflict):
        database.commit([create(_TABLE, key, row)])
        return draft
    kept = load_draft(database, key)
    assert kept is not None, "what is in the way of a draft is a draft"
    return kept


def opened_write(tenant: str, label_id: str, at: str) -> Write:
    """The carrier has the next word about a label, since an instant."""
    return put(_TABLE, _open_key(tenant, label_id), {"since": at})


def settled_write(tenant: str, label_id: str) -> Write:
    """Nothing of a label is open any more."""
    return Write(Kind.REMOVE, _TABLE, _open_key(tenant, label_id))


def open_labels(database: Database, tenant: str) -> Iterator[tuple[str, str]]:
    """Every label of which the carrier has the next word, with since when."""
    for row in database.query(_TABLE, f"{tenant_prefix(tenant)}OPENLABELS", begins="LABEL#"):
        yield str(row["sk"]).split("#", 1)[1], str(row["since"])


def _open_key(tenant: str, label_id: str) -> Key:
    return Key(f"{tenant_prefix(tenant)}OPENLABELS", f"LABEL#{label_id}")
