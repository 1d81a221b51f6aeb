"""Payments between legal entities for what they owe each other."""

from __future__ import annotations

from oms.platform.commands import Call, Decision, Outcome, Runtime
from oms.platform.events import EventData
from oms.platform.ids import derived_id
from oms.platform.writes import Value
from oms.settlement.checks import MOST_DAYS_AHEAD, SettlementConflict, content_hash, not_far_ahead, run
from oms.settlement.events import IntercompanyNetted, IntercompanySettled
from oms.settlement.facts import facts, told
from oms.settlement.model import TREASURY, InTransit, Transfer, Transit
from oms.settlement.requests import IntercompanyRequest
from oms.settlement.store import load_transfer
from oms.settlement.writes import transfer_write, transit_write


def settle_intercompany(runtime: Runtime, call: Call, request: IntercompanyRequest) -> Outcome:
    """An entity paid another, or both set off what they owe and paid the rest; told before, it changes nothing.

    Raises SettlementConflict for a transfer that was told with other content, InvalidRequest for a day far ahead.
    """

    def decide() -> Decision:
        not_far_ahead(request.business_date, runtime.clock.now(), MOST_DAYS_AHEAD, "/business_date")
        digest = content_hash(request)
        known = load_transfer(runtime.database, call.tenant, request.transfer_id)
        if known is not None:
            if known.content_hash != digest:
                raise SettlementConflict("transfer", request.transfer_id, request, pointer="/transfer_id")
            return Decision([], body=_document(known))
        own = derived_id("icp", request.transfer_id)
        transfer = Transfer(id=own, content_hash=digest, **request.model_dump())
        net = transfer.gross - transfer.gross_back
        waiting = [
            _in_transit(transfer, entity, amount)
            for entity, amount in ((transfer.from_entity, -net), (transfer.to_entity, net))
            if amount
        ]
        return Decision(
            [transfer_write(call.tenant, transfer), *(transit_write(call.tenant, one) for one in waiting)],
            [told(f"INTERCOMPANY#{transfer.transfer_id}", 1, _told(transfer), transfer.from_entity)],
            status=201,
            body=_document(transfer),
        )

    return run(runtime, call, decide)


def _told(transfer: Transfer) -> EventData:
    whose = facts(transfer.from_entity, transfer.currency)
    day = transfer.business_date.isoformat()
    if not transfer.gross_back:
        return IntercompanySettled(
            **whose,
            transfer_id=transfer.transfer_id,
            to_entity=transfer.to_entity,
            amount=transfer.gross,
            business_date=day,
        )
    return IntercompanyNetted(
        **whose,
        transfer_id=transfer.transfer_id,
        to_entity=transfer.to_entity,
        gross=transfer.gross,
        gross_back=transfer.gross_back,
        net=transfer.gross - transfer.gross_back,
        business_date=day,
    )


def _in_transit(transfer: Transfer, entity: str, amount: int) -> InTransit:
    """What the bank of one of the two will show; it is in the books already."""
    return InTransit(
        kind=Transit.INTERCOMPANY,
        id=transfer.transfer_id,
        legal_entity=entity,
        store=TREASURY,
        amount=amount,
        currency=transfer.currency,
        since=transfer.business_date,
        references=(transfer.transfer_id,),
    )


def _document(transfer: Transfer) -> dict[str, Value]:
    shown: dict[str, Value] = transfer.model_dump(mode="json", exclude={"content_hash", "id"})
    return {**shown, "net": transfer.gross - transfer.gross_back}
