"""What happened to cash drawers. Amounts are minor units of `currency`; `node_id` is the store."""

from __future__ import annotations

from typing import ClassVar

from oms.platform.events import EventData


class _OfSession(EventData):
    session_id: str
    node_id: str
    drawer_id: str
    legal_entity: str
    business_date: str
    currency: str


class DrawerOpened(_OfSession):
    """A session of a drawer began with a float from the safe."""

    for_nodes: ClassVar[bool] = True

    device: str
    cashier: str
    opening_float: int


class DrawerMovementRecorded(_OfSession):
    """Cash went into a drawer or out of it; `sequence` is the till's own number. `late` came after the close.

    With `sale_id` it is the cash of a sale that was told whole, and the ledger has it from there.
    With a `refund_id` it paid what an order owed, and RefundExecuted says so too.
    """

    version: ClassVar[int] = 2

    movement_id: str
    device: str
    sequence: int
    kind: str
    amount: int
    tax: int
    reason: str | None
    reference: str | None
    cashier: str
    late: bool
    sale_id: str | None = None
    refund_id: str | None = None


class DrawerEnded(_OfSession):
    """Nobody adds to a session any more; the drawer can be opened again."""

    ended_by: str


class DrawerCounted(_OfSession):
    """A drawer was counted by somebody who did not know what was expected."""

    attempt: int
    counted: int
    counted_by: str


class DrawerClosed(_OfSession):
    """A session is over: what was expected and counted. `missing` numbers of its tills had not come."""

    statement: int
    expected: int
    counted: int
    variance: int
    missing: int
    closed_by: str
    approved_by: str | None
    reason: str | None


class DrawerRestated(_OfSession):
    """A closed session got another statement; the one before it stays as it was.

    Nobody has approved the one that the cash of a late sale makes.
    """

    version: ClassVar[int] = 2

    statement: int
    expected: int
    counted: int
    variance: int
    counted_before: int
    variance_before: int
    missing: int
    reason: str
    approved_by: str | None
