"""Movements on their way into a session: their number, what they change, their event, and what is refused there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict

from oms.drawers.events import DrawerMovementRecorded
from oms.drawers.model import DENOMINATIONS, MOST_TILLS, Action, Counted, Movement, Session, movement_id
from oms.drawers.refunds import PaidRefund, pay_refund
from oms.drawers.requests import CountedPieces, RecordMovement
from oms.drawers.sequences import has, with_number
from oms.drawers.store import load_movement, load_till
from oms.drawers.writes import Till, movement_write, till_write
from oms.platform.commands import Call, Runtime
from oms.platform.events import EventData, EventDraft
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, Problem, StaleVersion
from oms.platform.writes import Write


class SequenceTaken(Problem):
    status = 409
    code = "sequence_taken"
    title = "The till told another movement under this number."
    remedy = "Number each movement of a till and business date once; look at the movement that is recorded."


class Facts(TypedDict):
    """What every event of a session says."""

    session_id: str
    node_id: str
    drawer_id: str
    legal_entity: str
    business_date: str
    currency: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement, and what becomes of its session and till; `repeated` is set where it was told before."""

    movement: Movement
    session: Session
    till: Till
    repeated: Movement | None = None
    refund: PaidRefund = field(default_factory=PaidRefund)

    def writes(self, tenant: str) -> list[Write]:
        """The movement, the numbers of its till and the refund that it pays; the session is the command's own."""
        one = self.session
        return [
            *self.refund.writes,
            movement_write(tenant, one, self.movement),
            till_write(tenant, one.node_id, self.movement.device, one.business_date, self.till),
        ]


def moved(runtime: Runtime, tenant: str, session: Session, request: RecordMovement, *, late: bool = False) -> Moved:
    """What a movement changes; another one under the same number of its till raises SequenceTaken."""
    if request.occurred_at is not None:
        no_later_than(runtime.clock.now(), request.occurred_at, "/occurred_at")
    device = request.device or session.device
    movement = Movement(
        id=movement_id(session.node_id, device, session.business_date, request.sequence),
        session_id=session.id,
        device=device,
        sequence=request.sequence,
        kind=request.kind,
        amount=request.amount,
        tax=request.tax,
        reason=request.reason,
        reference=request.reference,
        refund_id=request.refund_id,
        rounding=request.rounding,
        cashier=request.cashier or session.cashier,
        occurred_at=request.occurred_at,
        late=late,
    )
    place = (session.node_id, movement.device, session.business_date)
    till = load_till(runtime.database, tenant, *place)
    if has(till.runs, movement.sequence):
        return Moved(movement, session, till, _told_before(runtime, tenant, session, movement))
    if movement.device not in session.tills and len(session.tills) == MOST_TILLS:
        raise InvalidRequest(errors=[FieldError("/device", "too_many", f"a session has up to {MOST_TILLS} tills")])
    after = session.model_copy(
        update={
            "totals": session.totals.plus(movement.kind, movement.amount),
            "tills": tuple(sorted({*session.tills, movement.device})),
        }
    )
    runs = with_number(till.runs, movement.sequence)
    refund = pay_refund(runtime, tenant, session, movement) if movement.refund_id else PaidRefund()
    return Moved(movement, after, Till(runs=runs, version=till.version + 1), refund=refund)


def recorded(session: Session, sequence: int, movement: Movement) -> EventDraft:
    """The event of a movement, as the session's event of this number."""
    told = DrawerMovementRecorded(
        **facts(session),
        movement_id=movement.id,
        device=movement.device,
        sequence=movement.sequence,
        kind=movement.kind.value,
        amount=movement.amount,
        tax=movement.tax,
        reason=movement.reason,
        reference=movement.reference,
        cashier=movement.cashier,
        late=movement.late,
        sale_id=movement.sale_id,
        refund_id=movement.refund_id,
    )
    return session_event(session, sequence, told)


def session_event(session: Session, sequence: int, told: EventData) -> EventDraft:
    """An event of a session."""
    return EventDraft(f"DRAWERSESSION#{session.id}", sequence, told, legal_entity=session.legal_entity)


def facts(session: Session) -> Facts:
    """What every event of a session says."""
    return {
        "session_id": session.id,
        "node_id": session.node_id,
        "drawer_id": session.drawer_id,
        "legal_entity": session.legal_entity,
        "business_date": session.business_date.isoformat(),
        "currency": session.currency,
    }


def _told_before(runtime: Runtime, tenant: str, session: Session, movement: Movement) -> Movement:
    stored = load_movement(
        runtime.database, tenant, session.node_id, session.business_date, movement.device, movement.sequence
    )
    assert stored is not None, "a number that has come has its movement"
    if not stored.says_the_same(movement):
        raise SequenceTaken(f"Number {movement.sequence} of till {movement.device} is another movement.")
    return stored


def require(call: Call, session: Session, action: Action) -> None:
    """Refuse a call about a version that is not the session's any more, and an action that its state does not allow."""
    if call.expected_version not in (None, session.version):
        raise StaleVersion(f"The drawer session is at version {session.version}.")
    if action not in session.available_actions():
        raise ActionNotAvailable(f"A drawer session that is {session.state.value} does not allow {action.value}.")


def no_later_than(now: datetime, told: datetime, pointer: str) -> None:
    """Refuse an instant that is still to come."""
    if told > now:
        raise InvalidRequest(errors=[FieldError(pointer, "in_the_future", "it has not happened yet")])


def counted_lines(currency: str, lines: Sequence[CountedPieces], pointer: str) -> tuple[Counted, ...]:
    """A count in the coins and notes of the session's currency, largest first; any other is refused by name."""
    wrong = [no for no, line in enumerate(lines) if line.denomination not in DENOMINATIONS[currency]]
    if wrong:
        raise InvalidRequest(
            errors=[
                FieldError(f"{pointer}/{no}/denomination", "unknown_denomination", f"no coin or note of {currency}")
                for no in wrong
            ]
        )
    found = [Counted(denomination=line.denomination, pieces=line.pieces) for line in lines]
    return tuple(sorted(found, key=lambda line: -line.denomination))
