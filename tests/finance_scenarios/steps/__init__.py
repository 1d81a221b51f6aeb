"""What each verb of a table is in the product's own calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.finance_scenarios.grammar import REPLAY, Row
from tests.finance_scenarios.play import Play, Step
from tests.finance_scenarios.steps import (
    appeasements,
    drawers,
    giving_up,
    orders,
    periods,
    pos,
    refunds,
    replays,
    settlement,
    stored_value,
)


def _replay(play: Play, row: Row) -> Mapping[str, Any]:
    return replays.replay(play, row, STEPS)


STEPS: Mapping[str, Step] = {
    REPLAY: _replay,
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
