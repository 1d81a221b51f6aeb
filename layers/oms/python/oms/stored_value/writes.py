"""Changes to the rows of stored value, as writes for the transaction of the command (table `ledger`).

Every guard stands in a write: nothing is taken from what is free, or from what is held, that is not there.
"""

from __future__ import annotations

from datetime import date, datetime

from oms.platform.clock import format_instant
from oms.platform.events import EventData, EventDraft
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Kind, Write, create, put
from oms.stored_value.events import GiftCardIssued, IssueTender
from oms.stored_value.model import Account, Hold, Movement, MovementKind, Reason
from oms.stored_value.model import Kind as AccountKind

TABLE = "ledger"
# What changes of an account, beside what was settled when it was issued.
COUNTED = ("available", "held", "version", "told", "used_at")


def account_key(tenant: str, account_id: str) -> Key:
    """Where an account is kept."""
    return Key(f"{tenant_prefix(tenant)}STOREDVALUE#{account_id}", "ACCOUNT")


def cards_partition(tenant: str, legal_entity: str) -> str:
    """The list of the accounts whose debt is an entity's (index `by_order`), by when they moved last."""
    return f"{tenant_prefix(tenant)}CARDS#{legal_entity}"


def _moved(account_id: str, at: datetime) -> Item:
    """Where an account stands in the list of its entity since it moved."""
    return {"gsi1sk": f"{format_instant(at)}#{account_id}"}


def hold_key(tenant: str, account_id: str, hold_id: str) -> Key:
    """Where a hold is kept."""
    return Key(account_key(tenant, account_id).pk, f"HOLD#{hold_id}")


def movement_write(tenant: str, account_id: str, movement: Movement) -> Write:
    """A movement, which comes once."""
    key = Key(account_key(tenant, account_id).pk, f"MOVEMENT#{movement.id}")
    return create(TABLE, key, {"body": movement.model_dump_json(exclude_none=True)})


def new_account_write(tenant: str, account: Account) -> Write:
    """An account that must not exist."""
    row: Item = {
        "body": account.model_dump_json(exclude=set(COUNTED)),
        "available": account.available,
        "held": account.held,
        "version": account.version,
        # Its first fact is told with it.
        "told": 1,
        "used_at": format_instant(account.used_at),
        "gsi1pk": cards_partition(tenant, account.legal_entity),
        **_moved(account.id, account.issued_at),
    }
    return create(TABLE, account_key(tenant, account.id), row)


def account_change(
    tenant: str, account_id: str, *, available: int = 0, held: int = 0, used_at: datetime | None = None
) -> Write:
    """A change of what is free and what is held, each of which must cover what is taken from it."""
    taken = {name: -amount for name, amount in (("available", available), ("held", held)) if amount < 0}
    return Write(
        Kind.CHANGE,
        TABLE,
        account_key(tenant, account_id),
        set={} if used_at is None else {"used_at": format_instant(used_at), **_moved(account_id, used_at)},
        add={"available": available, "held": held, "version": 1},
        at_least=taken,
        must_exist=True,
    )


def hold_write(tenant: str, hold: Hold) -> Write:
    """A hold as it is now, over the version before; a new one must not exist."""
    row: Item = {"version": hold.version, "body": hold.model_dump_json()}
    key = hold_key(tenant, hold.account_id, hold.id)
    return create(TABLE, key, row) if hold.version == 1 else put(TABLE, key, row, version=hold.version - 1)


def issue(
    tenant: str,
    *,
    account_id: str,
    movement_id: str,
    kind: AccountKind,
    reason: Reason,
    amount: int,
    currency: str,
    legal_entity: str,
    store: str,
    channel: str,
    now: datetime,
    expires_on: date | None = None,
    tenders: tuple[IssueTender, ...] = (),
    cause_id: str | None = None,
    session_id: str | None = None,
    business_date: str | None = None,
    seller: tuple[str, str] | None = None,
) -> tuple[Account, list[Write], EventDraft]:
    """A new account with its first movement and its fact, for the transaction of whoever issues it.

    `cause_id` names the refund, appeasement or shipment whose own fact posts what the account cost. `seller` is the
    legal entity and the store that took the money, where the issuer did not.
    """
    account = Account(
        id=account_id,
        kind=kind,
        currency=currency,
        legal_entity=legal_entity,
        store=store,
        channel=channel,
        reason=reason,
        amount=amount,
        issued_at=now,
        expires_on=expires_on,
        used_at=now,
        available=amount,
    )
    moved = Movement(id=movement_id, kind=MovementKind.ISSUED, amount=amount, at=now, reference=cause_id)
    told = GiftCardIssued(
        card_id=account_id,
        kind=kind.value,
        currency=currency,
        legal_entity=legal_entity,
        store=store,
        channel=channel,
        amount=amount,
        reason=reason.value,
        tenders=tenders,
        provider=next((one.provider for one in tenders if one.provider), None),
        expires_on=expires_on.isoformat() if expires_on else None,
        cause_id=cause_id,
        session_id=session_id,
        business_date=business_date,
        tender_entity=seller[0] if seller else None,
        tender_store=seller[1] if seller else None,
    )
    writes = [new_account_write(tenant, account), movement_write(tenant, account_id, moved)]
    return account, writes, account_event(account, told)


def account_event(account: Account, data: EventData) -> EventDraft:
    """The next fact about an account."""
    return EventDraft(
        entity=f"STOREDVALUE#{account.id}",
        sequence=account.told + 1,
        data=data,
        channel=account.channel,
        legal_entity=account.legal_entity,
    )


def breakage_writes(tenant: str, account: Account, movement: Movement) -> list[Write]:
    """What is recognised as breakage leaves the account as it was read; what tenders hold is not touched."""
    change = Write(
        Kind.CHANGE,
        TABLE,
        account_key(tenant, account.id),
        set=_moved(account.id, movement.at),
        add={"available": -movement.amount, "version": 1, "told": 1},
        at_least={"available": movement.amount},
        equals={"version": account.version},
    )
    return [change, movement_write(tenant, account.id, movement)]
