"""What a pay link shows: how much is to be paid, until when, and whether it still can be."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from oms.orders.store import load_order
from oms.payments.care import unpaid
from oms.payments.lifecycle import needs_another_card
from oms.payments.links import Place, hash_of
from oms.payments.store import load_link
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.problems import NotFound, Problem


class LinkOver(Problem):
    status = 409
    code = "pay_link_over"
    title = "This link cannot be paid any more."
    remedy = "Ask the shop for another link; if it was paid, nothing is left to do."


class LinkPage(BaseModel):
    """What is to be paid in minor units of `currency`; nothing of the order or of the customer."""

    model_config = ConfigDict(frozen=True)
    state: Literal["OPEN", "PAID", "OVER"]
    amount: int
    currency: str
    expires_at: str | None


def link_page(runtime: Runtime, name: str) -> LinkPage:
    """The page of a link; a name that no link has raises NotFound."""
    place = load_link(runtime.database, name)
    order = None if place is None else load_order(runtime.database, place.tenant, place.order_id)
    if place is None or order is None:
        raise NotFound()
    payment = next(one for one in order.payments if one.id == place.payment_id)
    link = payment.pay_link
    if link is None or link.name_hash != hash_of(name):
        # The tender has been authorised anew since.
        return LinkPage(state="PAID", amount=0, currency=payment.currency, expires_at=None)
    late = link.is_over or link.expires_at <= format_instant(runtime.clock.now())
    state: Literal["OPEN", "OVER"] = "OVER" if late or not needs_another_card(order, payment) else "OPEN"
    return LinkPage(state=state, amount=unpaid(order, payment), currency=payment.currency, expires_at=link.expires_at)


def open_link(runtime: Runtime, name: str) -> Place:
    """Where a link leads that may be paid; one whose time is over raises LinkOver, one that was paid does not.

    So a repeat of the call that paid it gets its answer again.
    """
    place = load_link(runtime.database, name)
    if place is None:
        raise NotFound()
    if link_page(runtime, name).state == "OVER":
        raise LinkOver()
    return place
