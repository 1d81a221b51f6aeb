"""What is fixed about collecting goods when they are ready: by which rules, with which code, until when."""

from __future__ import annotations

from oms.fulfillment.collecting import collection_of, new_code
from oms.fulfillment.collection_rules import KIND, CollectionRules, rule_for
from oms.fulfillment.model import Collection, FulfillmentOrder, ProofKind
from oms.orders.model import Order
from oms.platform.commands import Runtime
from oms.registry.reads import known_nodes
from oms.rulesets.reads import live_rules


def collection_at_counter(
    runtime: Runtime, tenant: str, order: Order, work: FulfillmentOrder
) -> tuple[Collection | None, str | None]:
    """How work that has just been staged is collected, and the customer's code; nothing where no rule is for it."""
    sets = live_rules(runtime.database, tenant, KIND, CollectionRules)
    rule = rule_for((one.content for one in sets), order, work)
    if rule is None:
        return None, None
    now = runtime.clock.now()
    nodes = known_nodes(runtime.database, tenant, now, named=[work.node_id])
    code = new_code(runtime.ids.new("cod")) if ProofKind.CODE in rule.proofs else None
    return collection_of(rule, order, work, nodes.get(work.node_id), code, now), code
