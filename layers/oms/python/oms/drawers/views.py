"""Sessions of drawers as they are shown. What is expected stays hidden until the count cannot change any more."""

from __future__ import annotations

from collections.abc import Mapping

from oms.drawers.model import Movement, Session, State
from oms.drawers.requests import MovementsQuery, SessionsQuery
from oms.drawers.sequences import gaps
from oms.drawers.store import list_movements, list_sessions, load_session, load_statements, load_till
from oms.drawers.writes import Till, drawer_partition, session_key
from oms.platform.commands import Runtime
from oms.platform.cursors import bad_cursor, decode_cursor, encode_cursor
from oms.platform.principal import Principal, authorize, may
from oms.platform.problems import ActionNotAvailable, NotFound
from oms.platform.writes import Value

READ = "drawers.read"
WRITE = "drawers.write"
APPROVE = "drawers.approve"
# A till that lost its numbers is not told each of them.
_MOST_GAPS = 100


def read_session(runtime: Runtime, principal: Principal, session_id: str) -> dict[str, Value]:
    """One session with its statements; one of another store raises NotFound."""
    session = own_session(runtime, principal, READ, session_id)
    statements = load_statements(runtime.database, principal.tenant, session_id)
    document = session_document(session, principal, tills_of(runtime, principal.tenant, session))
    return {**document, "statements": [one.model_dump(mode="json") for one in statements]}


def read_sessions(runtime: Runtime, principal: Principal, drawer_id: str, wanted: SessionsQuery) -> dict[str, Value]:
    """A page of the sessions of a drawer, newest first; a store of somebody else raises NotFound."""
    partition = drawer_partition(principal.tenant, wanted.node_id, drawer_id)
    authorize(principal, READ, partition, node=wanted.node_id)
    begins = f"SESSION#{wanted.business_date.isoformat()}#" if wanted.business_date else "SESSION#"
    after = _after(wanted.cursor, begins)
    found, position = list_sessions(
        *(runtime.database, principal.tenant, wanted.node_id, drawer_id),
        begins=begins,
        limit=wanted.limit,
        after=after,
    )
    return {
        "sessions": [session_document(one, principal, {}) for one in found],
        "next_cursor": encode_cursor({"sk": position}) if position else None,
    }


def read_movements(runtime: Runtime, principal: Principal, session_id: str, wanted: MovementsQuery) -> dict[str, Value]:
    """A page of what a till told of a session; as their sum tells what is expected, they are hidden as long as that."""
    session = own_session(runtime, principal, READ, session_id)
    if not sees_expected(principal, session):
        raise ActionNotAvailable("The movements of a drawer are shown when it is closed.")
    after = _after(wanted.cursor, "MOVEMENT#")
    device = wanted.device or session.device
    found, position = list_movements(
        runtime.database, principal.tenant, session, device, limit=wanted.limit, after=after
    )
    return {
        "movements": [movement_document(one) for one in found],
        "next_cursor": encode_cursor({"sk": position}) if position else None,
    }


def _after(cursor: str | None, begins: str) -> str | None:
    """The position that a cursor names; one of another list raises InvalidRequest."""
    position = decode_cursor(cursor).get("sk", "") if cursor else None
    if position is not None and not position.startswith(begins):
        raise bad_cursor()
    return position


def own_session(runtime: Runtime, principal: Principal, permission: str, session_id: str) -> Session:
    """A session of the caller's store; an unknown one and somebody else's raise NotFound."""
    key = session_key(principal.tenant, session_id)
    authorize(principal, permission, key.pk)
    session = load_session(runtime.database, principal.tenant, session_id)
    if session is None:
        raise NotFound(f"There is no drawer session {session_id}.")
    authorize(principal, permission, key.pk, node=session.node_id)
    return session


def tills_of(runtime: Runtime, tenant: str, session: Session) -> dict[str, Till]:
    """The numbers that have come from each till of a session."""
    return {
        device: load_till(runtime.database, tenant, session.node_id, device, session.business_date)
        for device in session.tills
    }


def sees_expected(principal: Principal, session: Session) -> bool:
    """Whether a caller may know what a drawer should hold.

    Everybody who may read it, once it is closed; before that only who may approve a count and took no part in it.
    """
    if session.is_over:
        return True
    return session.state is State.COUNTED and may_approve(principal, session)


def may_approve(principal: Principal, session: Session) -> bool:
    """Whether a caller may approve the variance of a session: it has the scope, and is not who opened or counted."""
    return may(principal, APPROVE) and principal.actor not in session.counters


def session_document(session: Session, principal: Principal, tills: Mapping[str, Till]) -> dict[str, Value]:
    """A session as this caller may see it, with the gaps in the numbers of the tills that are given."""
    shown = sees_expected(principal, session)
    stated = session.statement
    expected, variance = (
        ((stated.expected, stated.variance) if stated is not None else (session.expected, session.variance))
        if shown
        else (None, None)
    )
    return {
        "id": session.id,
        "node_id": session.node_id,
        "drawer_id": session.drawer_id,
        "business_date": session.business_date.isoformat(),
        "currency": session.currency,
        "device": session.device,
        "cashier": session.cashier,
        "state": session.state.value,
        "opening_float": session.opening_float,
        "opened_at": session.model_dump(mode="json")["opened_at"],
        "ended_by": session.ended_by,
        "counts": [_count(one) for one in session.model_dump(mode="json")["counts"]],
        "counted": stated.counted if stated else session.counts[-1].total if session.counts else None,
        "needs_approval": session.state is State.COUNTED and session.needs_approval,
        "movements": session.totals.movements,
        "totals": session.totals.model_dump(exclude={"movements"}) if shown else None,
        "expected": expected,
        "variance": variance,
        "statement": stated.number if stated else None,
        "gaps": gap_documents(tills),
        "version": session.version,
        "available_actions": [one.value for one in session.available_actions()],
    }


def movement_document(movement: Movement) -> dict[str, Value]:
    """A movement as it was told."""
    return movement.model_dump(mode="json", exclude={"session_id"})


def gap_documents(tills: Mapping[str, Till]) -> list[Value]:
    """The numbers that are missing, by till."""
    return [
        {"device": device, "first": first, "last": last}
        for device, till in sorted(tills.items())
        for first, last in gaps(till.runs)[:_MOST_GAPS]
    ]


def _count(count: dict[str, Value]) -> Value:
    return {name: value for name, value in count.items() if name != "actor"}
