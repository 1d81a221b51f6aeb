"""Corrections of stock: the reason that each needs, and how much a caller may correct.

Pure. Reasons, limits and trusted sources are parts of a rule set of stock. A limit counts what its caller has corrected
of the same row within some hours, from the stock ledger, so that many small corrections come to no more than one large
one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.inventory.fold import Fact, RowPlan
from oms.inventory.model import BUCKETS, MovementKind
from oms.inventory.rows import LedgerEntry
from oms.inventory.terms import CORRECT_ANY, CORRECTIONS, CorrectionLimit, CorrectionReason, TrustedSource, Where
from oms.platform.principal import Principal, may
from oms.platform.problems import FieldError, Problem
from oms.registry.model import Item, Node
from oms.registry.segments import said


class BeyondLimit(Problem):
    """A correction is larger than its caller may make it; `position` says which fact."""

    status = 403
    code = "correction_limit"
    title = "The correction is larger than this caller may make."
    remedy = f"Have it made with a token that carries {CORRECT_ANY}, or let the limit be changed; nothing was stored."

    def __init__(self, fact: Fact, detail: str) -> None:
        where = "snapshots" if fact.kind is MovementKind.COUNTED else "movements"
        super().__init__(f"{said(fact.sku)} at {fact.node_id}: {detail}", pointer=f"/{where}/{fact.position}/quantity")
        self.position = fact.position


@dataclass(frozen=True, slots=True)
class Corrections:
    """What holds for the corrections of one caller at an instant, and the items and nodes that they are about."""

    caller: Principal
    now: datetime
    items: Mapping[str, Item]
    nodes: Mapping[str, Node]
    reasons: Sequence[CorrectionReason] = ()
    limits: Sequence[CorrectionLimit] = ()
    trusted: Sequence[TrustedSource] = ()

    def wrong_reason(self, fact: Fact, where: str) -> list[FieldError]:
        """What is wrong with the reason of a fact, where it needs one."""
        if fact.kind not in CORRECTIONS or self._trusts(fact, fact.source, fact.sequence):
            return []
        pointer = f"/{where}/{fact.position}/reason"
        if fact.reason is None:
            return [FieldError(pointer, "reason_needed", f"A correction of kind {fact.kind.value} needs a reason.")]
        known = [one.id for one in self.reasons if not one.kinds or fact.kind.value in one.kinds]
        if self.reasons and fact.reason not in known:
            listed = ", ".join(dict.fromkeys(known)) or "none"
            return [FieldError(pointer, "unknown_reason", f"The reasons for {fact.kind.value} are: {listed}.")]
        return []

    def since(self, facts: Sequence[Fact]) -> datetime | None:
        """From when on the movements of a row must be known to judge these facts about it; None for nothing."""
        hours = [limit.hours for limit in self.limits for fact in facts if self._holds(limit, fact)]
        return self.now - timedelta(hours=2 * max(hours)) if hours else None

    def judge(self, plan: RowPlan, facts: Sequence[Fact], history: Sequence[LedgerEntry]) -> None:
        """Hold the corrections of a plan to their limits, and the plan to the row as it was read.

        Raises BeyondLimit for the first correction that goes too far.
        """
        beyond: list[BeyondLimit] = []
        for limit in self.limits:
            bound = [fact for fact in facts if fact.position in plan.taken and self._holds(limit, fact)]
            used = self._used(limit, bound[0], history) if bound else 0
            for fact in bound:
                plan.pins["version"] = plan.start.version
                units = _units(plan.taken[fact.position])
                if fact.at <= self.now - timedelta(hours=limit.hours):
                    beyond.append(BeyondLimit(fact, f"A count of more than {limit.hours} hours ago ({limit.id})."))
                elif used + units > limit.units:
                    detail = f"{units} units to correct, of {limit.units} within {limit.hours} hours {used} are used"
                    beyond.append(BeyondLimit(fact, f"{detail} ({limit.id})."))
                used += units
        if beyond:
            raise min(beyond, key=lambda problem: problem.position)

    def _holds(self, limit: CorrectionLimit, fact: Fact) -> bool:
        """Whether a limit is one for this fact of the caller."""
        return (
            limit.counts(fact.kind)
            and limit.binds(self.caller)
            and not may(self.caller, CORRECT_ANY)
            and not self._trusts(fact, fact.source, fact.sequence)
            and self._covers(limit.where, fact)
        )

    def _trusts(self, fact: Fact, source: str | None, sequence: int | None) -> bool:
        """Whether the caller's word about the row of a fact is believed, where it speaks for a source."""
        return sequence is not None and any(
            one.source == source
            and (self.caller.role in one.roles or self.caller.actor in one.callers)
            and self._covers(one.where, fact)
            for one in self.trusted
        )

    def _covers(self, where: Where, fact: Fact) -> bool:
        return where.covers(fact.sku, self.items.get(fact.sku), self.nodes[fact.node_id])

    def _used(self, limit: CorrectionLimit, fact: Fact, history: Sequence[LedgerEntry]) -> int:
        """The units of a fact's row that the caller has corrected already.

        A count stands in the ledger under the instant that it is about, which may lie that much before it was told.
        """
        begin = self.now - timedelta(hours=limit.hours)
        early = self.now - timedelta(hours=2 * limit.hours)
        return sum(
            _units(entry)
            for entry in history
            if entry.by == self.caller.actor
            and limit.counts(entry.kind)
            and not self._trusts(fact, entry.source, entry.sequence)
            and entry.at > (early if entry.kind is MovementKind.COUNTED else begin)
        )


def _units(entry: LedgerEntry) -> int:
    """The units that a movement corrected: of each kind all its changes are as large as each other."""
    return max((abs(units) for bucket, units in entry.changes.items() if bucket in BUCKETS), default=0)
