"""Gift cards and store credit as a payment provider: the accounts lie in our own tables, the machinery is the same.

Authorise holds, capture redeems, void releases and refund credits back, each once under its key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oms.payments.port import (
    Approved,
    AuthorizeRequest,
    Capabilities,
    CaptureRequest,
    Declined,
    NoTrace,
    PaymentProvider,
    ProviderPayment,
    RefundRequest,
    Result,
    SettlementList,
    Unknown,
    Verb,
)
from oms.payments.refunds import Issuer
from oms.platform.commands import Runtime
from oms.platform.problems import Busy, Problem
from oms.stored_value import commands
from oms.stored_value.commands import issue_for_refund
from oms.stored_value.model import Kind
from oms.stored_value.reads import hold_as_it_is, what_became

CAPABILITIES = Capabilities(
    max_captures=None,
    incremental=False,
    extended=True,
    asynchronous=False,
    fee_returned_on_refund=False,
    partial_void=True,
)


@dataclass(frozen=True, slots=True)
class StoredValue:
    """The gift cards and store credit of one tenant."""

    runtime: Runtime
    tenant: str

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def authorize(self, request: AuthorizeRequest, *, key: str) -> Result:
        """Hold part of the balance of a card; what is held stays held, also beyond the card's last day."""
        return self._answer(
            lambda: commands.hold(
                self.runtime,
                self.tenant,
                key,
                token=request.token,
                amount=request.amount,
                currency=request.currency,
                order_id=request.order_id,
                payment_id=request.payment_id,
                kind=request.tender,
            )
        )

    def capture(self, request: CaptureRequest, *, key: str) -> Result:
        """Redeem part of what is held."""
        return self._answer(lambda: commands.redeem(self.runtime, self.tenant, key, request.reference, request.amount))

    def void(self, reference: str, *, key: str, amount: int | None = None) -> Result:
        """Let go of what is held, or of part of it."""
        return self._answer(lambda: commands.release(self.runtime, self.tenant, key, reference, amount))

    def refund(self, request: RefundRequest, *, key: str) -> Result:
        """Give part of what was redeemed back to the same card, or an amount to a new one."""
        new = request.to
        if new is not None:
            return self._answer(
                lambda: issue_for_refund(
                    self.runtime,
                    self.tenant,
                    key,
                    kind=Kind(new.tender),
                    amount=request.amount,
                    currency=request.currency,
                    cause_id=new.refund_id,
                    legal_entity=new.legal_entity,
                    store=new.store,
                    channel=new.channel,
                )
            )
        return self._answer(lambda: commands.credit(self.runtime, self.tenant, key, request.reference, request.amount))

    def get(self, reference: str) -> ProviderPayment | NoTrace | Unknown:
        """The hold as it is now."""
        held = hold_as_it_is(self.runtime.database, self.tenant, reference)
        if held is None:
            return NoTrace()
        return ProviderPayment(
            reference=reference,
            status="authorized" if held.open else "closed",
            currency=held.currency,
            authorized=held.amount,
            captured=held.redeemed,
            capture_pending=0,
            released=held.released,
            refunded=held.credited,
            refund_pending=0,
            capture_before=None,
            tenant=self.tenant,
            order_id=held.order_id,
            payment_id=held.payment_id,
        )

    def find(self, key: str, *, verb: Verb = "authorize", reference: str | None = None) -> Result | NoTrace:
        """What became of the call that was made under this key; a refused one left no trace."""
        found = what_became(self.runtime.database, self.tenant, key)
        return NoTrace() if found is None else _approved(found)

    def list_settlement(self, payout_id: str) -> SettlementList | NoTrace | Unknown:
        """What our own cards pay goes to no bank."""
        return NoTrace()

    def _answer(self, ask: Callable[[], Mapping[str, Any]]) -> Result:
        try:
            return _approved(ask())
        except Busy:
            return Unknown("busy")
        except Problem as refused:
            return Declined(refused.code, by_rule=True)


@dataclass(frozen=True, slots=True)
class EveryTenant:
    """Where the provider of a tenant comes from."""

    def of(self, runtime: Runtime, tenant: str) -> PaymentProvider:
        """The gift cards and store credit of one tenant."""
        return StoredValue(runtime, tenant)


def _approved(document: Mapping[str, Any]) -> Approved:
    entity, store = document.get("legal_entity"), document.get("store")
    return Approved(
        reference=str(document["reference"]),
        amount=int(document["amount"]),
        currency=str(document["currency"]),
        movement_id=str(document["movement_id"]),
        # What was held before issuers were kept is of the company that sold.
        issuer=Issuer(legal_entity=str(entity), store=str(store)) if entity and store else None,
    )
