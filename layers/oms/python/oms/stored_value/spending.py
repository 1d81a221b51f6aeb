"""What a till takes of a gift card or store credit: held and redeemed at once, in the transaction of the sale."""

from __future__ import annotations

from datetime import datetime

from oms.platform.commands import Runtime
from oms.platform.ids import derived_id
from oms.platform.problems import FieldError, InvalidRequest
from oms.platform.writes import Write
from oms.stored_value.model import Hold, Movement, MovementKind, State, account_of
from oms.stored_value.problems import BalanceTooLow, OtherCurrency, OtherKind, ValueExpired
from oms.stored_value.store import load_account
from oms.stored_value.writes import account_change, hold_write, movement_write


def spend(
    runtime: Runtime,
    tenant: str,
    *,
    kind: str,
    token: str,
    amount: int,
    currency: str,
    order_id: str,
    payment_id: str,
    at: datetime,
    pointer: str,
) -> tuple[Hold, list[Write]]:
    """What of an account pays a sale, and what that changes; `token` is the account's id or the card's number.

    An account that there is not raises InvalidRequest. Raises OtherKind, OtherCurrency, ValueExpired (at the instant
    of the sale) or BalanceTooLow, each at the pointer.
    """
    account_id = account_of(tenant, kind, token)
    account = load_account(runtime.database, tenant, account_id)
    if account is None:
        detail = "there is no such gift card or store credit"
        raise InvalidRequest(errors=[FieldError(pointer, "unknown_card", detail)])
    if account.kind != kind:
        raise OtherKind(pointer=pointer)
    if account.currency != currency:
        raise OtherCurrency(pointer=pointer)
    if account.state(at) is State.EXPIRED:
        raise ValueExpired(pointer=pointer)
    if account.available < amount:
        raise BalanceTooLow(pointer=pointer)
    made = Hold(
        id=derived_id("svh", payment_id),
        account_id=account_id,
        currency=currency,
        amount=amount,
        order_id=order_id,
        payment_id=payment_id,
        redeemed=amount,
        legal_entity=account.legal_entity,
        store=account.store,
    )
    moves = [
        Movement(
            id=runtime.ids.new("svm"),
            kind=kind_of,
            amount=amount,
            at=runtime.clock.now(),
            order_id=order_id,
            payment_id=payment_id,
            reference=made.reference,
        )
        for kind_of in (MovementKind.HELD, MovementKind.REDEEMED)
    ]
    change = account_change(tenant, account_id, available=-amount, used_at=runtime.clock.now())
    return made, [change, hold_write(tenant, made), *(movement_write(tenant, account_id, one) for one in moves)]
