"""The answers about service levels, for the description of the API."""

from __future__ import annotations

from oms.fulfillment.service_levels import ServiceLevels
from oms.rulesets.model import Status as RuleStatus
from tools.openapi_answers import Answer
from tools.openapi_stock import RuleSetDocument


class ServiceLevelsVersion(Answer):
    """One version of service levels, with its content."""

    number: int
    status: RuleStatus
    created_at: str
    created_by: str
    content: ServiceLevels


class ServiceLevelsSet(RuleSetDocument):
    """Service levels with the contents of the version that holds and of the newest one."""

    live: ServiceLevelsVersion | None
    newest: ServiceLevelsVersion
