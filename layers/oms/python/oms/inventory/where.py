"""Which stock a rule is about, for every kind of rule of stock. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oms.platform.fields import Code
from oms.platform.intake import Request
from oms.registry.model import Item, Node, NodeKind, have

Codes = Annotated[tuple[Code, ...], Field(max_length=500)]
Tags = Annotated[dict[Code, Code], Field(max_length=20)]


class Where(Request):
    """Which stock a rule is about; what is left out holds for all.

    `item_attributes` and `node_attributes` are those of the registry, such as a product class or a group of nodes.
    """

    skus: Codes = ()
    item_attributes: Tags = Field(default_factory=dict)
    nodes: Codes = ()
    node_kinds: Annotated[tuple[NodeKind, ...], Field(max_length=len(NodeKind))] = ()
    node_attributes: Tags = Field(default_factory=dict)

    def covers(self, sku: str, item: Item | None, node: Node) -> bool:
        """Whether it speaks of this item at this node."""
        return (
            (not self.skus or sku in self.skus)
            and (not self.nodes or node.id in self.nodes)
            and (not self.node_kinds or node.kind in self.node_kinds)
            and have(node.attributes, self.node_attributes)
            and have(item.attributes if item else {}, self.item_attributes)
        )
