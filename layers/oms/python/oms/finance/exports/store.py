"""The chain of export batches as it is stored (table `ledger`).

| access pattern | how |
|---|---|
| the last batch of an entity | Get pk T#<t>#EXPORTS#<entity>, sk HEAD, then the batch that it names |
| a batch; the batches of a date | pk T#<t>#EXPORTS#<entity>, sk BATCH#<date>#<batch> |
| the batch that closed a date last | Get there, sk CLOSED, then the batch that it names |
| the batch that a wish led to | pk T#<t>#EXPORTS#<entity>, sk WISH#<export id> |
"""

from __future__ import annotations

from dataclasses import dataclass

from oms.finance.exports.model import Kind as Close
from oms.finance.exports.model import Plan
from oms.finance.lanes import Day
from oms.finance.store import TABLE
from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Kind, Write, create, put


@dataclass(frozen=True, slots=True)
class Batch:
    """A planned batch and, once its manifest stands in the bucket, that manifest's SHA-256."""

    plan: Plan
    manifest_sha256: str | None


def last_batch(database: Database, tenant: str, entity: str) -> Batch | None:
    """The end of an entity's chain."""
    head = database.get(TABLE, Key(_partition(tenant, entity), "HEAD"))
    return None if head is None else _batch(database, tenant, entity, str(head["batch"]))


def last_batch_of_day(database: Database, day: Day) -> Batch | None:
    """The latest batch of a date."""
    begins = f"BATCH#{day.date.isoformat()}#"
    latest = None
    for item in database.query(TABLE, _partition(day.tenant, day.entity), begins=begins):
        latest = _read(item)
    return latest


def last_close(database: Database, tenant: str, entity: str) -> str | None:
    """Where the snapshot of the date that was closed last is kept."""
    closed = database.get(TABLE, Key(_partition(tenant, entity), "CLOSED"))
    batch = None if closed is None else _batch(database, tenant, entity, str(closed["batch"]))
    return None if batch is None else batch.plan.snapshot_key


def batch_of_wish(database: Database, tenant: str, entity: str, export_id: str) -> Batch | None:
    """The batch that was planned for a wish, or None."""
    wish = database.get(TABLE, Key(_partition(tenant, entity), f"WISH#{export_id}"))
    return None if wish is None else _batch(database, tenant, entity, str(wish["batch"]))


def plan_writes(plan: Plan) -> list[Write]:
    """Append a batch to its entity's chain; fails when another one was appended first."""
    partition = _partition(plan.tenant, plan.entity)
    sort = _batch_sort(plan)
    head = Key(partition, "HEAD")
    new_head: Item = {"number": plan.number, "batch": sort}
    chained = (
        create(TABLE, head, new_head)
        if plan.number == 1
        else Write(Kind.PUT, TABLE, head, set=new_head, equals={"number": plan.number - 1})
    )
    closing = [put(TABLE, Key(partition, "CLOSED"), {"batch": sort})] if plan.kind is Close.CLOSE else []
    return [
        chained,
        *closing,
        create(TABLE, Key(partition, sort), {"body": plan.model_dump_json()}),
        create(TABLE, Key(partition, f"WISH#{plan.export_id}"), {"batch": sort}),
    ]


def written_write(plan: Plan, manifest_sha256: str) -> Write:
    """Note that the manifest of a batch stands in the bucket."""
    key = Key(_partition(plan.tenant, plan.entity), _batch_sort(plan))
    return Write(Kind.CHANGE, TABLE, key, set={"manifest_sha256": manifest_sha256}, must_exist=True)


def _partition(tenant: str, entity: str) -> str:
    return f"{tenant_prefix(tenant)}EXPORTS#{entity}"


def _batch_sort(plan: Plan) -> str:
    return f"BATCH#{plan.business_date.isoformat()}#{plan.batch:04d}"


def _batch(database: Database, tenant: str, entity: str, sort: str) -> Batch | None:
    item = database.get(TABLE, Key(_partition(tenant, entity), sort))
    return None if item is None else _read(item)


def _read(item: Item) -> Batch:
    sha256 = item.get("manifest_sha256")
    return Batch(Plan.model_validate_json(str(item["body"])), None if sha256 is None else str(sha256))
