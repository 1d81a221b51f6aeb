"""What is told of rule sets."""

from __future__ import annotations

from oms.platform.events import EventData


class RuleSetDrafted(EventData):
    """A rule set has one more version, which does not hold yet."""

    kind: str
    rule_set_id: str
    number: int


class RuleSetPromoted(EventData):
    """Another version of a rule set holds from now on; `before` held until then (null: none did)."""

    kind: str
    rule_set_id: str
    number: int
    before: int | None


class RuleSetRolledBack(EventData):
    """The version of a rule set that held before the last promotion holds again."""

    kind: str
    rule_set_id: str
    number: int
    before: int | None
