"""Decisions about orders as writes: kept for good, apart from the order, which is read much more often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms.orders.model import Header, Line
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Key, Write, create
from oms.registry.model import Node
from oms.sourcing.decision_log import GroupDecision, HubDecision, SourcingDecision, Takeover
from oms.sourcing.decisions import explain
from oms.sourcing.model import Sourced

TABLE = "orders"


def decisions_partition(tenant: str, order_id: str) -> str:
    """Where the decisions about an order are kept."""
    return f"{tenant_prefix(tenant)}DECISIONS#{order_id}"


def decision_write(
    tenant: str,
    header: Header,
    lines: Sequence[Line],
    nodes: Mapping[str, Node],
    sourced: Sourced,
    *,
    number: int,
    at: str,
    command: str,
    takeover: Takeover | None = None,
    hubs: Sequence[HubDecision] = (),
) -> Write:
    """What was decided about an order by a command, and why, with what it was decided for in the same transaction."""
    groups = explain(header.channel, header.groups, lines, nodes, sourced)
    made = SourcingDecision(
        order_id=header.id,
        number=number,
        at=at,
        command=command,
        groups=groups,
        unexplained_groups=len(sourced.plans) - len(groups),
        takeover=takeover,
        hubs=tuple(hubs),
    )
    return _kept(tenant, made)


def hubs_write(tenant: str, order_id: str, hubs: Sequence[HubDecision], *, number: int, at: str, command: str) -> Write:
    """What was decided about hubs where the nodes stayed as they were, with what it was decided for."""
    none: tuple[GroupDecision, ...] = ()
    return _kept(
        tenant,
        SourcingDecision(
            order_id=order_id,
            number=number,
            at=at,
            command=command,
            groups=none,
            unexplained_groups=0,
            hubs=tuple(hubs),
        ),
    )


def _kept(tenant: str, made: SourcingDecision) -> Write:
    key = Key(decisions_partition(tenant, made.order_id), f"DECISION#{made.number:04d}")
    return create(TABLE, key, {"body": made.model_dump_json()})
