"""/v1/finance…: seal and show days, ask for and list exports, show the trial balance, journals and documents."""

from __future__ import annotations

from typing import Any

from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.closing import routes as days
from oms.finance.documents.views import DocumentQuery, documents
from oms.finance.exports.reads import list_exports
from oms.finance.exports.wishes import request_export
from oms.finance.reads import journal_of_order, trial_balance
from oms.finance.requests import ExportQuery, ExportRequest, JournalQuery, TrialBalanceQuery
from oms.platform import http
from oms.platform.commands import Runtime

app = http.api()
runtime = Runtime()
bucket = ExportBucket()
days.serve(app, lambda: runtime, lambda: bucket)


@app.post("/v1/finance/exports")
def post_export() -> http.Answer:
    principal = http.caller(app, "finance.write", "EXPORTS#")
    wish = http.read(app, ExportRequest)
    return http.answer(request_export(runtime, http.call(app, "request_export", principal, wish), wish))


@app.get("/v1/finance/exports")
def get_exports() -> http.Answer:
    principal = http.caller(app, "finance.read", "EXPORTS#")
    wanted = http.read_query(app, ExportQuery)
    return http.ok(list_exports(bucket, principal.tenant, wanted))


@app.get("/v1/finance/trial-balance")
def get_trial_balance() -> http.Answer:
    principal = http.caller(app, "finance.read", "LEDGER#")
    wanted = http.read_query(app, TrialBalanceQuery)
    return http.ok(trial_balance(runtime.database, principal.tenant, wanted))


@app.get("/v1/finance/journal")
def get_journal() -> http.Answer:
    principal = http.caller(app, "finance.read", "ORDER#")
    wanted = http.read_query(app, JournalQuery)
    return http.ok(journal_of_order(runtime.database, principal.tenant, wanted.order_id))


@app.get("/v1/finance/documents")
def get_documents() -> http.Answer:
    principal = http.caller(app, "finance.read", "DOCUMENTS#")
    wanted = http.read_query(app, DocumentQuery)
    return http.ok(documents(runtime.database, principal.tenant, wanted))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
