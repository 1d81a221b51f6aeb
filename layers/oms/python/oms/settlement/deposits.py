"""Bags of cash that leave a store for the bank."""

from __future__ import annotations

from oms.platform.commands import Call, Decision, Outcome, Runtime
from oms.platform.principal import authorize
from oms.platform.problems import FieldError, InvalidRequest
from oms.platform.writes import Value
from oms.registry.reads import known_nodes
from oms.settlement.checks import MOST_DAYS_AHEAD_OF_A_BAG, SettlementConflict, content_hash, not_far_ahead, run
from oms.settlement.events import DepositPrepared
from oms.settlement.facts import facts, told
from oms.settlement.model import Deposit, InTransit, Transit
from oms.settlement.requests import DepositRequest
from oms.settlement.store import load_deposit
from oms.settlement.writes import deposit_key, deposit_write, transit_write

WRITE = "finance.write"


def prepare_deposit(runtime: Runtime, call: Call, request: DepositRequest) -> Outcome:
    """A bag of cash left the safe of a store; one that was told before changes nothing.

    Raises SettlementConflict for a bag that was told with other content, InvalidRequest for an unknown store
    and for a day to come, NotFound for a store that is not the caller's.
    """

    partition = deposit_key(call.tenant, request.bag_id).pk
    authorize(call.principal, WRITE, partition, node=request.store)

    def decide() -> Decision:
        not_far_ahead(request.business_date, runtime.clock.now(), MOST_DAYS_AHEAD_OF_A_BAG, "/business_date")
        digest = content_hash(request)
        known = load_deposit(runtime.database, call.tenant, request.bag_id)
        if known is not None:
            if known.content_hash != digest:
                raise SettlementConflict("deposit", request.bag_id, request, pointer="/bag_id")
            return Decision([], body=deposit_document(known))
        nodes = known_nodes(runtime.database, call.tenant, runtime.clock.now(), named=[request.store])
        if request.store not in nodes:
            raise InvalidRequest(errors=[FieldError("/store", "unknown_node", f"there is no node {request.store}")])
        deposit = Deposit(
            bag_id=request.bag_id,
            legal_entity=nodes[request.store].legal_entity,
            store=request.store,
            amount=request.amount,
            currency=request.currency,
            business_date=request.business_date,
            prepared_by=request.prepared_by,
            content_hash=digest,
        )
        event = DepositPrepared(
            **facts(deposit.legal_entity, deposit.currency, store=deposit.store),
            bag_id=deposit.bag_id,
            amount=deposit.amount,
            prepared_by=deposit.prepared_by,
            business_date=deposit.business_date.isoformat(),
        )
        waiting = InTransit(
            kind=Transit.DEPOSIT,
            id=deposit.bag_id,
            legal_entity=deposit.legal_entity,
            store=deposit.store,
            amount=deposit.amount,
            currency=deposit.currency,
            since=deposit.business_date,
            references=(deposit.bag_id,),
        )
        return Decision(
            [deposit_write(call.tenant, deposit), transit_write(call.tenant, waiting)],
            [told(f"DEPOSIT#{deposit.bag_id}", 1, event, deposit.legal_entity)],
            status=201,
            body=deposit_document(deposit),
        )

    return run(runtime, call, decide)


def deposit_document(deposit: Deposit) -> dict[str, Value]:
    """A bag as it is shown."""
    shown: dict[str, Value] = deposit.model_dump(mode="json", exclude={"content_hash"})
    return shown
