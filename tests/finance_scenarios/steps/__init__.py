"""What each verb of a table is in the product's own calls."""

from __future__ import annotations

from collections.abc import Mapping

from tests.finance_scenarios.play import Step
from tests.finance_scenarios.steps import drawers, orders, periods

STEPS: Mapping[str, Step] = {**orders.STEPS, **drawers.STEPS, **periods.STEPS}
