"""The routes of settlement, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_query
from oms.platform.principal import Principal
from oms.platform.problems import NotFound
from oms.settlement import views
from oms.settlement.balances import record_balances
from oms.settlement.bank import record_bank_lines
from oms.settlement.deposits import prepare_deposit
from oms.settlement.disputes import end_dispute, record_dispute
from oms.settlement.intercompany import settle_intercompany
from oms.settlement.items import find_items
from oms.settlement.payouts import record_payouts, settlement_ids
from oms.settlement.requests import (
    BalancesRequest,
    BankLinesRequest,
    DepositRequest,
    DisputeOutcome,
    DisputeRequest,
    ExceptionsQuery,
    IntercompanyRequest,
    ResolveSuspense,
    SettlementsQuery,
    SettlementsRequest,
    WriteOffRequest,
)
from oms.settlement.suspending import resolve_suspense
from oms.settlement.writing_off import write_off


def treasurer(principal: Principal) -> Principal:
    """Who calls about the money of a company; one that is limited to some nodes gets NotFound."""
    if principal.nodes:
        raise NotFound()
    return principal


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of settlement."""

    @app.post("/v1/finance/settlements")
    def post_settlements() -> Answer:
        principal, body = treasurer(caller(app, "finance.write", "SETTLEMENT#")), read(app, SettlementsRequest)
        outcome = record_payouts(runtime(), call(app, "record_payout", principal, body), body)
        find_items(runtime(), principal.tenant, settlement_ids(outcome))
        return answer(outcome)

    @app.get("/v1/finance/settlements")
    def get_settlements() -> Answer:
        principal, wanted = treasurer(caller(app, "finance.read", "UNMATCHED")), read_query(app, SettlementsQuery)
        return ok(views.read_unmatched(runtime(), principal, wanted))

    @app.get("/v1/finance/settlements/exceptions")
    def get_settlement_exceptions() -> Answer:
        principal, wanted = treasurer(caller(app, "finance.read", "TRANSIT#")), read_query(app, ExceptionsQuery)
        return ok(views.read_exceptions(runtime(), principal, wanted))

    @app.get("/v1/finance/settlements/<settlement_id>")
    def get_settlement(settlement_id: str) -> Answer:
        principal = treasurer(caller(app, "finance.read", f"SETTLEMENT#{settlement_id}"))
        return ok(views.read_settlement(runtime(), principal, settlement_id))

    @app.post("/v1/finance/deposits")
    def post_deposit() -> Answer:
        principal, body = caller(app, "finance.write", "DEPOSIT#"), read(app, DepositRequest)
        return answer(prepare_deposit(runtime(), call(app, "prepare_deposit", principal, body), body))

    @app.post("/v1/finance/bank-lines")
    def post_bank_lines() -> Answer:
        principal, body = treasurer(caller(app, "finance.write", "BANKLINE#")), read(app, BankLinesRequest)
        return answer(record_bank_lines(runtime(), call(app, "record_bank_line", principal, body), body))

    @app.post("/v1/finance/provider-balances")
    def post_balances() -> Answer:
        principal, body = treasurer(caller(app, "finance.write", "PROVIDERBALANCE#")), read(app, BalancesRequest)
        return answer(record_balances(runtime(), call(app, "record_balance", principal, body), body))

    @app.post("/v1/finance/suspense/<suspense_id>/resolution")
    def post_resolution(suspense_id: str) -> Answer:
        principal, body = treasurer(caller(app, "finance.write", f"SUSPENSE#{suspense_id}")), read(app, ResolveSuspense)
        own = call(app, "resolve_suspense", principal, body, target=suspense_id)
        return answer(resolve_suspense(runtime(), own, suspense_id, body))

    @app.post("/v1/finance/disputes")
    def post_dispute() -> Answer:
        principal, body = treasurer(caller(app, "finance.write", "DISPUTE#")), read(app, DisputeRequest)
        return answer(record_dispute(runtime(), call(app, "record_dispute", principal, body), body))

    @app.post("/v1/finance/disputes/<dispute_id>/outcome")
    def post_outcome(dispute_id: str) -> Answer:
        principal, body = treasurer(caller(app, "finance.write", f"DISPUTE#{dispute_id}")), read(app, DisputeOutcome)
        own = call(app, "end_dispute", principal, body, target=dispute_id)
        return answer(end_dispute(runtime(), own, dispute_id, body))

    @app.post("/v1/orders/<order_id>/write-offs")
    def post_write_off(order_id: str) -> Answer:
        principal, body = treasurer(caller(app, "finance.write", f"ORDER#{order_id}")), read(app, WriteOffRequest)
        own = call(app, "write_off", principal, body, target=order_id)
        return answer(write_off(runtime(), own, order_id, body))

    @app.post("/v1/finance/intercompany")
    def post_intercompany() -> Answer:
        principal, body = treasurer(caller(app, "finance.write", "INTERCOMPANY#")), read(app, IntercompanyRequest)
        return answer(settle_intercompany(runtime(), call(app, "settle_intercompany", principal, body), body))
