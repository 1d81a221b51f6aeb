"""What a scenario says about nodes, and about the hubs where the units of several nodes become one parcel. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from oms.platform.fields import Amount, Code
from oms.platform.intake import Request
from oms.registry.model import Node, NodeKind, have

# How many hours what is at a hub waits for the rest, unless a scenario says otherwise.
USUAL_HOURS = 72
Codes = Annotated[tuple[Code, ...], Field(max_length=500)]


class NodeFilter(Request):
    """Some nodes; what is left out holds for all. Attributes and skills are those of the registry."""

    nodes: Codes = ()
    kinds: Annotated[tuple[NodeKind, ...], Field(max_length=len(NodeKind))] = ()
    skills: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    attributes: Annotated[dict[Code, Code], Field(max_length=20)] = Field(default_factory=dict)

    def admits(self, node: Node) -> bool:
        """Whether a node is among them: it has all the skills and all the attributes."""
        return (
            (not self.nodes or node.id in self.nodes)
            and (not self.kinds or node.kind in self.kinds)
            and set(self.skills) <= set(node.skills)
            and have(node.attributes, self.attributes)
        )


class Consolidation(Request):
    """Where the units of several nodes become one parcel, and when: at a `hub`, at one of these nodes.

    What a node sends there, a leg, costs `leg_cents` in place of what a scenario takes for a shipment, besides the way
    and the surcharges of the node. `when` says whether that is done where it costs less (`cheaper`) or `always`; where
    the customer asks for it, it is always done. What is at the hub waits `hours` for the rest, from when the legs were
    planned; then it leaves, and what comes later follows in a parcel of its own.
    """

    hub: NodeFilter
    when: Literal["cheaper", "always"] = "cheaper"
    hours: Annotated[int, Field(strict=True, ge=1, le=720)] = USUAL_HOURS
    leg_cents: Amount = 0
