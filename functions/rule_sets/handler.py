"""rule_sets: what a retailer sets by rules: drafts, what holds, promotion, roll-back, comparison.

Each kind of rules has a path of its own and the same seven routes below it. Of notices it also shows what is sent.
"""

from __future__ import annotations

from typing import Any

from oms.appeasements import rules as goodwill
from oms.choices import rules as choices
from oms.fulfillment import collection_rules as collection
from oms.fulfillment import service_levels
from oms.inventory import rules
from oms.notifications import rules as notices
from oms.notifications.requests import PreviewNotice
from oms.notifications.views import preview
from oms.orders import paying_in_store, taxing
from oms.papers import rules as papers
from oms.platform.commands import Runtime
from oms.platform.http import Answer, api, call, caller, ok, read
from oms.returns import rules as returns
from oms.rulesets.routes import serve
from oms.sourcing import rates, strategy

app = api()
runtime = Runtime()
serve(app, lambda: runtime, "inventory_rules", "/v1/inventory/rules", rules.KIND, rules.InventoryRules)
serve(app, lambda: runtime, "strategy", "/v1/sourcing/strategies", strategy.KIND, strategy.Strategy)
serve(app, lambda: runtime, "rate_card", "/v1/sourcing/rate-cards", rates.KIND, rates.RateCard)
serve(app, lambda: runtime, "tax_rates", "/v1/tax-rates", taxing.KIND, taxing.TaxRates)
serve(app, lambda: runtime, "service_levels", "/v1/service-levels", service_levels.KIND, service_levels.ServiceLevels)
serve(app, lambda: runtime, "collection_rules", "/v1/collection-rules", collection.KIND, collection.CollectionRules)
serve(app, lambda: runtime, "choice_rules", "/v1/choice-rules", choices.KIND, choices.ChoiceRules)
serve(app, lambda: runtime, "return_rules", "/v1/return-rules", returns.KIND, returns.ReturnRules)
serve(app, lambda: runtime, "notice_rules", "/v1/notices/rules", notices.KIND, notices.NoticeRules)
serve(app, lambda: runtime, "paper_rules", "/v1/papers/rules", papers.KIND, papers.PaperRules)
serve(app, lambda: runtime, "goodwill_rules", "/v1/goodwill-rules", goodwill.KIND, goodwill.GoodwillRules)
_HOLDS = (paying_in_store.KIND, paying_in_store.PayInStoreRules)
serve(app, lambda: runtime, "pay_in_store", "/v1/pay-in-store", *_HOLDS)


@app.post("/v1/notices/previews")
def preview_notice() -> Answer:
    principal, wanted = caller(app, "rules.read", "RULES#"), read(app, PreviewNotice)
    # A question, repeated at will; its key is asked for as with every other POST.
    call(app, "preview_notice", principal, wanted)
    return ok(preview(runtime.database, principal.tenant, wanted))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
