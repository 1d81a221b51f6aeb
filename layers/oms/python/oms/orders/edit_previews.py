"""Previews of edits, kept for a while: a commit of one that would do something else by then is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from oms.orders.edit_requests import Action, Actions
from oms.orders.edit_views import EditView
from oms.orders.editing import EditOutdated
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Runtime
from oms.platform.principal import tenant_prefix
from oms.platform.problems import FieldError, NotFound
from oms.platform.writes import Key, Write, create

LASTS = timedelta(minutes=15)
# The row goes some time after that, by the table's own clean-up.
_KEPT = timedelta(days=2)
_ACTIONS: TypeAdapter[tuple[Action, ...]] = TypeAdapter(Actions)
# What has to be the same still: what is paid, by whom, and from where it comes.
_COMPARED = ("after", "stock", "asked", "money", "pricing", "refusals")


@dataclass(frozen=True, slots=True)
class Preview:
    """What was looked at: the actions, why, and what they would have done."""

    reason: str
    actions: tuple[Action, ...]
    shown: EditView


def preview_write(tenant: str, order_id: str, preview: Preview, now: datetime) -> Write:
    """The row of a preview."""
    shown = preview.shown
    body = {
        "reason": preview.reason,
        "actions": _ACTIONS.dump_python(preview.actions, mode="json"),
        "shown": shown.model_dump(mode="json"),
    }
    key = _key(tenant, order_id, shown.preview_id or "")
    return create("commands", key, {"body": json.dumps(body), "expires_at": int((now + _KEPT).timestamp())})


def load_preview(runtime: Runtime, tenant: str, order_id: str, preview_id: str) -> Preview:
    """A preview of an order; unknown raises NotFound, and one whose time is over EditOutdated."""
    row = runtime.database.get("commands", _key(tenant, order_id, preview_id))
    if row is None:
        raise NotFound(f"There is no preview {preview_id} of this order.")
    body = json.loads(str(row["body"]))
    shown = EditView.model_validate(body["shown"])
    if runtime.clock.now() >= parse_instant(shown.expires_at or ""):
        raise EditOutdated("The time of this preview is over.", pointer="/preview_id")
    return Preview(body["reason"], _ACTIONS.validate_python(body["actions"]), shown)


def require_same(before: EditView, now: EditView) -> None:
    """Refuse to commit what would not do what its preview showed, and name what differs: EditOutdated."""
    was, by_now = before.model_dump(mode="json"), now.model_dump(mode="json")
    errors = [
        FieldError(f"/{path}", "differs", f"it was {old}, and would be {new}")
        for name in _COMPARED
        for path, old, new in _differences(name, was[name], by_now[name])
    ]
    if errors:
        raise EditOutdated(errors=errors)


def expires_at(now: datetime) -> str:
    """Until when a preview that is made now can be committed."""
    return format_instant(now + LASTS)


def _differences(path: str, old: object, new: object) -> Sequence[tuple[str, str, str]]:
    if isinstance(old, dict) and isinstance(new, dict):
        return [one for name in old for one in _differences(f"{path}/{name}", old[name], new.get(name))]
    return [] if old == new else [(path, json.dumps(old), json.dumps(new))]


def _key(tenant: str, order_id: str, preview_id: str) -> Key:
    return Key(f"{tenant_prefix(tenant)}EDIT#{order_id}", preview_id)
