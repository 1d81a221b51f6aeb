"""How the calls about cash drawers are read, over HTTP and on the store bus. Amounts are minor units."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, Strict, model_validator

from oms.drawers.denominations import DENOMINATIONS
from oms.drawers.model import NEED_A_REASON, MovementKind
from oms.platform.fields import Amount, Code, Count, Currency, Instant, IsoDate, Label, SignedAmount
from oms.platform.intake import Request, validate

MOST_SEQUENCE = 999_999
MOST_LISTED = 100

Positive = Annotated[Amount, Field(ge=1)]
Sequence = Annotated[int, Strict(), Field(ge=1, le=MOST_SEQUENCE)]


def _can_be_counted(currency: str) -> str:
    if currency not in DENOMINATIONS:
        raise ValueError("the coins and notes of this currency are not known")
    return currency


Countable = Annotated[Currency, AfterValidator(_can_be_counted)]


class _DrawerName(Request):
    drawer_id: Code


def drawer_name(drawer_id: str) -> str:
    """The name of a drawer as a path gives it; one that no message could name raises InvalidRequest."""
    return validate(_DrawerName, {"drawer_id": drawer_id}).drawer_id


class _Opening(Request):
    device: Code
    cashier: Code
    currency: Countable
    opening_float: Amount
    opened_at: Instant | None = None


class OpenSession(_Opening):
    """Open a drawer of a store; the business date is that of the store's own day when it is opened."""

    node_id: Code


class OpenDrawerMessage(_Opening):
    """Open a drawer of the node that speaks."""

    drawer_id: Code


class RecordMovement(Request):
    """Cash went in or out. Only a sale has tax; cash paid in or out has a reason.

    `device` and `cashier` are those of the session where they are left out. A cash refund with a `refund_id` pays what
    an order owes in cash, all of it and once; `rounding` is what it pays above that, or with a minus below, to a coin.
    """

    sequence: Sequence
    kind: MovementKind
    amount: Positive
    tax: Amount = 0
    device: Code | None = None
    cashier: Code | None = None
    reason: Label | None = None
    reference: Code | None = None
    refund_id: Code | None = None
    rounding: SignedAmount = 0
    occurred_at: Instant | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> RecordMovement:
        if self.tax > (self.amount if self.kind is MovementKind.CASH_SALE else 0):
            raise ValueError("tax is a part of a cash sale")
        if self.kind in NEED_A_REASON and self.reason is None:
            raise ValueError("cash paid in or out has a reason")
        if self.refund_id is not None and self.kind is not MovementKind.CASH_REFUND:
            raise ValueError("a refund is paid by a cash refund")
        if self.rounding and self.refund_id is None:
            raise ValueError("only what is paid of a refund is rounded")
        return self


class EndSession(Request):
    """Nobody adds any more."""

    ended_by: Code


class CountedPieces(Request):
    """So many coins or notes of one denomination."""

    denomination: Positive
    pieces: Count


def _each_once(lines: tuple[CountedPieces, ...]) -> tuple[CountedPieces, ...]:
    if len({line.denomination for line in lines}) != len(lines):
        raise ValueError("a denomination stands in the count twice")
    return lines


CountLines = Annotated[tuple[CountedPieces, ...], Field(max_length=30), AfterValidator(_each_once)]


class CountSession(Request):
    """What lies in the drawer, by denomination; nothing at all is an empty list."""

    counted_by: Code
    lines: CountLines


class CloseSession(Request):
    """Close a counted session; `reason` says where a variance comes from, as far as somebody knows."""

    closed_by: Code
    reason: Label | None = None


class CountAgain(Request):
    """A count after the close."""

    lines: CountLines


class RestateSession(Request):
    """State a closed session anew, because of a movement that came late or because of a corrected count."""

    reason: Label
    stated_by: Code
    movement: RecordMovement | None = None
    count: CountAgain | None = None

    @model_validator(mode="after")
    def _one_cause(self) -> RestateSession:
        if (self.movement is None) == (self.count is None):
            raise ValueError("either a movement or a count")
        return self


class DrawerMovementMessage(RecordMovement):
    """Cash went into or out of a drawer of the node that speaks."""

    session_id: Code


class EndDrawerMessage(EndSession):
    """Nobody adds to a session of the node that speaks any more."""

    session_id: Code


class CountDrawerMessage(CountSession):
    """What lies in a drawer of the node that speaks."""

    session_id: Code


class CloseDrawerMessage(CloseSession):
    """Close a counted session of the node that speaks."""

    session_id: Code


class SessionsQuery(Request):
    """Which sessions of a drawer to list: of a store, perhaps of one business date only."""

    node_id: Code
    business_date: IsoDate | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 25
    cursor: Annotated[str, Field(max_length=1024)] | None = None


class MovementsQuery(Request):
    """Which till's movements to list."""

    device: Code | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = MOST_LISTED
    cursor: Annotated[str, Field(max_length=1024)] | None = None
