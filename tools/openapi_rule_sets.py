"""The routes of rule sets: configuration in versions, each kind of which has the same doors."""

from __future__ import annotations

from tools import openapi_stock as stock
from tools.openapi_appeasements import GoodwillRulesSet, GoodwillRulesVersion
from tools.openapi_choices import ChoiceRulesSet, ChoiceRulesVersion
from tools.openapi_collection import CollectionRuleSet, CollectionRuleVersion
from tools.openapi_notices import NoticeRulesSet, NoticeRulesVersion
from tools.openapi_papers import PaperRulesSet, PaperRulesVersion
from tools.openapi_pay_in_store import PayInStoreSet, PayInStoreVersion
from tools.openapi_returns import ReturnRulesSet, ReturnRulesVersion
from tools.openapi_service_levels import ServiceLevelsSet, ServiceLevelsVersion
from tools.openapi_shapes import CONFIGURATION, Model, Route
from tools.openapi_taxes import TaxRatesSet, TaxRatesVersion


def _rule_sets(path: str, noun: str, version: Model, rule_set: Model, content: str) -> dict[str, Route]:
    """The routes of one kind of rules."""
    one, head = f"/v1/{path}/{{rule_set_id}}", {200: stock.RuleSetDocument}
    return {
        f"GET /v1/{path}": Route(f"List the rule sets of {path}", {200: stock.RuleSetList}),
        f"GET {one}": Route(f"Read {noun}", {200: rule_set}),
        f"GET {one}/versions/{{number}}": Route(f"Read one version of {noun}", {200: version}),
        f"GET {one}/diff": Route(
            f"Compare two versions of {noun}",
            {200: stock.RuleDiff},
            notes="Without `from` and `to`, the version that holds with the newest one.",
        ),
        f"PUT {one}": Route(
            f"Draft {noun}",
            {201: stock.RuleSetDocument, **head},
            notes=(
                f"{content} The body becomes a new version that does not hold until it is promoted; the same as the "
                "newest version changes nothing."
            ),
            if_match=CONFIGURATION,
        ),
        f"POST {one}/promotions": Route(
            f"Promote a version of {noun}",
            head,
            notes="It holds from the very next order on, and the version that held before is retired.",
            if_match=CONFIGURATION,
        ),
        f"POST {one}/rollbacks": Route(f"Roll back the last promotion of {noun}", head, if_match=CONFIGURATION),
    }


RULE_SET_ROUTES: dict[str, Route] = {
    **_rule_sets(
        *("inventory/rules", "rules of stock", stock.InventoryRuleVersion, stock.InventoryRuleSet),
        "Safety stock, ring-fenced stock and excluded nodes, by item, node and channel.",
    ),
    **_rule_sets(
        *("sourcing/strategies", "a sourcing strategy", stock.StrategyVersion, stock.StrategySet),
        "Scenarios that are tried one after the other: for which channels and methods, which nodes may serve, what a "
        "shipment costs, and what counts first.",
    ),
    **_rule_sets(
        *("sourcing/rate-cards", "a rate card", stock.RateCardVersion, stock.RateCardSet),
        "Carrier services with their zones: what a shipment costs, how many days it takes, and the customer's fee.",
    ),
    **_rule_sets(
        *("tax-rates", "tax rates", TaxRatesVersion, TaxRatesSet),
        "What jurisdictions levy, by country, region, postal code and tax category; orders of the tax mode platform go "
        "by it.",
    ),
    **_rule_sets(
        *("service-levels", "service levels", ServiceLevelsVersion, ServiceLevelsSet),
        "How soon nodes accept and pick work, in minutes of their open time, and what is done when they do not.",
    ),
    **_rule_sets(
        *("choice-rules", "rules of choices", ChoiceRulesVersion, ChoiceRulesSet),
        "Of what customers are asked, what they may choose and for how long, and which items may replace which.",
    ),
    **_rule_sets(
        *("goodwill-rules", "rules of goodwill", GoodwillRulesVersion, GoodwillRulesSet),
        "What customers are granted without a call when something went wrong, and from when on somebody is told that a "
        "customer or an actor has much.",
    ),
    **_rule_sets(
        *("return-rules", "rules of returns", ReturnRulesVersion, ReturnRulesSet),
        "What may come back, until when, what is kept back of it and which tenders give it back; the first rule that "
        "fits units holds.",
    ),
    **_rule_sets(
        *("collection-rules", "collection rules", CollectionRuleVersion, CollectionRuleSet),
        "What is to be shown for goods that customers collect, by channel, node, value and age, how long they wait, "
        "and when wrong codes lock. The rule that fits when work is staged goes with it.",
    ),
    **_rule_sets(
        *("notices/rules", "rules of notices", NoticeRulesVersion, NoticeRulesSet),
        "Of which milestones the customers of some channels hear, by which texts in which languages.",
    ),
    **_rule_sets(
        *("papers/rules", "rules of papers", PaperRulesVersion, PaperRulesSet),
        "What papers look like and say, by channel, selling node and locale; what is left out is said as ever.",
    ),
    **_rule_sets(
        *("pay-in-store", "rules of payment in a store", PayInStoreVersion, PayInStoreSet),
        "Up to which value and for how many hours goods are held for a customer who pays at a till, by channel.",
    ),
}
