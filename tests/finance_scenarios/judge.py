"""Judging a scenario: which posted facts each row accounts for, what is left over, and what all of it comes to.

A row accounts for facts by what they posted, first for those of its own call. What the product does in one call may be
several rows of a table, and what it does later than the table says is found when all is told: the ledger's order of
arrival decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from tests.finance_scenarios.grammar import Row, Scenario
from tests.finance_scenarios.lines import DEFAULT, Expected, Sums, general, net, posted_sums, shown, sums_of
from tests.finance_scenarios.play import Done, Fact, Play

# Facts of one row are few; more than these are never looked at together.
_TOGETHER = 4
# What the product calls what a table expects.
CODES = {
    "PENDING_APPROVAL": {"pending_approval"},
    "REFUSED_ORDER_CAP": {"order_cap", "order_cap_exceeded", "above_order_cap"},
    "REFUSED_ROLE_LIMIT": {"role_limit", "above_role_limit", "role_limit_exceeded"},
    "REFUSED_SELF_APPROVAL": {"self_approval", "own_appeasement"},
    "REFUSED_VELOCITY": {"velocity", "velocity_limit", "velocity_exceeded"},
    "REFUSED_OVER_REFUND": {
        "refund_exceeds_captured",
        "more_than_delivered",
        "above_refundable",
        "not_refundable",
    },
    "REFUSED_OVER_CAPTURE": {"over_capture", "above_capturable"},
    "REFUSED_PERIOD_SEALED": {"period_sealed", "business_day_closed", "day_sealed"},
    "REFUSED_UNDELIVERED": {"undelivered", "not_delivered"},
    "CONFLICT_QUARANTINED": {"conflict_quarantined", "transaction_taken", "sequence_taken", "settlement_conflict"},
    # A till's own number is looked at before the key of the call.
    "IDEMPOTENCY_CONFLICT": {"idempotency_conflict", "idempotency_key_reused", "transaction_taken", "sequence_taken"},
}


def judge_row(row: Row, done: Done) -> str | None:
    """What is wrong with a row beside its lines; None where nothing is."""
    expected = row.get("expect")
    if expected is None:
        if done.code is not None:
            return f"{row.name}, expected {_lines(row)}, got {done.text}"
        return answer_is_wrong(row, done.answer)
    if not _is_code(done, expected):
        return f"{row.name}, expected {expected}, got {done.text or done.code or _state(done) or 'done'}"
    return None


def answer_is_wrong(row: Row, answer: Mapping[str, Any]) -> str | None:
    """What of a row's answer differs from what the product said; what it does not say is left to the lines."""
    for key, value in row.answers().items():
        if key in answer and str(answer[key]) != value:
            return f"{row.name}, expected {key}={value}, got {key}={answer[key]}"
    return None


def _is_code(done: Done, expected: str) -> bool:
    evaluation = done.answer.get("evaluation") or {}
    # What waits for somebody says why.
    pending = [str(reason).lower() for reason in evaluation.get("pending") or done.answer.get("pending") or ()]
    found = {str(done.code).lower(), _state(done).lower(), *pending}
    plain = expected.lower()
    return bool(found & ({plain, plain.removeprefix("refused_")} | CODES.get(expected, set())))


def _state(done: Done) -> str:
    return str(done.answer.get("state") or done.answer.get("status") or "")


def judge_lines(play: Play, rows: Sequence[Row]) -> Iterator[str]:
    """What is wrong with the lines of a scenario, row by row, and what no row accounts for."""
    facts = [fact for fact in play.facts if fact.row is not None]
    late = [row for row in rows if row.judged and row.lines and not _claim(play, row, facts, at_once=True)]
    for row in [row for row in late if not _claim(play, row, facts, at_once=False)]:
        own = [fact for fact in facts if fact.row is row and not fact.claimed]
        yield f"{row.name}, expected {_lines(row)}, got {_posted(own)}"
        for fact in own:
            fact.claimed = True
    for fact in facts:
        if not fact.claimed and fact.entries and fact.row is not None and fact.row.judged:
            yield f"{fact.row.name}, expected {_lines(fact.row)}, got besides {_posted([fact])}"


def _claim(play: Play, row: Row, facts: Sequence[Fact], *, at_once: bool) -> bool:
    """Take the facts that posted what a row expects, if there are any."""
    free = [fact for fact in facts if not fact.claimed and fact.entries]
    if at_once:
        # Only what was told by then; what comes later belongs to later rows first.
        free = [fact for fact in free if fact.row is not None and fact.row.line_no <= row.line_no]
    free.sort(key=lambda fact: fact.row is not row)
    own = [fact for fact in free if fact.row is row]
    for candidates in (own, free):
        for number in range(1, min(_TOGETHER, len(candidates)) + 1):
            for some in combinations(candidates, number):
                posted = posted_sums(entry for fact in some for entry in fact.entries)
                if matches(row.lines, posted, row) and _is_on_its_day(row, some):
                    for fact in some:
                        fact.claimed = True
                    return True
    return False


def _is_on_its_day(row: Row, facts: Iterable[Fact]) -> bool:
    wanted = row.get("posts_on")
    return wanted is None or all(e.business_date.isoformat() == wanted for fact in facts for e in fact.entries)


def matches(lines: Sequence[Expected], found: Sums, row: Row | None = None) -> bool:
    """Whether expected lines are the posted ones; books that the table leaves out are the default, or the row's own."""
    return any(sums_of(lines, *books) == found for books in _books(row))


def _books(row: Row | None) -> list[tuple[str, str]]:
    books = [DEFAULT]
    if row is not None:
        entity, currency = row.get("owner") or row.get("entity") or DEFAULT[0], row.get("currency") or DEFAULT[1]
        books += [(entity, currency), (row.get("entity") or entity, currency)]
    return books


def net_is_wrong(scenario: Scenario, found: Sums, how: str = "") -> str | None:
    """What is wrong with the net change that was found."""
    assert scenario.net is not None
    books = {DEFAULT, *(book for row in scenario.rows for book in _books(row))} if _one_book(scenario) else {DEFAULT}
    for entity, currency in sorted(books, key=lambda one: one != DEFAULT):
        expected = sums_of(scenario.net, entity, currency)
        # What stays held at providers may be left out of a net change.
        if found == expected or general(found) == expected:
            return None
    return f"{scenario.name}={how}, expected {shown(sums_of(scenario.net))}, got {shown(found)}"


def _one_book(scenario: Scenario) -> bool:
    return not any(line.entity or line.currency for line in scenario.net or ())


def net_of(facts: Iterable[Fact]) -> Sums:
    """The net change of the facts that belong to rows."""
    return net(posted_sums(entry for fact in facts if fact.row is not None for entry in fact.entries))


def _lines(row: Row) -> str:
    return row.get("expect") or shown(sums_of(row.lines))


def _posted(facts: Iterable[Fact]) -> str:
    return shown(posted_sums(entry for fact in facts for entry in fact.entries))
