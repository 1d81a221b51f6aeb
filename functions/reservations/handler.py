"""reservations: the units of a basket are held for a while, changed, given up and shown."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.http import Answer, answer, api, call, caller, ok, read
from oms.reservations import commands, views
from oms.reservations.requests import ReservationChange, ReservationRequest

app = api()
runtime = Runtime()


@app.post("/v1/reservations")
def make_reservation() -> Answer:
    principal, body = caller(app, "reservations.write", "RESERVATION#"), read(app, ReservationRequest)
    outcome = commands.make_reservation(runtime, call(app, "make_reservation", principal, body), body)
    return answer(outcome, location=f"/v1/reservations/{outcome.body['id']}")


@app.get("/v1/reservations/<reservation_id>")
def read_reservation(reservation_id: str) -> Answer:
    principal = caller(app, "reservations.read", f"RESERVATION#{reservation_id}")
    return ok(views.read_reservation(runtime, principal, reservation_id))


@app.patch("/v1/reservations/<reservation_id>")
def change_reservation(reservation_id: str) -> Answer:
    principal, body = caller(app, "reservations.write", f"RESERVATION#{reservation_id}"), read(app, ReservationChange)
    command = call(app, "change_reservation", principal, body, target=reservation_id)
    return answer(commands.change_reservation(runtime, command, reservation_id, body))


@app.delete("/v1/reservations/<reservation_id>")
def close_reservation(reservation_id: str) -> Answer:
    principal = caller(app, "reservations.write", f"RESERVATION#{reservation_id}")
    command = call(app, "close_reservation", principal, None, target=reservation_id)
    return answer(commands.close_reservation(runtime, command, reservation_id))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
