"""Cash of a sale that a till told with its lines, or of a gift card: it raises what its drawer should hold.

It does so in the transaction of the sale.

The sale posts its own cash, so such a movement makes no entry. It has the number of its transaction, and takes no part
in the numbers that a till gives to its movements of cash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from oms.drawers.model import MOST_TILLS, Action, Movement, MovementKind, Session
from oms.drawers.recording import recorded
from oms.drawers.restating import stated_anew
from oms.drawers.store import load_session
from oms.drawers.views import tills_of
from oms.drawers.writes import sale_movement_write, session_write, statement_write
from oms.platform.commands import Runtime
from oms.platform.events import EventDraft
from oms.platform.ids import derived_id
from oms.platform.problems import FieldError, InvalidRequest
from oms.platform.writes import Write

LATE_SALE = "late_sale"


@dataclass(frozen=True, slots=True)
class CashSale:
    """Cash that a sale brought, net of change, or with a minus paid out; minor units of `currency`.

    The till is `workstation`. Of a return `sale_id` is its transaction, and `refund_id` what was paid, `rounding` too.
    """

    sale_id: str
    session_id: str
    node_id: str
    workstation: str
    sequence: int
    business_date: date
    currency: str
    amount: int
    cashier: str
    occurred_at: datetime | None
    refund_id: str | None = None
    rounding: int = 0


@dataclass(frozen=True, slots=True)
class CardSale:
    """Cash that the sale of a gift card brought; minor units of `currency`. No till gave it a number.

    `business_date` is None where the seller does not say it.
    """

    card_id: str
    session_id: str
    node_id: str
    currency: str
    amount: int
    business_date: date | None


def take_cash_of_card(
    runtime: Runtime, tenant: str, card: CardSale, *, actor: str, pointer: str
) -> tuple[date, list[Write], list[EventDraft]]:
    """The business date of the session into which the cash of a gift card goes, and what changes of it: as `take_cash`.

    It is the cashier's who has the drawer, at its own till.
    """
    session = load_session(runtime.database, tenant, card.session_id)
    if session is None or session.node_id != card.node_id:
        raise _unknown(card.session_id, card.node_id, pointer)
    sale = CashSale(
        sale_id=card.card_id,
        session_id=session.id,
        node_id=card.node_id,
        workstation=session.device,
        sequence=0,
        business_date=card.business_date or session.business_date,
        currency=card.currency,
        amount=card.amount,
        cashier=session.cashier,
        occurred_at=None,
    )
    return session.business_date, *take_cash(runtime, tenant, sale, actor=actor, pointer=pointer)


def take_cash(
    runtime: Runtime, tenant: str, sale: CashSale, *, actor: str, pointer: str
) -> tuple[list[Write], list[EventDraft]]:
    """What a sale changes of its session, and what is told of it.

    A session that was closed is stated anew: its count stays, and what was over or short is another. A session that
    there is not, or that is of another store, currency or business date, raises InvalidRequest at the pointer.
    """
    session = _session_of(runtime, tenant, sale, pointer)
    late = session.is_over
    movement = Movement(
        id=derived_id("mov", tenant, sale.sale_id),
        session_id=session.id,
        device=sale.workstation,
        sequence=sale.sequence,
        kind=MovementKind.CASH_SALE if sale.amount > 0 else MovementKind.CASH_REFUND,
        amount=abs(sale.amount),
        cashier=sale.cashier,
        occurred_at=sale.occurred_at,
        late=late,
        sale_id=None if sale.refund_id else sale.sale_id,
        refund_id=sale.refund_id,
        rounding=sale.rounding,
    )
    moved = session.model_copy(
        update={
            "totals": session.totals.plus(movement.kind, movement.amount),
            "tills": tuple(sorted({*session.tills, movement.device})),
            "version": session.version + 1,
        }
    )
    told = [recorded(moved, moved.version, movement)]
    writes = [sale_movement_write(tenant, session, movement)]
    after = moved
    if late:
        before = session.statement
        assert before is not None, "a closed session has a statement"
        statement, event = stated_anew(
            runtime, moved, before, before.lines, tills_of(runtime, tenant, moved), reason=LATE_SALE, by=actor
        )
        after = moved.model_copy(
            update={"state": session.after(Action.RESTATE), "statement": statement, "version": session.version + 2}
        )
        told.append(event(after))
        writes.append(statement_write(tenant, session.id, statement))
    return [session_write(tenant, after, over=session.version), *writes], told


def _session_of(runtime: Runtime, tenant: str, sale: CashSale, pointer: str) -> Session:
    session = load_session(runtime.database, tenant, sale.session_id)
    if session is None or session.node_id != sale.node_id:
        raise _unknown(sale.session_id, sale.node_id, pointer)
    wrong = list(_mismatches(session, sale))
    if sale.workstation not in session.tills and len(session.tills) == MOST_TILLS:
        wrong.append(("too_many", f"a session has up to {MOST_TILLS} tills"))
    if wrong:
        raise InvalidRequest(errors=[FieldError(pointer, code, detail) for code, detail in wrong])
    return session


def _unknown(session_id: str, node_id: str, pointer: str) -> InvalidRequest:
    detail = f"There is no drawer session {session_id} at {node_id}."
    return InvalidRequest(errors=[FieldError(pointer, "unknown_session", detail)])


def _mismatches(session: Session, sale: CashSale) -> Sequence[tuple[str, str]]:
    found = []
    if session.currency != sale.currency:
        found.append(("other_currency", f"the session is in {session.currency}"))
    if session.business_date != sale.business_date:
        found.append(("other_business_date", f"the session is of {session.business_date.isoformat()}"))
    return found
