"""What an edit answers: what the order comes to before and after, its stock, its money, and what stands against it."""

from __future__ import annotations

from pydantic import Field

from oms.orders.amounts import Sums
from oms.orders.money_views import View
from oms.orders.views import OrderSummary


class StockOf(View):
    """Where units of an action come from; `node_id` is none for what needs no stock."""

    action: int | None = Field(description="the position of the action; none for units of several")
    line_no: int = Field(description="the line that the units have then")
    sku: str
    quantity: int
    node_id: str | None


class CollectedBy(View):
    """What a tender is asked for more, by the token that the order was paid with."""

    tender: str
    provider: str
    amount: int


class GivenBackBy(View):
    """What a tender gives back of what it took."""

    tender: str
    amount: int


class EditMoney(View):
    """Money of an edit, in minor units of the order's currency.

    `beyond` is what tenders cover more than the order comes to then: it is never captured.
    """

    to_collect: int = 0
    collected_by: tuple[CollectedBy, ...] = ()
    to_return: int = 0
    returned_by: tuple[GivenBackBy, ...] = ()
    beyond: int = 0


class Refusal(View):
    """Why an action cannot be carried out; `action` is none where only all of them together cannot."""

    action: int | None
    code: str
    pointer: str
    detail: str


class EditView(View):
    """What an edit does, or did. With `refusals` nothing can be done, and the amounts are those before."""

    mode: str
    order: OrderSummary
    preview_id: str | None = None
    expires_at: str | None = Field(default=None, description="until when the preview can be committed")
    currency: str
    before: Sums
    after: Sums
    difference: Sums
    stock: tuple[StockOf, ...] = ()
    asked: int = Field(default=0, description="units that a node has taken, and is asked to give back")
    money: EditMoney = EditMoney()
    change_id: str | None = None
    pricing: str | None = Field(default=None, description="whether a hook priced the order anew, or what was done else")
    refusals: tuple[Refusal, ...] = ()
