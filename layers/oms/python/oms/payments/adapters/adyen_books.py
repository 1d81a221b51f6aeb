"""What Adyen has accepted and told of a payment, kept by us: Adyen shows nobody the state of a payment.

| what | pk | sk |
|---|---|---|
| an authorisation, before it is asked for: whose it is | T#<tenant>#TOLD#adyen#<our reference> | ASKED |
| its answer or its message | the same | ANSWER |
| a payment: whose it is and what is held | T#<tenant>#TOLD#adyen#<pspReference> | PAYMENT |
| a modification that was accepted | the same | ASKED#<pspReference of it> |
| a message about a modification | the same | ITEM#<pspReference of it>#<event code>#<how it ended> |

They lie in the table `orders`. A row says the same whenever it is written, so messages may come twice and in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from oms.payments.port import Movement, ProviderPayment
from oms.platform.dynamodb import Conflict, Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Kind, Write, create, put

PROVIDER = "adyen"
TABLE = "orders"
AUTHORISATION = "AUTHORISATION"
# The status of an authorisation that succeeded.
HELD = "authorised"
# What each message says: of which verb it is, and whether that failed whatever `success` says.
EVENTS: Mapping[str, tuple[str, bool]] = {
    "CAPTURE": ("capture", False),
    "CAPTURE_FAILED": ("capture", True),
    "CANCELLATION": ("void", False),
    "TECHNICAL_CANCEL": ("void", False),
    "EXPIRE": ("expire", False),
    "REFUND": ("refund", False),
    "REFUND_FAILED": ("refund", True),
    "REFUNDED_REVERSED": ("refund", True),
}


@dataclass(slots=True)
class Change:
    """One capture, refund or end of a hold: pending until a message says how it ended."""

    id: str
    verb: str
    our_reference: str
    amount: int
    status: str = "pending"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A payment as our rows have it; amounts in our minor units."""

    payment: Item
    changes: tuple[Change, ...] = field(default=())

    def of(self, verb: str) -> list[Change]:
        """The changes of one verb, in the order of their names."""
        return [change for change in self.changes if change.verb == verb]

    def shown(self, reference: str, *, several: bool) -> ProviderPayment:
        """The payment in the words of our port; without multiple captures the first lets go of the rest."""
        held = int(str(self.payment["held"]))
        captures, refunds = self.of("capture"), self.of("refund")
        captured, pending = _sum(captures, "succeeded"), _sum(captures, "pending")
        over = any(change.status == "succeeded" for change in (*self.of("void"), *self.of("expire")))
        used = not several and bool(captured or pending)
        return ProviderPayment(
            reference=reference,
            status=str(self.payment["status"]),
            currency=str(self.payment["currency"]),
            authorized=held,
            captured=captured,
            capture_pending=pending,
            released=held - captured - pending if over or used else 0,
            refunded=_sum(refunds, "succeeded"),
            refund_pending=_sum(refunds, "pending"),
            capture_before=None,
            tenant=str(self.payment["tenant"]),
            order_id=str(self.payment["order_id"]),
            payment_id=str(self.payment["payment_id"]),
            captures=tuple(_movement(change, held if not several else change.amount) for change in captures),
            refunds=tuple(_movement(change, change.amount) for change in refunds),
        )


@dataclass(frozen=True, slots=True)
class Books:
    """The rows of one tenant."""

    database: Database
    tenant: str

    def ask(self, our_reference: str, order_id: str, payment_id: str) -> None:
        """Remember whose an authorisation is, before anybody is asked for it."""
        with suppress(Conflict):
            row: Item = {"order_id": order_id, "payment_id": payment_id}
            self.database.commit([create(TABLE, self._key(our_reference, "ASKED"), row)])

    def owner(self, our_reference: str) -> tuple[str, str] | None:
        """The order and tender of an authorisation; None where it is none of ours."""
        for row in self.database.query(TABLE, self._pk(our_reference), begins="ASKED"):
            return str(row["order_id"]), str(row["payment_id"])
        return None

    def answered(self, our_reference: str, reference: str, answer: Mapping[str, Any]) -> None:
        """An authorisation ended: `status`, `held` and `currency`, perhaps a `reason`.

        One that succeeded is not undone by what is told of an earlier try, nor by its first answer told once more.
        """
        owner, known = self.owner(our_reference), self.answer(our_reference)
        if owner is None or (known is not None and known["status"] == HELD != answer["status"]):
            return
        order_id, payment_id = owner
        row: Item = {**answer, "tenant": self.tenant, "order_id": order_id, "payment_id": payment_id}
        own, told = self._key(our_reference, "ANSWER"), {**row, "reference": reference}
        over = None if known is None else Write(Kind.PUT, TABLE, own, set=told, equals={"status": known["status"]})
        payment = put(TABLE, self._key(reference, "PAYMENT"), {**row, "our_reference": our_reference})
        try:
            self.database.commit([over or create(TABLE, own, told), payment])
        except Conflict:
            # Somebody else was told at the same time: what they know is looked at first.
            self.answered(our_reference, reference, answer)

    def answer(self, our_reference: str) -> Item | None:
        """How an authorisation ended, as far as anybody has told."""
        return next(self.database.query(TABLE, self._pk(our_reference), begins="ANSWER"), None)

    def accepted(self, reference: str, change: Change) -> None:
        """Adyen has accepted a modification and will tell how it ended."""
        row: Item = {"verb": change.verb, "our_reference": change.our_reference, "amount": change.amount}
        with suppress(Conflict):
            self.database.commit([create(TABLE, self._key(reference, f"ASKED#{change.id}"), row)])

    def told(self, reference: str, event: str, change: Change) -> None:
        """A message about a modification."""
        row: Item = {
            **{"verb": change.verb, "our_reference": change.our_reference, "amount": change.amount},
            **{"status": change.status, "reason": change.reason or ""},
        }
        name = f"ITEM#{change.id}#{event}#{change.status}"
        self.database.commit([put(TABLE, self._key(reference, name), row)])

    def payment(self, reference: str) -> Told | None:
        """A payment with all that is known of it."""
        rows = list(self.database.query(TABLE, self._pk(reference)))
        made = next((row for row in rows if row["sk"] == "PAYMENT"), None)
        return None if made is None else Told(made, _changes(rows))

    def _pk(self, reference: str) -> str:
        return f"{tenant_prefix(self.tenant)}TOLD#{PROVIDER}#{reference}"

    def _key(self, reference: str, sk: str) -> Key:
        return Key(self._pk(reference), sk)


def _changes(rows: Iterable[Item]) -> tuple[Change, ...]:
    """One change for each modification, in key order: what was accepted, then what was told; a failure stays one."""
    by_id: dict[str, Change] = {}
    by_reference: dict[tuple[str, str], Change] = {}
    for row in rows:
        kind, *more = str(row["sk"]).split("#")
        if kind not in ("ASKED", "ITEM") or not more:
            continue
        told = Change(more[0], str(row["verb"]), str(row["our_reference"]), int(str(row["amount"])))
        # A message may name the modification by our reference only, or by Adyen's only.
        ours = (told.verb, told.our_reference or told.id)
        change = by_id.get(told.id) or by_reference.get(ours) or told
        by_id[told.id] = by_reference[ours] = change
        if kind == "ITEM" and change.status != "failed":
            change.status, change.reason = str(row["status"]), str(row["reason"]) or None
    return tuple({id(change): change for change in by_id.values()}.values())


def _sum(changes: Iterable[Change], status: str) -> int:
    return sum(change.amount for change in changes if change.status == status)


def _movement(change: Change, whole: int) -> Movement:
    released = whole - change.amount if change.status != "failed" else 0
    return Movement(change.id, change.amount, change.status, released, change.reason)
