"""Sealing: a store's business date, and with all its stores the date of a legal entity.

A seal goes through SEALING: from there on no lane opens, then every lane is closed, and only then the seal stands and
is told. Whoever finds a date SEALING finishes it, so a crash half way leaves nothing open for long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NoReturn

from oms.finance import store as ledger
from oms.finance.business_days import business_date_at
from oms.finance.closing import store
from oms.finance.closing.model import DayNotReady, PeriodSealed, Seal, SealedDay, SealReason, SealState
from oms.finance.closing.readiness import reasons_against
from oms.finance.closing.requests import SealQuery, SealRequest
from oms.finance.commands import close_lanes
from oms.finance.events import BusinessDaySealed
from oms.finance.lanes import Day, StoreDay
from oms.finance.model import DayNotOver
from oms.platform.commands import (
    MOST_ATTEMPTS,
    Call,
    Decision,
    Outcome,
    Runtime,
    execute,
    find_outcome,
    pause_before_retry,
)
from oms.platform.dynamodb import Conflict
from oms.platform.events import EventDraft
from oms.platform.principal import authorize
from oms.platform.problems import Busy, FieldError, NotFound
from oms.registry.reads import known_nodes

WRITE, APPROVE = "finance.write", "finance.approve"


def seal_day(runtime: Runtime, call: Call, on: date, request: SealRequest) -> Outcome:
    """Seal a store's business date; from then on it takes nothing more.

    Raises NotFound for a store that is not known, DayNotOver, PeriodSealed where it is sealed, and DayNotReady with
    every reason against it, unless it is forced by who may.
    """
    recorded = find_outcome(runtime, call)
    if recorded is not None:
        return recorded
    store_day = StoreDay(Day(call.tenant, request.entity, on), request.store)
    key = ledger.store_day_key(store_day).pk
    authorize(call.principal, WRITE, key, node=request.store)
    if request.force:
        authorize(call.principal, APPROVE, key, node=request.store)

    def decide() -> Seal:
        require_over(runtime, store_day)
        reasons = reasons_against(runtime, store_day)
        if reasons and not request.force:
            raise DayNotReady(errors=errors_of(reasons, "/store"))
        return Seal(
            sealed_by=call.principal.actor,
            sealed_at=runtime.clock.now(),
            forced=bool(reasons),
            reason=request.reason,
            passed_over=reasons,
        )

    return finish_seal(runtime, call, store_day, decide)


def finish_seal(runtime: Runtime, call: Call, store_day: StoreDay, decide: Callable[[], Seal]) -> Outcome:
    """Bring a store's date to SEALED with what `decide` says, from wherever it stands.

    `decide` may refuse by raising a Problem, and may be called several times. Raises PeriodSealed where it is sealed.
    """
    _begin(runtime, store_day, decide)
    close_lanes(runtime, store_day)
    return execute(runtime, call, lambda: _sealed(runtime, store_day))


def errors_of(reasons: Sequence[SealReason], pointer: str) -> list[FieldError]:
    """Reasons as a refusal lists them."""
    return [FieldError(pointer, one.code.value, one.detail) for one in reasons]


def require_over(runtime: Runtime, store_day: StoreDay) -> None:
    """Refuse a date that is not over by the store's own clock."""
    today = business_date_at(runtime, store_day.day.tenant, store_day.store, runtime.clock.now())
    if store_day.day.date >= today:
        raise DayNotOver(f"The business date of {store_day.store} is {today.isoformat()}.", pointer="/date")


def _begin(runtime: Runtime, store_day: StoreDay, decide: Callable[[], Seal]) -> None:
    """Bring a store's date to SEALING, unless it is there already."""
    for attempt in range(MOST_ATTEMPTS):
        before = store.load(runtime.database, store_day)
        if before is not None and before.state is SealState.SEALED:
            raise PeriodSealed()
        if before is not None and before.state is SealState.SEALING:
            return
        day = None
        if before is None:
            day = ledger.day_row(runtime.database, store_day.day)
            if day is not None and day.state == ledger.CLOSED:
                raise PeriodSealed()
            _require_known(runtime, store_day)
        seal = decide()
        try:
            runtime.database.commit(store.begin_writes(store_day, before, day, seal))
        except Conflict:
            pause_before_retry(runtime, attempt)
        else:
            return
    raise Busy()


def _require_known(runtime: Runtime, store_day: StoreDay) -> None:
    node = known_nodes(runtime.database, store_day.day.tenant, runtime.clock.now(), named=[store_day.store]).get(
        store_day.store
    )
    if node is None or node.legal_entity != store_day.day.entity:
        raise NotFound(f"Entity {store_day.day.entity} has no store {store_day.store}.")


def _sealed(runtime: Runtime, store_day: StoreDay) -> Decision:
    now = store.load(runtime.database, store_day)
    if now is None or now.seal is None or now.state is not SealState.SEALING:
        raise PeriodSealed()
    day = store_day.day
    told = BusinessDaySealed(
        entity=day.entity,
        store=store_day.store,
        business_date=day.date.isoformat(),
        forced=now.seal.forced,
        reason=now.seal.reason,
        sealed_by=now.seal.sealed_by,
        passed_over=[one.code.value for one in now.seal.passed_over],
    )
    name = f"SEAL#{day.entity}#{store_day.store}#{day.date.isoformat()}"
    done = SealedDay(store=store_day.store, state=SealState.SEALED, seal=now.seal)
    body = {"entity": day.entity, "business_date": day.date.isoformat(), **done.model_dump(mode="json")}
    return Decision([store.sealed_write(store_day)], [EventDraft(name, 1, told, legal_entity=day.entity)], body=body)


def close_sealed_day(runtime: Runtime, day: Day) -> bool:
    """Close the date of an entity whose stores are all sealed; False, and nothing done, where one is not.

    Closing again changes nothing.
    """
    for attempt in range(MOST_ATTEMPTS):
        row = ledger.day_row(runtime.database, day)
        if row is not None and row.state == ledger.CLOSED:
            return True
        states = [one.state for one in store.stores(runtime.database, day)]
        if any(state is not SealState.SEALED for state in states):
            return False
        # A store that joins between the two reads changes the count that the write is held to.
        if len(states) == (0 if row is None else row.stores):
            try:
                runtime.database.commit([ledger.close_day_write(day, row)])
            except Conflict:
                pass
            else:
                return True
        pause_before_retry(runtime, attempt)
    raise Busy()


def reopen_day(runtime: Runtime, call: Call, on: date, wanted: SealQuery) -> NoReturn:
    """Refuse to open a sealed date again: PeriodSealed, or NotFound where there is no seal."""
    store_day = StoreDay(Day(call.tenant, wanted.entity, on), wanted.store)
    authorize(call.principal, WRITE, ledger.store_day_key(store_day).pk, node=wanted.store)
    found = store.load(runtime.database, store_day)
    if found is None or found.state is SealState.OPEN:
        raise NotFound(f"The business date {on.isoformat()} of {wanted.store} is not sealed.")
    raise PeriodSealed()
