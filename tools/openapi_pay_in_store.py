"""The answers about which orders may be paid for in a store, for the description of the API."""

from __future__ import annotations

from oms.orders.paying_in_store import PayInStoreRules
from oms.rulesets.model import Status as RuleStatus
from tools.openapi_answers import Answer
from tools.openapi_stock import RuleSetDocument


class PayInStoreVersion(Answer):
    """One version of the rules of payment in a store, with its content."""

    number: int
    status: RuleStatus
    created_at: str
    created_by: str
    content: PayInStoreRules


class PayInStoreSet(RuleSetDocument):
    """The rules of payment in a store with the contents of the version that holds and of the newest one."""

    live: PayInStoreVersion | None
    newest: PayInStoreVersion
