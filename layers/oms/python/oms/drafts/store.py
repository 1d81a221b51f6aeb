"""Where a draft lives in table `orders`: pk T#<tenant>#DRAFT#<id>, sk DRAFT."""

from __future__ import annotations

from oms.drafts.model import Draft
from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.problems import NotFound
from oms.platform.writes import Item, Key, Write, create, put


def draft_key(tenant: str, draft_id: str) -> Key:
    """Where a draft is kept."""
    return Key(f"{tenant_prefix(tenant)}DRAFT#{draft_id}", "DRAFT")


def existing_draft(database: Database, tenant: str, draft_id: str) -> Draft:
    """A draft as it is now; an unknown one raises NotFound."""
    item = database.get("orders", draft_key(tenant, draft_id))
    if item is None:
        raise NotFound(f"There is no draft {draft_id}.")
    return Draft.model_validate_json(str(item["body"]))


def new_draft(tenant: str, draft: Draft) -> Write:
    """A draft that is stored for the first time."""
    return create("orders", draft_key(tenant, draft.id), {"version": draft.version, "body": draft.model_dump_json()})


def changed_draft(tenant: str, draft: Draft) -> Write:
    """A draft in place of its last version."""
    item: Item = {"version": draft.version, "body": draft.model_dump_json()}
    return put("orders", draft_key(tenant, draft.id), item, version=draft.version - 1)
