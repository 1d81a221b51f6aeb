"""What providers keep for us at the end of a business date, as they tell it; the close compares it with the books."""

from __future__ import annotations

from functools import partial

from oms.platform.commands import Call, Decision, Outcome, Runtime
from oms.platform.writes import Value
from oms.settlement.checks import SettlementConflict, content_hash, not_far_ahead, run_each
from oms.settlement.model import ProviderBalance
from oms.settlement.requests import BalanceRequest, BalancesRequest
from oms.settlement.store import load_balance
from oms.settlement.writes import balance_write

# A date ends in the west when the next one has begun in the east.
MOST_DAYS_AHEAD_OF_A_BALANCE = 1


def record_balances(runtime: Runtime, call: Call, request: BalancesRequest) -> Outcome:
    """Take in what providers keep, each in its own transaction; what was told before changes nothing.

    Raises InvalidRequest for a day to come, and SettlementConflict for a balance that was told with other content; the
    others are taken in all the same.
    """
    parts = [
        partial(_decide, runtime, call.tenant, request.legal_entity, one, f"/balances/{number}")
        for number, one in enumerate(request.balances)
    ]
    return run_each(runtime, call, parts, lambda taken: {"balances": taken})


def _decide(runtime: Runtime, tenant: str, legal_entity: str, request: BalanceRequest, pointer: str) -> Decision:
    day = request.business_date
    not_far_ahead(day, runtime.clock.now(), MOST_DAYS_AHEAD_OF_A_BALANCE, f"{pointer}/business_date")
    digest = content_hash(request)
    known = load_balance(runtime.database, tenant, legal_entity, day, request.provider, request.currency)
    if known is not None:
        if known.content_hash != digest:
            name = f"{request.provider} {request.currency} {day.isoformat()}"
            raise SettlementConflict("provider balance", name, request, pointer=pointer)
        return Decision([], body=_document(known, "REPEATED"))
    told = ProviderBalance(legal_entity=legal_entity, content_hash=digest, **request.model_dump())
    return Decision([balance_write(tenant, told)], status=201, body=_document(told, "RECORDED"))


def _document(one: ProviderBalance, status: str) -> dict[str, Value]:
    shown: dict[str, Value] = one.model_dump(mode="json", exclude={"content_hash"})
    return {**shown, "status": status}
