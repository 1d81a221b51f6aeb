"""A decision about an order as it is kept and shown: what was looked at, what was chosen, what would have been next."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True)


class Candidate(_Kept):
    """A node that was looked at: how far it is, what the channel could have of it, and what became of it.

    `keeps` are the units that rules kept from the channel there. `lain_days` says for how many days nothing has come to
    its stock, where the scenario counts that and it is known. `outcome` is chosen, not_chosen or removed.
    """

    node_id: str
    metres: int | None
    units: dict[str, int]
    keeps: dict[str, int]
    lain_days: dict[str, int] = {}
    outcome: str
    reason: str


class Alternative(_Kept):
    """The best plan without the first of the chosen nodes, and how much worse it is.

    `more_late_units` come from nodes that cannot keep what was promised. `more_cost` is in minor units; None where no
    strategy says what a shipment costs.
    """

    nodes: tuple[str, ...]
    missing_units: int
    more_late_units: int = 0
    more_shipments: int
    more_metres: int
    more_cost: int | None


class PlannedLine(_Kept):
    """Where the units of a line come from, and the sentence that says why."""

    line_no: int
    sku: str
    nodes: dict[str, int]
    says: str


class GroupDecision(_Kept):
    """What was decided for the lines that go the same way: the terms of the plan, and what else there was.

    Of the `cost`, `scarce_cost` is for units of which few are left where they are, `fresh_cost` for those of stock that
    has not lain long, `price_cost` for what they were worth to orders that got stock together, all in minor units.
    `scenario` is `<strategy>@<version>/<scenario>`, or the usual rule where no strategy speaks of it.
    """

    group_no: int
    method: str
    scenario: str
    shipments: int
    metres: int | None
    cost: int | None
    scarce_cost: int = 0
    fresh_cost: int = 0
    price_cost: int = 0
    missing_units: int
    # Of those that are missing, the units that wait for stock.
    backordered_units: int = 0
    proven: bool
    lines: tuple[PlannedLine, ...]
    unexplained_lines: int
    candidates: tuple[Candidate, ...]
    runner_up: Alternative | None


class Takeover(_Kept):
    """The plan that a better one took work over from before its node had accepted it.

    `cost`, and the `saving` by the better plan, are in minor units.
    """

    fulfillment_order_id: str
    node_id: str
    scenario: str
    shipments: int
    metres: int | None
    cost: int
    saving: int


class HubDecision(_Kept):
    """Whether the units of several nodes of a group become one parcel at a hub, and the sentence that says why.

    `reason` is requested, always or cheaper where they do; dearer, too_late or no_hub where not. `cost` is that of the
    legs and the one parcel, `direct_cost` that of a parcel from each node, in minor units; None where there is no hub.
    """

    group_no: int
    hub: str | None
    nodes: tuple[str, ...]
    reason: str
    cost: int | None
    direct_cost: int
    until: str | None
    says: str


class SourcingDecision(_Kept):
    """One decision about an order: when and by which command; of a very large one only the first groups.

    `hubs` says of the groups that came from several nodes whether they go on as one parcel, where that was asked.
    `takeover` is the plan that this one is better than, where it took over work from a node.
    """

    order_id: str
    number: int
    at: str
    command: str
    groups: tuple[GroupDecision, ...]
    unexplained_groups: int
    takeover: Takeover | None = None
    hubs: tuple[HubDecision, ...] = ()
