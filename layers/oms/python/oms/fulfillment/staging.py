"""What is fixed about collecting goods when they are ready: by which rules, with which code and link, until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from oms.fulfillment.arriving import LINK_PURPOSE
from oms.fulfillment.collecting import new_code, with_collection
from oms.fulfillment.collection_rules import KIND, CollectionRules, rule_for
from oms.fulfillment.model import FulfillmentOrder, ProofKind
from oms.orders.model import Order
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.links import Place, link_write, new_name
from oms.platform.writes import Write
from oms.registry.reads import known_nodes
from oms.rulesets.reads import live_rules

# Whether goods can still be collected is judged from the work; a link that opens nothing any more ends by itself.
_LINK_LASTS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class AtCounter:
    """Work with how it is collected, the code and the name of the link for the customer, and what is stored."""

    work: FulfillmentOrder
    code: str | None = None
    link: str | None = None
    writes: Sequence[Write] = ()


def collection_at_counter(runtime: Runtime, tenant: str, order: Order, work: FulfillmentOrder) -> AtCounter:
    """Work that has just been staged with how it is collected; as it is where no rule is for it."""
    sets = live_rules(runtime.database, tenant, KIND, CollectionRules)
    rule = rule_for((one.content for one in sets), order, work)
    if rule is None:
        return AtCounter(work)
    now = runtime.clock.now()
    nodes = known_nodes(runtime.database, tenant, now, named=[work.node_id])
    code = new_code(runtime.ids.new("cod")) if ProofKind.CODE in rule.proofs else None
    waiting = with_collection(rule, order, work, nodes.get(work.node_id), code, now)
    if not rule.curbside:
        return AtCounter(waiting, code)
    until = format_instant(now + _LINK_LASTS)
    place = Place(tenant=tenant, order_id=order.header.id, about=work.id, expires_at=until)
    name = new_name(runtime.ids, tenant, "arr")
    return AtCounter(waiting, code, name, [link_write(LINK_PURPOSE, name, place)])
