"""Square: a cash drawer shift with its events, as the API answers them, as a session of a drawer.

Square counts no pieces, so what was found stands as coins of the smallest value. An amount is always above zero, also
of an event that takes cash out. A payment that was cancelled is left out with the payment, which is known for certain
only when the shift has ended: until then a shift tells of its opening. Events count from 1 for each shift, by time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from oms.platform.clock import format_instant
from oms.platform.fields import Instant
from oms.platform.intake import validate
from oms.platform.problems import FieldError, InvalidRequest
from oms.pos.told import Told

OPEN, MOVE, END, COUNT, CLOSE = "OpenDrawer", "RecordDrawerMovement", "EndDrawer", "CountDrawer", "CloseDrawer"
_NOBODY = "square"
_KINDS = {
    "CASH_TENDER_PAYMENT": "cash_sale",
    "CASH_TENDER_REFUND": "cash_refund",
    "PAID_IN": "paid_in",
    "PAID_OUT": "paid_out",
}
_CANCELLED = "CASH_TENDER_CANCELLED_PAYMENT"
# No cash moves with these.
_WITHOUT_CASH = frozenset({"NO_SALE", "OTHER_TENDER_PAYMENT", "OTHER_TENDER_CANCELLED_PAYMENT", "OTHER_TENDER_REFUND"})


class _Foreign(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _Money(_Foreign):
    amount: int
    currency: str


class _Device(_Foreign):
    id: str | None = None
    name: str | None = None


class _Shift(_Foreign):
    id: str
    state: str
    opened_at: Instant
    opening_team_member_id: str | None = None
    ending_team_member_id: str | None = None
    closing_team_member_id: str | None = None
    description: str | None = None
    opened_cash_money: _Money
    expected_cash_money: _Money | None = None
    closed_cash_money: _Money | None = None
    device: _Device = _Device()
    location_id: str | None = None


class _Event(_Foreign):
    id: str
    event_type: str
    event_money: _Money
    created_at: Instant
    team_member_id: str | None = None
    description: str | None = None


class _Told(_Foreign):
    cash_drawer_shift: _Shift
    cash_drawer_shift_events: tuple[_Event, ...] = Field(default=(), max_length=1_000)


def tell(body: Any, zone: ZoneInfo) -> Iterator[Told | FieldError]:
    """The session that a shift was: its opening, its movements of cash, its end, its count and its close."""
    try:
        told = validate(_Told, body)
    except InvalidRequest as problem:
        yield from problem.errors or [FieldError("", problem.code, problem.detail)]
        return
    shift, events = told.cash_drawer_shift, sorted(told.cash_drawer_shift_events, key=lambda one: one.created_at)
    drawer = shift.device.id or shift.device.name or shift.location_id or shift.id
    opening = {
        "drawer_id": drawer,
        "device": f"{drawer}:{shift.id}",
        "cashier": shift.opening_team_member_id or _NOBODY,
        "currency": shift.opened_cash_money.currency,
        "opening_float": shift.opened_cash_money.amount,
        "opened_at": format_instant(shift.opened_at),
    }
    messages: list[tuple[str, str, dict[str, Any]]] = []
    if shift.state in ("ENDED", "CLOSED"):
        errors = list(_wrong(shift, events))
        if errors:
            yield from errors
            return
        messages += [(f"{shift.id}:{one.id}", MOVE, data) for one, data in _movements(events)]
        messages.append((f"{shift.id}:end", END, {"ended_by": shift.ending_team_member_id or _NOBODY}))
    if shift.state == "CLOSED" and shift.closed_cash_money is not None:
        by = shift.closing_team_member_id or _NOBODY
        found = shift.closed_cash_money.amount
        lines = [{"denomination": 1, "pieces": found}] if found else []
        messages.append((f"{shift.id}:count", COUNT, {"counted_by": by, "lines": lines}))
        said = {"reason": shift.description} if shift.description else {}
        messages.append((f"{shift.id}:close", CLOSE, {"closed_by": by, **said}))
    pointer, first = "/cash_drawer_shift", f"{shift.id}:open"
    yield Told(pointer, shift.location_id, first, OPEN, opening)
    for key, name, data in messages:
        yield Told(pointer, shift.location_id, key, name, data, of=first)


def _wrong(shift: _Shift, events: list[_Event]) -> Iterator[FieldError]:
    """What of a shift cannot be: events that nobody knows, and sums that are not what Square expects."""
    currency = shift.opened_cash_money.currency
    for number, one in enumerate(events):
        pointer = f"/cash_drawer_shift_events/{number}"
        if one.event_type not in {*_KINDS, _CANCELLED, *_WITHOUT_CASH}:
            yield FieldError(pointer, "unknown_event", f"An event {one.event_type} has no meaning here.")
        elif one.event_money.currency != currency:
            yield FieldError(pointer, "other_currency", f"The shift is in {currency}.")
    signs = {"CASH_TENDER_PAYMENT": 1, _CANCELLED: -1, "CASH_TENDER_REFUND": -1, "PAID_IN": 1, "PAID_OUT": -1}
    moved = sum(signs.get(one.event_type, 0) * abs(one.event_money.amount) for one in events)
    expected = shift.expected_cash_money
    if expected is not None and shift.opened_cash_money.amount + moved != expected.amount:
        detail = f"Its events come to {shift.opened_cash_money.amount + moved}, and {expected.amount} is expected."
        yield FieldError("/cash_drawer_shift/expected_cash_money", "sum_mismatch", detail)
    if len(list(_kept(events))) != len(events) - 2 * sum(one.event_type == _CANCELLED for one in events):
        yield FieldError("/cash_drawer_shift_events", "cancelled_without_payment", "What was cancelled was not paid.")


def _kept(events: list[_Event]) -> Iterator[_Event]:
    """The events without payments that were cancelled: each goes with the last payment of its amount before it."""
    kept: list[_Event] = []
    for one in events:
        if one.event_type != _CANCELLED:
            kept.append(one)
            continue
        paid = [
            position
            for position, before in enumerate(kept)
            if before.event_type == "CASH_TENDER_PAYMENT"
            and abs(before.event_money.amount) == abs(one.event_money.amount)
        ]
        if paid:
            del kept[paid[-1]]
    yield from kept


def _movements(events: list[_Event]) -> Iterator[tuple[_Event, dict[str, Any]]]:
    moves = [one for one in _kept(events) if one.event_type in _KINDS and one.event_money.amount]
    for sequence, one in enumerate(moves, start=1):
        kind = _KINDS[one.event_type]
        reason = one.description or (kind if kind.startswith("paid_") else None)
        yield (
            one,
            {
                "sequence": sequence,
                "kind": kind,
                "amount": abs(one.event_money.amount),
                "cashier": one.team_member_id or _NOBODY,
                "occurred_at": format_instant(one.created_at),
                **({"reason": reason} if reason else {}),
                "reference": one.id,
            },
        )
