"""The rules that hold, for the contexts that go by them.

Which versions hold is read anew each time, so that a promotion counts from the very next order; the content of a
version never changes and is kept for as long as the function is warm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar, cast
from weakref import WeakKeyDictionary

from pydantic import BaseModel

from oms.platform.dynamodb import Database
from oms.platform.problems import NotFound
from oms.rulesets.store import live_versions, load_versions

M = TypeVar("M", bound=BaseModel)

_MOST_KEPT = 500
_Name = tuple[str, str, str, int]  # tenant, kind, set and version
_kept: WeakKeyDictionary[Database, dict[_Name, BaseModel]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class LiveRules(Generic[M]):
    """The content of a rule set that holds, and the number of its version."""

    id: str
    number: int
    content: M


def live_rules(
    database: Database, tenant: str, kind: str, model: type[M], *, instead: Mapping[str, int] | None = None
) -> list[LiveRules[M]]:
    """The rule sets of a kind that hold now, in the order of their ids.

    For a simulation the versions named in `instead` stand for those of their sets; an unknown one raises NotFound.
    """
    wanted = sorted({**live_versions(database, tenant, kind), **(instead or {})}.items())
    kept = _kept.setdefault(database, {})
    if len(kept) > _MOST_KEPT:
        kept.clear()
    missing = [(set_id, number) for set_id, number in wanted if (tenant, kind, set_id, number) not in kept]
    if missing:
        for (set_id, number), version in load_versions(database, tenant, kind, missing).items():
            kept[tenant, kind, set_id, number] = model.model_validate(version.content)
    for set_id, number in wanted:
        if (tenant, kind, set_id, number) not in kept:
            raise NotFound(f"There is no version {number} of {set_id}.")
    return [LiveRules(set_id, n, cast(M, kept[tenant, kind, set_id, n])) for set_id, n in wanted]
