"""The rules of notices that hold for a channel."""

from __future__ import annotations

from oms.notifications.rules import KIND, NoticeRules, rules_of
from oms.platform.dynamodb import Database
from oms.rulesets.reads import live_rules


def rules_for(database: Database, tenant: str, channel: str | None) -> NoticeRules:
    """The rules for the customers of a channel, read anew; None is a channel that no set names."""
    sets = live_rules(database, tenant, KIND, NoticeRules)
    return rules_of((one.content for one in sets), channel or "")
