"""The date of an entity closes when all its stores are sealed; a store that is not ready holds up nobody else."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

from typing import Any

import pytest

from tests.drawer_doors import pieces
from tests.unit.finance import exported, world
from tests.unit.finance.company import TOMORROW, Company, company, sale  # noqa: F401
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)


@pytest.mark.capability("N3", "N7")
def test_the_last_export_waits_for_every_store_and_the_others_are_sealed_meanwhile(company: Company):
    path = company.open()
    company.post(sale("O1"), sale("O2", "S13"))
    company.later()
    wish = {"entity": "100", "business_date": "2026-11-20", "kind": "close"}
    refused = company.finance.post("/v1/finance/exports", wish)
    assert (refused.status, refused.body["code"]) == (409, "stores_not_sealed")
    session = path.rsplit("/", 1)[1]
    assert [error["detail"] for error in refused.body["errors"]] == [
        f"Store S12: Session {session} of drawer D1 is OPEN."
    ]
    assert exported.events("FinanceExportRequested") == []

    assert company.export(name="exp_1") == "interim"
    assert sorted(one["store"] for one in exported.events("BusinessDaySealed")) == ["S13", "web"]
    # What comes late to the open store is still of its day; the others post on the next.
    company.close(path, pieces(n10000=1))
    company.post(sale("O3", "S13"))
    assert company.finance.post("/v1/finance/exports", wish).status == 202
    assert company.export(name="exp_2") == "close"
    assert company.export(name="exp_3") == "close"
    first, last = exported.manifests()
    assert [(one["kind"], one["control_totals"]["entries"]) for one in (first, last)] == [("interim", 3), ("close", 1)]
    assert {row["drawer_session"] for row in exported.rows(last, "journal_lines")} == {session}
    assert [entry.reference for entry in world.entries_on(company.books, TOMORROW)] == ["cap-O3-1"]


@pytest.mark.capability("N3", "N7")
def test_a_forced_seal_lets_the_date_close(company: Company):
    company.open()
    company.post()
    company.later()
    assert company.export(name="exp_1") == "interim"
    company.seal(force=True, reason="nobody will count it")
    assert company.export(name="exp_2") == "close"
    assert world.deliver(company.books, [sale("O9", "S13")]) == []
    assert [entry.store for entry in world.entries_on(company.books, TOMORROW)] == ["S13"]


@pytest.mark.capability("N3")
def test_a_store_that_joins_while_the_date_closes_is_not_shut_out_unseen(
    company: Company, monkeypatch: pytest.MonkeyPatch
):
    company.post(sale("O1"))
    company.later()
    company.seal("web")
    commit = company.books.runtime.database.commit
    joined: list[int] = []

    def join_first(writes: Any) -> None:
        if not joined and any(write.set.get("state") == "CLOSED" for write in writes):
            joined.append(1)
            world.deliver(world.make_books(seed=2), [sale("O2", "S13")])
        commit(writes)

    monkeypatch.setattr(company.books.runtime.database, "commit", join_first)
    company.open(store="S13")  # so that the newcomer is not ready either
    assert company.export() == "interim"
    assert [entry.store for entry in world.entries_on(company.books)] == ["S13", "web"]
