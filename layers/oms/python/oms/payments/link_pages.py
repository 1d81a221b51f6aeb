"""What a pay link shows: how much is to be paid, until when, and whether it still can be."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from oms.orders.store import load_order
from oms.payments.care import unpaid
from oms.payments.lifecycle import needs_another_card
from oms.payments.model import Payment, State
from oms.payments.states import OPEN, PURPOSE
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Runtime, find_outcome
from oms.platform.links import Place, find_link, hash_of
from oms.platform.problems import NotFound, Problem


class LinkOver(Problem):
    status = 409
    code = "pay_link_over"
    title = "This link cannot be paid any more."
    remedy = "Ask the shop for another link; if it was paid, nothing is left to do."


LinkState = Literal["OPEN", "PENDING", "PAID", "OVER"]


class LinkPage(BaseModel):
    """What is to be paid in minor units of `currency`; nothing of the order or of the customer."""

    model_config = ConfigDict(frozen=True)
    state: LinkState
    amount: int
    currency: str
    expires_at: str | None


def link_page(runtime: Runtime, name: str) -> LinkPage:
    """The page of a link; a name that no link has raises NotFound."""
    place = find_link(runtime.database, PURPOSE, name)
    order = None if place is None else load_order(runtime.database, place.tenant, place.order_id)
    if place is None or order is None:
        raise NotFound()
    payment = next(one for one in order.payments if one.id == place.about)
    link = payment.pay_link
    if link is None or link.name_hash != hash_of(name):
        return LinkPage(state=_after(payment), amount=0, currency=payment.currency, expires_at=None)
    late = link.is_over or link.expires_at <= format_instant(runtime.clock.now())
    state: LinkState = "OVER" if late or not needs_another_card(order, payment) else "OPEN"
    return LinkPage(state=state, amount=unpaid(order, payment), currency=payment.currency, expires_at=link.expires_at)


def _after(payment: Payment) -> LinkState:
    """What became of a tender that another card was given for; where that was declined too, there is another link."""
    if payment.state in OPEN:
        return "PENDING"
    return "OVER" if payment.state in (State.FAILED, State.EXPIRED, State.VOIDED) else "PAID"


def place_of(runtime: Runtime, name: str) -> Place:
    """Where a link leads; a name that no link has raises NotFound."""
    place = find_link(runtime.database, PURPOSE, name)
    if place is None:
        raise NotFound()
    return place


def require_open(runtime: Runtime, call: Call, name: str) -> None:
    """Refuse to pay by a link whose time is over (LinkOver); a repeat of what paid it gets its answer again."""
    if find_outcome(runtime, call) is None and link_page(runtime, name).state == "OVER":
        raise LinkOver()
