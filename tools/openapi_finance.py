"""The routes of finance as the API description shows them."""

from __future__ import annotations

from datetime import date
from typing import Literal

from oms.finance.closing.model import Seal
from oms.finance.closing.views import DayView
from oms.finance.documents.views import DocumentList
from oms.finance.exports.day_exceptions import DayExceptions
from oms.finance.exports.reads import ExportList
from oms.finance.reads import OrderJournal, TrialBalance
from tools import openapi_answers as answers
from tools.openapi_answers import Answer
from tools.openapi_shapes import Route


class SealedStoreDay(Answer):
    """A store's business date that is sealed."""

    entity: str
    business_date: date
    store: str
    state: Literal["SEALED"]
    seal: Seal


FINANCE_ROUTES: dict[str, Route] = {
    "GET /v1/finance/days/{date}": Route(
        "See a business date",
        {200: DayView},
        notes=(
            "Cash, cards and stored value of all stores side by side, where the money lies, what drawers were over or "
            "short, the seals, and what stands against those that are missing."
        ),
    ),
    "GET /v1/finance/days/{date}/exceptions": Route(
        "List what does not tie out on a business date",
        {200: DayExceptions},
        notes="Of a closed date what its export says, else as of now. `checks` are the tie-outs that are made.",
    ),
    "POST /v1/finance/days/{date}/seal": Route(
        "Seal a store's business date",
        {200: SealedStoreDay},
        notes=(
            "It takes nothing more: what comes later stands on the next open date with its own date kept. Refused with "
            "every reason while a drawer is not closed, a till left out numbers, cash has not gone through the ledger "
            "or a posting is quarantined. `force` passes over these; it needs `finance.approve` and a `reason`."
        ),
    ),
    "DELETE /v1/finance/days/{date}/seal": Route(
        "Ask to open a sealed business date again",
        {},
        notes="Always refused: a sealed date stays sealed.",
        refusals=(404, 409),
    ),
    "POST /v1/finance/exports": Route(
        "Ask for an export of a business date",
        {202: answers.ExportAccepted},
        notes=(
            "The last one of a date (`close`) needs all its stores sealed or ready to be. It also holds orders, "
            "payments, drawers and what does not tie out."
        ),
    ),
    "GET /v1/finance/exports": Route("List the exports of a business date", {200: ExportList}),
    "GET /v1/finance/trial-balance": Route("Read the trial balance of some days", {200: TrialBalance}),
    "GET /v1/finance/journal": Route("Read the journal of an order", {200: OrderJournal}),
    "GET /v1/finance/documents": Route(
        "List invoices or credit memos of a legal entity",
        {200: DocumentList},
        notes=(
            "Newest first. An invoice is numbered when goods have left, a credit memo when a return is accepted or "
            "goodwill on an order is granted; the numbers of a legal entity and kind have no gap. It is there some "
            "seconds after its cause."
        ),
    ),
}
