"""The routes of drawers, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.drawers import commands, views
from oms.drawers.requests import (
    CloseSession,
    CountSession,
    EndSession,
    MovementsQuery,
    OpenSession,
    RecordMovement,
    RestateSession,
    SessionsQuery,
    drawer_name,
)
from oms.drawers.restating import restate_drawer
from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_query

_ONE = "/v1/drawer-sessions/<session_id>"


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of drawers and their sessions."""

    @app.post("/v1/drawers/<drawer_id>/sessions")
    def open_drawer(drawer_id: str) -> Answer:
        principal, body = caller(app, "drawers.write", "DRAWER#"), read(app, OpenSession)
        own = call(app, "open_drawer", principal, body, target=drawer_id)
        return answer(commands.open_drawer(runtime(), own, body.node_id, drawer_name(drawer_id), body))

    @app.get("/v1/drawers/<drawer_id>/sessions")
    def list_drawer_sessions(drawer_id: str) -> Answer:
        principal, wanted = caller(app, "drawers.read", "DRAWER#"), read_query(app, SessionsQuery)
        return ok(views.read_sessions(runtime(), principal, drawer_id, wanted))

    @app.get(_ONE)
    def read_drawer_session(session_id: str) -> Answer:
        principal = caller(app, "drawers.read", f"DRAWERSESSION#{session_id}")
        return ok(views.read_session(runtime(), principal, session_id))

    @app.get(f"{_ONE}/movements")
    def list_drawer_movements(session_id: str) -> Answer:
        principal = caller(app, "drawers.read", f"DRAWERSESSION#{session_id}")
        return ok(views.read_movements(runtime(), principal, session_id, read_query(app, MovementsQuery)))

    @app.post(f"{_ONE}/movements")
    def record_drawer_movement(session_id: str) -> Answer:
        principal, body = caller(app, "drawers.write", f"DRAWERSESSION#{session_id}"), read(app, RecordMovement)
        own = call(app, "record_drawer_movement", principal, body, target=session_id)
        return answer(commands.record_drawer_movement(runtime(), own, session_id, body))

    @app.post(f"{_ONE}/end")
    def end_drawer(session_id: str) -> Answer:
        principal, body = caller(app, "drawers.write", f"DRAWERSESSION#{session_id}"), read(app, EndSession)
        own = call(app, "end_drawer", principal, body, target=session_id)
        return answer(commands.end_drawer(runtime(), own, session_id, body))

    @app.post(f"{_ONE}/counts")
    def count_drawer(session_id: str) -> Answer:
        principal, body = caller(app, "drawers.write", f"DRAWERSESSION#{session_id}"), read(app, CountSession)
        own = call(app, "count_drawer", principal, body, target=session_id)
        return answer(commands.count_drawer(runtime(), own, session_id, body))

    @app.post(f"{_ONE}/close")
    def close_drawer(session_id: str) -> Answer:
        principal, body = caller(app, "drawers.write", f"DRAWERSESSION#{session_id}"), read(app, CloseSession)
        own = call(app, "close_drawer", principal, body, target=session_id)
        return answer(commands.close_drawer(runtime(), own, session_id, body))

    @app.post(f"{_ONE}/restatements")
    def restate_drawer_session(session_id: str) -> Answer:
        principal, body = caller(app, "drawers.approve", f"DRAWERSESSION#{session_id}"), read(app, RestateSession)
        own = call(app, "restate_drawer", principal, body, target=session_id)
        return answer(restate_drawer(runtime(), own, session_id, body))
