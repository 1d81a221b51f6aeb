"""Reading decisions (table `orders`, partition T#<tenant>#DECISIONS#<order>).

| access pattern | how |
|---|---|
| the decisions about an order | Query sk begins DECISION# |
"""

from __future__ import annotations

from oms.platform.dynamodb import Database
from oms.sourcing.decision_log import SourcingDecision
from oms.sourcing.writes import TABLE, decisions_partition


def load_decisions(database: Database, tenant: str, order_id: str) -> list[SourcingDecision]:
    """Every decision about the nodes of an order, in the order in which they were made."""
    items = database.query(TABLE, decisions_partition(tenant, order_id), begins="DECISION#")
    return [SourcingDecision.model_validate_json(str(item["body"])) for item in items]
