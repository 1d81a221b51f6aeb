"""The checker about notices: silent about one that is sent, and not about those that break a rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.simulation.checker.evidence import Change, Report
from tests.simulation.checker.notices import check_notices_of_commit, is_notices

QUEUED: dict[str, Any] = {
    **{"id": "ntc_1", "order_id": "ord_1", "milestone": "shipped", "subject": "shp_1", "cause": {"sequence": 4}},
    **{
        "locale": "en",
        "created_at": "2026-11-23",
        "resend_of": None,
        "asked_by": None,
        "status": "QUEUED",
        "version": 1,
    },
}
SENT = {**QUEUED, "status": "SENT", "version": 2}


def noted(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[str]:
    items = [None if one is None else {"body": json.dumps(one)} for one in (before, after)]
    report = Report()
    check_notices_of_commit([Change("orders", "T#acme#NOTICES#ord_1", "NOTICE#ntc_1", *items)], report)
    return [violation.what for violation in report.found]


def test_a_notice_that_is_made_and_sent_is_nothing_to_speak_of():
    assert noted(None, QUEUED) == noted(QUEUED, SENT) == []
    assert (is_notices("T#acme#NOTICES#ord_1"), is_notices("T#acme#ORDER#ord_1")) == (True, False)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (SENT, {**SENT, "version": 3}, "a notice that is SENT was changed"),
        (QUEUED, None, "a notice was removed"),
        (QUEUED, {**SENT, "milestone": "ready"}, "a notice is about something else"),
        (QUEUED, {**SENT, "version": 1}, "version 1 became 1"),
    ],
)
def test_each_rule_is_seen_to_be_broken(before: dict[str, Any], after: dict[str, Any] | None, what: str):
    assert noted(before, after) == [what]
