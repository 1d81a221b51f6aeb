"""What each verb of a table is in the product's own calls."""

from __future__ import annotations

from collections.abc import Mapping

from tests.finance_scenarios.play import Step
from tests.finance_scenarios.steps import (
    appeasements,
    drawers,
    giving_up,
    orders,
    periods,
    pos,
    refunds,
    settlement,
    stored_value,
)

STEPS: Mapping[str, Step] = {
    **orders.STEPS,
    **stored_value.STEPS,
    **appeasements.STEPS,
    **refunds.STEPS,
    **drawers.STEPS,
    **pos.STEPS,
    **settlement.STEPS,
    **giving_up.STEPS,
    **periods.STEPS,
}
