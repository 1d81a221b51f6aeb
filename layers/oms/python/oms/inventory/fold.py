"""Folding facts about one stock row into one change of it.

Pure: from the row, the marks of its feeds and what moved since a count, to the writes. Each fact is judged in order, as
if it were applied alone, so folding changes what a batch costs and never what it means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from oms.inventory.model import HELD_IN, Effect, MovementKind, StockRow, after, movement_effect
from oms.inventory.rows import (
    LedgerEntry,
    below_committed,
    feed_mark,
    ledger_row,
    new_row,
    open_row,
    shard_moved,
    to_shards,
)
from oms.inventory.shards.model import drawn
from oms.platform.clock import format_instant
from oms.platform.problems import OutOfStock
from oms.platform.writes import Value, Write
from oms.registry.segments import said

# Facts that tell what has happened: they hold even where they leave less than was committed. So do units that are held
# back, as long as they are on hand.
_MAY_FALL_SHORT = frozenset({MovementKind.ADJUSTED, MovementKind.REPORTED, MovementKind.COUNTED})


@dataclass(frozen=True, slots=True)
class Fact:
    """One movement on its way in. `position` is its place in the request or batch it came with.

    `quantity` is in units: signed for kinds that may go down, the count itself for `counted`.
    """

    position: int
    sku: str
    node_id: str
    kind: MovementKind
    quantity: int
    at: datetime
    cause: str
    source: str | None = None
    sequence: int | None = None
    reason: str | None = None
    bucket: str | None = None
    by: str | None = None

    @property
    def row(self) -> tuple[str, str]:
        return (self.sku, self.node_id)


class NotEnough(OutOfStock):
    """A fact takes more units than a bucket holds; `position` says which fact."""

    def __init__(self, fact: Fact, bucket: str, lacking: int) -> None:
        detail = f"{said(fact.sku)} at {fact.node_id}: {lacking} units too few {bucket.replace('_', ' ')}."
        super().__init__(detail, pointer=f"/movements/{fact.position}/quantity")
        self.position = fact.position


@dataclass(slots=True)
class RowPlan:
    """What the facts about one row come to.

    `before` is None where the row does not exist yet; `pins` are values of the row that the plan rests on; `taken` are
    the facts that count, each with its ledger entry; `marks` the last sequence per source, before and after.
    """

    sku: str
    node_id: str
    before: StockRow | None
    effect: Effect = field(default_factory=Effect)
    pins: dict[str, Value] = field(default_factory=dict)
    taken: dict[int, LedgerEntry] = field(default_factory=dict)
    marks: dict[str, tuple[int | None, int]] = field(default_factory=dict)

    @property
    def start(self) -> StockRow:
        return self.before or StockRow(self.sku, self.node_id)

    @property
    def result(self) -> StockRow:
        """The row once the plan is carried out."""
        return replace(
            after(self.start, self.effect),
            told_at=self._told_at or self.start.told_at,
            restocked_on=self._restocked_on or self.start.restocked_on,
        )

    @property
    def _restocked_on(self) -> date | None:
        """The last UTC day on which one of the facts brought units in, where it is later than the one in the row.

        A day that somebody else has written since the row was read is not looked at.
        """
        days = [entry.at.date() for entry in self.taken.values() if entry.changes.get("on_hand", 0) > 0]
        latest = max(days, default=None)
        return latest if latest is not None and latest > (self.start.restocked_on or date.min) else None

    @property
    def _told_at(self) -> str | None:
        """The latest instant that a source has told of, where it is later than what was told before."""
        told = [format_instant(entry.at) for entry in self.taken.values() if entry.source is not None]
        latest = max(told, default=None)
        return latest if latest is not None and latest > (self.start.told_at or "") else None

    @property
    def is_new(self) -> bool:
        """Whether it makes a row that does not exist yet."""
        return self.before is None and bool(self.taken)

    def writes(self, tenant: str, movement_id: str) -> list[Write]:
        """The row's change, its marks and its line in the stock ledger; that a segment is new, its batch notes once."""
        made = [
            feed_mark(tenant, self.sku, self.node_id, source, last=last, now=now)
            for source, (last, now) in self.marks.items()
        ]
        if not self.taken:
            return made
        if self.before is None and self.pins:
            changes = [new_row(tenant, self.result)]
        else:
            changes = self._changes(tenant)
        entries = list(self.taken.values())
        return [*changes, ledger_row(tenant, self.sku, self.node_id, movement_id, entries), *made]

    def _changes(self, tenant: str) -> list[Write]:
        """The change of the stored row, and of its shards: nothing stays in them that the row lacks.

        Whoever claims from a shard does not look at the row, so a row with less than nothing has empty shards.
        """
        lost, need = -self.effect.changes.get("available", 0), self.effect.needs.get("available", 0)
        lacking = max(lost, need) - self.start.in_row
        back = drawn(self.start.shards, lacking)
        units = sum(shard.units for shard in back)
        made, pins, none_yet = to_shards(-units).then(self.effect) if units else self.effect, dict(self.pins), False
        if lost > need:
            if not self.start.shards:
                none_yet = True
            elif lacking > units:
                pins["version"] = self.start.version
            else:
                made = Effect(made.changes, {**made.needs, "available": lost - units})
        row = open_row(
            tenant,
            self.sku,
            self.node_id,
            made,
            equals=pins,
            told_at=self._told_at,
            restocked_on=self._restocked_on,
            without_shards=none_yet,
        )
        return [row, *(shard_moved(tenant, self.sku, self.node_id, one.number, -one.units) for one in back)]


def fold(
    sku: str,
    node_id: str,
    before: StockRow | None,
    facts: Sequence[Fact],
    marks: Mapping[str, int],
    history: Sequence[LedgerEntry] = (),
) -> RowPlan:
    """The plan for one row; `history` holds at least its movements after the oldest count among the facts.

    Raises NotEnough for the first fact that cannot be.
    """
    plan = RowPlan(sku, node_id, before)
    for fact in facts:
        if _is_repeat(plan, fact, marks):
            continue
        quantity = fact.quantity
        if fact.kind is MovementKind.COUNTED:
            known = [*history, *plan.taken.values()]
            if _is_superseded(fact, known):
                continue
            quantity = _change_by_count(plan, fact, known)
            plan.pins["on_hand"] = plan.start.on_hand
        step = movement_effect(fact.kind, quantity, fact.bucket)
        _add(plan, fact, step)
        told = (fact.cause, fact.source, fact.sequence, fact.reason, fact.by)
        plan.taken[fact.position] = LedgerEntry(fact.kind, fact.quantity, step.changes, fact.at, *told)
    if plan.taken and plan.start.deficit:
        plan.pins["version"] = plan.start.version
    return plan


def _is_repeat(plan: RowPlan, fact: Fact, marks: Mapping[str, int]) -> bool:
    """Whether a source has sent this or a later message before; if not, its mark moves."""
    if fact.source is None or fact.sequence is None:
        return False
    stored = marks.get(fact.source)
    last = plan.marks[fact.source][1] if fact.source in plan.marks else stored
    if last is not None and fact.sequence <= last:
        return True
    plan.marks[fact.source] = (stored, fact.sequence)
    return False


def _is_superseded(count: Fact, known: Sequence[LedgerEntry]) -> bool:
    """Whether another source has counted the row later than this count."""
    return any(
        entry.kind is MovementKind.COUNTED and entry.at > count.at and entry.source != count.source for entry in known
    )


def _change_by_count(plan: RowPlan, count: Fact, known: Sequence[LedgerEntry]) -> int:
    """How a count changes on hand: what it found, and what has moved since, against what the row says.

    What its own source has reported so far is in the count already.
    """
    since = sum(
        entry.changes.get("on_hand", 0) for entry in known if entry.at > count.at and entry.source != count.source
    )
    return count.quantity + since - plan.result.on_hand


def _is_there(plan: RowPlan, fact: Fact) -> bool:
    """Whether units that are to be held back are on hand, be they promised to somebody or not."""
    now = plan.result
    return fact.kind in HELD_IN and fact.quantity <= now.on_hand - now.held_back


def _add(plan: RowPlan, fact: Fact, step: Effect) -> None:
    """Put a step behind the plan; where it leaves less than was committed, hold it to the row as it was read."""
    whole = plan.effect.then(step)
    missing = whole.missing(plan.start)
    if missing and (fact.kind in _MAY_FALL_SHORT or _is_there(plan, fact)):
        whole = plan.effect.then(below_committed(step))
        missing = whole.missing(plan.start)
        plan.pins["version"] = plan.start.version
    if missing:
        bucket, lacking = next(iter(missing.items()))
        raise NotEnough(fact, bucket, lacking)
    plan.effect = whole
