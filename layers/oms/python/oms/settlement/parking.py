"""What was told and could not be taken in: parked for a person with the reason, until it is taken in by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oms.platform.commands import Runtime
from oms.platform.observability import counted, logger
from oms.platform.problems import Problem
from oms.platform.writes import Value
from oms.settlement.model import dispute_name, settlement_id
from oms.settlement.writes import parked_write

METRIC = "SettlementsParked"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was not taken in, by a stable code, and what a person does about it."""

    code: str
    detail: str
    remedy: str


class CannotBeTakenIn(Exception):
    """A provider told of something of which no command can be made; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason


def reason_of(problem: Problem) -> Reason:
    """Why a command refused, with what it said of each field."""
    pointed = [f"{one.pointer} {one.detail}" for one in problem.errors]
    return Reason(problem.code, "; ".join([problem.detail, *pointed])[:1_000], problem.remedy)


def park(
    runtime: Runtime, tenant: str, kind: str, provider: str, name: str, reason: Reason, told: Mapping[str, Any]
) -> None:
    """Keep for a person what was told and why it was not taken in; the same is kept once however often it is told."""
    case: dict[str, Value] = {
        "kind": kind,
        "name": f"{provider} {name}",
        "code": reason.code,
        "detail": reason.detail,
        "remedy": reason.remedy,
        "body": json.dumps(told, ensure_ascii=False),
        # What was taken in by hand since is no case any more.
        "settlement_id": settlement_id(provider, name) if kind == "payout" else None,
        "dispute_id": dispute_name(provider, name) if kind == "dispute" else None,
    }
    now = runtime.clock.now()
    runtime.database.commit([parked_write(tenant, case, now)])
    logger().error("what a provider told was parked", kind=kind, code=reason.code, **counted(METRIC, now))
