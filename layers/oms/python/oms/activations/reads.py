"""What other contexts may read of licences and codes: those that are free, and those of a delivery."""

from __future__ import annotations

from collections.abc import Sequence

from oms.activations.model import Licence
from oms.activations.store import free_ids, load_codes, load_licences
from oms.platform.commands import Runtime
from oms.registry.limits import ActivatedBy, Activation

# More than are wanted are looked at, so that orders at once seldom want the same.
_LOOKED_AT = 100


def free_licences(runtime: Runtime, tenant: str, sku: str, wanted: int) -> list[Licence]:
    """Up to so many free licences of an item, read as they are now; fewer where there are no more."""
    ids = free_ids(runtime.database, tenant, sku, _LOOKED_AT + wanted)
    # Who comes at the same time begins elsewhere.
    start = runtime.random.randrange(len(ids)) if ids else 0
    in_turn = [*ids[start:], *ids[:start]]
    known = load_licences(runtime.database, tenant, in_turn[: 2 * wanted])
    free = [known[one] for one in in_turn if one in known and known[one].is_free]
    if len(free) < wanted and len(in_turn) > 2 * wanted:
        known = load_licences(runtime.database, tenant, in_turn)
        free = [known[one] for one in in_turn if one in known and known[one].is_free]
    return free[:wanted]


def codes_of(runtime: Runtime, tenant: str, activations: Sequence[Activation]) -> dict[str, str]:
    """What the customer is told of some activations, by their ids: the code, or the name that there is instead."""
    done = [one for one in activations if one.activation_id is not None]
    pool = [one.activation_id for one in done if one.by is ActivatedBy.LICENCE_POOL and one.activation_id]
    licences = load_licences(runtime.database, tenant, pool) if pool else {}
    outside = [one.id for one in done if one.by is ActivatedBy.PROVIDER]
    codes = load_codes(runtime.database, tenant, outside) if outside else {}
    said: dict[str, str] = {}
    for one in done:
        name = one.activation_id or ""
        said[one.id] = licences[name].code if name in licences else codes.get(one.id, name)
    return said
