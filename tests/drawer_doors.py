"""Drawers of store S1 through the doors: one short method for each call, with a token of its own for each person.

till = Drawers(doors)
session = till.opened()                    # with 150.00 in it
till.move(session, 1, "cash_sale", 2254)
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.functions.conftest import Answer, Api
from tests.order_doors import Doors
from tests.order_world import TENANT

STAFF = ("drawers.read", "drawers.write")
MANAGER = (*STAFF, "drawers.approve")


def pieces(**found: int) -> list[dict[str, int]]:
    """A count: `pieces(n2000=3)` are three of 20.00."""
    return [{"denomination": int(name[1:]), "pieces": number} for name, number in found.items()]


@dataclass
class Drawers:
    """Calls the drawers function as till staff, and as a manager with another token."""

    doors: Doors
    staff: Api = field(init=False)
    manager: Api = field(init=False)

    def __post_init__(self) -> None:
        handler = self.doors.module("drawers").handler
        self.staff = Api(handler, STAFF, TENANT, actor="till-1")
        # Keys are counted from 1 for each token, and belong to it.
        self.manager = Api(handler, MANAGER, TENANT, actor="manager-1")

    def open(self, drawer: str = "D1", opening_float: int = 15000, **more: Any) -> Answer:
        headers = more.pop("headers", None)
        body = {
            "node_id": "S1",
            "device": "T1",
            "cashier": "ann",
            "currency": "USD",
            "opening_float": opening_float,
            **more,
        }
        return self.staff.post(f"/v1/drawers/{drawer}/sessions", body, headers=headers)

    def opened(self, drawer: str = "D1", opening_float: int = 15000, **more: Any) -> str:
        answer = self.open(drawer, opening_float, **more)
        assert answer.status == 201, answer.body
        return str(answer.body["id"])

    def move(self, session: str, sequence: int, kind: str, amount: int, **more: Any) -> Answer:
        headers, key = more.pop("headers", None), more.pop("key", None)
        body = {"sequence": sequence, "kind": kind, "amount": amount, **more}
        return self.staff.post(f"/v1/drawer-sessions/{session}/movements", body, headers=headers, key=key)

    def end(self, session: str, **more: Any) -> Answer:
        return self.staff.post(f"/v1/drawer-sessions/{session}/end", {"ended_by": "ann"}, **more)

    def count(self, session: str, lines: list[dict[str, int]], *, by: str = "ann", **more: Any) -> Answer:
        return self.staff.post(f"/v1/drawer-sessions/{session}/counts", {"counted_by": by, "lines": lines}, **more)

    def close(self, session: str, *, by: str = "ann", api: Api | None = None, **more: Any) -> Answer:
        return (api or self.staff).post(f"/v1/drawer-sessions/{session}/close", {"closed_by": by}, **more)

    def restate(self, session: str, *, api: Api | None = None, by: str = "max", **body: Any) -> Answer:
        headers = body.pop("headers", None)
        whole = {"reason": "the till was offline", "stated_by": by, **body}
        return (api or self.manager).post(f"/v1/drawer-sessions/{session}/restatements", whole, headers=headers)

    def see(self, session: str, *, api: Api | None = None) -> dict[str, Any]:
        answer = (api or self.staff).get(f"/v1/drawer-sessions/{session}")
        assert answer.status == 200, answer.body
        return dict(answer.body)

    def told(self, session: str) -> list[tuple[str, dict[str, Any]]]:
        """The events of a session, in their order."""
        rows = self.doors.world.database.query("events", f"T#{TENANT}#DRAWERSESSION#{session}")
        return [(str(row["type"]), json.loads(str(row["detail"]))["data"]) for row in rows]

    def counted(self, lines: list[dict[str, int]], *moves: tuple[int, str, int], **more: Any) -> str:
        """A session that was opened, moved, ended and counted."""
        session = self.opened(**more)
        for sequence, kind, amount in moves:
            why = {"reason": "why"} if kind.startswith("paid") else {}
            assert self.move(session, sequence, kind, amount, **why).status == 201
        assert self.end(session).status == 200
        assert self.count(session, lines).status == 200
        return session
