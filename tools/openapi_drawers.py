"""Shapes of answers about cash drawers that the product builds as plain documents, for the API description."""

from __future__ import annotations

from datetime import date

from oms.drawers.model import Action, Counted, MovementKind, State, Statement
from tools.openapi_answers import Answer


class DrawerCount(Answer):
    """One blind count; amounts in minor units."""

    attempt: int
    lines: list[Counted]
    total: int
    counted_by: str
    counted_at: str


class DrawerTotals(Answer):
    """The sums of the movements by kind, each in minor units."""

    cash_sale: int
    cash_refund: int
    drop: int
    paid_in: int
    paid_out: int


class SequenceGap(Answer):
    """First and last of the numbers that a till left out."""

    device: str
    first: int
    last: int


class DrawerSession(Answer):
    """A session of a cash drawer; amounts in minor units of `currency`. `statement` numbers the newest statement."""

    id: str
    node_id: str
    drawer_id: str
    business_date: date
    currency: str
    device: str
    cashier: str
    state: State
    opening_float: int
    opened_at: str
    ended_by: str | None
    counts: list[DrawerCount]
    counted: int | None
    needs_approval: bool
    movements: int
    totals: DrawerTotals | None
    expected: int | None
    variance: int | None
    statement: int | None
    gaps: list[SequenceGap]
    version: int
    available_actions: list[Action]


class DrawerSessionWithStatements(DrawerSession):
    """The same with every statement, oldest first."""

    statements: list[Statement]


class DrawerSessionList(Answer):
    """A page of the sessions of a drawer, newest first; `gaps` are left out here."""

    sessions: list[DrawerSession]
    next_cursor: str | None


class DrawerMovement(Answer):
    """Cash that went in or out; amounts in minor units. With `sale_id`, the cash of a sale that was told whole."""

    id: str
    device: str
    sequence: int
    kind: MovementKind
    amount: int
    tax: int
    reason: str | None
    reference: str | None
    refund_id: str | None
    rounding: int
    cashier: str
    occurred_at: str | None
    late: bool
    sale_id: str | None


class RecordedMovement(DrawerMovement):
    """A movement, the numbers that are missing, and the version of its session."""

    session_id: str
    gaps: list[SequenceGap]
    version: int


class DrawerMovementList(Answer):
    """A page of the movements of a till in a session, newest first."""

    movements: list[DrawerMovement]
    next_cursor: str | None
