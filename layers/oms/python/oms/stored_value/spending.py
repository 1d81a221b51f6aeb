"""Stored value that is spent at a till: held and redeemed at once, in the transaction of the sale that it pays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.platform.dynamodb import Database
from oms.platform.ids import derived_id
from oms.platform.problems import NotFound
from oms.platform.writes import Write
from oms.stored_value.model import Hold, Movement, MovementKind, State, account_of
from oms.stored_value.problems import BalanceTooLow, OtherCurrency, OtherKind, ValueExpired
from oms.stored_value.store import load_account
from oms.stored_value.writes import account_change, hold_write, movement_write


@dataclass(frozen=True, slots=True)
class Spent:
    """What a tender of a sale takes of an account: its token is the account's id or the card's number."""

    kind: str
    token: str
    amount: int
    currency: str
    order_id: str
    payment_id: str


def spend(database: Database, tenant: str, spent: Spent, now: datetime) -> tuple[str, list[Write]]:
    """The hold that a sale leaves behind, all of it redeemed, and what it changes of the account.

    A refund of the tender goes back to it like that of any other. Raises NotFound, OtherKind, OtherCurrency,
    ValueExpired or BalanceTooLow.
    """
    account_id = account_of(tenant, spent.kind, spent.token)
    account = load_account(database, tenant, account_id)
    if account is None:
        raise NotFound("There is no such gift card or store credit.")
    if account.kind != spent.kind:
        raise OtherKind()
    if account.currency != spent.currency:
        raise OtherCurrency()
    if account.state(now) is State.EXPIRED:
        raise ValueExpired()
    if account.available < spent.amount:
        raise BalanceTooLow()
    hold = Hold(
        id=derived_id("svh", spent.payment_id),
        account_id=account_id,
        currency=spent.currency,
        amount=spent.amount,
        order_id=spent.order_id,
        payment_id=spent.payment_id,
        redeemed=spent.amount,
    )
    movements = [
        Movement(
            id=derived_id("svm", spent.payment_id, kind.value),
            kind=kind,
            amount=spent.amount,
            at=now,
            order_id=spent.order_id,
            payment_id=spent.payment_id,
            reference=hold.reference,
        )
        for kind in (MovementKind.HELD, MovementKind.REDEEMED)
    ]
    return hold.reference, [
        account_change(tenant, account_id, available=-spent.amount, used_at=now),
        hold_write(tenant, hold),
        *(movement_write(tenant, account_id, one) for one in movements),
    ]
