"""Whose gift card or store credit money is given with, as a request names it by a node."""

from __future__ import annotations

from oms.payments.port import Issuer
from oms.platform.commands import Runtime
from oms.platform.problems import FieldError, InvalidRequest
from oms.registry.reads import known_nodes


def issuer_of(runtime: Runtime, tenant: str, node_id: str | None) -> Issuer | None:
    """The company of a node that issues, None where none is named; a node that nobody knows raises InvalidRequest."""
    if node_id is None:
        return None
    nodes = known_nodes(runtime.database, tenant, runtime.clock.now(), named=[node_id])
    if node_id not in nodes:
        raise InvalidRequest(errors=[FieldError("/issuer_node", "unknown_node", f"there is no node {node_id}")])
    return Issuer(legal_entity=nodes[node_id].legal_entity, store=node_id)
