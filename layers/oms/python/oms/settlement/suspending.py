"""Suspended amounts: how they begin, and what they turn out to be."""

from __future__ import annotations

from datetime import date

from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.ids import derived_id
from oms.platform.problems import ActionNotAvailable, InvalidRequest, NotFound
from oms.platform.writes import Value
from oms.settlement.events import SuspenseResolved
from oms.settlement.facts import facts, told
from oms.settlement.model import ENDS, InTransit, Resolution, Suspense
from oms.settlement.requests import ResolveSuspense
from oms.settlement.store import load_suspense, load_transit
from oms.settlement.writes import arrived_write, suspense_writes

# Which way an amount must stand in suspense to be this; all others may stand either way.
_WAYS = {Resolution.CASH_SHORT: 1, Resolution.CASH_OVER: -1, Resolution.WRITE_OFF: 1}


def suspended(
    legal_entity: str, store: str, currency: str, amount: int, cause: str, cause_id: str, since: date
) -> Suspense:
    """An amount that nobody can place yet, positive for a debit; a cause suspends one amount."""
    return Suspense(
        id=derived_id("sus", cause, cause_id),
        legal_entity=legal_entity,
        store=store,
        currency=currency,
        open=amount,
        cause=cause,
        cause_id=cause_id,
        since=since,
    )


def resolve_suspense(runtime: Runtime, call: Call, suspense_id: str, request: ResolveSuspense) -> Outcome:
    """Say what a suspended amount was, or some of it.

    Raises ActionNotAvailable for more than is open, and for what is not on its way to the bank any more.
    """

    def decide() -> Decision:
        one = load_suspense(runtime.database, call.tenant, suspense_id)
        if one is None:
            raise NotFound(f"There is no suspended amount {suspense_id}.")
        if not one.open:
            raise ActionNotAvailable("Nothing of it is open any more.")
        writes = []
        if request.as_ in ENDS:
            ended = _ended(runtime, call.tenant, one, request)
            amount = -ended.amount
            writes.append(arrived_write(call.tenant, ended))
        else:
            amount = _amount(one, request)
        after = one.model_copy(
            update={"open": one.open - amount, "resolutions": one.resolutions + 1, "version": one.version + 1}
        )
        event = SuspenseResolved(
            **facts(one.legal_entity, one.currency, store=one.store),
            suspense_id=one.id,
            number=after.resolutions,
            resolution=request.as_.value,
            matched_id=request.matched_id,
            amount=amount,
            open=after.open,
            reason=request.reason,
        )
        return Decision(
            [*writes, *suspense_writes(call.tenant, after, over=one.version)],
            [told(f"SUSPENSE#{one.id}", after.resolutions, event, one.legal_entity)],
            body=suspense_document(after),
        )

    return execute(runtime, call, decide)


def suspense_document(one: Suspense) -> dict[str, Value]:
    """A suspended amount as it is shown."""
    shown: dict[str, Value] = one.model_dump(mode="json", exclude={"version"})
    return shown


def _ended(runtime: Runtime, tenant: str, one: Suspense, request: ResolveSuspense) -> InTransit:
    """What the suspended amount is the end of."""
    kind = ENDS[request.as_]
    for waiting in load_transit(runtime.database, tenant, one.legal_entity):
        same = waiting.kind is kind and waiting.id == request.matched_id and waiting.currency == one.currency
        if same and (waiting.amount > 0) == (one.open < 0):
            return waiting
    raise ActionNotAvailable(f"No {kind.value} {request.matched_id} is on its way.", pointer="/matched_id")


def _amount(one: Suspense, request: ResolveSuspense) -> int:
    """How much of the suspended amount ends, with its sign."""
    sign = 1 if one.open > 0 else -1
    if _WAYS.get(request.as_, sign) != sign:
        raise InvalidRequest(f"{request.as_.value} is not what is too {_way(one)}.", pointer="/as")
    amount = abs(one.open) if request.amount is None else request.amount
    if amount > abs(one.open):
        raise ActionNotAvailable(f"Only {abs(one.open)} is open.", pointer="/amount")
    return sign * amount


def _way(one: Suspense) -> str:
    return "little" if one.open > 0 else "much"
