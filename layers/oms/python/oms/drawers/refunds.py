"""A drawer pays what an order owes in cash: in the transaction of its movement, all of it and once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.drawers.model import DENOMINATIONS, Movement, Session
from oms.orders.store import load_order
from oms.orders.writes import change_order
from oms.payments.paying import Payer, paid_in_cash
from oms.payments.refunds import InDispute, is_withheld, open_cash
from oms.platform.commands import Runtime
from oms.platform.events import EventDraft
from oms.platform.ids import parent_id
from oms.platform.problems import ActionNotAvailable, NotFound, Problem
from oms.platform.writes import Write

# A store may round to a larger coin than the smallest one that there is, but not to any.
_COINS_ROUNDED_TO = 3


class RefundAmountMismatch(Problem):
    status = 409
    code = "refund_amount_mismatch"
    title = "A refund is paid exactly as it is owed."
    remedy = "Hand over the amount that the refund owes in cash, in its currency, and tell just that."


@dataclass(frozen=True, slots=True)
class PaidRefund:
    """What paying a refund changes of its order; nothing for other movements."""

    writes: Sequence[Write] = ()
    events: Sequence[EventDraft] = ()


def pay_refund(runtime: Runtime, tenant: str, session: Session, movement: Movement) -> PaidRefund:
    """Pay the cash of the refund that a movement names.

    An unknown refund raises NotFound, one without open cash ActionNotAvailable, one in dispute InDispute, another
    amount, or one that is rounded otherwise than to a coin, RefundAmountMismatch.
    """
    refund_id = movement.refund_id or ""
    order = load_order(runtime.database, tenant, parent_id("ord", refund_id))
    refund = next((one for one in order.refunds if one.id == refund_id), None) if order else None
    if order is None or refund is None:
        raise NotFound(f"There is no refund {refund_id}.")
    parts = open_cash(refund)
    if not parts:
        raise ActionNotAvailable("Nothing of this refund is to be paid in cash.", pointer="/refund_id")
    if any(is_withheld(order.payments, order.refunds, part) for part in parts):
        raise InDispute(pointer="/refund_id")
    owed = sum(part.amount for part in parts)
    due = _due(owed, session.currency, movement.rounding)
    if (movement.amount, session.currency) != (due, refund.currency):
        detail = f"{due} {refund.currency} are owed in cash, and {movement.amount} {session.currency} were told."
        raise RefundAmountMismatch(detail, pointer="/amount")
    payer = Payer(session.legal_entity, session.node_id, session.id, session.business_date.isoformat(), movement.id)
    paid, events = paid_in_cash(order, refund, payer, movement.amount)
    _, writes, drafts = change_order(tenant, order, events=events, refunds=[paid])
    return PaidRefund(writes, drafts)


def _due(owed: int, currency: str, rounding: int) -> int:
    """What is handed over of an amount: with the rounding that a till tells, where that is one to a coin; minor units.

    A rounding that leads to no such coin raises RefundAmountMismatch.
    """
    if not rounding:
        return in_coins(owed, min(DENOMINATIONS[currency]))
    if not is_rounded(owed, currency, rounding):
        detail = f"{owed} {currency} are owed in cash, and {rounding} does not round that to one of its smallest coins."
        raise RefundAmountMismatch(detail, pointer="/rounding")
    return owed + rounding


def is_rounded(owed: int, currency: str, rounding: int) -> bool:
    """Whether a rounding brings an amount in minor units to a small coin; where no coins are known it may be any."""
    coins = sorted(DENOMINATIONS.get(currency, ()))[:_COINS_ROUNDED_TO]
    return not coins or owed + rounding in {in_coins(owed, coin) for coin in coins}


def in_coins(amount: int, coin: int) -> int:
    """An amount rounded half up to a coin; minor units."""
    return (2 * amount + coin) // (2 * coin) * coin
