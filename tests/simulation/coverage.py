"""What a long run must have met: all kinds of faults, all functions broken, and all ways that messages take.

    unmet(points)        # in words, what struck less often than it must; points as the seeds count them

A rule that was never tried holds in every run. What no seed can meet is listed here with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tests.simulation.machine.faults import (
    ANSWER_LOST,
    CALL_KINDS,
    CRASH_AFTER,
    CRASH_BEFORE,
    OTHER_KINDS,
    PROVIDER_KINDS,
    WEATHER,
)
from tests.simulation.machine.topology import Topology

# From so many seeds on a run is held to it.
LONG_RUN = 20_000
OFTEN_ENOUGH = 10
KINDS = (*CALL_KINDS, *WEATHER, *(f"psp_{kind}" for kind in PROVIDER_KINDS), *OTHER_KINDS)
# How a call may end so that its caller does not know what came of it.
CRASHES = (CRASH_BEFORE, CRASH_AFTER, ANSWER_LOST)
NOT_BROKEN = {
    "console": "serves files and calls nothing",
    "registry": "is called before the first fault",
    "appeasements": "is called by few seeds, see MONEY_EVERY; crash_points.py breaks its every call",
    "grant_goodwill": "no seed has rules of goodwill; crash_points.py breaks its every call",
    "papers": "no seed prints; crash_points.py breaks its every call",
    "drawers": "is called by few seeds, see MONEY_EVERY; crash_points.py breaks its every call",
    "pos": "is called by few seeds, see MONEY_EVERY; crash_points.py breaks its every call",
    "settlements": "no seed has a bank; crash_points.py breaks its every call",
    "psp_events": "no seed has a dispute or a payout; crash_points.py breaks its every call",
    "gift_cards": "is called by few seeds, see MONEY_EVERY; crash_points.py breaks its every call",
    "finance": "is called by few seeds, see EXPORTS_EVERY; crash_points.py breaks its every call",
    "returns": "is called by few seeds, see MONEY_EVERY; crash_points.py breaks its every call",
    "refund_payment": "is called by few seeds, see MONEY_EVERY; crash_points.py breaks its every call",
    "stock_files": "no seed drops a file; crash_points.py breaks its every call",
    "webhook_subscriptions": "no seed has a subscriber; crash_points.py breaks its every call",
    "queue_webhooks": "no seed has a subscriber; crash_points.py breaks its every call",
    "send_webhooks": "no seed has a subscriber; crash_points.py breaks its every call",
    "order_files": "no seed drops a file; crash_points.py breaks its every call",
    "finance_export": "is called by few seeds, see EXPORTS_EVERY; crash_points.py breaks its every call",
}
NOT_REDELIVERED = {
    "SendWebhooksQueue": "has messages in no seed; crash_points.py has them",
    "FinanceExportQueue": "has messages in few seeds, see EXPORTS_EVERY",
    "GrantGoodwillQueue": "has messages in few seeds, and grants in none",
    "StockFilesQueue": "has messages in no seed; crash_points.py has them",
    "OrderFilesQueue": "the same",
    "PspEventsQueue": "has messages in no seed; crash_points.py has them",
}
NOT_SET_ASIDE = {
    **NOT_REDELIVERED,
    "RefundPaymentQueue": "has messages in few seeds, see MONEY_EVERY",
    "RecoverSagasQueue": "hides a message for half an hour, and by then everything heals",
    "EventsTable": "tries for six hours, and by then everything heals",
    "inventorystream": "tries for six hours, and by then everything heals",
}


def needed(topology: Topology) -> set[tuple[str, ...]]:
    """All that must strike often enough: kinds, functions with ways to break them, feeds with ways of messages."""
    feeds = {feed.source for feed in (*topology.queue_feeds, *topology.stream_feeds)}
    return {
        *((kind,) for kind in KINDS),
        *((kind, function) for kind in CRASHES for function in topology.functions if function not in NOT_BROKEN),
        *(("redelivered", feed) for feed in feeds - NOT_REDELIVERED.keys()),
        *(("set_aside", feed) for feed in feeds - NOT_SET_ASIDE.keys()),
    }


def unmet(points: Mapping[tuple[str, ...], int], topology: Topology) -> list[str]:
    """What is needed and struck less than OFTEN_ENOUGH, with how often it did."""
    struck: Counter[tuple[str, ...]] = Counter()
    for point, count in points.items():
        for parts in {1, min(2, len(point))}:
            struck[point[:parts]] += count
    return [
        f"{' '.join(point)}: {struck[point]} times"
        for point in sorted(needed(topology))
        if struck[point] < OFTEN_ENOUGH
    ]
