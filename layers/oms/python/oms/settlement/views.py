"""What finance sees of settlement: payouts with their items, what was not found, and what takes too long."""

from __future__ import annotations

from datetime import date

from oms.platform.commands import Runtime
from oms.platform.principal import Principal
from oms.platform.problems import NotFound
from oms.platform.writes import Value
from oms.settlement.matching import is_open
from oms.settlement.model import USUAL_DAYS_IN_TRANSIT, Chunk, InTransit, PayoutItem, Transit
from oms.settlement.requests import MOST_LISTED, ExceptionsQuery, SettlementsQuery
from oms.settlement.store import (
    load_chunk,
    load_chunks,
    load_conflicts,
    load_parked,
    load_payout,
    load_transit,
    open_suspense,
    unmatched_chunks,
)

# What finance calls each of its checks: payouts and bags that the bank has not shown, suspense that is not empty.
_CODES = {Transit.PAYOUT: "T5", Transit.DEPOSIT: "T6", Transit.INTERCOMPANY: "T9"}
_SUSPENSE = "T13"


def read_settlement(runtime: Runtime, principal: Principal, settlement_id: str) -> dict[str, Value]:
    """One payout with what became of each of its items; an unknown one raises NotFound."""
    payout = load_payout(runtime.database, principal.tenant, settlement_id)
    if payout is None:
        raise NotFound(f"There is no settlement {settlement_id}.")
    chunks = load_chunks(runtime.database, principal.tenant, settlement_id)
    items: list[Value] = [_item(item) for chunk in chunks for item in chunk.items]
    shown: dict[str, Value] = payout.model_dump(mode="json", exclude={"content_hash", "chunks"})
    return {**shown, "items": items}


def read_unmatched(runtime: Runtime, principal: Principal, wanted: SettlementsQuery) -> dict[str, Value]:
    """The items of payouts that were not found in the books, oldest first, with their age in days."""
    today = _today(runtime)
    found: list[Value] = []
    for settlement_id, number in unmatched_chunks(runtime.database, principal.tenant, wanted.limit):
        chunk = load_chunk(runtime.database, principal.tenant, settlement_id, number)
        if chunk is not None:
            found += [_waiting(chunk, item, today) for item in chunk.items if is_open(item)]
    return {"unmatched": found[: wanted.limit]}


def read_exceptions(runtime: Runtime, principal: Principal, wanted: ExceptionsQuery) -> dict[str, Value]:
    """What a person must look at: late transit, open suspense, what was told otherwise, and what was not taken in."""
    today = _today(runtime)
    late: list[Value] = [
        _late(one, today)
        for one in load_transit(runtime.database, principal.tenant, wanted.legal_entity)
        if (today - one.since).days > USUAL_DAYS_IN_TRANSIT
    ]
    suspense: list[Value] = [
        {
            "code": _SUSPENSE,
            "kind": "suspense",
            "id": one.id,
            "legal_entity": one.legal_entity,
            "store": one.store,
            "amount": one.open,
            "currency": one.currency,
            "since": one.since.isoformat(),
            "age_days": (today - one.since).days,
        }
        for one in open_suspense(runtime.database, principal.tenant, wanted.legal_entity, MOST_LISTED)
    ]
    conflicts: list[Value] = [
        {name: row[name] for name in ("kind", "name", "seen_at", "body")}
        for row in load_conflicts(runtime.database, principal.tenant, MOST_LISTED)
    ]
    parked: list[Value] = [
        {name: row[name] for name in ("kind", "name", "code", "detail", "remedy", "seen_at", "body")}
        for row in load_parked(runtime.database, principal.tenant, MOST_LISTED)
    ]
    return {"exceptions": [*late, *suspense], "conflicts": conflicts, "parked": parked}


def _item(item: PayoutItem) -> dict[str, Value]:
    return {**item.model_dump(mode="json"), "net": item.net}


def _waiting(chunk: Chunk, item: PayoutItem, today: date) -> dict[str, Value]:
    return {
        "settlement_id": chunk.settlement_id,
        "provider": chunk.provider,
        "payout_id": chunk.payout_id,
        "currency": chunk.currency,
        **_item(item),
        "age_days": (today - chunk.recorded_at.date()).days,
    }


def _late(one: InTransit, today: date) -> dict[str, Value]:
    return {
        "code": _CODES[one.kind],
        "kind": one.kind.value,
        "id": one.id,
        "legal_entity": one.legal_entity,
        "store": one.store,
        "amount": one.amount,
        "currency": one.currency,
        "since": one.since.isoformat(),
        "age_days": (today - one.since).days,
    }


def _today(runtime: Runtime) -> date:
    """Ages are counted in days of UTC."""
    return runtime.clock.now().date()
