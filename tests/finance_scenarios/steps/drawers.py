"""Rows about cash drawers and what moves in them beside sales and refunds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oms.drawers.denominations import DENOMINATIONS
from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.play import Play
from tests.finance_scenarios.world import CannotDo

_TILL = ("drawers.read", "drawers.write")
_MANAGER = (*_TILL, "drawers.approve")
# What lies in a drawer of which the scenario tells no opening, in minor units.
_ENOUGH = 100_000_00
DRAWER = "D1"


@dataclass(slots=True)
class Open:
    """A session of a drawer, and the numbers that its till has given to rows."""

    id: str
    store: str
    device: str
    currency: str
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/v1/drawer-sessions/{self.id}"

    def next(self, row: Row) -> int:
        """The number of a row's movement: the same when the row is repeated."""
        return self.numbers.setdefault(row.number, len(self.numbers) + 1)


def session(play: Play, row: Row) -> Open:
    """The session of a row's drawer, opened before the scenario begins where no row opens it."""
    name = row.get("drawer") or DRAWER
    known: Open | None = play.book.get(("drawer", name))
    if known is None:
        with play.quietly():
            known = _open(play, row, name, _float_before(play, row, name))
    return known


def business_date(play: Play, row: Row) -> str:
    """The business date of the session of a row's drawer."""
    till = play.api("drawers", *_TILL, actor="till")
    return str(play.checked(till.get(session(play, row).path))["business_date"])


def _float_before(play: Play, row: Row, name: str) -> int:
    """The float with which the drawer comes to what a later row counts, or more than enough."""
    rows = [one for one in play.scenario.rows if (one.get("drawer") or DRAWER) == name]
    closing = next((one for one in rows if one.verb == "drawer.closed"), None)
    if closing is None:
        return _ENOUGH
    expected = play.amount(closing, "counted") - play.amount(closing, "variance")
    for one in rows:
        cash = play.amount(one, "cash") or play.amount(one, "cash_tendered") - play.amount(one, "change")
        if one.verb in ("pos.sale", "gift_card.sold"):
            expected -= cash
        elif one.verb == "drawer.paid_in":
            expected -= play.amount(one)
        elif one.verb in ("drawer.paid_out", "drawer.drop") or (
            one.verb == "refund.executed" and one.get("tender") == "cash"
        ):
            expected += play.amount(one)
    return max(expected, 0)


def _open(play: Play, row: Row, name: str, opening_float: int) -> Open:
    store = play.store(row)
    body = {
        "node_id": store,
        "device": f"T-{name}",
        "cashier": row.get("actor") or "ann",
        "currency": play.currency(row),
        "opening_float": opening_float,
    }
    made = play.post(play.api("drawers", *_TILL, actor="till"), f"/v1/drawers/{name}/sessions", body)
    play.book["drawer", name] = Open(str(made["id"]), store, f"T-{name}", play.currency(row))
    opened: Open = play.book["drawer", name]
    return opened


def opened(play: Play, row: Row) -> None:
    _open(play, row, row.get("drawer") or DRAWER, play.amount(row, "float", play.amount(row)))


def _moved(kind: str, reason: str | None) -> Any:
    def step(play: Play, row: Row) -> Mapping[str, Any]:
        one = session(play, row)
        body: dict[str, Any] = {"sequence": one.next(row), "kind": kind, "amount": play.amount(row)}
        if reason:
            body["reason"] = row.get("reason") or reason
        if row.get("bag"):
            body["reference"] = row.get("bag")
        return move(play, one, body)

    return step


def move(play: Play, one: Open, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Cash moves in a session; where that is told after its close, the session is stated anew with it."""
    manager = play.api("drawers", *_MANAGER, actor="manager")
    if play.checked(manager.get(one.path))["state"] in ("CLOSED", "RESTATED"):
        stated = {"reason": "told late", "stated_by": "max", "movement": dict(body)}
        late: Mapping[str, Any] = play.post(manager, f"{one.path}/restatements", stated)
        return late
    answer: Mapping[str, Any] = play.post(play.api("drawers", *_TILL, actor="till"), f"{one.path}/movements", body)
    return answer


def closed(play: Play, row: Row) -> Mapping[str, Any]:
    one = session(play, row)
    till = play.api("drawers", *_TILL, actor="till")
    play.post(till, f"{one.path}/end", {"ended_by": "ann"})
    play.post(till, f"{one.path}/counts", {"counted_by": "bob", "lines": _pieces(play.amount(row, "counted"), one)})
    manager = play.api("drawers", *_MANAGER, actor="manager")
    answer = play.post(manager, f"{one.path}/close", {"closed_by": "max", "reason": row.get("reason") or "counted"})
    found = _variance(answer)
    if row.get("variance") is not None and found not in (None, play.amount(row, "variance")):
        raise CannotDo(f"the variance is {found} minor units")
    return dict(answer)


def restated(play: Play, row: Row) -> Mapping[str, Any]:
    """A late sale has been told before, and moved the variance; without one, the count was wrong."""
    one = session(play, row)
    manager = play.api("drawers", *_MANAGER, actor="manager")
    seen = play.checked(manager.get(one.path))
    wanted, found = play.amount(row, "to"), _variance(seen)
    if found == wanted:
        return dict(seen)
    if found is None:
        raise CannotDo("the drawer has no variance yet")
    counted = int(seen["counted"]) + wanted - found
    body = {
        "reason": row.get("reason") or "counted again",
        "stated_by": "max",
        "count": {"lines": _pieces(counted, one)},
    }
    answer: Mapping[str, Any] = play.post(manager, f"{one.path}/restatements", body)
    return answer


def _variance(document: Mapping[str, Any]) -> int | None:
    found = document.get("variance")
    return None if found is None else int(found)


def _pieces(amount: int, one: Open) -> list[dict[str, int]]:
    lines = []
    for value in sorted(DENOMINATIONS[one.currency], reverse=True):
        pieces, amount = divmod(amount, value)
        if pieces:
            lines.append({"denomination": value, "pieces": pieces})
    if amount:
        raise CannotDo(f"{amount} minor units of {one.currency} are no coin")
    return lines


STEPS = {
    "drawer.opened": opened,
    "drawer.paid_in": _moved("paid_in", "change"),
    "drawer.paid_out": _moved("paid_out", "supplies"),
    "drawer.drop": _moved("drop", None),
    "drawer.closed": closed,
    "drawer.variance_restated": restated,
}
