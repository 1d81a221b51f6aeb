"""What the handlers' code does not say about papers, and the shapes of their rules."""

from __future__ import annotations

from oms.papers.model import PaperKind
from oms.papers.rules import PaperRules
from oms.rulesets.model import Status as RuleStatus
from tools.openapi_answers import Answer
from tools.openapi_shapes import Route
from tools.openapi_stock import RuleSetDocument


class PaperRulesVersion(Answer):
    """One version of rules of papers, with its content."""

    number: int
    status: RuleStatus
    created_at: str
    created_by: str
    content: PaperRules


class PaperRulesSet(RuleSetDocument):
    """Rules of papers with the contents of the version that holds and of the newest one."""

    live: PaperRulesVersion | None
    newest: PaperRulesVersion


_LOCALE = (
    "In `locale`, else in what Accept-Language likes best of the languages that the papers have, else in that of {}; "
    "Content-Language says which it became. The same facts give the same bytes."
)

PAPER_ROUTES: dict[str, Route] = {
    "GET /v1/fulfillment-orders/{fulfillment_order_id}/papers/{paper}": Route(
        "Print a paper of a fulfilment order",
        {200: "application/pdf"},
        notes=(
            f"{_LOCALE.format('the order')} A packing slip is by cartons, or of the one that `carton` names. A gift "
            "receipt is of the lines whose gift asks for one. A customs form needs the items' weights and their "
            "attributes `hs_code` and `country_of_origin`; with `incomplete` it shows what is missing. A return label "
            "is an address label that is not prepaid. None but the customs form shows an amount."
        ),
        path={"paper": PaperKind},
        refusals=(409,),
    ),
    "GET /v1/nodes/{node_id}/waves/{wave_id}/papers/pick-sheet": Route(
        "Print the pick sheet of a wave",
        {200: "application/pdf"},
        notes=_LOCALE.format("the rules"),
        refusals=(409,),
    ),
}
