"""What is done to a drawer: open, record movements, end, count, close and restate. Each is one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from oms.drawers.events import DrawerClosed, DrawerCounted, DrawerEnded, DrawerOpened
from oms.drawers.model import Action, Count, Session, Statement, counted_total
from oms.drawers.recording import counted_lines, facts, moved, no_later_than, recorded, require, session_event
from oms.drawers.requests import CloseSession, CountSession, EndSession, OpenDrawerMessage, OpenSession, RecordMovement
from oms.drawers.sequences import missing
from oms.drawers.store import load_drawer
from oms.drawers.views import (
    WRITE,
    gap_documents,
    may_approve,
    movement_document,
    own_session,
    session_document,
    tills_of,
)
from oms.drawers.writes import Drawer, drawer_partition, drawer_write, listed_writes, session_write, statement_write
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.principal import authorize
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, NotFound
from oms.platform.writes import Write
from oms.registry.hours import business_date_of
from oms.registry.model import Node
from oms.registry.reads import known_nodes

# A store that was offline may tell of its drawers later, but not of another week.
_LATEST_NEWS = timedelta(days=7)


def open_drawer(
    runtime: Runtime, call: Call, node_id: str, drawer_id: str, request: OpenSession | OpenDrawerMessage
) -> Outcome:
    """Open a session of a drawer with a float.

    Raises NotFound for a store that is not the caller's, ActionNotAvailable while the drawer has an open session.
    """

    def decide() -> Decision:
        node = _own_node(runtime, call, node_id, drawer_id)
        now = runtime.clock.now()
        opened_at = _opened_at(request.opened_at, now)
        drawer = load_drawer(runtime.database, call.tenant, node_id, drawer_id)
        if drawer.open_session is not None:
            raise ActionNotAvailable(f"Drawer {drawer_id} is open in session {drawer.open_session}.")
        session = Session(
            id=runtime.ids.new("drw"),
            node_id=node_id,
            drawer_id=drawer_id,
            legal_entity=node.legal_entity,
            business_date=business_date_of(node, opened_at),
            currency=request.currency,
            device=request.device,
            cashier=request.cashier,
            opened_by=call.principal.actor,
            opened_at=opened_at,
            opening_float=request.opening_float,
        )
        told = DrawerOpened(
            **facts(session),
            device=session.device,
            cashier=session.cashier,
            opening_float=session.opening_float,
        )
        writes = [
            session_write(call.tenant, session, over=None),
            *listed_writes(call.tenant, session),
            _drawer(call, session, Drawer(open_session=session.id, version=drawer.version + 1)),
        ]
        body = session_document(session, call.principal, {})
        return Decision(writes, [session_event(session, session.version, told)], status=201, body=body)

    return execute(runtime, call, decide)


def record_drawer_movement(runtime: Runtime, call: Call, session_id: str, request: RecordMovement) -> Outcome:
    """Cash went into an open drawer or out of it; what a till told before under its number changes nothing.

    Raises SequenceTaken for another movement under that number, ActionNotAvailable for a session that has ended.
    """

    def decide() -> Decision:
        session = own_session(runtime, call.principal, WRITE, session_id)
        change = moved(runtime, call.tenant, session, request)
        tills = tills_of(runtime, call.tenant, session)
        if change.repeated is not None:
            body = {"session_id": session.id, **movement_document(change.repeated), "gaps": gap_documents(tills)}
            return Decision([], body={**body, "version": session.version})
        require(call, session, Action.RECORD_MOVEMENT)
        after = change.session.model_copy(update={"version": session.version + 1})
        tills[change.movement.device] = change.till
        body = {"session_id": session.id, **movement_document(change.movement), "gaps": gap_documents(tills)}
        return Decision(
            [session_write(call.tenant, after, over=session.version), *change.writes(call.tenant)],
            [recorded(after, after.version, change.movement), *change.refund.events],
            status=201,
            body={**body, "version": after.version},
        )

    return execute(runtime, call, decide)


def end_drawer(runtime: Runtime, call: Call, session_id: str, request: EndSession) -> Outcome:
    """Nobody adds to a session any more; from now on the drawer can be opened anew."""

    def decide() -> Decision:
        session = own_session(runtime, call.principal, WRITE, session_id)
        after = _after(call, session, Action.END, ended_by=request.ended_by, ended_at=runtime.clock.now())
        drawer = load_drawer(runtime.database, call.tenant, session.node_id, session.drawer_id)
        free = _drawer(call, session, Drawer(version=drawer.version + 1))
        told = DrawerEnded(**facts(session), ended_by=request.ended_by)
        return Decision(
            [session_write(call.tenant, after, over=session.version), free],
            [session_event(after, after.version, told)],
            body=session_document(after, call.principal, tills_of(runtime, call.tenant, session)),
        )

    return execute(runtime, call, decide)


def count_drawer(runtime: Runtime, call: Call, session_id: str, request: CountSession) -> Outcome:
    """Count an ended drawer, without knowing what is expected; up to three times."""

    def decide() -> Decision:
        session = own_session(runtime, call.principal, WRITE, session_id)
        lines = counted_lines(session.currency, request.lines, "/lines")
        require(call, session, Action.COUNT)
        count = Count(
            attempt=len(session.counts) + 1,
            lines=lines,
            total=counted_total(lines),
            counted_by=request.counted_by,
            actor=call.principal.actor,
            counted_at=runtime.clock.now(),
        )
        after = _after(call, session, Action.COUNT, counts=(*session.counts, count))
        told = DrawerCounted(**facts(session), attempt=count.attempt, counted=count.total, counted_by=count.counted_by)
        return Decision(
            [session_write(call.tenant, after, over=session.version)],
            [session_event(after, after.version, told)],
            body=session_document(after, call.principal, tills_of(runtime, call.tenant, session)),
        )

    return execute(runtime, call, decide)


def close_drawer(runtime: Runtime, call: Call, session_id: str, request: CloseSession) -> Outcome:
    """State what a counted session came to.

    A variance beyond the limit closes only by somebody who may approve it and neither opened nor counted the drawer;
    anybody else gets ActionNotAvailable.
    """

    def decide() -> Decision:
        session = own_session(runtime, call.principal, WRITE, session_id)
        require(call, session, Action.CLOSE)
        by_another = may_approve(call.principal, session) and request.closed_by not in session.counters
        if session.needs_approval and not by_another:
            raise ActionNotAvailable("The variance is beyond the limit: another person who may approve it closes.")
        tills = tills_of(runtime, call.tenant, session)
        last = session.counts[-1]
        statement = Statement(
            number=1,
            expected=session.expected,
            counted=last.total,
            variance=session.variance,
            missing=sum(missing(till.runs) for till in tills.values()),
            lines=last.lines,
            reason=request.reason,
            stated_by=request.closed_by,
            approved_by=request.closed_by if session.needs_approval else None,
            stated_at=runtime.clock.now(),
        )
        after = _after(call, session, Action.CLOSE, statement=statement)
        told = DrawerClosed(
            **facts(session),
            statement=statement.number,
            expected=statement.expected,
            counted=statement.counted,
            variance=statement.variance,
            missing=statement.missing,
            closed_by=request.closed_by,
            approved_by=statement.approved_by,
            reason=request.reason,
        )
        return Decision(
            [
                session_write(call.tenant, after, over=session.version),
                statement_write(call.tenant, session.id, statement),
            ],
            [session_event(after, after.version, told)],
            body=session_document(after, call.principal, tills),
        )

    return execute(runtime, call, decide)


def _after(call: Call, session: Session, action: Action, **changes: object) -> Session:
    require(call, session, action)
    return session.model_copy(update={**changes, "state": session.after(action), "version": session.version + 1})


def _drawer(call: Call, session: Session, drawer: Drawer) -> Write:
    return drawer_write(call.tenant, session.node_id, session.drawer_id, drawer)


def _own_node(runtime: Runtime, call: Call, node_id: str, drawer_id: str) -> Node:
    authorize(call.principal, WRITE, drawer_partition(call.tenant, node_id, drawer_id), node=node_id)
    nodes = known_nodes(runtime.database, call.tenant, runtime.clock.now(), named=[node_id])
    if node_id not in nodes:
        raise NotFound(f"There is no node {node_id}.")
    return nodes[node_id]


def _opened_at(told: datetime | None, now: datetime) -> datetime:
    if told is None:
        return now
    no_later_than(now, told, "/opened_at")
    if now - told > _LATEST_NEWS:
        raise InvalidRequest(errors=[FieldError("/opened_at", "too_old", "a drawer is opened within seven days")])
    return told
