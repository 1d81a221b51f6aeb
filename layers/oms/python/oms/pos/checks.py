"""What is refused before anything of a transaction is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from oms.orders.request import Totals
from oms.platform.problems import FieldError, InvalidRequest, Problem
from oms.pos.requests import MOST_LATER, Kind, RecordTransaction, Tender
from oms.registry.model import Node, NodeKind

# A till may be ahead of us by a time zone and a late close.
_MOST_AHEAD = timedelta(days=1)


class TransactionTaken(Problem):
    status = 409
    code = "transaction_taken"
    title = "The till told another transaction under this number."
    remedy = "Look at what is recorded; this telling is kept for a person and changes nothing."


class CreditUsed(Problem):
    status = 409
    code = "exchange_credit_used"
    title = "The refund has paid another sale."
    remedy = "Look at the sale that the refund has paid; pay this one with another tender."


def require_site(told: RecordTransaction, nodes: Mapping[str, Node]) -> None:
    """A store sells for a site of the tenant; anything else raises InvalidRequest."""
    named = told.selling_node
    if named in (None, told.node_id):
        return
    if named not in nodes:
        raise InvalidRequest(errors=[FieldError("/selling_node", "unknown_node", f"there is no node {named}")])
    if nodes[named].kind is not NodeKind.WEB:
        raise InvalidRequest(
            errors=[FieldError("/selling_node", "no_site", f"{named} is a node with stock of its own")]
        )


def totals_of(told: RecordTransaction) -> Totals:
    """The sums of a sale."""
    assert told.totals is not None, "a sale has totals"
    return told.totals


def refuse_wrong(told: RecordTransaction, now: datetime) -> None:
    """Dates still to come, tenders that do not pay the sale and rounding without cash raise InvalidRequest."""
    errors = [*_dates(told, now), *(_money(told) if told.type is Kind.SALE else ())]
    if errors:
        raise InvalidRequest(errors=errors)


def _for_a_site(told: RecordTransaction) -> Iterator[FieldError]:
    """What a store sells for a site leaves later, and is paid with money."""
    for number, line in enumerate(told.lines):
        if line.is_carried_out:
            yield FieldError(
                f"/lines/{number}/method", "carried_out", "what is carried out is sold by the store itself"
            )
    if told.exchange_credits:
        yield FieldError("/exchange_credits", "not_allowed", "a credit pays what the store itself sells")
    if any(one.cash_back for one in told.tenders):
        yield FieldError("/tenders", "not_allowed", "cash back goes with what the store itself sells")


def _dates(told: RecordTransaction, now: datetime) -> Iterator[FieldError]:
    if told.business_date > (now + _MOST_AHEAD).date():
        yield FieldError("/business_date", "in_the_future", "the day has not come yet")
    if told.occurred_at is not None and told.occurred_at > now + _MOST_AHEAD:
        yield FieldError("/occurred_at", "in_the_future", "it has not happened yet")


def _money(told: RecordTransaction) -> Iterator[FieldError]:
    taken = sum(one.amount - one.cash_back for one in told.tenders)
    back = sum(one.cash_back for one in told.tenders)
    credit = sum(one.amount for one in told.exchange_credits)
    due = totals_of(told).total + told.rounding
    if taken + credit != due:
        yield FieldError("/tenders", "sum_mismatch", f"tenders and credits pay {taken + credit} of {due}")
    cash = [one for one in told.tenders if one.tender is Tender.CASH]
    if len(cash) > 1:
        yield FieldError("/tenders", "repeated", "cash is told as one tender, net of all change")
    if told.rounding and (not cash or told.rounding >= cash[0].amount):
        yield FieldError("/rounding", "without_cash", "only what is paid in cash is rounded")
    if cash and back:
        yield FieldError("/tenders", "cash_both_ways", "nobody pays in cash and has cash back")
    if told.drawer_session_id is not None and not cash and not back:
        yield FieldError("/drawer_session_id", "without_cash", "no cash came into a drawer or left it")
    if told.selling_node not in (None, told.node_id):
        yield from _for_a_site(told)
    names = [one.refund_id for one in told.exchange_credits]
    if len(set(names)) != len(names):
        yield FieldError("/exchange_credits", "repeated", "a refund pays once")
    later = sum(not line.is_carried_out for line in told.lines)
    if later > MOST_LATER:
        yield FieldError("/lines", "too_many", f"{later} lines leave later; the limit is {MOST_LATER}")
