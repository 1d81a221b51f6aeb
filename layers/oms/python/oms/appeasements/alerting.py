"""When grants of a customer or an actor are more than a rule says, that is told once on each business date. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from oms.appeasements.events import GoodwillRateExceeded
from oms.appeasements.limits import ACTOR, Counter
from oms.appeasements.model import Appeasement
from oms.appeasements.rules import Alert
from oms.platform.events import EventDraft


def alert(
    counter: Counter, alerts: Sequence[Alert], made: Appeasement, day: date, correlation_id: str | None
) -> tuple[Counter, list[EventDraft]]:
    """The counter after a grant, and what is told of it where it has passed a bound that nobody was told of today."""
    spent, today = counter.spent(made.currency), day.isoformat()
    passed = [one for one in alerts if one.is_passed(counter.of, len(counter.grants), spent, made.currency)]
    if not passed or counter.alerted_on == today:
        return counter, []
    told = GoodwillRateExceeded(
        of=counter.of,
        name=counter.name,
        actor=made.requested_by if counter.of == ACTOR else None,
        alert=passed[0].id,
        grants=len(counter.grants),
        amount=spent,
        currency=made.currency,
        business_date=today,
        order_id=made.order_id,
        appeasement_id=made.id,
    )
    after = counter.alerted(today)
    entity = f"GOODWILL#{counter.of}#{counter.name}"
    return after, [EventDraft(entity, after.alerts, told, correlation_id=correlation_id)]
