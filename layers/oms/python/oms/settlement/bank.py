"""What the bank says: each line once, matched with what was on its way; what differs is suspended."""

from __future__ import annotations

from functools import partial

from oms.platform.commands import Call, Decision, Outcome, Runtime
from oms.platform.events import EventData
from oms.platform.ids import derived_id
from oms.platform.writes import Value
from oms.settlement.adapters.camt import statement_lines
from oms.settlement.checks import MOST_DAYS_AHEAD, SettlementConflict, content_hash, not_far_ahead, run_each
from oms.settlement.events import BankCredited, BankDebited
from oms.settlement.facts import Facts, facts, told
from oms.settlement.matching import find_transit
from oms.settlement.model import TREASURY, BankLine, InTransit
from oms.settlement.requests import BankLineRequest, BankLinesRequest
from oms.settlement.store import load_bank_line, load_transit
from oms.settlement.suspending import suspended
from oms.settlement.writes import arrived_write, bank_line_write, suspense_writes


def record_bank_lines(runtime: Runtime, call: Call, request: BankLinesRequest) -> Outcome:
    """Take in booked lines of an account, each in its own transaction; one that was told before changes nothing.

    Raises SettlementConflict for a line that was told with other content; the others are taken in all the same.
    """
    if request.camt053 is not None:
        account, lines, place = *statement_lines(request.camt053), "/camt053"
    else:
        account, lines, place = request.account or "", request.lines, "/lines"
    pointers = [place if request.camt053 is not None else f"{place}/{number}" for number in range(len(lines))]
    parts = [
        partial(_decide, runtime, call.tenant, request.legal_entity, account, line, pointer)
        for line, pointer in zip(lines, pointers, strict=True)
    ]
    return run_each(runtime, call, parts, lambda taken: {"account": account, "lines": taken})


def _decide(
    runtime: Runtime, tenant: str, legal_entity: str, account: str, request: BankLineRequest, pointer: str
) -> Decision:
    not_far_ahead(request.booked_on, runtime.clock.now(), MOST_DAYS_AHEAD, f"{pointer}/booked_on")
    own = derived_id("bnk", account, request.line_id)
    digest = content_hash(request)
    known = load_bank_line(runtime.database, tenant, own)
    if known is not None:
        if (known.content_hash, known.legal_entity) != (digest, legal_entity):
            raise SettlementConflict("bank line", f"{account} {request.line_id}", request, pointer=pointer)
        return Decision([], body=_document(known, "REPEATED"))
    line = BankLine(id=own, legal_entity=legal_entity, account=account, content_hash=digest, **request.model_dump())
    return _booked(tenant, line, find_transit(line, load_transit(runtime.database, tenant, legal_entity)))


def _booked(tenant: str, line: BankLine, found: InTransit | None) -> Decision:
    """The line with what it is the end of; the difference, or all of it, is suspended."""
    store = TREASURY if found is None else found.store
    expected = 0 if found is None else found.amount
    difference = expected - line.amount
    writes = [] if found is None else [arrived_write(tenant, found)]
    suspense_id = None
    if difference:
        open_ = suspended(line.legal_entity, store, line.currency, difference, "bank_line", line.id, line.booked_on)
        suspense_id = open_.id
        writes += suspense_writes(tenant, open_, over=None)
    matched = line.model_copy(
        update={
            "matched": None if found is None else found.kind,
            "matched_id": None if found is None else found.id,
            "in_transit": expected,
            "suspense_id": suspense_id,
        }
    )
    return Decision(
        [*writes, bank_line_write(tenant, matched)],
        [told(f"BANKLINE#{line.id}", 1, _told(matched, store), line.legal_entity)],
        status=201,
        body=_document(matched, "RECORDED"),
    )


def _told(line: BankLine, store: str) -> EventData:
    said: _BankFacts = {
        **facts(line.legal_entity, line.currency, store=store),
        "bank_line_id": line.id,
        "account": line.account,
        "amount": abs(line.amount),
        "matched": None if line.matched is None else line.matched.value,
        "matched_id": line.matched_id,
        "in_transit": line.in_transit,
        "suspense_id": line.suspense_id,
        "business_date": line.booked_on.isoformat(),
    }
    return BankCredited(**said) if line.amount > 0 else BankDebited(**said)


class _BankFacts(Facts):
    bank_line_id: str
    account: str
    amount: int
    matched: str | None
    matched_id: str | None
    in_transit: int
    suspense_id: str | None
    business_date: str


def _document(line: BankLine, status: str) -> dict[str, Value]:
    return {
        "bank_line_id": line.id,
        "line_id": line.line_id,
        "amount": line.amount,
        "currency": line.currency,
        "booked_on": line.booked_on.isoformat(),
        "status": status,
        "matched": None if line.matched is None else line.matched.value,
        "matched_id": line.matched_id,
        "difference": line.in_transit - line.amount,
        "suspense_id": line.suspense_id,
    }
