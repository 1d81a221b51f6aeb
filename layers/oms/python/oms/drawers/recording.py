"""Movements on their way into a session: the number of their till, the sums that they change, and their event."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypedDict

from oms.drawers.checks import SequenceTaken, no_later_than
from oms.drawers.events import DrawerMovementRecorded
from oms.drawers.model import MOST_TILLS, Movement, Session, movement_id
from oms.drawers.refunds import PaidRefund, pay_refund
from oms.drawers.requests import RecordMovement
from oms.drawers.sequences import has, with_number
from oms.drawers.store import load_movement, load_till
from oms.drawers.writes import Till, movement_write, till_write
from oms.platform.commands import Runtime
from oms.platform.events import EventData, EventDraft
from oms.platform.problems import FieldError, InvalidRequest
from oms.platform.writes import Write


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
