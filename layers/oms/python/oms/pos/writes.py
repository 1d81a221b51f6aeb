"""Changes to the rows of tills, as writes for the transaction of the command (table `ledger`)."""

from __future__ import annotations

from datetime import date

from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put
from oms.pos.model import Identity, WorkstationDay

TABLE = "ledger"


def day_partition(tenant: str, node_id: str, day: date) -> str:
    """Where everything is kept that the tills of a store told of a business date."""
    return f"{tenant_prefix(tenant)}POS#{node_id}#{day.isoformat()}"


def workstation_key(tenant: str, node_id: str, day: date, workstation: str) -> Key:
    """Where it is kept which numbers of a workstation have come."""
    return Key(day_partition(tenant, node_id, day), f"WORKSTATION#{workstation}")


def transaction_key(tenant: str, one: Identity) -> Key:
    """Where a transaction is kept, so that it can come once."""
    return Key(
        day_partition(tenant, one.node_id, one.business_date), f"TRANSACTION#{one.workstation}#{one.sequence:09d}"
    )


def conflict_key(tenant: str, one: Identity, content: str) -> Key:
    """Where another telling of a transaction waits for a person."""
    partition = day_partition(tenant, one.node_id, one.business_date)
    return Key(partition, f"CONFLICT#{one.workstation}#{one.sequence:09d}#{content}")


def credit_key(tenant: str, refund_id: str, again: str = "") -> Key:
    """Where it is kept that a refund was used to pay a sale, or `again` a further one."""
    return Key(f"{tenant_prefix(tenant)}EXCHANGECREDIT#{refund_id}", f"CREDIT#{again}" if again else "CREDIT")


def workstation_write(tenant: str, one: Identity, day: WorkstationDay) -> Write:
    """The numbers of a workstation as they are now, held to the version before."""
    row: Item = {"version": day.version, "body": day.model_dump_json()}
    key = workstation_key(tenant, one.node_id, one.business_date, one.workstation)
    return create(TABLE, key, row) if day.version == 1 else put(TABLE, key, row, version=day.version - 1)


def transaction_write(tenant: str, one: Identity, content: str, answer: str) -> Write:
    """A transaction, which comes once: what tells its content from another one, and what was answered."""
    return create(TABLE, transaction_key(tenant, one), {"content": content, "body": answer})


def conflict_write(tenant: str, one: Identity, content: str, told: str, at: str) -> Write:
    """Another telling of a transaction, kept for a person; of the same again it is known when it came last."""
    return put(TABLE, conflict_key(tenant, one, content), {"body": told, "told_at": at})


def credit_write(tenant: str, refund_id: str, transaction_id: str, *, again: bool) -> Write:
    """That a refund pays a sale, which it does once; `again` pays with what an earlier one has left."""
    key = credit_key(tenant, refund_id, transaction_id if again else "")
    return create(TABLE, key, {"transaction_id": transaction_id})
