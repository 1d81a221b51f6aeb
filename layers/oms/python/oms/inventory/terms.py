"""Parts of a rule set of stock: which stock a rule is about, what corrections are held to, and connections.

Pure. A correction says that the books were wrong, where other movements say that goods have moved.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from oms.inventory.model import MovementKind
from oms.platform.fields import Code, Count
from oms.platform.intake import Request
from oms.platform.principal import Principal
from oms.registry.model import Item, Node, NodeKind, Zone, have
from oms.registry.segments import Segment, segment_of, sku_of

Codes = Annotated[tuple[Code, ...], Field(max_length=500)]
Tags = Annotated[dict[Code, Code], Field(max_length=20)]


class Where(Request):
    """Which stock a rule is about; what is left out holds for all.

    `item_attributes` and `node_attributes` are those of the registry, such as a product class or a group of nodes.
    `segment` is what the segment of the stock says, such as a lot, whatever else it says.
    """

    skus: Codes = ()
    item_attributes: Tags = Field(default_factory=dict)
    nodes: Codes = ()
    node_kinds: Annotated[tuple[NodeKind, ...], Field(max_length=len(NodeKind))] = ()
    node_attributes: Tags = Field(default_factory=dict)
    segment: Segment | None = None

    def covers(self, sku: str, item: Item | None, node: Node) -> bool:
        """Whether it speaks of this stock at this node."""
        return (
            (not self.skus or sku_of(sku) in self.skus)
            and (self.segment is None or self._is_of(segment_of(sku), self.segment))
            and (not self.nodes or node.id in self.nodes)
            and (not self.node_kinds or node.kind in self.node_kinds)
            and have(node.attributes, self.node_attributes)
            and have(item.attributes if item else {}, self.item_attributes)
        )

    def _is_of(self, segment: Segment | None, wanted: Segment) -> bool:
        return segment is not None and segment.has(wanted.tags)


CORRECT, CORRECT_ANY = "inventory.correct", "inventory.correct_any"
Kind = Literal["adjusted", "damaged", "restored", "scrapped", "safety_changed", "counted"]
CORRECTIONS = frozenset(MovementKind(kind) for kind in get_args(Kind))
# What a caller is: somebody with a token, a node on the store bus, or whoever dropped a file.
Role = Literal["client", "node", "file"]
Kinds = Annotated[tuple[Kind, ...], Field(max_length=len(CORRECTIONS))]
Roles = Annotated[tuple[Role, ...], Field(max_length=3)]


class CorrectionReason(Request):
    """A reason that a correction may name, which is its id; of all kinds of corrections, or of some."""

    id: Code
    kinds: Kinds = ()


class CorrectionLimit(Request):
    """How many units of one stock row a caller may correct within so many hours, up and down together.

    It holds for everybody, or for some roles or callers. Of several limits each is kept.
    """

    id: Code
    where: Where = Where()
    kinds: Kinds = ()
    roles: Roles = ()
    callers: Codes = ()
    units: Count
    hours: Annotated[int, Field(strict=True, ge=1, le=168)] = 24

    def binds(self, caller: Principal) -> bool:
        """Whether it speaks to a caller."""
        return (not self.roles or caller.role in self.roles) and (not self.callers or caller.actor in self.callers)

    def counts(self, kind: MovementKind) -> bool:
        """Whether a movement of a kind counts towards it."""
        return kind in CORRECTIONS and (not self.kinds or kind.value in self.kinds)


class TrustedSource(Request):
    """A source whose numbered messages need no reason and have no limit, as long as certain callers speak for it."""

    id: Code
    source: Code
    where: Where = Where()
    roles: Roles = ()
    callers: Codes = ()

    @model_validator(mode="after")
    def _somebody_speaks_for_it(self) -> Self:
        if not self.roles and not self.callers:
            raise ValueError("whose word is trusted: roles or callers")
        return self


AdapterName = Literal["shopify", "square", "epcis", "poslog"]
MessageKinds = Annotated[tuple[Literal["delta", "snapshot"], ...], Field(min_length=1, max_length=2)]


class Connection(Request):
    """A system that writes to the inventory stream; its id is the source of what it tells.

    `nodes` and `items` say which of its locations and items are which of ours; those that are not named have our names
    already. Of what is in `not_ours`, it may tell without effect. `takes` are the kinds of messages that count. Times
    without a zone are those of `time_zone`.
    """

    id: Annotated[Code, Field(max_length=60)]
    adapter: AdapterName
    nodes: Annotated[dict[Code, Code], Field(max_length=1_000)] = Field(default_factory=dict)
    items: Annotated[dict[Code, Code], Field(max_length=5_000)] = Field(default_factory=dict)
    not_ours: Codes = ()
    takes: MessageKinds = ("delta", "snapshot")
    time_zone: Zone = "UTC"
