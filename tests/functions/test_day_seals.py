"""Seals: a store's business date is sealed when nothing stands against it, by itself, and never opened again."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oms.platform.dynamodb import Database
from oms.platform.problems import Busy
from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.drawer_doors import pieces
from tests.order_nodes import node
from tests.unit.finance import exported, world
from tests.unit.finance.company import DAY, FINANCE, MORNING, TOMORROW, Company, company, sale  # noqa: F401
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)


@pytest.mark.capability("N3")
def test_a_day_is_sealed_and_told_once(company: Company):
    path = company.open()
    company.move(path, 1, "cash_sale", 5413, tax=413)
    company.close(path, pieces(n10000=1, n5000=1, n100=4, n10=1, n1=3))
    company.post()
    company.later()
    first = company.seal(key="k1")
    assert (first.status, first.body) == (
        200,
        {
            "entity": "100",
            "business_date": "2026-11-20",
            "store": "S12",
            "state": "SEALED",
            "seal": {
                "sealed_by": "finance",
                "sealed_at": "2026-11-21T10:00:00.000Z",
                "forced": False,
                "reason": None,
                "passed_over": [],
            },
        },
    )
    assert company.seal(key="k1").body == first.body
    assert exported.events("BusinessDaySealed") == [
        {
            "entity": "100",
            "store": "S12",
            "business_date": "2026-11-20",
            "forced": False,
            "reason": None,
            "sealed_by": "finance",
            "passed_over": [],
        }
    ]
    before = company.rows()
    again = company.seal(key="k2")
    assert (again.status, again.body["code"]) == (409, "period_sealed")
    assert company.rows() == before


@pytest.mark.capability("N3")
def test_everything_that_stands_against_a_seal_is_listed_and_nothing_changes(company: Company):
    one, two, three = (company.open(name, 10000) for name in ("D1", "D2", "D3"))
    company.move(one, 3, "cash_sale", 500)
    company.close(one, pieces(n10000=1, n500=1))
    company.call(f"{two}/end", ended_by="ann")
    company.post()
    company.close(three, pieces(n10000=1))  # and the ledger has not heard of that
    world.deliver(company.books, [sale("O1", "S12"), sale("O1", "S12", amount=1001)])
    company.later()
    before = company.rows()
    answer = company.seal()
    assert (answer.status, answer.body["code"]) == (409, "business_day_not_ready")
    names = [path.rsplit("/", 1)[1] for path in (one, two, three)]
    assert [(error["code"], error["detail"]) for error in answer.body["errors"]] == [
        ("drawer_not_closed", f"Session {names[1]} of drawer D2 is ENDED."),
        ("sequence_missing", "Till T-D1 left out numbers 1 to 2."),
        ("drawer_not_posted", f"Of session {names[2]} the ledger has 10000 minor units of USD left in 1010."),
        ("posting_quarantined", "payment_captured of cap-O1-1 was told twice with different content."),
    ]
    assert answer.pointers == ["/store"] * 4
    assert company.rows() == before


@pytest.mark.capability("N3", "N8")
def test_a_forced_seal_needs_a_role_and_a_reason_and_says_what_it_passed_over(company: Company):
    company.open()
    company.post()
    company.later()
    before = company.rows()
    assert (company.seal(force=True).status, company.seal(force=True).pointers) == (422, ["/reason"])
    weak = company.seal(force=True, reason="the store burnt down", scopes=FINANCE[:2])
    assert (weak.status, weak.body["code"]) == (403, "scope_missing")
    assert company.rows() == before
    forced = company.seal(force=True, reason="the store burnt down")
    assert forced.status == 200
    assert (forced.body["seal"]["forced"], forced.body["seal"]["reason"]) == (True, "the store burnt down")
    assert [one["code"] for one in forced.body["seal"]["passed_over"]] == ["drawer_not_closed"]
    (told,) = exported.events("BusinessDaySealed")
    assert (told["forced"], told["passed_over"]) == (True, ["drawer_not_closed"])


@pytest.mark.capability("N3")
def test_force_without_need_leaves_an_ordinary_seal(company: Company):
    company.post(sale("O1"))
    company.later()
    assert company.seal("web", force=True, reason="to be sure").body["seal"]["forced"] is False


@pytest.mark.capability("N3", "N8")
def test_what_comes_late_to_a_sealed_store_stands_on_the_next_open_day_with_its_date(company: Company):
    path = company.open(opening_float=0)
    company.post(sale("O1"), sale("O2", "S13"))
    company.close(path, [])
    company.post()
    company.later()
    assert [company.seal(name).status for name in ("S12", "web")] == [200, 200]
    assert company.seal("web", day="/v1/finance/days/2026-11-21").body["code"] == "business_day_not_over"
    movement = {"sequence": 1, "kind": "cash_sale", "amount": 500, "tax": 38}
    restated = {"reason": "offline", "stated_by": "max", "movement": movement}
    company.call(f"{path}/restatements", api=company.manager, **restated)
    company.post(sale("O3"), sale("O4", "S13"))
    assert sorted(entry.reference for entry in world.entries_on(company.books)) == ["cap-O1-1", "cap-O2-1", "cap-O4-1"]
    late = world.entries_on(company.books, TOMORROW)
    assert sorted((entry.store, entry.rule) for entry in late) == [
        ("S12", "drawer_moved"),
        ("S12", "drawer_restated"),
        ("web", "payment_captured"),
    ]
    assert {entry.original_business_date for entry in late} == {world.TODAY}


@pytest.mark.capability("N3")
def test_a_seal_reaches_a_function_that_remembers_an_open_lane(company: Company):
    neighbour = world.make_books(seed=2)
    world.deliver(neighbour, [sale("O1")])
    company.later()
    assert company.seal("web").status == 200
    assert world.deliver(neighbour, [sale("O2")]) == []
    assert [entry.reference for entry in world.entries_on(company.books)] == ["cap-O1-1"]
    assert [entry.reference for entry in world.entries_on(company.books, TOMORROW)] == ["cap-O2-1"]


@pytest.mark.capability("N3")
def test_a_store_that_is_sealed_while_its_first_lane_opens_stays_sealed(
    company: Company, monkeypatch: pytest.MonkeyPatch
):
    company.later()
    database = company.books.runtime.database
    neighbour = world.make_books()
    commit = database.commit

    def seal_first(writes: Any) -> None:
        with monkeypatch.context() as undone:
            undone.setattr(neighbour.runtime, "database", database)
            assert company.seal("web").status == 200
        commit(writes)

    monkeypatch.setattr(neighbour.runtime, "database", _WithCommit(database, seal_first, once=commit))
    assert world.deliver(neighbour, [sale("O1")]) == []
    assert world.entries_on(company.books) == []
    assert [entry.reference for entry in world.entries_on(company.books, TOMORROW)] == ["cap-O1-1"]


class _WithCommit(Database):
    """The same tables; the first commit goes another way than the others."""

    def __init__(self, database: Database, first: Any, *, once: Any) -> None:
        super().__init__(database.client)
        self.ways = [first]
        self.once = once

    def commit(self, writes: Any) -> None:
        (self.ways.pop() if self.ways else self.once)(writes)


@pytest.mark.capability("N3")
@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_seal_that_was_left_half_way_is_finished_by_its_repeat(
    company: Company, monkeypatch: pytest.MonkeyPatch, after: int
):
    """The seal of a store with two lanes is four transactions; it breaks after each."""
    company.post(sale("O1"))
    other = world.make_books(seed=2)
    other.lane_number = 5
    world.deliver(other, [sale("O2")])
    company.later()
    database, done = company.books.runtime.database, []
    commit = database.commit

    def break_down(writes: Any) -> None:
        if len(done) == after:
            raise Busy()
        commit(writes)
        done.append(writes)

    with monkeypatch.context() as broken:
        broken.setattr(database, "commit", break_down)
        assert company.seal("web", key="k1").status == 503
    # On its way it takes no new lane, and nobody can change what was decided.
    third = world.make_books(seed=3)
    third.lane_number = 9
    world.deliver(third, [sale("O3")])
    assert [entry.reference for entry in world.entries_on(company.books, TOMORROW)] == ["cap-O3-1"]
    assert company.seal("web", key="k1").status == 200
    world.deliver(company.books, [sale("O4")])
    world.deliver(other, [sale("O5")])
    assert sorted(entry.reference for entry in world.entries_on(company.books)) == ["cap-O1-1", "cap-O2-1"]
    assert len(exported.events("BusinessDaySealed")) == 1


@pytest.mark.capability("N3", "N8")
def test_a_sealed_day_is_not_opened_again(company: Company):
    company.post(sale("O1"))
    company.later()
    url = f"{DAY}/seal?entity=100&store=web"
    assert company.finance.send("DELETE", url).status == 404
    company.seal("web")
    before = company.rows()
    answer = company.finance.send("DELETE", url)
    assert (answer.status, answer.body["code"]) == (409, "period_sealed")
    assert company.rows() == before


@pytest.mark.capability("N3")
def test_a_day_is_over_by_the_clock_and_cut_off_of_its_store(company: Company):
    late = node("S14", "store", 42.6, -73.7, cut_off="06:00")
    company.books.runtime.database.commit([node_write(world.TENANT, late)])
    registry.forget()
    company.later(MORNING)
    refused = company.seal("S14")
    assert (refused.status, refused.body["code"], refused.pointers) == (422, "business_day_not_over", ["/date"])
    company.later(MORNING + timedelta(minutes=59))
    assert company.seal("S14").status == 422
    company.later(MORNING + timedelta(hours=1))
    assert company.seal("S14").status == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"entity": "100"}, "/store"),
        ({"store": "S12"}, "/entity"),
        ({"entity": "100", "store": "S12", "force": "yes"}, "/force"),
        ({"entity": "100", "store": "S12", "reason": ""}, "/reason"),
        ({"entity": "100", "store": "S12", "colour": "red"}, "/colour"),
    ],
)
def test_a_wrong_seal_names_its_field(company: Company, body: dict[str, Any], pointer: str):
    answer = company.finance.post(f"{DAY}/seal", body)
    assert (answer.status, answer.pointers) == (422, [pointer])


def test_a_store_that_is_not_the_entitys_or_not_the_callers_is_not_found(company: Company):
    company.later()
    assert company.seal("S99").status == 404
    assert company.seal("S12", entity="200").status == 404
    assert company.seal("S12", scopes=(*FINANCE, "node.S13")).status == 404
    assert company.seal("S12", day="/v1/finance/days/2026-02-30").pointers == ["/date"]
    assert company.seal("S12", scopes=("finance.read",)).status == 403
    assert exported.events("BusinessDaySealed") == []
