"""Reading what tills told (table `ledger`).

| access pattern | how |
|---|---|
| the workstations of a store on a date, with their numbers | Query pk T#<t>#POS#<node>#<date>, sk WORKSTATION# |
| one of them | Get there, sk WORKSTATION#<workstation> |
| one transaction | Get there, sk TRANSACTION#<workstation>#<sequence> |
| what was told otherwise later | Query there, sk CONFLICT# |
| which sale a refund has paid first | Get pk T#<t>#EXCHANGECREDIT#<refund id>, sk CREDIT |
"""

from __future__ import annotations

from datetime import date

from oms.platform.dynamodb import Database
from oms.platform.writes import Item
from oms.pos.model import Identity, WorkstationDay
from oms.pos.writes import TABLE, credit_key, day_partition, transaction_key, workstation_key

_WORKSTATION, _CONFLICT = "WORKSTATION#", "CONFLICT#"


def load_workstation(database: Database, tenant: str, one: Identity) -> WorkstationDay:
    """The numbers that have come from the workstation of a transaction on its business date."""
    item = database.get(TABLE, workstation_key(tenant, one.node_id, one.business_date, one.workstation))
    return WorkstationDay.model_validate_json(str(item["body"])) if item else WorkstationDay()


def load_transaction(database: Database, tenant: str, one: Identity) -> Item | None:
    """What is kept of a transaction, or None."""
    return database.get(TABLE, transaction_key(tenant, one))


def load_workstations(database: Database, tenant: str, node_id: str, day: date) -> dict[str, WorkstationDay]:
    """Every workstation of a store of which something was told for a business date."""
    rows = database.query(TABLE, day_partition(tenant, node_id, day), begins=_WORKSTATION)
    return {
        str(row["sk"]).removeprefix(_WORKSTATION): WorkstationDay.model_validate_json(str(row["body"])) for row in rows
    }


def load_conflicts(database: Database, tenant: str, node_id: str, day: date) -> list[Item]:
    """What tills of a store told otherwise than before for a business date."""
    return list(database.query(TABLE, day_partition(tenant, node_id, day), begins=_CONFLICT))


def sale_paid_by(database: Database, tenant: str, refund_id: str) -> str | None:
    """The transaction that a refund has paid first, or None."""
    item = database.get(TABLE, credit_key(tenant, refund_id))
    return str(item["transaction_id"]) if item else None
