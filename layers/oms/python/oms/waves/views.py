"""A pick wave as callers see it, with its work and its pick sheet. Response shapes of the API."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from oms.fulfillment.model import FulfillmentOrder
from oms.platform.commands import Runtime
from oms.platform.principal import Principal, authorize, tenant_prefix
from oms.platform.problems import NotFound
from oms.registry.reads import known_items, known_nodes
from oms.registry.segments import sku_of
from oms.waves.model import Wave
from oms.waves.sheet import SheetStop, WaveWork, pick_sheet, work_rows
from oms.waves.store import load_external_ids, load_wave, load_works

READ = "fulfillment.read"


class WaveView(BaseModel):
    """A pick wave of a node."""

    model_config = ConfigDict(frozen=True)
    id: str
    node_id: str
    kind: str
    state: str
    created_at: str
    created_by: str
    closed_at: str | None
    version: int
    available_actions: list[str]
    work: list[WaveWork]
    pick_sheet: list[SheetStop] = Field(description="what to take where, in walking order")


def see_wave(runtime: Runtime, principal: Principal, node_id: str, wave_id: str) -> WaveView:
    """A wave of the caller's node with its work as it is now; unknown or somebody else's raises NotFound."""
    wave = own_wave(runtime, principal, READ, node_id, wave_id)
    works = load_works(runtime.database, principal.tenant, wave.fulfillment_order_ids)
    return wave_view(runtime, principal.tenant, wave, works)


def require_node(runtime: Runtime, principal: Principal, permission: str, node_id: str) -> None:
    """Let the caller do this at a node; one that is unknown or somebody else's raises NotFound."""
    authorize(principal, permission, f"{tenant_prefix(principal.tenant)}WAVE#", node=node_id)
    if node_id not in known_nodes(runtime.database, principal.tenant, runtime.clock.now(), named=[node_id]):
        raise NotFound(f"There is no node {node_id}.")


def own_wave(runtime: Runtime, principal: Principal, permission: str, node_id: str, wave_id: str) -> Wave:
    """A wave of a node of the caller's; unknown or somebody else's raises NotFound."""
    require_node(runtime, principal, permission, node_id)
    wave = load_wave(runtime.database, principal.tenant, wave_id)
    if wave is None or wave.node_id != node_id:
        raise NotFound(f"There is no wave {wave_id} at {node_id}.")
    return wave


def wave_view(runtime: Runtime, tenant: str, wave: Wave, works: Mapping[str, FulfillmentOrder]) -> WaveView:
    """A wave with this work of it."""
    lines = [line for work in works.values() for line in work.lines]
    skus = {sku for line in lines for sku in ([one.sku for one in line.components] or [sku_of(line.stock_sku)])}
    items = known_items(runtime.database, tenant, sorted(skus), runtime.clock.now())
    external_ids = load_external_ids(runtime.database, tenant, [work.order_id for work in works.values()])
    return WaveView(
        **wave.model_dump(mode="json", exclude={"fulfillment_order_ids"}),
        available_actions=wave.available_actions,
        work=work_rows(wave, works, external_ids),
        pick_sheet=pick_sheet(wave, works, items),
    )
