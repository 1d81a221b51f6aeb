"""Calls about rules of stock, strategies, rate cards, tax rates and service levels, for the check of every answer."""

from __future__ import annotations

from tests.contracts.collection_answers import COLLECTION
from tests.contracts.described import Gateway
from tests.contracts.notice_answers import NOTICE_RULES
from tests.contracts.paper_answers import PAPER_RULES
from tests.contracts.return_answers import RETURN_RULES

RULES = {"safety": [{"id": "all", "priority": 1, "units": 1}]}
STRATEGY = {"scenarios": [{"id": "all"}]}


def rules(gateway: Gateway) -> None:
    path = "/v1/inventory/rules/usual"
    assert gateway.send("PUT", path, RULES)[0] == 201
    assert gateway.send("GET", path)[1]["live"] is None
    for number in (1, 2):
        version = gateway.send("GET", path)[1]["version"]
        put = {"safety": [{"id": "all", "priority": 1, "units": number}]}
        version = gateway.send("PUT", path, put, headers={"if-match": str(version)})[1]["version"]
        match = {"if-match": str(version)}
        assert gateway.send("POST", f"{path}/promotions", {"number": number}, headers=match)[0] == 200
    assert gateway.send("POST", f"{path}/rollbacks", {}, headers={"if-match": str(version + 1)})[0] == 200
    assert gateway.send("GET", f"{path}/versions/2")[1]["status"] == "RETIRED"
    assert gateway.send("GET", f"{path}/diff")[1]["differences"]
    assert gateway.send("GET", "/v1/inventory/rules")[1]["rule_sets"]
    kept = gateway.send("GET", "/v1/availability?skus=D&channel=web")[1]["items"][0]["nodes"][0]["kept_back"]
    assert [one["rule"] for one in kept] == ["all"]
    assert gateway.send("GET", "/v1/availability?skus=D&view=aggregate")[1]["items"][0]["available"] == 5


GROUND = {"id": "ground", "zones": [{"id": "any", "cents": 900, "fastest_days": 2, "slowest_days": 5}]}
RATES = {"currency": "USD", "services": [GROUND]}


def rate_cards(gateway: Gateway) -> None:
    path = "/v1/sourcing/rate-cards/usual"
    assert gateway.send("PUT", path, RATES)[0] == 201
    assert gateway.send("POST", f"{path}/promotions", {"number": 1}, headers={"if-match": "1"})[0] == 200
    dearer = {"currency": "USD", "services": [{**GROUND, "fees": [{"fee": 500}]}]}
    assert gateway.send("PUT", path, dearer, headers={"if-match": "2"})[0] == 200
    assert gateway.send("POST", f"{path}/promotions", {"number": 2}, headers={"if-match": "3"})[0] == 200
    assert gateway.send("POST", f"{path}/rollbacks", {}, headers={"if-match": "4"})[0] == 200
    assert gateway.send("GET", f"{path}/versions/2")[1]["status"] == "RETIRED"
    assert gateway.send("GET", f"{path}/diff")[1]["differences"]
    assert gateway.send("GET", path)[1]["live"]["content"]["services"]
    assert gateway.send("GET", "/v1/sourcing/rate-cards")[1]["rule_sets"]


TAX_RATES = {"rates": [{"jurisdiction": "US-NY", "country": "US", "rate_ppm": 40_000}]}


def tax_rates(gateway: Gateway) -> None:
    path = "/v1/tax-rates/usual"
    assert gateway.send("PUT", path, TAX_RATES)[0] == 201
    assert gateway.send("POST", f"{path}/promotions", {"number": 1}, headers={"if-match": "1"})[0] == 200
    city = {"jurisdiction": "US-NY-NYC", "country": "US", "postal_codes": ["100"], "rate_ppm": 45_000}
    more = {"rates": [*TAX_RATES["rates"], city]}
    assert gateway.send("PUT", path, more, headers={"if-match": "2"})[0] == 200
    assert gateway.send("POST", f"{path}/promotions", {"number": 2}, headers={"if-match": "3"})[0] == 200
    assert gateway.send("POST", f"{path}/rollbacks", {}, headers={"if-match": "4"})[0] == 200
    assert gateway.send("GET", f"{path}/versions/2")[1]["status"] == "RETIRED"
    assert gateway.send("GET", f"{path}/diff")[1]["differences"]
    assert gateway.send("GET", path)[1]["live"]["content"]["rates"]
    assert gateway.send("GET", "/v1/tax-rates")[1]["rule_sets"]


HOLDS = {"holds": [{"channel": "web", "currency": "USD", "most": 50_000, "hours": 48}]}


def pay_in_store(gateway: Gateway) -> None:
    path = "/v1/pay-in-store/usual"
    assert gateway.send("PUT", path, HOLDS)[0] == 201
    assert gateway.send("POST", f"{path}/promotions", {"number": 1}, headers={"if-match": "1"})[0] == 200
    more = {"holds": [*HOLDS["holds"], {**HOLDS["holds"][0], "channel": "app", "counted_from": "ready"}]}
    assert gateway.send("PUT", path, more, headers={"if-match": "2"})[0] == 200
    assert gateway.send("POST", f"{path}/promotions", {"number": 2}, headers={"if-match": "3"})[0] == 200
    assert gateway.send("POST", f"{path}/rollbacks", {}, headers={"if-match": "4"})[0] == 200
    assert gateway.send("GET", f"{path}/versions/2")[1]["status"] == "RETIRED"
    assert gateway.send("GET", f"{path}/diff")[1]["differences"]
    assert gateway.send("GET", path)[1]["live"]["content"]["holds"]
    assert gateway.send("GET", "/v1/pay-in-store")[1]["rule_sets"]


def strategies(gateway: Gateway) -> None:
    path = "/v1/sourcing/strategies/usual"
    assert gateway.send("PUT", path, {"scenarios": [{"id": "near", "cents_per_100_km": 10}]})[0] == 201
    for number, version in ((1, 1), (2, 3)):
        match = {"if-match": str(version)}
        assert gateway.send("POST", f"{path}/promotions", {"number": number}, headers=match)[0] == 200
        put = {"scenarios": [{"id": "near", "cents_per_100_km": 10 + number}]}
        assert gateway.send("PUT", path, put, headers={"if-match": str(version + 1)})[0] == 200
    assert gateway.send("POST", f"{path}/rollbacks", {}, headers={"if-match": "5"})[0] == 200
    assert gateway.send("GET", f"{path}/versions/2")[1]["status"] == "RETIRED"
    assert gateway.send("GET", f"{path}/diff")[1]["differences"]
    assert gateway.send("GET", path)[1]["live"]["content"]["scenarios"]
    assert gateway.send("GET", "/v1/sourcing/strategies")[1]["rule_sets"]


SERVICE_LEVELS = {"levels": [{"id": "all", "accept_minutes": 600, "pick_minutes": 900, "remind_percent": [50]}]}


def service_levels(gateway: Gateway) -> None:
    path = "/v1/service-levels/usual"
    assert gateway.send("PUT", path, SERVICE_LEVELS)[0] == 201
    assert gateway.send("POST", f"{path}/promotions", {"number": 1}, headers={"if-match": "1"})[0] == 200
    shorter = {"levels": [{"id": "stores", "accept_minutes": 30, "where": {"kinds": ["store"]}}]}
    assert gateway.send("PUT", path, shorter, headers={"if-match": "2"})[0] == 200
    assert gateway.send("POST", f"{path}/promotions", {"number": 2}, headers={"if-match": "3"})[0] == 200
    assert gateway.send("POST", f"{path}/rollbacks", {}, headers={"if-match": "4"})[0] == 200
    assert gateway.send("GET", f"{path}/versions/2")[1]["status"] == "RETIRED"
    assert gateway.send("GET", f"{path}/diff")[1]["differences"]
    assert gateway.send("GET", path)[1]["live"]["content"]["levels"]
    assert gateway.send("GET", "/v1/service-levels")[1]["rule_sets"]


CHOICES = {
    "rules": [{"id": "b", "kind": "BACKORDER", "options": ["wait", "cancel"], "hours": 48, "otherwise": "wait"}],
    "substitutes": [{"sku": "MUG", "currency": "USD", "by": [{"sku": "CUP", "unit_price": 900}]}],
}

GOODWILL_RULES = {
    "rules": [{"id": "late", "event": "promise_broken", "currency": "USD", "percent": 5, "most": 500}],
    "alerts": [{"id": "many", "of": "actor", "grants": 5}],
}

# Every kind of rules by where it is put, with a content that may be put.
RULE_SETS = {
    "inventory/rules": RULES,
    "sourcing/strategies": STRATEGY,
    "sourcing/rate-cards": RATES,
    "tax-rates": TAX_RATES,
    "pay-in-store": HOLDS,
    "service-levels": SERVICE_LEVELS,
    "collection-rules": COLLECTION,
    "choice-rules": CHOICES,
    "notices/rules": NOTICE_RULES,
    "return-rules": RETURN_RULES,
    "papers/rules": PAPER_RULES,
    "goodwill-rules": GOODWILL_RULES,
}


def every_kind(gateway: Gateway) -> None:
    """A draft of each kind."""
    for path, content in RULE_SETS.items():
        assert gateway.send("PUT", f"/v1/{path}/usual", content)[0] == 201
