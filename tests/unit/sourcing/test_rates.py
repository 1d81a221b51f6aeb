"""Rate cards: zones, what a shipment costs, the customer's fee, and the day on which it arrives."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from oms.orders.request import Method
from oms.sourcing.rates import RateCard, Service, freight

NEAR = {"id": "near", "up_to_km": 300, "cents": 700, "cents_per_kg": 50, "fastest_days": 1, "slowest_days": 2}
FAR = {"id": "far", "up_to_km": 3_000, "cents": 900, "fastest_days": 3, "slowest_days": 5}


def service(**changes: Any) -> Service:
    return Service.model_validate_json(json.dumps({"id": "ground", "zones": [NEAR, FAR], **changes}))


def test_the_zone_is_the_nearest_that_reaches():
    ground = service()
    found = [ground.zone(metres) for metres in (0, 300_000, 300_001, 3_000_000, 3_000_001)]
    assert [zone.id if zone else None for zone in found] == ["near", "near", "far", "far", None]
    anywhere = service(zones=[NEAR, {**FAR, "up_to_km": None}])
    assert anywhere.zone(10**9) == anywhere.zones[1]


def test_each_begun_kilogram_after_the_first_costs():
    (near, _) = service().zones
    assert [freight(near, grams) for grams in (0, 1, 1_000, 1_001, 2_000, 2_001)] == [700, 700, 700, 750, 750, 800]


def test_the_fee_goes_by_what_the_goods_cost():
    ground = service(fees=[{"fee": 595}, {"from_goods": 5_000, "fee": 295}, {"from_goods": 10_000, "fee": 0}])
    assert [ground.fee(goods) for goods in (0, 4_999, 5_000, 9_999, 10_000)] == [595, 595, 295, 295, 0]
    assert service().fee(1) == 0


@pytest.mark.capability("D9")
@pytest.mark.parametrize(
    ("collected", "days", "arrives"),
    [
        ("2026-11-24", 1, "2026-11-25"),  # Tuesday to Wednesday
        ("2026-11-25", 1, "2026-11-27"),  # over a day without delivery
        ("2026-11-27", 1, "2026-11-30"),  # over the weekend
        ("2026-11-28", 1, "2026-11-30"),  # collected on a Saturday
        ("2026-11-24", 0, "2026-11-24"),
        ("2026-11-28", 0, "2026-11-30"),
        ("2026-11-24", 5, "2026-12-02"),
    ],
)
def test_days_are_those_on_which_the_carrier_brings(collected, days, arrives):
    ground = service(no_delivery=["2026-11-26"])
    assert ground.arrives(date.fromisoformat(collected), days) == date.fromisoformat(arrives)


def test_a_service_is_for_some_methods_countries_and_channels():
    ground = service(countries=["US", "CA"], channels=["web"], methods=["ship", "delivery"])
    assert ground.serves("web", Method.SHIP, "US")
    assert not ground.serves("store", Method.SHIP, "US")
    assert not ground.serves("web", Method.PICKUP, "US")
    assert not ground.serves("web", Method.SHIP, "MX")
    assert service().serves("any", Method.SHIP, "MX")


@pytest.mark.parametrize(
    "card",
    [
        {"services": [{"id": "a", "zones": [FAR, NEAR]}]},
        {"services": [{"id": "a", "zones": [{**NEAR, "up_to_km": None}, FAR]}]},
        {"services": [{"id": "a", "zones": [NEAR, NEAR]}]},
        {"services": [{"id": "a", "zones": [{**NEAR, "slowest_days": 0}]}]},
        {"services": [{"id": "a", "zones": [NEAR]}, {"id": "a", "zones": [FAR]}]},
        {"services": []},
        {"services": [{"id": "a", "zones": [NEAR]}], "currency": "XXX"},
    ],
)
def test_a_card_that_makes_no_sense_is_refused(card):
    with pytest.raises(ValidationError):
        RateCard.model_validate({"currency": "USD", **card})
