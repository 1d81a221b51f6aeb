"""The door to a payment provider: what we may ask, and the few ways in which it can end.

Amounts are integers in minor units of `currency`. The caller gives every call that moves money its idempotency key:
business identity, verb and amount, so that a repeat is the same call. An adapter never repeats a call by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, runtime_checkable

from oms.payments.refunds import Issuer
from oms.platform.commands import Runtime
from oms.platform.effects import NoTrace as NoTrace
from oms.platform.effects import Unknown as Unknown

# How a provider says that a key was used before for another call.
KEY_REUSED = "idempotency_key_reused"
Verb = Literal["authorize", "capture", "void", "refund"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do; the planner of captures adapts to it.

    `max_captures` None means any number per authorisation; with `asynchronous` the result of a capture, void or
    refund comes by webhook; with `partial_void` part of a hold can be let go of. `hold_time` is the usual one by card
    brand, `capture_before` of a payment decides.
    """

    max_captures: int | None
    incremental: bool
    extended: bool
    asynchronous: bool
    fee_returned_on_refund: bool
    hold_time: Mapping[str, timedelta] = field(default_factory=dict)
    partial_void: bool = False


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    """Hold an amount on the card behind a token; the three ids come back in every look-up and webhook.

    `tender` says what the token is to be: a payment card, a gift card or store credit.
    """

    amount: int
    currency: str
    token: str
    tenant: str
    order_id: str
    payment_id: str
    tender: str = "card"


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """Take part of what is held under `reference`; a final capture releases the rest."""

    reference: str
    amount: int
    currency: str
    final: bool


@dataclass(frozen=True, slots=True)
class NewBalance:
    """A gift card or store credit that money is given to instead of what it was paid with, and whose debt it is."""

    tender: str
    refund_id: str
    legal_entity: str
    store: str
    channel: str


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Give back part of what was captured under `reference`; with `to`, on a new balance, and without a reference."""

    reference: str
    amount: int
    currency: str
    to: NewBalance | None = None


@dataclass(frozen=True, slots=True)
class Approved:
    """It was done, or with `pending` accepted and not yet final.

    `reference` names the payment at the provider, `movement_id` the capture or refund. `amount` is what was held,
    captured, released (void) or refunded by this call; `released` is what a final capture let go. `issuer` is named
    where the money is a balance of ours.
    """

    reference: str
    amount: int
    currency: str
    movement_id: str | None = None
    released: int = 0
    capture_before: datetime | None = None
    pending: bool = False
    issuer: Issuer | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """It was not done and will not be: by the bank, or with `by_rule` because the provider does not allow it."""

    code: str
    reference: str | None = None
    by_rule: bool = False


@dataclass(frozen=True, slots=True)
class RequiresAction:
    """The customer must confirm at the bank before anything is held."""

    reference: str


Result = Approved | Declined | RequiresAction | Unknown


@dataclass(frozen=True, slots=True)
class Movement:
    """One capture or refund: pending, succeeded or failed, and what a capture let go of the rest."""

    id: str
    amount: int
    status: str
    released: int = 0
    failure_code: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderPayment:
    """A payment as the provider has it now; `status` is the provider's own word."""

    reference: str
    status: str
    currency: str
    authorized: int
    captured: int
    capture_pending: int
    released: int
    refunded: int
    refund_pending: int
    capture_before: datetime | None
    tenant: str | None
    order_id: str | None
    payment_id: str | None
    captures: tuple[Movement, ...] = ()
    refunds: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class SettlementList:
    """A payout and everything that it consists of, both in the provider's own words."""

    payout: Mapping[str, Any]
    transactions: tuple[Mapping[str, Any], ...]


class CredentialsRefused(RuntimeError):
    """The provider does not know our key. Nothing was done, and nothing will be until somebody corrects it."""


class PaymentProvider(Protocol):
    """A payment provider. Time-outs and 5xx answers are results (Unknown), not exceptions."""

    @property
    def capabilities(self) -> Capabilities: ...

    def authorize(self, request: AuthorizeRequest, *, key: str) -> Result:
        """Hold money on a card."""
        ...

    def capture(self, request: CaptureRequest, *, key: str) -> Result:
        """Take held money."""
        ...

    def void(self, reference: str, *, key: str, amount: int | None = None) -> Result:
        """Let go of everything that is held and not captured; of `amount` of it only with `partial_void`."""
        ...

    def refund(self, request: RefundRequest, *, key: str) -> Result:
        """Give captured money back."""
        ...

    def get(self, reference: str) -> ProviderPayment | NoTrace | Unknown:
        """The payment as it is now."""
        ...

    def find(self, key: str, *, verb: Verb = "authorize", reference: str | None = None) -> Result | NoTrace:
        """What became of the call that was made under this key.

        `verb` and `reference` say what was asked for and of which payment, for providers that know no keys.
        """
        ...

    def list_settlement(self, payout_id: str) -> SettlementList | NoTrace | Unknown:
        """A payout with the whole list of what it consists of; NoTrace where there is none that can be asked for."""
        ...


@runtime_checkable
class OwnProvider(Protocol):
    """A provider whose accounts lie in our own tables, and which therefore is one for each tenant."""

    def of(self, runtime: Runtime, tenant: str) -> PaymentProvider:
        """The provider of one tenant."""
        ...


def provider_of(
    providers: Callable[[str], PaymentProvider | OwnProvider], runtime: Runtime, tenant: str, name: str
) -> PaymentProvider:
    """The provider that a tender of a tenant names."""
    found = providers(name)
    return found.of(runtime, tenant) if isinstance(found, OwnProvider) else found
