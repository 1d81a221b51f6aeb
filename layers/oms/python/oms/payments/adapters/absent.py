"""A provider that tenders may name and this deployment has no account with."""

from __future__ import annotations

from dataclasses import dataclass

from oms.payments.port import (
    AuthorizeRequest,
    Capabilities,
    CaptureRequest,
    Declined,
    NoTrace,
    ProviderPayment,
    RefundRequest,
    Result,
    SettlementList,
    Unknown,
    Verb,
)

NO_ACCOUNT = "provider_not_configured"


class UnknownProvider(RuntimeError):
    """A tender names a provider that this deployment does not have."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing is held there, so an order that names it goes to review; of money that was held there nobody guesses."""

    name: str

    @property
    def capabilities(self) -> Capabilities:
        raise UnknownProvider(self.name)

    def authorize(self, request: AuthorizeRequest, *, key: str) -> Result:
        """Refused by rule: nobody was asked."""
        return Declined(NO_ACCOUNT, by_rule=True)

    def capture(self, request: CaptureRequest, *, key: str) -> Result:
        """Raises UnknownProvider."""
        raise UnknownProvider(self.name)

    def void(self, reference: str, *, key: str, amount: int | None = None) -> Result:
        """Raises UnknownProvider."""
        raise UnknownProvider(self.name)

    def refund(self, request: RefundRequest, *, key: str) -> Result:
        """Raises UnknownProvider."""
        raise UnknownProvider(self.name)

    def get(self, reference: str) -> ProviderPayment | NoTrace | Unknown:
        """Raises UnknownProvider."""
        raise UnknownProvider(self.name)

    def find(self, key: str, *, verb: Verb = "authorize", reference: str | None = None) -> Result | NoTrace:
        """Raises UnknownProvider."""
        raise UnknownProvider(self.name)

    def list_settlement(self, payout_id: str) -> SettlementList | NoTrace | Unknown:
        """Raises UnknownProvider."""
        raise UnknownProvider(self.name)
