"""What tenders do with stored value: hold, redeem, release and credit back. Each is one transaction under its key.

The answer of each is a document with `reference` (the hold), `movement_id`, `amount`, `currency`, and the
`legal_entity` and `store` that issued the account. A repeat gets the first answer; another content under the same key
raises KeyReused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oms.platform.commands import Call, Decision, Runtime, execute, input_hash
from oms.platform.ids import derived_id
from oms.platform.principal import system_principal
from oms.platform.problems import NotFound
from oms.platform.writes import Value, Write
from oms.stored_value.model import Account, Hold, Kind, Movement, MovementKind, Reason, State, account_of, hold_of
from oms.stored_value.problems import BalanceTooLow, HoldTooLow, OtherCurrency, OtherKind, RefundTooHigh, ValueExpired
from oms.stored_value.store import TENDER_COMMAND, load_account, load_hold
from oms.stored_value.writes import account_change, hold_write, issue, movement_write

Document = Mapping[str, Value]


def hold(
    runtime: Runtime,
    tenant: str,
    key: str,
    *,
    token: str,
    amount: int,
    currency: str,
    order_id: str,
    payment_id: str,
    kind: str | None = None,
) -> Document:
    """Keep an amount for a tender; `token` is the account's id or the card's number.

    Raises NotFound, OtherKind, OtherCurrency, ValueExpired or BalanceTooLow, and then nothing changes.
    """
    account_id = account_of(tenant, kind or "gift_card", token)

    def decide() -> Decision:
        account = _account(runtime, tenant, account_id)
        now = runtime.clock.now()
        if kind is not None and account.kind != kind:
            raise OtherKind()
        if account.currency != currency:
            raise OtherCurrency()
        if account.state(now) is State.EXPIRED:
            raise ValueExpired()
        if account.available < amount:
            raise BalanceTooLow()
        made = Hold(
            id=derived_id("svh", key),
            account_id=account_id,
            currency=currency,
            amount=amount,
            order_id=order_id,
            payment_id=payment_id,
            legal_entity=account.legal_entity,
            store=account.store,
        )
        change = account_change(tenant, account_id, available=-amount, held=amount, used_at=now)
        return _moved(runtime, tenant, made, MovementKind.HELD, amount, change)

    return _run(runtime, tenant, key, ["hold", account_id, amount, currency, payment_id], decide)


def redeem(runtime: Runtime, tenant: str, key: str, reference: str, amount: int) -> Document:
    """Take part of what is held, for good; more than that raises HoldTooLow."""

    def decide() -> Decision:
        held = _hold(runtime, tenant, reference)
        if amount > held.open:
            raise HoldTooLow()
        after = held.model_copy(update={"redeemed": held.redeemed + amount, "version": held.version + 1})
        change = account_change(tenant, held.account_id, held=-amount, used_at=runtime.clock.now())
        return _moved(runtime, tenant, after, MovementKind.REDEEMED, amount, change)

    return _run(runtime, tenant, key, ["redeem", reference, amount], decide)


def release(runtime: Runtime, tenant: str, key: str, reference: str, amount: int | None = None) -> Document:
    """Let go of what is held, or of `amount` of it; nothing held, or less than that, raises HoldTooLow."""

    def decide() -> Decision:
        held = _hold(runtime, tenant, reference)
        freed = held.open if amount is None else amount
        if not 0 < freed <= held.open:
            raise HoldTooLow()
        after = held.model_copy(update={"released": held.released + freed, "version": held.version + 1})
        change = account_change(tenant, held.account_id, available=freed, held=-freed)
        return _moved(runtime, tenant, after, MovementKind.RELEASED, freed, change)

    return _run(runtime, tenant, key, ["release", reference, amount], decide)


def credit(runtime: Runtime, tenant: str, key: str, reference: str, amount: int) -> Document:
    """Give part of what was redeemed back to the same account.

    More than was redeemed and not yet given back raises RefundTooHigh; an account that has expired raises
    ValueExpired, because what is given back must be of use.
    """

    def decide() -> Decision:
        held = _hold(runtime, tenant, reference)
        account = _account(runtime, tenant, held.account_id)
        now = runtime.clock.now()
        if amount > held.redeemed - held.credited:
            raise RefundTooHigh()
        if account.state(now) is State.EXPIRED:
            raise ValueExpired()
        after = held.model_copy(update={"credited": held.credited + amount, "version": held.version + 1})
        change = account_change(tenant, held.account_id, available=amount, used_at=now)
        return _moved(runtime, tenant, after, MovementKind.CREDITED, amount, change)

    return _run(runtime, tenant, key, ["credit", reference, amount], decide)


def issue_for_refund(
    runtime: Runtime,
    tenant: str,
    key: str,
    *,
    kind: Kind,
    amount: int,
    currency: str,
    cause_id: str,
    legal_entity: str,
    store: str,
    channel: str,
) -> Document:
    """Issue a new account for money that an order owes back; its `reference` is the account."""

    def decide() -> Decision:
        account_id = derived_id("gft" if kind is Kind.GIFT_CARD else "crd", tenant, key)
        movement_id = derived_id("svm", account_id)
        _, writes, told = issue(
            tenant,
            account_id=account_id,
            movement_id=movement_id,
            kind=kind,
            reason=Reason.REFUND,
            amount=amount,
            currency=currency,
            legal_entity=legal_entity,
            store=store,
            channel=channel,
            now=runtime.clock.now(),
            cause_id=cause_id,
        )
        body: Document = {
            "reference": account_id,
            "movement_id": movement_id,
            "amount": amount,
            "currency": currency,
            "legal_entity": legal_entity,
            "store": store,
        }
        return Decision(writes, [told], body=body)

    return _run(runtime, tenant, key, ["issue", kind.value, amount, currency, cause_id], decide)


def _run(
    runtime: Runtime, tenant: str, key: str, content: list[str | int | None], decide: Callable[[], Decision]
) -> Document:
    call = Call(
        command=TENDER_COMMAND,
        principal=system_principal(tenant, TENDER_COMMAND),
        key=key,
        input_hash=input_hash(content),
        correlation_id=None,
        causation_id=key.split(":")[0],
    )
    return execute(runtime, call, decide).body


def _moved(runtime: Runtime, tenant: str, held: Hold, kind: MovementKind, amount: int, change: Write) -> Decision:
    moved = Movement(
        id=runtime.ids.new("svm"),
        kind=kind,
        amount=amount,
        at=runtime.clock.now(),
        order_id=held.order_id,
        payment_id=held.payment_id,
        reference=held.reference,
    )
    writes = [change, hold_write(tenant, held), movement_write(tenant, held.account_id, moved)]
    body: Document = {
        "reference": held.reference,
        "movement_id": moved.id,
        "amount": amount,
        "currency": held.currency,
        "legal_entity": held.legal_entity,
        "store": held.store,
    }
    return Decision(writes, body=body)


def _account(runtime: Runtime, tenant: str, account_id: str) -> Account:
    found = load_account(runtime.database, tenant, account_id)
    if found is None:
        raise NotFound("There is no such gift card or store credit.")
    return found


def _hold(runtime: Runtime, tenant: str, reference: str) -> Hold:
    found = load_hold(runtime.database, tenant, *hold_of(reference))
    if found is None:
        raise NotFound("Nothing is held under this reference.")
    return found
