"""Stating a closed session anew. What was stated before stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from oms.drawers.events import DrawerRestated
from oms.drawers.model import Action, Counted, Session, Statement, counted_total
from oms.drawers.recording import Moved, counted_lines, facts, moved, recorded, require, session_event
from oms.drawers.requests import RestateSession
from oms.drawers.sequences import missing
from oms.drawers.views import APPROVE, may_approve, own_session, session_document, tills_of
from oms.drawers.writes import Till, session_write, statement_write
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventDraft
from oms.platform.problems import ActionNotAvailable


def restate_drawer(runtime: Runtime, call: Call, session_id: str, request: RestateSession) -> Outcome:
    """State a closed session anew, because of a late movement or a corrected count.

    The count is known by now, so only somebody who may approve and neither opened nor counted the drawer does it;
    anybody else gets ActionNotAvailable. A late movement that was told before is refused as well: it changes nothing.
    """

    def decide() -> Decision:
        session = own_session(runtime, call.principal, APPROVE, session_id)
        require(call, session, Action.RESTATE)
        before = session.statement
        assert before is not None, "a closed session has a statement"
        if not may_approve(call.principal, session) or request.stated_by in session.counters:
            raise ActionNotAvailable("Another person than who opened or counted the drawer states it anew.")
        change = _late(runtime, call, session, request)
        moves = change.session if change else session
        lines = counted_lines(session.currency, request.count.lines, "/count/lines") if request.count else before.lines
        tills = tills_of(runtime, call.tenant, moves)
        if change:
            tills[change.movement.device] = change.till
        # The late movement has its event before that of the statement which it makes.
        version = session.version + (2 if change else 1)
        statement, told = stated_anew(
            runtime, moves, before, lines, tills, reason=request.reason, by=request.stated_by, approved=True
        )
        after = moves.model_copy(
            update={"state": session.after(Action.RESTATE), "statement": statement, "version": version}
        )
        return Decision(
            [
                session_write(call.tenant, after, over=session.version),
                statement_write(call.tenant, session.id, statement),
                *(change.writes(call.tenant) if change else ()),
            ],
            [
                *([recorded(session, session.version + 1, change.movement)] if change else ()),
                told(after),
                *(change.refund.events if change else ()),
            ],
            status=201,
            body=session_document(after, call.principal, tills),
        )

    return execute(runtime, call, decide)


def stated_anew(
    runtime: Runtime,
    moves: Session,
    before: Statement,
    lines: Sequence[Counted],
    tills: Mapping[str, Till],
    *,
    reason: str,
    by: str,
    approved: bool = False,
) -> tuple[Statement, Callable[[Session], EventDraft]]:
    """The next statement of a session with its movements and count as they are now, and its event once it is stated."""
    counted = counted_total(lines)
    statement = Statement(
        number=before.number + 1,
        expected=moves.expected,
        counted=counted,
        variance=counted - moves.expected,
        missing=sum(missing(till.runs) for till in tills.values()),
        lines=tuple(lines),
        reason=reason,
        stated_by=by,
        approved_by=by if approved else None,
        stated_at=runtime.clock.now(),
    )
    told = DrawerRestated(
        **facts(moves),
        statement=statement.number,
        expected=statement.expected,
        counted=statement.counted,
        variance=statement.variance,
        counted_before=before.counted,
        variance_before=before.variance,
        missing=statement.missing,
        reason=reason,
        approved_by=statement.approved_by,
    )
    return statement, lambda after: session_event(after, after.version, told)


def _late(runtime: Runtime, call: Call, session: Session, request: RestateSession) -> Moved | None:
    if request.movement is None:
        return None
    change = moved(runtime, call.tenant, session, request.movement, late=True)
    if change.repeated is not None:
        raise ActionNotAvailable("This movement was recorded before and is in the statement that holds.")
    return change
