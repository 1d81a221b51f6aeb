"""An account of stored value: what of its balance is free, what tenders hold, and every movement of it. Pure rules.

Amounts are integers in minor units of the account's currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.platform.ids import derived_id

# A card that nobody has used for so long is dormant: its rest may be recognised as breakage before it expires.
DORMANT_AFTER = timedelta(days=730)
# A day is over when it is over everywhere: nobody loses the evening of a card's last day.
_LAST_ZONE = timezone(timedelta(hours=-12))


class Kind(StrEnum):
    """The kinds of stored value; each is a tender of its own, and an account of its own in the ledger."""

    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"


class Reason(StrEnum):
    """Why an account was issued."""

    SOLD = "sold"
    REFUND = "refund"
    GOODWILL = "goodwill"


class State(StrEnum):
    """Whether tenders may take from an account."""

    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"


class MovementKind(StrEnum):
    """What changed an account."""

    ISSUED = "issued"
    HELD = "held"
    REDEEMED = "redeemed"
    RELEASED = "released"
    CREDITED = "credited"
    BREAKAGE = "breakage"


class Account(BaseModel):
    """A gift card or a store credit. Its balance is what is free and what tenders hold; `version` counts its changes.

    `expires_on` is the last day on which a tender may hold of it. `used_at` is when a tender last moved it, `told` how
    many facts were told of it.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    kind: Kind
    currency: str
    legal_entity: str
    store: str
    channel: str
    reason: Reason
    amount: int
    issued_at: datetime
    expires_on: date | None = None
    used_at: datetime
    available: int
    held: int = 0
    version: int = 1
    told: int = 0

    @property
    def balance(self) -> int:
        """What the customer owns of it, whether a tender holds it or not."""
        return self.available + self.held

    def state(self, now: datetime) -> State:
        """Whether tenders may still take from it."""
        over = self.expires_on is not None and now.astimezone(_LAST_ZONE).date() > self.expires_on
        return State.EXPIRED if over else State.ACTIVE

    def is_dormant(self, now: datetime) -> bool:
        """Whether nobody has used it for so long that its rest may be recognised as breakage."""
        return now - self.used_at >= DORMANT_AFTER

    def may_break(self, now: datetime) -> bool:
        """Whether what is free of it may be recognised as breakage."""
        return self.available > 0 and (self.state(now) is State.EXPIRED or self.is_dormant(now))


class Hold(BaseModel):
    """What one authorisation of a tender keeps of an account; `amount` = `open` + `redeemed` + `released`.

    `legal_entity` and `store` issued the account; of a hold that did not keep them they are None.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    account_id: str
    currency: str
    amount: int
    order_id: str
    payment_id: str
    redeemed: int = 0
    released: int = 0
    credited: int = 0
    legal_entity: str | None = None
    store: str | None = None
    version: int = 1

    @property
    def open(self) -> int:
        """What is kept and was neither redeemed nor released."""
        return self.amount - self.redeemed - self.released

    @property
    def reference(self) -> str:
        """What the hold is called towards payments."""
        return f"{self.account_id}.{self.id}"


_BALANCES: Mapping[MovementKind, int] = {
    MovementKind.ISSUED: 1,
    MovementKind.REDEEMED: -1,
    MovementKind.CREDITED: 1,
    MovementKind.BREAKAGE: -1,
}


class Movement(BaseModel):
    """One change of an account, which nobody changes any more. `amount` is not negative; the kind says what it means.

    `reference` names the hold, or what else moved it.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    kind: MovementKind
    amount: int
    at: datetime
    order_id: str | None = None
    payment_id: str | None = None
    reference: str | None = None

    @property
    def change(self) -> int:
        """What it added to the balance; what is held or let go of changes nothing of it."""
        return _BALANCES.get(self.kind, 0) * self.amount


def account_of(tenant: str, kind: str, token: str) -> str:
    """The account that a token names: its id as it is, or the number of a card, of which only a digest is kept."""
    if token.startswith(("gft_", "crd_")):
        return token
    return card_id(tenant, token) if kind == Kind.GIFT_CARD else token


def card_id(tenant: str, number: str) -> str:
    """The id of the card with a number; letters may be large or small, spaces and hyphens do not count."""
    return derived_id("gft", tenant, number.replace(" ", "").replace("-", "").upper())


def hold_of(reference: str) -> tuple[str, str]:
    """The account and the hold that a reference names; a text of another form names a hold that does not exist."""
    account_id, _, hold_id = reference.partition(".")
    return account_id, hold_id or "-"
