"""What the day's tie-outs compare with the ledger: the facts as the contexts keep them, and who is open. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict

from oms.finance.closing.model import SealedDay
from oms.finance.lanes import Day
from oms.finance.model import Moment, PostedEntry


class Facts(BaseModel):
    """Base of facts. Amounts are minor units of `currency`."""

    model_config = ConfigDict(frozen=True)


class OrderTaxFacts(Facts):
    """The tax of an order in a jurisdiction, or that of which nobody said whose it is: of what left, and given back."""

    jurisdiction: str | None
    charged: int
    given_back: int

    @property
    def payable(self) -> int:
        """What is owed to the jurisdiction."""
        return self.charged - self.given_back


class OrderFacts(Facts):
    """An order in money: what was agreed, what left, and what its tenders took.

    `given_back_tax` is the tax of what came back and of goodwill, each once.
    """

    order_id: str
    external_id: str
    channel: str
    store: str
    legal_entity: str
    currency: str
    status: str
    placed_at: str
    goods: int
    discount: int
    charges: int
    tax: int
    total: int
    captured: int
    delivered: int
    delivered_goods: int
    delivered_discount: int
    delivered_shipping: int
    delivered_tax: int
    taxes: tuple[OrderTaxFacts, ...] = ()
    returned_goods: int = 0
    given_back_tax: int = 0
    written_off: int = 0
    # What suppliers sent of it, and what they are owed for that.
    supplied_cost: int = 0
    supplied_payable: int = 0
    version: int
    # What was given up of it; what of its refunds paid sales, and what such refunds of other orders paid of it.
    exchanged_away: int = 0
    exchanged_for: int = 0


class PaymentFacts(Facts):
    """A tender of an order."""

    payment_id: str
    order_id: str
    rank: int
    tender: str
    provider: str
    psp_reference: str | None
    state: str
    currency: str
    amount: int
    authorized: int
    captured: int
    released: int

    @property
    def still_held(self) -> int:
        """What the provider holds and has neither taken nor let go."""
        return self.authorized - self.captured - self.released


class RefundFacts(Facts):
    """One part of a refund: what is paid back by one tender."""

    refund_id: str
    order_id: str
    cause: str
    cause_id: str
    owed_at: str | None
    part: int
    tender: str
    provider: str | None
    currency: str
    amount: int
    state: str
    movement_id: str | None
    card_id: str | None


class OrdersRead(Facts):
    """What was read of some orders: those of the entity in money, and the journals of all of them by order."""

    orders: tuple[OrderFacts, ...]
    payments: tuple[PaymentFacts, ...]
    refunds: tuple[RefundFacts, ...]
    journals: Mapping[str, tuple[PostedEntry, ...]]


class SessionFacts(Facts):
    """A session of a drawer with its newest statement; `counted` and `variance` are None until there is one."""

    session_id: str
    store: str
    drawer: str
    legal_entity: str
    business_date: date
    currency: str
    device: str
    cashier: str
    state: str
    is_over: bool
    opened_at: Moment
    opening_float: int
    cash_sale: int
    cash_refund: int
    drop: int
    paid_in: int
    paid_out: int
    movements: int
    expected: int
    counted: int | None
    variance: int | None
    missing: int | None
    statement: int | None


class MovementFacts(Facts):
    """Cash that went into a drawer or out of it."""

    movement_id: str
    session_id: str
    store: str
    device: str
    sequence: int
    kind: str
    currency: str
    amount: int
    tax: int
    reason: str | None
    reference: str | None
    cashier: str
    occurred_at: Moment | None
    late: bool


class TransitFacts(Facts):
    """Money that a bank has not shown yet, since the business date on which it left."""

    kind: str
    id: str
    store: str
    currency: str
    amount: int
    since: date


class BalanceFacts(Facts):
    """What a provider says that it keeps for us, before its fees, at the end of the date."""

    provider: str
    currency: str
    gross: int


class StoredValueFacts(Facts):
    """What all gift cards, or all store credit, of an entity are worth after the date; `account` is the ledger's."""

    account: str
    currency: str
    amount: int


class Clearing(Facts):
    """What a provider owes us by the ledger; `since` is the first date after which nobody compared it with its word."""

    provider: str
    currency: str
    amount: int
    since: date | None = None


class Carried(Facts):
    """What the last closed date left: orders whose accounts were not even, suspense by currency, and balances."""

    orders: tuple[str, ...] = ()
    suspense: Mapping[str, int] = {}
    clearing: tuple[Clearing, ...] = ()
    stored_value: tuple[StoredValueFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the tie-outs of one date look at.

    `entries` are those of the date and entity; `journals` all entries until now of the orders that it touched or found
    open, of every entity; `between` those of all entities, of the days around it, that owe another entity.
    """

    day: Day
    entries: Sequence[PostedEntry]
    journals: Mapping[str, Sequence[PostedEntry]]
    between: Sequence[PostedEntry]
    orders: Mapping[str, OrderFacts]
    payments: Sequence[PaymentFacts]
    sessions: Sequence[SessionFacts]
    movements: Sequence[MovementFacts]
    stores: Sequence[SealedDay]
    silent: Sequence[str]
    carried: Carried
    in_transit: Sequence[TransitFacts] = ()
    refunds: Sequence[RefundFacts] = ()
    balances: Sequence[BalanceFacts] = ()
    stored_value: Sequence[StoredValueFacts] = ()
