"""What work takes of the limits of its node, and gives back, as writes for the transaction that changes the work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from oms.capacity.model import CapacityUse, Load, Pause
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Kind, Write, create, put

TABLE = "stock"
# A counter is of use until its period is over; work of two months may still give back to it.
_KEPT = timedelta(days=100)


@dataclass(frozen=True, slots=True)
class LoadChange:
    """Some work of a node: the limits it counts against, when it was allocated, and its load before and now."""

    node_id: str
    uses: tuple[CapacityUse, ...]
    allocated_at: datetime
    before: Load
    after: Load


@dataclass(slots=True)
class _Counter:
    forgotten_at: int
    add: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)


def counter_key(tenant: str, node_id: str, period: str) -> Key:
    """Where it is counted what a node has taken on in a period."""
    return Key(f"{tenant_prefix(tenant)}CAPACITY#{node_id}", period)


def pauses_partition(tenant: str) -> str:
    """Where the pauses of nodes are kept."""
    return f"{tenant_prefix(tenant)}PAUSES"


def pause_key(tenant: str, node_id: str) -> Key:
    """Where the pause of a node is kept."""
    return Key(pauses_partition(tenant), f"PAUSE#{node_id}")


def pause_write(tenant: str, pause: Pause) -> Write:
    """A node's pause as it is now, held to the version before it."""
    key = pause_key(tenant, pause.node_id)
    row: Item = {"version": pause.version, "body": pause.model_dump_json()}
    return create(TABLE, key, row) if pause.version == 1 else put(TABLE, key, row, version=pause.version - 1)


def count_load(tenant: str, changes: Iterable[LoadChange]) -> list[Write]:
    """One write for each counter that some work moves.

    What is taken is refused where it does not fit under the limit any more; what is given back always is.
    """
    counters: dict[tuple[str, str], _Counter] = {}
    for change in changes:
        for use in change.uses:
            more = change.after.of(use) - change.before.of(use)
            if not more:
                continue
            forgotten_at = int((change.allocated_at + _KEPT).timestamp())
            counter = counters.setdefault((change.node_id, use.period), _Counter(forgotten_at))
            counter.add[use.counter] = counter.add.get(use.counter, 0) + more
            if use.most is not None:
                counter.most[use.counter] = use.most
    return [
        Write(
            Kind.CHANGE,
            TABLE,
            counter_key(tenant, node_id, period),
            set={"expires_at": counter.forgotten_at},
            add=counter.add,
            at_most={name: most - counter.add[name] for name, most in counter.most.items() if counter.add[name] > 0},
        )
        for (node_id, period), counter in counters.items()
    ]
