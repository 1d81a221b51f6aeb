"""What a command leaves: its record, the envelopes of its events, and the pauses between attempts, field by field."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from oms.platform.clock import FixedClock
from oms.platform.commands import (
    MOST_ATTEMPTS,
    Call,
    Decision,
    Outcome,
    Runtime,
    command_key,
    event_writes,
    execute,
    find_outcome,
    input_hash,
    outcome_at,
    pause_before_retry,
)
from oms.platform.dynamodb import Conflict
from oms.platform.events import EventData, EventDraft
from oms.platform.principal import Principal
from oms.platform.problems import ActionNotAvailable, Busy, KeyReused, StaleVersion
from oms.platform.writes import Key, Write, create, put
from tests.order_tables import OrderTables

RECORD = Key("T#acme#COMMAND#count#k", "COMMAND")
COUNTER = Key("T#acme#COUNTER", "COUNTER")


class Counted(EventData):
    version: ClassVar[int] = 3
    n: int


class Numbered:
    """Identifiers in order: evt_1, evt_2."""

    def __init__(self) -> None:
        self.made = 0

    def new(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}_{self.made}"


class Chance:
    """Draws that are known."""

    def __init__(self, draw: float) -> None:
        self.draw = draw

    def random(self) -> float:
        return self.draw


@pytest.fixture
def tables() -> OrderTables:
    return OrderTables()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def runtime(tables: OrderTables, pauses: list[float]) -> Runtime:
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    return Runtime(clock=clock, ids=Numbered(), database=tables, random=Chance(0.5), pause=pauses.append)


def call(**changes: Any) -> Call:
    facts = {"command": "count", "principal": Principal("acme", "ann", "clerk"), "key": "k", "input_hash": "h"}
    return Call(**{**facts, "correlation_id": "cor", "causation_id": "cau", **changes})


def draft(**changes: Any) -> EventDraft:
    return EventDraft("ORDER#ord_1", 4, Counted(n=7), **changes)


def envelopes(runtime: Runtime, one: Call, *drafts: EventDraft) -> list[dict[str, Any]]:
    return [json.loads(str(write.set["detail"])) for write in event_writes(runtime, one, drafts)]


def test_a_command_leaves_its_writes_its_events_and_its_record_in_one_transaction(
    runtime: Runtime, tables: OrderTables
):
    body = {"name": "Zoë", "n": 1}
    decision = Decision([create("orders", COUNTER, {"n": 1})], [draft(), draft()][:1], status=201, body=body)
    assert execute(runtime, call(), lambda: decision) == Outcome(201, body, replayed=False)
    assert len(tables.commits) == 1
    assert set(tables.rows) == {
        ("commands", RECORD),
        ("orders", COUNTER),
        ("events", Key("T#acme#ORDER#ord_1", "EVENT#000000004")),
    }
    assert tables.rows["commands", RECORD] == {
        "pk": RECORD.pk,
        "sk": RECORD.sk,
        "input_hash": "h",
        "status": 201,
        # As sent: the record of an order that is large stays as small as it can be.
        "body": '{"name":"Zoë","n":1}',
        "done_at": "2026-01-01T00:00:00.000Z",
    }
    assert find_outcome(runtime, call()) == Outcome(201, body, replayed=True)


def test_a_decision_says_two_hundred_and_nothing_unless_told(runtime: Runtime):
    assert execute(runtime, call(), lambda: Decision([])) == Outcome(200, {}, replayed=False)


def test_an_event_says_who_did_what_for_whom(runtime: Runtime):
    one = call(channel="web", reason="asked by phone")
    more = {"channel": "shop", "legal_entity": "100", "reason": "damaged"}
    first, second = envelopes(runtime, one, draft(), draft(**more))
    assert first == {
        "meta": {
            "id": "evt_1",
            "type": "Counted",
            "version": 3,
            "occurred_at": "2026-01-01T00:00:00.000Z",
            "sequence": 4,
            "correlation_id": "cor",
            "causation_id": "cau",
            "channel": "web",
            "tenant": "acme",
            "entity": "ORDER#ord_1",
            "legal_entity": None,
            "command": "count",
            "actor": "ann",
            "role": "clerk",
            "reason": "asked by phone",
        },
        "data": {"n": 7},
    }
    # What the fact itself says comes before what the call says.
    assert second["meta"] == {**first["meta"], "id": "evt_2", **more}


@pytest.mark.parametrize(
    ("named", "own", "expected"),
    [("cor", "own", "cor"), (None, "own", "own"), (None, None, "cau"), ("cor", None, "cor")],
)
def test_what_an_event_belongs_to(runtime: Runtime, named: str | None, own: str | None, expected: str):
    (event,) = envelopes(runtime, call(correlation_id=named), draft(correlation_id=own))
    assert event["meta"]["correlation_id"] == expected


def test_the_hash_is_over_canonical_json():
    text = '{"a":[1,"é"],"b":"2026-01-02T00:00:00Z"}'
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert input_hash({"b": "2026-01-02T00:00:00Z", "a": [1, "é"]}) == expected

    class Content(BaseModel):
        b: datetime
        a: list[Any]

    assert input_hash(Content(b=datetime(2026, 1, 2, tzinfo=UTC), a=[1, "é"])) == expected


def test_pauses_double_up_to_a_limit(runtime: Runtime, pauses: list[float]):
    for attempt in (0, 1, 2, 5, 6, 7, 11):
        pause_before_retry(runtime, attempt)
    assert pauses == pytest.approx([0.005, 0.01, 0.02, 0.16, 0.32, 0.32, 0.32])


def test_the_last_attempt_is_not_followed_by_a_pause_and_says_what_it_knows(
    runtime: Runtime, tables: OrderTables, pauses: list[float]
):
    seen: list[Conflict] = []

    def overtaken(conflict: Conflict) -> StaleVersion:
        seen.append(conflict)
        return StaleVersion()

    def always(name: str, act: Any) -> Any:
        if name == "commit":
            raise Conflict([], contended=True)
        return act()

    tables.around = always
    with pytest.raises(StaleVersion):
        execute(runtime, call(), lambda: Decision([]), overtaken=overtaken)
    assert len(pauses) == MOST_ATTEMPTS - 1
    assert pauses[:3] == pytest.approx([0.005, 0.01, 0.02])
    assert [conflict.contended for conflict in seen] == [True]
    with pytest.raises(Busy):
        execute(runtime, call(), lambda: Decision([]))


def test_another_run_of_the_same_call_that_was_quicker_answers_for_both(runtime: Runtime, tables: OrderTables):
    """Our commit fails on the record alone: its content is the answer, and nothing is tried again."""
    tries = 0

    def decide() -> Decision:
        nonlocal tries
        tries += 1
        return Decision([put("orders", COUNTER, {"n": 2})], status=201, body={"n": 2})

    record = {"input_hash": "h", "status": 202, "body": '{"n":1}'}
    tables.rows["commands", RECORD] = dict(record)
    assert execute(runtime, call(), decide) == Outcome(202, {"n": 1}, replayed=True)
    assert (tries, set(tables.rows)) == (1, {("commands", RECORD)})
    with pytest.raises(KeyReused):
        execute(runtime, call(input_hash="other"), decide)
    assert tables.rows == {("commands", RECORD): record}


def test_the_same_act_under_another_key_is_found_by_its_business_identity(runtime: Runtime, tables: OrderTables):
    known = Outcome(201, {"n": 1}, replayed=True)

    def refuse() -> Decision:
        raise ActionNotAvailable

    assert execute(runtime, call(), refuse, earlier=lambda: known) is known

    def lost(name: str, act: Any) -> Any:
        if name == "commit":
            raise Conflict([(put("orders", COUNTER, {}), {"n": 1})], contended=False)
        return act()

    tables.around = lost
    assert execute(runtime, call(), lambda: Decision([]), earlier=lambda: known) is known
    assert tables.rows == {}


def test_a_lost_condition_on_another_item_is_no_answer(runtime: Runtime, tables: OrderTables, pauses: list[float]):
    """Neither what stands in the other item, nor a record that the store did not hand over."""
    other: list[tuple[Write, Any]] = [
        (put("orders", COUNTER, {}), {"input_hash": "h", "status": 200, "body": "{}"}),
        (create("commands", RECORD, {}), None),
    ]
    for lost in other:
        left = 1

        def once(name: str, act: Any, lost: tuple[Write, Any] = lost) -> Any:
            nonlocal left
            if name == "commit" and left:
                left -= 1
                raise Conflict([lost], contended=False)
            return act()

        tables.around = once
        tables.rows.clear()
        pauses.clear()
        assert execute(runtime, call(), lambda: Decision([], status=201)) == Outcome(201, {}, replayed=False)
        assert len(pauses) == 1


def test_an_outcome_is_kept_under_tenant_command_and_key(runtime: Runtime, tables: OrderTables):
    assert command_key("acme", "count", "k") == RECORD
    tables.rows["commands", Key("T#acme#ELSEWHERE", "X")] = {"input_hash": "h", "status": 204, "body": "{}"}
    assert outcome_at(runtime, Key("T#acme#ELSEWHERE", "X"), call()) == Outcome(204, {}, replayed=True)
    assert outcome_at(runtime, Key("T#acme#NOWHERE", "X"), call()) is None
    with pytest.raises(KeyReused):
        outcome_at(runtime, Key("T#acme#ELSEWHERE", "X"), call(input_hash="other"))
