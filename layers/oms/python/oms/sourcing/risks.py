"""Telling a person of new work that breaks a promise, whoever gave it to its node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from oms.fulfillment.events import FulfillmentOrderEscalated
from oms.fulfillment.model import FulfillmentOrder
from oms.fulfillment.writes import work_ids
from oms.orders.model import Group
from oms.orders.request import Method
from oms.platform.dynamodb import Database
from oms.registry.model import Node
from oms.sourcing.keeping import late_nodes

# Why a person is told of work that is late.
PROMISE_AT_RISK = "PROMISE_AT_RISK"


def told_of_risks(
    database: Database,
    tenant: str,
    groups: Iterable[Group],
    nodes: Mapping[str, Node],
    works: Sequence[FulfillmentOrder],
    now: datetime,
) -> tuple[list[FulfillmentOrder], list[FulfillmentOrderEscalated]]:
    """New work with a mark on what breaks its promise if it is begun now, and the events that tell a person of it."""
    goods = {work.node_id for work in works if work.method != Method.DIGITAL.value}
    late = late_nodes(database, tenant, groups, nodes, goods, now)
    risks = {
        work.id
        for work in works
        if work.method != Method.DIGITAL.value and work.node_id in late.get(work.group_no, frozenset())
    }
    told = [one.model_copy(update={"escalated_reason": PROMISE_AT_RISK}) if one.id in risks else one for one in works]
    events = [FulfillmentOrderEscalated(**work_ids(one), reason=PROMISE_AT_RISK) for one in works if one.id in risks]
    return told, events
