"""Gift cards and store credit as they are shown."""

from __future__ import annotations

from datetime import datetime

from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.cursors import bad_cursor, decode_cursor, encode_cursor
from oms.platform.principal import Principal, authorize
from oms.platform.problems import NotFound
from oms.platform.writes import Value
from oms.stored_value.model import Account
from oms.stored_value.requests import CardQuery
from oms.stored_value.store import list_movements, load_account
from oms.stored_value.writes import account_key

READ = "gift_cards.read"


def read_card(runtime: Runtime, principal: Principal, card_id: str, wanted: CardQuery) -> dict[str, Value]:
    """One card with a page of its movements, newest first."""
    account = known_card(runtime, principal, READ, card_id)
    after = _after(wanted.cursor)
    found, position = list_movements(runtime.database, principal.tenant, card_id, limit=wanted.limit, after=after)
    return {
        **card_document(account, runtime.clock.now()),
        "movements": [{**one.model_dump(mode="json"), "at": format_instant(one.at)} for one in found],
        "next_cursor": encode_cursor({"sk": position}) if position else None,
    }


def known_card(runtime: Runtime, principal: Principal, permission: str, card_id: str) -> Account:
    """A card of the caller's tenant; an unknown one raises NotFound."""
    authorize(principal, permission, account_key(principal.tenant, card_id).pk)
    account = load_account(runtime.database, principal.tenant, card_id)
    if account is None:
        raise NotFound(f"There is no gift card or store credit {card_id}.")
    return account


def card_document(account: Account, now: datetime) -> dict[str, Value]:
    """A card with what of its balance is free and what tenders hold; its number is not known here."""
    return {
        "id": account.id,
        "kind": account.kind.value,
        "state": account.state(now).value,
        "currency": account.currency,
        "issued": account.amount,
        "balance": account.balance,
        "available": account.available,
        "held": account.held,
        "reason": account.reason.value,
        "legal_entity": account.legal_entity,
        "selling_node": account.store,
        "channel": account.channel,
        "issued_at": format_instant(account.issued_at),
        "expires_on": account.expires_on.isoformat() if account.expires_on else None,
        "version": account.version,
        "available_actions": ["recognize_breakage"] if account.may_break(now) else [],
    }


def _after(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    position = decode_cursor(cursor).get("sk")
    if position is None or not position.startswith("MOVEMENT#"):
        raise bad_cursor()
    return position
