"""post_ledger: facts from the queue stand in the ledger once, balanced, on the right day."""

# ruff: noqa: F811 - fixtures are imported by name

import io
import json
from datetime import UTC, date, datetime
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger

from functions.post_ledger import handler as function
from oms.finance import store
from oms.finance.commands import Books
from oms.finance.lanes import Lane, LaneEnd
from oms.platform.dynamodb import Database
from oms.platform.problems import Busy
from oms.platform.settings import table_name
from tests.unit.finance import world
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)

F01 = [
    world.authorized("O1", 11325),
    world.shipped("O1", 10000, shipping=500, tax=825),
    world.captured("O1", 11325),
]
F01_NET = {"1110": 11325, "2040": -825, "4010": -10000, "4020": -500}


@pytest.fixture(autouse=True)
def _one_function(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function, "books", books)


def _deliver(*events: dict[str, Any]) -> list[str]:
    """Give a batch to the function; returns the ids of the messages that it gives back."""
    answer = function.handler(world.queue(*events), None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.mark.capability("N1", "N6")
def test_an_order_that_is_shipped_and_captured_stands_in_balance(books: Books) -> None:
    assert _deliver(*F01) == []
    entries = world.entries_on(books)
    assert [entry.rule for entry in entries] == ["payment_authorized", "goods_transferred", "payment_captured"]
    assert world.net_change(entries) == F01_NET


@pytest.mark.capability("N1")
def test_facts_may_arrive_in_any_order_and_twice(books: Books) -> None:
    assert _deliver(F01[2], F01[1]) == []
    assert _deliver(F01[1], F01[0], F01[0], F01[2]) == []
    entries = world.entries_on(books)
    assert len(entries) == 3
    assert world.net_change(entries) == F01_NET


@pytest.mark.capability("N1")
def test_one_capture_told_by_two_messages_is_posted_once(books: Books) -> None:
    reply = world.captured("O1", 11325)
    webhook = world.event("PaymentCaptured", reply["detail"]["data"], id="evt-from-webhook")
    assert _deliver(reply) == []
    assert _deliver(webhook) == []
    (entry,) = world.entries_on(books)
    assert entry.source_event == "evt-cap-O1-1"


@pytest.mark.capability("N1")
def test_other_content_under_one_identity_is_kept_apart_and_not_tried_again(books: Books) -> None:
    _deliver(world.captured("O1", 6995))
    assert _deliver(world.captured("O1", 7000), world.authorized("O2", 100)) == []
    assert _deliver(world.captured("O1", 7000)) == []
    assert world.net_change(world.entries_on(books)) == {"1110": 6995, "2010": -6995, "9010": -6895, "9020": 6895}
    (row,) = world.rows_of("ledger", "T#demo#QUARANTINE")
    kept = json.loads(row["body"]["S"])
    assert kept["lines"][0] == {"account": "1110", "debit": 7000, "currency": "USD"}


def test_what_is_kept_apart_rings_each_time(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message counts as dealt with, so the log line itself counts for the alarm of the template."""
    written = io.StringIO()
    log = Logger(service="quarantine", stream=written)
    monkeypatch.setattr("oms.finance.commands.logger", lambda: log)
    _deliver(world.captured("O1", 6995))
    assert written.getvalue() == ""
    assert _deliver(world.captured("O1", 7000)) == []
    line = json.loads(written.getvalue())
    assert line["code"] == "CONFLICT_QUARANTINED"
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    assert (line["PostingsQuarantined"], metrics["Namespace"], metrics["Dimensions"]) == (1, "Spine", [["service"]])
    assert metrics["Metrics"] == [{"Name": "PostingsQuarantined", "Unit": "Count"}]
    assert line["_aws"]["Timestamp"] == int(books.runtime.clock.now().timestamp() * 1000)
    assert {"service", "level", "timestamp"} <= set(line)


def test_two_contents_in_one_batch_post_the_first_and_keep_the_second_apart(books: Books) -> None:
    assert _deliver(world.captured("O1", 6995), world.captured("O1", 7000), world.captured("O1", 6995)) == []
    assert [entry.lines[0].debit for entry in world.entries_on(books)] == [6995]
    assert len(world.rows_of("ledger", "T#demo#QUARANTINE")) == 1


def test_a_message_that_cannot_be_read_comes_back_alone(books: Books) -> None:
    wrong = world.captured("O2", 100, currency="XXX")
    unknown = world.event("OrderTeleported", {})
    assert _deliver(F01[0], wrong, F01[1], unknown, F01[2]) == ["m1", "m3"]
    assert world.net_change(world.entries_on(books)) == F01_NET


def test_a_message_that_is_no_event_comes_back(books: Books) -> None:
    answer = function.handler({"Records": [{"messageId": "m0", "body": "no json"}]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert world.rows_of("ledger") == []


@pytest.mark.capability("N1")
def test_a_batch_whose_reply_was_lost_is_repeated_without_effect(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = books.runtime.database.commit

    def lose_reply(writes: Any) -> None:
        commit(writes)
        raise Busy()

    with monkeypatch.context() as lost:
        lost.setattr(books.runtime, "database", _WithCommit(books.runtime.database, lose_reply))
        assert _deliver(*F01) == ["m0", "m1", "m2"]
    assert _deliver(*F01) == []
    assert len(world.entries_on(books)) == 3


def test_one_posting_that_storage_refuses_does_not_hold_up_the_others(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = books.runtime.database.commit

    def refuse_o2(writes: Any) -> None:
        if any("ord_O2" in str(write.set) for write in writes):
            raise RuntimeError("an item that storage does not take")
        commit(writes)

    monkeypatch.setattr(books.runtime, "database", _WithCommit(books.runtime.database, refuse_o2))
    assert _deliver(F01[0], world.authorized("O2", 100), F01[1]) == ["m1"]
    assert len(world.entries_on(books)) == 2


class _WithCommit(Database):
    """The same tables with another way to commit."""

    def __init__(self, database: Database, commit: Any) -> None:
        super().__init__(database.client)
        self.commit = commit  # type: ignore[method-assign]


@pytest.mark.capability("N1")
def test_functions_that_write_at_once_leave_no_gap_and_lose_nothing(books: Books) -> None:
    neighbour = world.make_books(seed=2)
    for number in range(6):
        # Each remembers the lane's end from before the other wrote.
        assert world.deliver(books, [world.authorized(f"A{number}", 100)]) == []
        assert world.deliver(neighbour, [world.authorized(f"B{number}", 100)]) == []
    lanes = store.lanes_of(books.runtime.database, world.day())
    assert len(lanes) == 2  # the second one moved away and kept to its own lane
    for lane in lanes:
        sequence = [seq for seq, _ in store.entries_of_lane(books.runtime.database, lane, after=0)]
        assert sequence == [lane.sequence(position) for position in range(1, len(sequence) + 1)]
    assert len(world.entries_on(books)) == 12


def test_a_busy_lane_is_read_again_and_the_message_posted(books: Books) -> None:
    _deliver(F01[0])
    lane = Lane(world.day(), world.STORE, 0)
    books.ends[lane] = LaneEnd(1)  # a memory that is out of date
    assert _deliver(F01[1], F01[2]) == []
    assert world.net_change(world.entries_on(books)) == F01_NET


@pytest.mark.capability("N1", "N3", "N8")
def test_a_fact_of_a_closed_day_posts_on_the_next_open_one(books: Books) -> None:
    _deliver(F01[0])
    world.close_day(books)
    world.close_day(books, date(2026, 11, 21))
    assert _deliver(F01[1], F01[2]) == []
    assert len(world.entries_on(books)) == 1
    late = world.entries_on(books, date(2026, 11, 22))
    assert [entry.rule for entry in late] == ["goods_transferred", "payment_captured"]
    assert {entry.original_business_date for entry in late} == {world.TODAY}


@pytest.mark.capability("N1")
def test_a_fact_posted_before_the_close_is_not_posted_again_after_it(books: Books) -> None:
    _deliver(*F01)
    world.close_day(books)
    world.close_day(books)
    assert _deliver(*F01) == []
    assert world.entries_on(books, date(2026, 11, 21)) == []


def test_a_close_reaches_a_function_that_remembers_an_open_lane(books: Books) -> None:
    neighbour = world.make_books(seed=2)
    world.deliver(neighbour, [F01[0]])
    world.close_day(books)
    assert world.deliver(neighbour, [F01[1]]) == []
    assert len(world.entries_on(books)) == 1
    assert len(world.entries_on(books, date(2026, 11, 21))) == 1


def test_a_store_without_a_lane_cannot_open_one_in_a_closed_day(books: Books) -> None:
    world.close_day(books)
    assert _deliver(world.authorized("O1", 100, store="S12")) == []
    assert world.entries_on(books) == []
    assert [entry.store for entry in world.entries_on(books, date(2026, 11, 21))] == ["S12"]


@pytest.mark.parametrize("opened_before", [False, True])
def test_a_day_that_closes_while_a_lane_is_opened_stays_closed(
    books: Books, monkeypatch: pytest.MonkeyPatch, opened_before: bool
) -> None:
    if opened_before:
        _deliver(F01[0])
    database = books.runtime.database
    neighbour = world.make_books()

    def close_first(writes: Any) -> None:
        world.close_day(neighbour)
        database.commit(writes)

    monkeypatch.setattr(books.runtime, "database", _WithCommit(database, close_first))
    assert _deliver(world.authorized("O2", 100, store="S12")) == []
    assert [entry.store for entry in world.entries_on(neighbour, date(2026, 11, 21))] == ["S12"]
    assert {entry.store for entry in world.entries_on(neighbour)} == ({world.STORE} if opened_before else set())


@pytest.mark.capability("N3")
@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("America/New_York", datetime(2026, 11, 21, 8, 59, tzinfo=UTC), date(2026, 11, 20)),
        ("America/New_York", datetime(2026, 11, 21, 9, 0, tzinfo=UTC), date(2026, 11, 21)),
        ("Asia/Tokyo", datetime(2026, 11, 20, 18, 59, tzinfo=UTC), date(2026, 11, 20)),
        ("Asia/Tokyo", datetime(2026, 11, 20, 19, 0, tzinfo=UTC), date(2026, 11, 21)),
        # The night of 25 October has 25 hours in Berlin: 02:30 UTC is 03:30 there, before the cut-off.
        ("Europe/Berlin", datetime(2026, 10, 25, 2, 30, tzinfo=UTC), date(2026, 10, 24)),
        (None, datetime(2026, 11, 21, 3, 59, tzinfo=UTC), date(2026, 11, 20)),
    ],
)
def test_the_business_date_follows_the_stores_own_clock(
    books: Books, zone: str | None, at: datetime, expected: date
) -> None:
    if zone is not None:
        _register_store("S12", zone)
    sale = world.authorized("O1", 100, store="S12")
    assert _deliver(world.event("PaymentAuthorized", sale["detail"]["data"], at=at)) == []
    assert len(world.entries_on(books, expected)) == 1


def _register_store(node_id: str, zone: str) -> None:
    node = {
        "id": node_id,
        "kind": "store",
        "name": "A store",
        "legal_entity": "100",
        "address": {"lines": ["Main street 1"], "city": "Town", "country": "US"},
        "time_zone": zone,
        "latitude_microdegrees": 40_000_000,
        "longitude_microdegrees": -74_000_000,
        "effective_from": "2026-01-01T00:00:00Z",
        "version": 1,
    }
    sort = f"NODE#{node_id}#2026-01-01T00:00:00.000Z#000001"
    item = {"pk": {"S": "T#demo#NODE"}, "sk": {"S": sort}, "body": {"S": json.dumps(node)}}
    boto3.client("dynamodb").put_item(TableName=table_name("registry"), Item=item)


def test_tenants_and_entities_keep_their_own_books(books: Books) -> None:
    other = world.authorized("O1", 500)
    other["detail"]["meta"]["tenant"] = "other"
    assert _deliver(F01[0], other, world.authorized("O9", 700, legal_entity="200")) == []
    assert [entry.lines[0].debit for entry in world.entries_on(books)] == [11325]
    assert [entry.lines[0].debit for entry in world.entries_on(books, entity="200")] == [700]
    assert len(world.rows_of("ledger", "T#other#ENTRY#")) == 1
    assert len(world.rows_of("ledger", "T#demo#ENTRY#")) == 2


def test_a_large_batch_over_many_stores_and_days_is_posted_whole(books: Books) -> None:
    events = []
    for number in range(25):
        event = world.authorized(str(number), 100, store=f"S{number:02d}")
        event["detail"]["meta"]["occurred_at"] = f"2026-11-{1 + number:02d}T12:00:00.000Z"
        events.append(event)
    assert _deliver(*events) == []
    posted = [entry for n in range(1, 26) for entry in world.entries_on(books, date(2026, 11, n))]
    assert len(posted) == 25
